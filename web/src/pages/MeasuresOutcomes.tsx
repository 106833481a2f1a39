import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import type { City } from "../api/types.ts";
import { inLanguage } from "../lib/format.ts";
import { type Ending, endings } from "../lib/outcomes.ts";
import { figureText } from "../plot/text.ts";
import { Icon } from "../ui/Icon.tsx";
import { type Column, ErrorNotice, Table } from "../ui/parts.tsx";

interface Asked {
  from: string;
  to: string;
  queue: string;
  city: City | undefined;
}

/** How calls ended, as their agents chose: the one thing that is kept of what was said. */
export function Outcomes({ from, to, queue, city }: Asked) {
  const { i18n } = useLingui();
  const query = { from, to, queue: queue || undefined };
  const { data, error } = useQuery({
    queryKey: ["outcomes", from, to, queue],
    queryFn: () => take(api.GET("/api/outcomes", { params: { query } })).then((r) => endings(r.rows)),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  if (!city?.outcomes.length) return null;
  const rows = data ?? [];
  const columns: Column<Ending>[] = [
    { head: i18n._("Queue"), cell: (e) => inLanguage(city.queues.find((q) => q.id === e.queue)?.name) || e.queue },
    { head: i18n._("How it ended"), names: true, cell: (e) => inLanguage(city.outcomes.find((o) => o.id === e.code)?.name) || e.code },
    { head: i18n._("Calls"), figures: true, cell: (e) => <span className="figures">{countText(e)}</span> },
    { head: i18n._("Share of the queue’s"), figures: true, cell: (e) => <span className="figures">{figureText("share", e.share)}</span> },
  ];
  return (
    <section className="card" aria-labelledby="outcomes">
      <h2 id="outcomes">{i18n._("How calls ended")}</h2>
      <p className="quiet">{i18n._("As their agents chose at the end. Counts under five are hidden from those who do not lead the agents, and in the table as CSV.")}</p>
      <ErrorNotice error={error} />
      {rows.length === 0 ? (
        <p>{i18n._("No outcome was chosen.")}</p>
      ) : (
        <>
          <Table caption={i18n._("Calls by queue and outcome")} columns={columns} rows={rows} rowKey={(e) => `${e.queue} ${e.code}`} />
          <p className="actions">
            <a className="download" href={`/api/outcomes.csv?${new URLSearchParams({ from, to, ...(queue && { queue }) })}`} download={`santra-outcomes-${from}-${to}.csv`}>
              <Icon name="download" size={18} />
              {i18n._("Outcomes by days as CSV")}
            </a>
          </p>
        </>
      )}
    </section>
  );
}

/** "12", "12 and some", "a few" */
function countText(e: Ending): string {
  if (!e.more) return String(e.n);
  return e.n === 0 ? i18n._("a few") : i18n._("{n} and a few", { n: e.n });
}
