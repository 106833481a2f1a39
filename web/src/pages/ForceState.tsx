import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { agentsQuery, cityQuery } from "../api/queries.ts";
import type { AgentLive } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { reasonText, stateLabel } from "../lib/labels.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { ErrorNotice, Notice } from "../ui/parts.tsx";

type Forced = "ready" | "break" | "offline";
const states: readonly Forced[] = ["ready", "break", "offline"];

/** A supervisor changes somebody's state; the reason is in the log before it is done. */
export function ForceState({ agent, onDone }: { agent: AgentLive; onDone(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const { data: city } = useQuery(cityQuery);
  const [form, set] = useState({ state: "break" as Forced, kind: "", reason: "" });
  const save = useMutation({
    mutationFn: () => {
      const body = { state: form.state, reason: form.reason, break_reason: (form.state === "break" && form.kind) || undefined };
      return take(api.PUT("/api/agents/{id}/state", { params: { path: { id: agent.person } }, body }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: agentsQuery.queryKey });
      announce(i18n._("The state of {name} was changed.", { name: agent.display }));
      onDone();
    },
  });
  const kinds = [{ id: "", text: i18n._("No reason given") }, ...(city?.break_reasons ?? []).map((r) => ({ id: r.id, text: reasonText(r) }))];
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <Notice>{agent.state === "busy" ? i18n._("The call goes on; the new state begins after it.") : i18n._("If something is being offered, it goes to somebody else.")}</Notice>
      <ErrorNotice error={save.error} />
      <Select label={i18n._("New state")} options={states.map((s) => ({ id: s, text: stateLabel(s) }))} value={form.state} onPick={(s) => set({ ...form, state: s as Forced })} />
      {form.state === "break" && <Select label={i18n._("Kind of break")} options={kinds} value={form.kind} onPick={(kind) => set({ ...form, kind })} />}
      <TextField label={i18n._("Why")} help={i18n._("It is written in the log with your name. Nothing about customers.")} isRequired maxLength={200} value={form.reason} onChange={(reason) => set({ ...form, reason })} />
      <div className="actions">
        <Button type="submit" isPending={save.isPending}>
          {i18n._("Change the state")}
        </Button>
      </div>
    </Form>
  );
}
