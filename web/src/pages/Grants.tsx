import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { ListenGrant } from "../api/types.ts";
import { dayStart } from "../lib/days.ts";
import { dateText, inLanguage } from "../lib/format.ts";
import { Button, Select, TextArea, TextField } from "../ui/controls.tsx";
import { type Column, Dialog, Empty, ErrorNotice, Loading, Page, Table } from "../ui/parts.tsx";

const grantsKey = ["grant"];

/** Which agency's manager may listen, and until when: a decision of the service centre (M10). */
export function GrantsPage() {
  const { i18n } = useLingui();
  const [adding, setAdding] = useState(false);
  const { data, error, isPending } = useQuery({ queryKey: grantsKey, queryFn: () => take(api.GET("/api/grants")).then((r) => r.grants ?? []) });
  return (
    <Page title={i18n._("Rights to listen")} lead={i18n._("An agency’s manager may listen to the agency’s own recordings when granted, until the day of the grant.")} wide>
      <div className="actions">
        <Button icon="plus" onPress={() => setAdding(true)}>
          {i18n._("Grant a right")}
        </Button>
      </div>
      <ErrorNotice error={error} />
      {isPending ? <Loading /> : <Grants grants={data ?? []} />}
      <Dialog title={i18n._("Grant a right")} isOpen={adding} onClose={() => setAdding(false)} firm>
        <NewGrant onDone={() => setAdding(false)} />
      </Dialog>
    </Page>
  );
}

function Grants({ grants }: { grants: readonly ListenGrant[] }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const { data: city } = useQuery(cityQuery);
  const withdraw = useMutation({
    mutationFn: (id: string) => take(api.DELETE("/api/grants/{id}", { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: grantsKey }),
  });
  if (grants.length === 0) return <Empty icon="recording" title={i18n._("Nobody has a right to listen")} />;
  const columns: Column<ListenGrant>[] = [
    { head: i18n._("Name"), names: true, cell: (g) => g.display },
    { head: i18n._("Agency (client)"), cell: (g) => inLanguage(city?.agencies.find((a) => a.id === g.agency)?.name) || g.agency },
    { head: i18n._("Granted"), cell: (g) => dateText(g.granted) },
    { head: i18n._("Valid until"), cell: (g) => dateText(g.until) },
    {
      head: i18n._("Change"),
      cell: (g) => (
        <Button look="secondary" onPress={() => withdraw.mutate(g.id)} aria-label={i18n._("Withdraw the right of {name}", { name: g.display })}>
          {i18n._("Withdraw")}
        </Button>
      ),
    },
  ];
  return (
    <section className="card">
      <ErrorNotice error={withdraw.error} />
      <Table caption={i18n._("Rights to listen")} columns={columns} rows={grants} rowKey={(g) => g.id} />
    </section>
  );
}

function NewGrant({ onDone }: { onDone(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const { data: city } = useQuery(cityQuery);
  const { data: candidates } = useQuery({
    queryKey: [...grantsKey, "candidates"],
    queryFn: () => take(api.GET("/api/grants/candidates")).then((r) => r.candidates ?? []),
  });
  const [who, setWho] = useState("");
  const [until, setUntil] = useState("");
  const [reason, setReason] = useState("");
  const grant = useMutation({
    mutationFn: () => {
      const one = candidates![Number(who)]!;
      const body = { person: one.person, agency: one.agency, until: dayStart(until, 1)!, reason: reason || undefined };
      return take(api.POST("/api/grants", { body }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: grantsKey });
      onDone();
    },
  });
  const agency = (id: string) => inLanguage(city?.agencies.find((a) => a.id === id)?.name) || id;
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (who) grant.mutate();
      }}
    >
      <ErrorNotice error={grant.error} />
      <Select
        label={i18n._("Agency’s manager")}
        isRequired
        options={(candidates ?? []).map((c, i) => ({ id: String(i), text: `${c.display}, ${agency(c.agency)}` }))}
        value={who}
        onPick={setWho}
      />
      <TextField label={i18n._("Valid until")} type="date" isRequired value={until} onChange={setUntil} />
      <TextArea label={i18n._("Reason")} rows={2} value={reason} onChange={setReason} />
      <div className="actions">
        <Button type="submit" isPending={grant.isPending} isDisabled={!who || !until}>
          {i18n._("Grant")}
        </Button>
      </div>
    </Form>
  );
}
