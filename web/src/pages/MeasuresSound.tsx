import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import type { City, Sounded } from "../api/types.ts";
import { locale } from "../i18n.ts";
import { daysOf, dayStart } from "../lib/days.ts";
import { clockOf, dayAndMonth, inLanguage } from "../lib/format.ts";
import { along, halfHours } from "../lib/measures.ts";
import { lines, lineText, poorShare, soundBy } from "../lib/sound.ts";
import { Plot } from "../plot/Plot.tsx";
import { figureText, type Unit } from "../plot/text.ts";
import { type Column, ErrorNotice, Table } from "../ui/parts.tsx";

interface Asked {
  from: string;
  to: string;
  queue: string;
}

const soundQuery = ({ from, to, queue }: Asked) => {
  const interval = from === to ? "half_hour" : "day";
  return queryOptions({
    queryKey: ["measures", "sound", from, to, queue],
    queryFn: () => take(api.GET("/api/measures/sound", { params: { query: { from, to, queue: queue || undefined, interval } } })).then((r) => r.rows),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
};

/** How calls sounded, by what their legs came: over the day or the days, and by queues. Nothing tells who spoke. */
export function Sound({ asked, city }: { asked: Asked; city: City | undefined }) {
  const { data: rows, error } = useQuery(soundQuery(asked));
  if (error) return <ErrorNotice error={error} />;
  if (!rows?.length) return null;
  return (
    <>
      <Course rows={rows} asked={asked} />
      <ByQueues rows={rows} city={city} />
    </>
  );
}

function Course({ rows, asked }: { rows: readonly Sounded[]; asked: Asked }) {
  const { i18n } = useLingui();
  const [at, setAt] = useState(0);
  const one = asked.from === asked.to;
  const times = one ? halfHours(rows.map((r) => r.from)) : daysOf(asked.from, asked.to).map((day) => dayStart(day)!);
  const seen = lines.filter((line) => rows.some((r) => r.line === line));
  const of = (line: Sounded["line"]) => soundBy(rows.filter((r) => r.line === line), (r) => r.from);
  return (
    <section className="plots" aria-labelledby="sound">
      <h2 id="sound">{i18n._("How calls sounded")}</h2>
      <Plot
        times={times.map(one ? clockOf : dayAndMonth)}
        cursor={Math.min(at, times.length - 1)}
        onCursor={setAt}
        step={one ? "half-hour" : "day"}
        title={i18n._("Quality of the sound")}
        lead={i18n._("Mean score of the connections that ended then: 1 is bad, 4.5 as good as a telephone can be. It is estimated from lost sound, delay and jitter.")}
        unit="score"
        series={seen.map((line) => along(lineText(line), times, of(line), (r) => r.mos))}
      />
    </section>
  );
}

const figures = (head: string, unit: Unit, value: (r: Sounded) => number | undefined): Column<Sounded> => ({ head, figures: true, cell: (r) => <span className="figures">{figureText(unit, value(r))}</span> });

function ByQueues({ rows, city }: { rows: readonly Sounded[]; city: City | undefined }) {
  const { i18n } = useLingui();
  const key = (r: Sounded) => `${r.queue} ${r.line} ${r.band}`;
  const all = soundBy(rows, key).sort((a, b) => a.queue.localeCompare(b.queue) || lines.indexOf(a.line) - lines.indexOf(b.line) || a.band.localeCompare(b.band));
  const columns: Column<Sounded>[] = [
    { head: i18n._("Queue"), names: true, cell: (r) => queueName(r.queue, city) },
    { head: i18n._("From where"), cell: (r) => <From sounded={r} /> },
    figures(i18n._("Connections"), "count", (r) => r.legs),
    figures(i18n._("Score"), "score", (r) => r.mos),
    figures(i18n._("Sounded poor"), "share", poorShare),
    figures(i18n._("Lost sound"), "share", (r) => r.loss),
    { head: i18n._("Jitter"), figures: true, cell: (r) => <span className="figures">{millisecondsText(r.jitter_seconds)}</span> },
  ];
  return (
    <section className="card" aria-labelledby="sound-queues">
      <h2 id="sound-queues">{i18n._("How calls sounded, by queues")}</h2>
      <p className="quiet">{i18n._("Of each connection the worse direction counts. It sounded poor where many would be dissatisfied: a score under 3.6. Nothing tells who spoke.")}</p>
      {all.some((r) => r.band === "wide") && <p className="quiet">{i18n._("Wide sound (G.722, Opus) is rated on the scale of narrow sound, so it sounds better than its score.")}</p>}
      <div className="table-scroll" role="region" tabIndex={0} aria-label={i18n._("{plot}: table", { plot: i18n._("How calls sounded, by queues") })}>
        <Table caption={i18n._("How calls sounded, by queues")} columns={columns} rows={all} rowKey={key} />
      </div>
    </section>
  );
}

function From({ sounded }: { sounded: Sounded }) {
  const { i18n } = useLingui();
  return (
    <>
      {lineText(sounded.line)}
      <span className="cell-more">{sounded.band === "wide" ? i18n._("wide sound") : i18n._("narrow sound")}</span>
    </>
  );
}

function queueName(id: string, city: City | undefined): string {
  return inLanguage(city?.queues.find((q) => q.id === id)?.name) || id || i18n._("No queue");
}

/** "4 ms", "0,6 ms" */
function millisecondsText(seconds: number): string {
  const ms = seconds * 1000;
  return new Intl.NumberFormat(locale(), { style: "unit", unit: "millisecond", maximumFractionDigits: ms < 10 ? 1 : 0 }).format(ms);
}
