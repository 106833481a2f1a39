import { useLingui } from "@lingui/react";
import { lazy, Suspense, useEffect } from "react";
import type { Me } from "../api/types.ts";
import { withPhone } from "../i18n.ts";
import { inHand } from "../phone/current.ts";
import { usePhone, type Phone } from "../phone/PhoneProvider.tsx";
import { Loading } from "../ui/parts.tsx";

// What a call shows is loaded as soon as there is a seat, before any call can come; the log-in page need not carry it.
const panel = () => withPhone(import("../calls/CallPanel.tsx"));
const CallPanel = lazy(() => panel().then((m) => ({ default: m.CallPanel })));
const CallDialog = lazy(() => withPhone(import("../calls/CallDialog.tsx")).then((m) => ({ default: m.CallDialog })));
const GiveDialog = lazy(() => withPhone(import("../calls/GiveDialog.tsx")).then((m) => ({ default: m.GiveDialog })));

/** The telephone: always at the same place, through navigation and language changes. */
export function CallBar({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const phone = usePhone();
  useEffect(() => {
    // 112 must not wait for a download.
    void import("../calls/CallDialog.tsx");
  }, []);
  return (
    <section className={`call-bar call-${lookOf(phone, me)}${phone.notesOpen ? " call-notes-open" : ""}`} aria-label={i18n._("Telephone")}>
      <Suspense fallback={<div className="call-inner"><Loading /></div>}>
        <CallPanel me={me} phone={phone} />
      </Suspense>
      <Suspense>
        {phone.dialog === "call" && <CallDialog phone={phone} />}
        {phone.dialog === "give" && <GiveDialog phone={phone} />}
      </Suspense>
    </section>
  );
}

function lookOf({ call }: Phone, me: Me): "talking" | "offered" | "wrap_up" | "idle" | "emergency" {
  if (inHand(call)) return call!.emergency || call!.consult?.emergency ? "emergency" : "talking";
  if (call?.state === "offered") return "offered";
  return me.state === "wrap_up" ? "wrap_up" : "idle";
}
