import { useLingui } from "@lingui/react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cityQuery } from "../api/queries.ts";
import { inLanguage, phoneText } from "../lib/format.ts";
import { queuesOf, queuesToCallFrom } from "../lib/rights.ts";
import { isLive } from "../phone/current.ts";
import { emergencyNumber, isEmergency, numberOf } from "../phone/number.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { settings } from "../phone/settings.ts";
import { useMe } from "../shell/me.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Dialog, Notice } from "../ui/parts.tsx";
import { EmergencyButton } from "./EmergencyButton.tsx";
import { Refusal } from "./PhoneProblem.tsx";

/** Calling out: in whose name, and which number. No number is remembered (M3). 112 works at any time, beside any call. */
export function CallDialog({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  const me = useMe();
  const { data: city } = useQuery(cityQuery);
  const queues = queuesToCallFrom(me, city);
  const [form, set] = useState({ queue: "", number: "" });
  const call = useMutation({
    mutationFn: ({ queue, number }: { queue: string; number: string }) => phone.callOut(queue, number),
    onSuccess: () => phone.open(""),
  });
  const queue = queues.find((q) => q.id === form.queue) ?? (queues.length === 1 ? queues[0] : undefined);
  const anyQueue = queue ?? queues[0] ?? queuesOf(me, city)[0];
  const number = numberOf(form.number);
  const busy = isLive(phone.call);
  const emergency = () => anyQueue && call.mutate({ queue: anyQueue.id, number: emergencyNumber });
  const submit = () => (isEmergency(number) ? emergency() : queue && number && !busy && call.mutate({ queue: queue.id, number }));
  return (
    <Dialog title={i18n._("Call a number")} isOpen onClose={() => phone.open("")} firm>
      <div className="stack">
        <EmergencyButton onPress={emergency} isPending={call.isPending && call.variables.number === emergencyNumber} />
        <Refusal error={call.error} />
        {busy ? (
          <Notice>{i18n._("You have a call. Other numbers can be called after it; 112 also now. Your customer hears music meanwhile.")}</Notice>
        ) : (
          <Form
            className="stack"
            onSubmit={(e) => {
              e.preventDefault();
              submit();
            }}
          >
            {queues.length === 0 && <Notice look="warning">{i18n._("None of your queues has a number that could be shown.")}</Notice>}
            <Select
              label={i18n._("In the name of")}
              help={queue ? i18n._("The called one sees the number {number}.", { number: phoneText(queue.number) }) : i18n._("The queue’s number is shown, and its rules of recording hold.")}
              isRequired
              options={queues.map((q) => ({ id: q.id, text: inLanguage(q.name) || q.id }))}
              value={queue?.id ?? ""}
              onPick={(id) => set({ ...form, queue: id })}
            />
            <TextField label={i18n._("Number")} help={i18n._("Type or paste. It is not remembered.")} type="tel" inputMode="tel" autoComplete="off" isRequired maxLength={40} autoFocus value={form.number} onChange={(n) => set({ ...form, number: n })} />
            {settings.kind() === "desk" && <p className="quiet">{i18n._("The desk phone rings first. Pick it up, and the number is called.")}</p>}
            <div className="actions">
              <Button type="submit" icon="phone" isDisabled={!number || !queue} isPending={call.isPending && call.variables.number !== emergencyNumber}>
                {i18n._("Call the number")}
              </Button>
            </div>
          </Form>
        )}
      </div>
    </Dialog>
  );
}
