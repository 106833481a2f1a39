import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import type { AuditEntry } from "../api/types.ts";
import { dayStart } from "../lib/days.ts";
import { dateTime } from "../lib/format.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Empty, ErrorNotice, Loading, Page, Table } from "../ui/parts.tsx";

/** How many entries are shown at once. */
const limit = 100;
const noFilter = { actor: "", action: "", from: "", to: "" };

export function LogPage() {
  const { i18n } = useLingui();
  const [filter, set] = useState(noFilter);
  const [asked, ask] = useState(noFilter);
  const { data, error, isFetching } = useQuery({
    queryKey: ["audit", asked],
    queryFn: () => take(api.GET("/api/audit", { params: { query: query(asked) } })).then((r) => r.entries ?? []),
    // Reading the log is itself logged: only when asked.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
  return (
    <Page title={i18n._("Log")} lead={i18n._("Who did what, when and why. Reading the log is logged too.")} wide>
      <section className="card">
        <Form
          className="filters"
          onSubmit={(e) => {
            e.preventDefault();
            ask(filter);
          }}
        >
          <TextField label={i18n._("Person’s id")} value={filter.actor} onChange={(actor) => set({ ...filter, actor })} />
          <TextField label={i18n._("Action")} value={filter.action} onChange={(action) => set({ ...filter, action })} />
          <TextField label={i18n._("From day")} type="date" value={filter.from} onChange={(from) => set({ ...filter, from })} />
          <TextField label={i18n._("To day")} type="date" value={filter.to} onChange={(to) => set({ ...filter, to })} />
          <Button type="submit" icon="search" className="filter-go">
            {i18n._("Search")}
          </Button>
        </Form>
      </section>
      <ErrorNotice error={error} />
      {isFetching && !data ? <Loading /> : <Entries entries={data ?? []} />}
    </Page>
  );
}

function query(f: typeof noFilter) {
  return { actor: f.actor.trim() || undefined, action: f.action.trim() || undefined, from: dayStart(f.from), to: dayStart(f.to, 1), limit };
}

function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  const { i18n } = useLingui();
  if (entries.length === 0) return <Empty icon="log" title={i18n._("No entries were found")} />;
  const columns: Column<AuditEntry>[] = [
    { head: i18n._("Time"), cell: (e) => <span className="figures">{dateTime(e.at)}</span> },
    { head: i18n._("Action"), names: true, cell: (e) => <code>{e.action}</code> },
    { head: i18n._("Who"), cell: (e) => <code>{e.actor}</code> },
    { head: i18n._("Object"), cell: (e) => <code>{e.object || "–"}</code> },
    { head: i18n._("Purpose"), cell: (e) => [e.purpose, e.reason].filter(Boolean).join(": ") || "–" },
    {
      head: i18n._("Result"),
      cell: (e) =>
        e.success ? (
          <span className="whole">
            <Icon name="check" size={16} />
            {i18n._("Done")}
          </span>
        ) : (
          <span className="whole whole-not">
            <Icon name="cross" size={16} />
            {i18n._("Refused")}
          </span>
        ),
    },
  ];
  return (
    <section className="card">
      <Table caption={i18n._("Log entries, newest first")} columns={columns} rows={entries} rowKey={(e) => e.id} />
    </section>
  );
}
