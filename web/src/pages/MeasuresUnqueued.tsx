import { useLingui } from "@lingui/react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import type { City, Unqueued as Row } from "../api/types.ts";
import { inLanguage, phoneText } from "../lib/format.ts";
import { unqueuedBy } from "../lib/unqueued.ts";
import { figureText } from "../plot/text.ts";
import { type Column, ErrorNotice, Table } from "../ui/parts.tsx";

const count = (head: string, value: (r: Row) => number): Column<Row> => ({ head, figures: true, cell: (r) => <span className="figures">{figureText("count", value(r))}</span> });

/** What became of the calls that came into no queue, by number: with those of the queues they are all calls that were answered. */
export function Unqueued({ from, to, city }: { from: string; to: string; city: City | undefined }) {
  const { i18n } = useLingui();
  const { data: rows, error } = useQuery({
    queryKey: ["measures", "unqueued", from, to],
    queryFn: () => take(api.GET("/api/measures/unqueued", { params: { query: { from, to, interval: "day" } } })).then((r) => unqueuedBy(r.rows)),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  if (error) return <ErrorNotice error={error} />;
  if (!rows?.length) return null;
  const columns: Column<Row>[] = [
    { head: i18n._("Number"), names: true, cell: (r) => <Whose row={r} city={city} /> },
    count(i18n._("Calls"), (r) => r.calls),
    count(i18n._("Caller hung up"), (r) => r.hung_up),
    count(i18n._("It was closed"), (r) => r.closed),
    count(i18n._("The flow ended it"), (r) => r.said),
    count(i18n._("Callback promised"), (r) => r.promised),
    count(i18n._("Connected elsewhere"), (r) => r.connected),
    count(i18n._("Ended by a fault"), (r) => r.failed),
  ];
  const title = i18n._("Calls that came into no queue");
  return (
    <section className="card" aria-labelledby="unqueued">
      <h2 id="unqueued">{title}</h2>
      <p className="quiet">{i18n._("They ended in a menu or an announcement, or went on elsewhere from there. They are in no other count of calls on this page.")}</p>
      <div className="table-scroll" role="region" tabIndex={0} aria-label={i18n._("{plot}: table", { plot: title })}>
        <Table caption={title} columns={columns} rows={rows} rowKey={(r) => `${r.number} ${r.flow}`} />
      </div>
    </section>
  );
}

/** The number, and the queue whose own it is or the flow that answers it. */
function Whose({ row, city }: { row: Row; city: City | undefined }) {
  const queue = city?.queues.find((q) => `queue-${q.id}` === row.flow);
  return (
    <>
      <span className="figures unbroken">{phoneText(row.number)}</span>
      <span className="cell-more">{inLanguage(queue?.name) || row.flow}</span>
    </>
  );
}
