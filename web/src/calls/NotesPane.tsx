import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, take } from "../api/client.ts";
import { callsQuery, cityQuery, notesQuery } from "../api/queries.ts";
import type { Call } from "../api/types.ts";
import { inLanguage } from "../lib/format.ts";
import { fitting, type Kept, noteKeeper } from "../phone/notes.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { outcomesOf } from "./outcomes.ts";
import { Select, TextArea } from "../ui/controls.tsx";
import { ErrorNotice } from "../ui/parts.tsx";
import { Icon } from "../ui/Icon.tsx";

/** Notes and outcome of a call. The notes go with the customer, and are erased after the wrap-up (M3). */
export function NotesPane({ call, phone }: { call: Call; phone: Phone }) {
  const { data: before, isPending } = useQuery(notesQuery(call.id));
  return (
    <div className="notes-pane">
      {isPending ? null : <Notes key={call.id} id={call.id} before={before ?? ""} phone={phone} />}
      <OutcomeChoice call={call} />
    </div>
  );
}

function Notes({ id, before, phone }: { id: string; before: string; phone: Phone }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const [text, setText] = useState(before);
  const [kept, setKept] = useState<Kept>("saved");
  const keeper = useRef<ReturnType<typeof noteKeeper>>(null);
  const { beforeLeaving } = phone;
  useEffect(() => {
    const save = (now: string) => take(api.PUT("/api/calls/{id}/notes", { params: { path: { id } }, body: { text: now } }));
    const mine = noteKeeper(save, setKept);
    keeper.current = mine;
    beforeLeaving.current = () => mine.flush();
    return () => {
      beforeLeaving.current = async () => {};
      mine.stop();
      client.removeQueries({ queryKey: notesQuery(id).queryKey });
    };
  }, [id, client, beforeLeaving]);
  const change = (now: string) => {
    const fits = fitting(now);
    setText(fits);
    keeper.current?.change(fits);
  };
  return (
    <div className="notes">
      <TextArea label={i18n._("Notes")} help={i18n._("Not kept: erased after the wrap-up. They go along when you give the customer to a colleague.")} rows={3} value={text} onChange={change} onBlur={() => void keeper.current?.flush()} autoComplete="off" />
      {kept === "failed" && (
        <p className="notes-failed" role="alert">
          <Icon name="warning" size={16} />
          {i18n._("The notes are not at the centre yet. Go on writing; they are sent again.")}
        </p>
      )}
    </div>
  );
}

/** A city without a list of outcomes has no choice to make. */
function OutcomeChoice({ call }: { call: Call }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const { data: city } = useQuery(cityQuery);
  const choose = useMutation({
    mutationFn: (outcome: string) => take(api.PUT("/api/calls/{id}/outcome", { params: { path: { id: call.id } }, body: { outcome } })),
    onSettled: () => client.invalidateQueries({ queryKey: callsQuery.queryKey }),
  });
  const all = outcomesOf(city, call.agency);
  if (all.length === 0) return null;
  const options = [{ id: "", text: i18n._("Not chosen") }, ...all.map((o) => ({ id: o.id, text: inLanguage(o.name) || o.id }))];
  return (
    <div className="outcome">
      <Select label={i18n._("Outcome")} help={i18n._("Only how often each is chosen is kept.")} options={options} value={choose.isPending ? choose.variables : call.outcome} onPick={(id) => choose.mutate(id)} />
      <ErrorNotice error={choose.error} />
    </div>
  );
}
