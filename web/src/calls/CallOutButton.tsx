import { useLingui } from "@lingui/react";
import { inHand } from "../phone/current.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { Button } from "../ui/controls.tsx";

/** In a call the same dialog has 112 alone. */
export function CallOutButton({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  const only112 = inHand(phone.call) || phone.call?.state === "offered";
  return (
    <Button look="secondary" icon="phone" hint="o" onPress={() => phone.open("call")}>
      {only112 ? "112" : i18n._("Call a number")}
    </Button>
  );
}
