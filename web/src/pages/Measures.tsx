import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { City, Measure, Measures } from "../api/types.ts";
import { dayOf, dayPlus } from "../lib/days.ts";
import { clockOf, dateText, inLanguage } from "../lib/format.ts";
import { along, drawnRows, elsewhere, halfHours, left, momentsOf } from "../lib/measures.ts";
import { queuesOf } from "../lib/rights.ts";
import { Plot, type PlotProps } from "../plot/Plot.tsx";
import { figureText, type Unit } from "../plot/text.ts";
import { useMe } from "../shell/me.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Empty, ErrorNotice, Loading, Page, Table } from "../ui/parts.tsx";

type Interval = "half_hour" | "day";

/** The share of calls to be answered in time, as the wallboard has it. */
const levelTarget = 0.8;

const measuresQuery = (day: string, queue: string, interval: Interval) =>
  queryOptions({
    queryKey: ["measures", day, queue, interval],
    queryFn: () => take(api.GET("/api/measures", { params: { query: { from: day, to: day, queue: queue || undefined, interval } } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** A day of the queues: by half-hours as plots, each with its table, and by queues. */
export function MeasuresPage() {
  const { i18n } = useLingui();
  const me = useMe();
  const today = dayOf(Date.now());
  const [day, setDay] = useState(today);
  const [queue, setQueue] = useState("");
  const { data: city } = useQuery(cityQuery);
  const options = [{ id: "", text: i18n._("All queues") }, ...queuesOf(me, city).map((q) => ({ id: q.id, text: inLanguage(q.name) }))];
  return (
    <Page title={i18n._("Measures")} lead={i18n._("How a day went, by half-hours. A call counts in the half-hour in which it came.")} wide>
      <section className="card">
        <div className="filters">
          <TextField label={i18n._("Day")} type="date" value={day} onChange={(v) => v && setDay(v)} />
          <Select label={i18n._("Queue")} options={options} value={queue} onPick={setQueue} />
          <div className="actions">
            <Button look="secondary" onPress={() => setDay(dayPlus(day, -1))}>
              {i18n._("Previous day")}
            </Button>
            <Button look="secondary" onPress={() => setDay(dayPlus(day, 1))} isDisabled={day >= today}>
              {i18n._("Next day")}
            </Button>
          </div>
        </div>
        <p className="actions">
          <Download day={day} queue={queue} interval="half_hour" text={i18n._("Half-hours as CSV")} />
          <Download day={day} queue={queue} interval="day" text={i18n._("The day as CSV")} />
        </p>
      </section>
      <Day day={day} queue={queue} city={city} />
    </Page>
  );
}

function Download({ day, queue, interval, text }: { day: string; queue: string; interval: Interval; text: string }) {
  const query = new URLSearchParams({ from: day, to: day, interval, ...(queue && { queue }) });
  return (
    <a className="download" href={`/api/measures.csv?${query}`} download={`santra-${day}-${interval}.csv`}>
      <Icon name="download" size={18} />
      {text}
    </a>
  );
}

function Day({ day, queue, city }: { day: string; queue: string; city: City | undefined }) {
  const { i18n } = useLingui();
  const halves = useQuery(measuresQuery(day, queue, "half_hour"));
  const days = useQuery(measuresQuery(day, queue, "day"));
  const error = halves.error ?? days.error;
  if (error) return <ErrorNotice error={error} />;
  if (!halves.data || !days.data) return <Loading />;
  if (days.data.rows.length === 0) return <Empty icon="measures" title={i18n._("Nothing was measured on {day}", { day: dateText(`${day}T12:00:00Z`) })} />;
  return (
    <>
      <Sums day={days.data} queue={queue} />
      <Plots answer={halves.data} queue={queue} />
      <Queues rows={days.data.rows} city={city} />
      <Letters rows={days.data.rows} city={city} />
      <Formulas day={days.data} queue={queue} />
    </>
  );
}

function Sums({ day, queue }: { day: Measures; queue: string }) {
  const { i18n } = useLingui();
  const calls = drawnRows(day, queue, "call")[0];
  const staff = day.staff[0];
  return (
    <section className="card" aria-labelledby="sums">
      <h2 id="sums">{i18n._("The day")}</h2>
      <dl className="sums">
        <Sum name={i18n._("Calls came")} unit="count" value={calls?.offered} />
        <Sum name={i18n._("Calls answered")} unit="count" value={calls?.answered} />
        <Sum name={i18n._("Service level")} unit="share" value={calls?.service_level} />
        <Sum name={i18n._("Abandoned")} unit="share" value={calls?.abandonment} />
        <Sum name={i18n._("Mean wait")} unit="seconds" value={calls?.asa_seconds} />
        <Sum name={i18n._("Mean handling time")} unit="seconds" value={calls?.aht_seconds} />
        {staff && <Sum name={i18n._("Occupancy")} unit="share" value={staff.occupancy} />}
      </dl>
    </section>
  );
}

function Sum({ name, unit, value }: { name: string; unit: Unit; value: number | null | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="figures">{figureText(unit, value)}</dd>
    </div>
  );
}

function Plots({ answer, queue }: { answer: Measures; queue: string }) {
  const { i18n } = useLingui();
  const rows = drawnRows(answer, queue, "call");
  const times = halfHours(momentsOf(rows, answer.staff));
  const [at, setAt] = useState(0);
  if (times.length === 0) return null;
  const cursor = Math.min(at, times.length - 1);
  const of = (name: string, value: (m: Measure) => number | null | undefined) => along(name, times, rows, value);
  const shared: Pick<PlotProps, "times" | "cursor" | "onCursor"> = { times: times.map(clockOf), cursor, onCursor: setAt };
  return (
    <section className="plots" aria-labelledby="plots">
      <h2 id="plots">{i18n._("By half-hours")}</h2>
      <p className="quiet">{i18n._("Point at a plot, or choose it and move with the arrow keys.")}</p>
      <Plot
        {...shared}
        title={i18n._("Calls")}
        unit="count"
        kind="bars"
        series={[of(i18n._("Calls answered"), (m) => m.answered), of(i18n._("Abandoned"), left), of(i18n._("Elsewhere or waiting"), elsewhere)]}
        more={[of(i18n._("Came"), (m) => m.offered)]}
      />
      <Plot
        {...shared}
        title={i18n._("Service level")}
        lead={i18n._("Answered within the queue’s target, of those who did not leave at once.")}
        unit="share"
        series={[of(i18n._("Service level"), (m) => m.service_level)]}
        target={{ value: levelTarget, name: i18n._("Target {level}", { level: figureText("share", levelTarget) }) }}
      />
      <Plot {...shared} title={i18n._("Waits")} unit="seconds" series={[of(i18n._("Mean wait"), (m) => m.asa_seconds), of(i18n._("Longest wait"), (m) => m.longest_wait_seconds)]} />
      <Plot {...shared} title={i18n._("Handling time")} lead={i18n._("Talk, hold and wrap-up.")} unit="seconds" series={[of(i18n._("Mean handling time"), (m) => m.aht_seconds)]} />
      {answer.staff.length > 0 && (
        <Plot
          {...shared}
          title={i18n._("Occupancy")}
          lead={i18n._("Time in calls and wrap-up, of the time at work.")}
          unit="share"
          series={[along(i18n._("Occupancy"), times, answer.staff, (s) => s.occupancy)]}
          more={[{ ...along(i18n._("Agents"), times, answer.staff, (s) => s.agents), unit: "count" }]}
        />
      )}
    </section>
  );
}

const figures = (head: string, unit: Unit, value: (m: Measure) => number | null | undefined): Column<Measure> => ({ head, figures: true, cell: (m) => <span className="figures">{figureText(unit, value(m))}</span> });

function queueColumn(city: City | undefined): Column<Measure> {
  const name = (m: Measure): ReactNode => (
    <>
      {inLanguage(city?.queues.find((q) => q.id === m.queue)?.name) || m.queue}
      {m.kind === "callback" && <span className="cell-more">{i18n._("Callbacks")}</span>}
    </>
  );
  return { head: i18n._("Queue"), names: true, cell: name };
}

const rowKey = (m: Measure) => `${m.queue} ${m.kind} ${m.from}`;

function Queues({ rows, city }: { rows: readonly Measure[]; city: City | undefined }) {
  const { i18n } = useLingui();
  const calls = rows.filter((m) => m.kind !== "mail");
  if (calls.length === 0) return null;
  const columns = [
    queueColumn(city),
    figures(i18n._("Came"), "count", (m) => m.offered),
    figures(i18n._("Calls answered"), "count", (m) => m.answered),
    figures(i18n._("Service level"), "share", (m) => m.service_level),
    figures(i18n._("Abandoned"), "count", (m) => m.abandoned),
    figures(i18n._("Left at once"), "count", (m) => m.short_abandoned),
    figures(i18n._("From other queues"), "count", (m) => m.overflowed_in),
    figures(i18n._("To elsewhere"), "count", (m) => m.overflowed_out + m.diverted),
    figures(i18n._("Transferred in"), "count", (m) => m.transferred_in),
    figures(i18n._("Mean wait"), "seconds", (m) => m.asa_seconds),
    figures(i18n._("Mean handling time"), "seconds", (m) => m.aht_seconds),
  ];
  return (
    <section className="card" aria-labelledby="queues">
      <h2 id="queues">{i18n._("By queues")}</h2>
      <div className="table-scroll" role="region" tabIndex={0} aria-label={i18n._("{plot}: table", { plot: i18n._("By queues") })}>
        <Table caption={i18n._("Calls of the day by queues")} columns={columns} rows={calls} rowKey={rowKey} />
      </div>
    </section>
  );
}

function Letters({ rows, city }: { rows: readonly Measure[]; city: City | undefined }) {
  const { i18n } = useLingui();
  const mails = rows.filter((m) => m.kind === "mail");
  if (mails.length === 0) return null;
  const columns = [
    queueColumn(city),
    figures(i18n._("Came"), "count", (m) => m.offered),
    figures(i18n._("First replies"), "count", (m) => m.responded),
    figures(i18n._("Mean time to the first reply"), "seconds", (m) => m.first_response_seconds),
    figures(i18n._("Closed"), "count", (m) => m.resolved),
    figures(i18n._("Mean time to closing"), "seconds", (m) => m.resolution_seconds),
    figures(i18n._("Opened again"), "count", (m) => m.reopened),
  ];
  return (
    <section className="card" aria-labelledby="letters">
      <h2 id="letters">{i18n._("E-mail")}</h2>
      <p className="quiet">{i18n._("Times are counted in the queue’s opening hours.")}</p>
      <Table caption={i18n._("E-mail of the day by queues")} columns={columns} rows={mails} rowKey={rowKey} />
    </section>
  );
}

/** What others call the service level, so that figures can be compared with theirs. */
function Formulas({ day, queue }: { day: Measures; queue: string }) {
  const { i18n } = useLingui();
  const levels = drawnRows(day, queue, "call")[0]?.service_levels ?? [];
  if (levels.length === 0) return null;
  return (
    <details className="card">
      <summary>{i18n._("Service level by the formulas that others use")}</summary>
      <dl className="sums">
        {levels.map((l) => (
          <Sum key={l.formula} name={formulaText(l.formula)} unit="share" value={l.share} />
        ))}
      </dl>
    </details>
  );
}

/** The names of docs/measures.md in words. */
function formulaText(formula: string): string {
  switch (formula) {
    case "ours":
      return i18n._("Ours: answered in time, of all but those who left at once");
    case "abandoned_ignored":
      return i18n._("Who left before the target is left out");
    case "abandoned_positive":
      return i18n._("Who left before the target counts as answered in time");
    case "short_count":
      return i18n._("Who left at once counts as well");
    case "answered_only":
      return i18n._("Of the answered only");
    case "offered":
      return i18n._("Of all that came");
    default:
      return formula;
  }
}
