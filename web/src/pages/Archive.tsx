import { useLingui } from "@lingui/react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { MessageHead } from "../api/types.ts";
import { useAnnounced } from "../lib/announce.tsx";
import { dayStart } from "../lib/days.ts";
import { dateTime, inLanguage, party } from "../lib/format.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Dialog, Empty, ErrorNotice, Loading, Notice, Page, Table } from "../ui/parts.tsx";
import { MessageBody } from "./MessageView.tsx";
import { PurposeDialog, PurposeGate, type Stated, StatedPurpose } from "./PurposeForm.tsx";

export function ArchivePage() {
  const { i18n } = useLingui();
  const [stated, setStated] = useState<Stated | null>(null);
  return (
    <Page title={i18n._("Archive")} lead={i18n._("Messages as they were received and sent. They can’t be changed.")} wide>
      {stated ? <Search key={stated.agency} stated={stated} onState={setStated} /> : <PurposeGate kind="mail" onState={setStated} />}
    </Page>
  );
}

function Search({ stated, onState }: { stated: Stated; onState(s: Stated): void }) {
  const { i18n } = useLingui();
  const [changing, setChanging] = useState(false);
  const [filter, set] = useState({ text: "", from: "", to: "" });
  const [read, setRead] = useState<MessageHead | null>(null);
  const search = useMutation({
    mutationFn: () => {
      const body = { ...stated, text: filter.text.trim() || undefined, from: dayStart(filter.from), to: dayStart(filter.to, 1) };
      return take(api.POST("/api/archive/search", { body }));
    },
  });
  return (
    <>
      <StatedPurpose kind="mail" stated={stated} onChange={() => setChanging(true)} />
      <PurposeDialog kind="mail" isOpen={changing} first={stated} onClose={() => setChanging(false)} onState={(s) => (setChanging(false), onState(s))} />
      <section className="card">
        <Form
          className="filters"
          onSubmit={(e) => {
            e.preventDefault();
            search.mutate();
          }}
        >
          <TextField label={i18n._("Words")} value={filter.text} onChange={(text) => set({ ...filter, text })} />
          <TextField label={i18n._("From day")} type="date" value={filter.from} onChange={(from) => set({ ...filter, from })} />
          <TextField label={i18n._("To day")} type="date" value={filter.to} onChange={(to) => set({ ...filter, to })} />
          <Button type="submit" icon="search" isPending={search.isPending} className="filter-go">
            {i18n._("Search")}
          </Button>
        </Form>
      </section>
      <ErrorNotice error={search.error} />
      {search.data && <Found rows={search.data.rows ?? []} onRead={setRead} />}
      <Dialog title={read?.subject || i18n._("(no subject)")} isOpen={read !== null} onClose={() => setRead(null)}>
        {read && <Opened row={read} stated={stated} />}
      </Dialog>
    </>
  );
}

/** From this many rows on the server may have left some out. */
const manyRows = 100;

function Found({ rows, onRead }: { rows: readonly MessageHead[]; onRead(r: MessageHead): void }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const found = i18n._("{n, plural, one {# message} other {# messages}}", { n: rows.length });
  useAnnounced(found);
  if (rows.length === 0) return <Empty icon="archive" title={i18n._("No messages were found")} />;
  const columns: Column<MessageHead>[] = [
    { head: i18n._("Subject"), names: true, cell: (r) => r.subject || i18n._("(no subject)") },
    {
      head: i18n._("Direction"),
      cell: (r) => (
        <span className="whole">
          <Icon name={r.direction === "out" ? "send" : "mail"} size={16} />
          {r.direction === "out" ? i18n._("Sent") : i18n._("Received")}
        </span>
      ),
    },
    { head: i18n._("From"), cell: (r) => party(r.from) },
    { head: i18n._("Time"), cell: (r) => dateTime(r.at) },
    { head: i18n._("Queue"), cell: (r) => inLanguage(city?.queues.find((q) => q.id === r.queue)?.name) || r.queue },
    {
      head: i18n._("Reading"),
      cell: (r) => (
        <Button look="secondary" onPress={() => onRead(r)} aria-label={i18n._("Open {subject}", { subject: r.subject })}>
          {i18n._({ id: "verb.open", message: "Open" })}
        </Button>
      ),
    },
  ];
  return (
    <section className="card" aria-labelledby="found">
      <h2 id="found">{found}</h2>
      {rows.length >= manyRows && <Notice>{i18n._("There may be more. Narrow the search to see them.")}</Notice>}
      <Table caption={i18n._("Messages found")} columns={columns} rows={rows} rowKey={(r) => r.id} />
    </section>
  );
}

function Opened({ row, stated }: { row: MessageHead; stated: Stated }) {
  const body = { purpose: stated.purpose, reason: stated.reason || undefined };
  const { data, error, isPending } = useQuery({
    queryKey: ["message", "archive", row.id],
    queryFn: () => take(api.POST("/api/archive/messages/{id}/open", { params: { path: { id: row.id } }, body })),
    // Each opening is one entry in the log: it is not repeated behind the reader's back.
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (isPending) return <Loading />;
  return data ? <MessageBody message={data} /> : <ErrorNotice error={error} />;
}
