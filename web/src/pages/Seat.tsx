import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { meQuery, seatsQuery } from "../api/queries.ts";
import { withPhone } from "../i18n.ts";
import { type PhoneKind, settings } from "../phone/settings.ts";
import { useMe } from "../shell/me.ts";
import { skipSeat } from "../shell/skippedSeat.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { ErrorNotice, Loading, Notice, Page } from "../ui/parts.tsx";

const DeviceCheck = lazy(() => withPhone(import("../calls/DeviceCheck.tsx")).then((m) => ({ default: m.DeviceCheck })));

/** Before work: which phone, does the microphone hear, and which seat. */
export function SeatPage() {
  const { i18n } = useLingui();
  const me = useMe();
  const [kind, setKind] = useState<PhoneKind>(settings.kind);
  const choose = (k: string) => {
    settings.setKind(k as PhoneKind);
    setKind(k as PhoneKind);
  };
  return (
    <Page title={i18n._("Start of work")} lead={i18n._("Welcome, {name}. Check your phone and choose your seat.", { name: me.person.display })}>
      <section className="card">
        <h2>{i18n._("1. Phone")}</h2>
        <RadioGroup className="radios" value={kind} onChange={choose} aria-label={i18n._("Phone")}>
          <Radio value="browser" className="radio">
            <span className="radio-dot" aria-hidden="true" />
            <span>
              <strong>{i18n._("Browser and headset")}</strong>
              <span className="quiet">{i18n._("Calls are answered on this page.")}</span>
            </span>
          </Radio>
          <Radio value="desk" className="radio">
            <span className="radio-dot" aria-hidden="true" />
            <span>
              <strong>{i18n._("Desk phone")}</strong>
              <span className="quiet">{i18n._("The phone of the seat rings; here you see the call.")}</span>
            </span>
          </Radio>
        </RadioGroup>
        {kind === "browser" && (
          <Suspense fallback={<Loading />}>
            <DeviceCheck onDesk={() => choose("desk")} />
          </Suspense>
        )}
      </section>
      <section className="card">
        <h2>{i18n._("2. Seat")}</h2>
        <SeatList />
      </section>
    </Page>
  );
}

/** With more seats than this a filter is shown above them. */
const manySeats = 12;

function SeatList() {
  const { i18n } = useLingui();
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: city, error, isPending } = useQuery(seatsQuery);
  const [filter, setFilter] = useState("");
  const done = (now: typeof me) => {
    client.setQueryData(meQuery.queryKey, now);
    void navigate({ to: "/" });
  };
  const sit = useMutation({
    mutationFn: (code: string) => take(api.PUT("/api/me/seat", { body: { code } })),
    onSuccess: done,
    onError: () => client.invalidateQueries({ queryKey: seatsQuery.queryKey }),
  });
  const leave = useMutation({ mutationFn: () => take(api.DELETE("/api/me/seat")), onSuccess: done });
  if (isPending) return <Loading />;
  const all = city?.seats ?? [];
  const free = all.filter((s) => (!s.taken || s.code === me.seat) && s.code.toLowerCase().includes(filter.toLowerCase()));
  return (
    <>
      <ErrorNotice error={sit.error ?? leave.error ?? error} />
      {all.length > manySeats && <TextField label={i18n._("Seat code")} value={filter} onChange={setFilter} className="field-narrow" />}
      {free.length === 0 && <Notice>{i18n._("No free seat was found.")}</Notice>}
      <ul className="seats">
        {free.map((s) => (
          <li key={s.code}>
            <Button look={s.code === me.seat ? "primary" : "secondary"} className="seat" onPress={() => sit.mutate(s.code)} isPending={sit.isPending && sit.variables === s.code}>
              {s.code}
              {s.code === me.seat && <span className="only-heard"> {i18n._("(your seat)")}</span>}
            </Button>
          </li>
        ))}
      </ul>
      <div className="actions">
        {me.seat ? (
          <Button look="quiet" onPress={() => leave.mutate()} isPending={leave.isPending}>
            {i18n._("Leave the seat")}
          </Button>
        ) : (
          <Button look="quiet" onPress={() => (skipSeat(), void navigate({ to: "/" }))}>
            {i18n._("Go on without a seat")}
          </Button>
        )}
      </div>
    </>
  );
}
