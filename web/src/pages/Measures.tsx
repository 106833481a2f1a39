import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { City, Measure, Measures } from "../api/types.ts";
import { dayOf, dayPlus, daysOf, dayStart } from "../lib/days.ts";
import { clockOf, dateText, dayAndMonth, inLanguage } from "../lib/format.ts";
import { along, drawnRows, elsewhere, halfHours, type Kind, left, merged, mergedRows, momentsOf, occupancy } from "../lib/measures.ts";
import { queuesOf } from "../lib/rights.ts";
import { levelTarget, levelTargetText, sameWithin, withinText } from "../lib/targets.ts";
import { Plot, type PlotProps } from "../plot/Plot.tsx";
import { figureText, type Unit } from "../plot/text.ts";
import { useMe } from "../shell/me.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Empty, ErrorNotice, Loading, Notice, Page, Table } from "../ui/parts.tsx";
import { Outcomes } from "./MeasuresOutcomes.tsx";
import { Sound } from "./MeasuresSound.tsx";
import { Unqueued } from "./MeasuresUnqueued.tsx";

type Interval = "half_hour" | "day";

/** What the server answers at once: so many days by half-hours, so many by days. */
const mostHalfHourDays = 62;
const mostDays = 400;

/** The days that are looked at, both included, and what of them. */
interface Asked {
  from: string;
  to: string;
  queue: string;
  kind: Kind;
}

const measuresQuery = ({ from, to, queue }: Asked, interval: Interval) =>
  queryOptions({
    queryKey: ["measures", from, to, queue, interval],
    queryFn: () => take(api.GET("/api/measures", { params: { query: { from, to, queue: queue || undefined, interval } } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** A day of the queues by half-hours, or several by days: as plots, each with its table, and by queues. */
export function MeasuresPage() {
  const { i18n } = useLingui();
  const me = useMe();
  const today = dayOf(Date.now());
  const [asked, setAsked] = useState<Asked>({ from: today, to: today, queue: "", kind: "call" });
  const put = (change: Partial<Asked>) => setAsked({ ...asked, ...change });
  const { data: city } = useQuery(cityQuery);
  const options = [{ id: "", text: i18n._("All queues") }, ...queuesOf(me, city).map((q) => ({ id: q.id, text: inLanguage(q.name) }))];
  const media = [
    { id: "call", text: i18n._("Calls") },
    { id: "callback", text: i18n._("Callbacks") },
  ];
  const days = daysOf(asked.from, asked.to).length;
  const step = (by: number) => put({ from: dayPlus(asked.from, by * days), to: dayPlus(asked.to, by * days) });
  return (
    <Page title={i18n._("Measures")} lead={i18n._("How a day went by half-hours, or several by days. A call counts in the half-hour in which it came.")} wide>
      <section className="card">
        <div className="filters">
          <TextField label={i18n._("From day")} type="date" value={asked.from} onChange={(from) => from && put({ from, to: asked.to < from ? from : asked.to })} />
          <TextField label={i18n._("To day")} type="date" value={asked.to} onChange={(to) => to && put({ to, from: asked.from > to ? to : asked.from })} />
          <Select label={i18n._("Queue")} options={options} value={asked.queue} onPick={(queue) => put({ queue })} />
          <Select label={i18n._("Medium of the plots")} options={media} value={asked.kind} onPick={(kind) => put({ kind: kind as Kind })} />
          <div className="actions">
            <Button look="secondary" onPress={() => step(-1)}>
              {days === 1 ? i18n._("Previous day") : i18n._("Previous days")}
            </Button>
            <Button look="secondary" onPress={() => step(1)} isDisabled={asked.to >= today}>
              {days === 1 ? i18n._("Next day") : i18n._("Next days")}
            </Button>
            {days === 1 && (
              <Button look="secondary" onPress={() => put({ from: dayPlus(asked.to, -6) })}>
                {i18n._("Seven days")}
              </Button>
            )}
          </div>
        </div>
        <p className="actions">
          {days <= mostHalfHourDays && <Download asked={asked} interval="half_hour" text={i18n._("Half-hours as CSV")} />}
          <Download asked={asked} interval="day" text={days === 1 ? i18n._("The day as CSV") : i18n._("The days as CSV")} />
        </p>
      </section>
      {days > mostDays ? <Notice look="warning">{i18n._("At most {n} days can be looked at together.", { n: mostDays })}</Notice> : <Days asked={asked} city={city} />}
    </Page>
  );
}

function Download({ asked: { from, to, queue }, interval, text }: { asked: Asked; interval: Interval; text: string }) {
  const query = new URLSearchParams({ from, to, interval, ...(queue && { queue }) });
  const days = from === to ? from : `${from}-${to}`;
  return (
    <a className="download" href={`/api/measures.csv?${query}`} download={`santra-${days}-${interval}.csv`}>
      <Icon name="download" size={18} />
      {text}
    </a>
  );
}

interface Part {
  answer: Measures;
  asked: Asked;
  city: City | undefined;
}

function Days({ asked, city }: { asked: Asked; city: City | undefined }) {
  const { i18n } = useLingui();
  const one = asked.from === asked.to;
  const halves = useQuery({ ...measuresQuery(asked, "half_hour"), enabled: one });
  const days = useQuery(measuresQuery(asked, "day"));
  const drawn = one ? halves : days;
  const error = drawn.error ?? days.error;
  if (error) return <ErrorNotice error={error} />;
  if (!drawn.data || !days.data) return <Loading />;
  const besides = (
    <>
      {!asked.queue && <Unqueued from={asked.from} to={asked.to} city={city} />}
      <Sound asked={asked} city={city} />
    </>
  );
  if (days.data.rows.length === 0) {
    return (
      <>
        <Empty icon="measures" title={i18n._("Nothing was measured on {day}", { day: daysText(asked) })} />
        {besides}
      </>
    );
  }
  const rows = mergedRows(days.data.rows);
  return (
    <>
      <Sums answer={days.data} asked={asked} />
      <Plots answer={drawn.data} asked={asked} city={city} />
      <Queues rows={rows} city={city} />
      <Letters rows={rows} city={city} />
      <Outcomes from={asked.from} to={asked.to} queue={asked.queue} city={city} />
      {besides}
      {one && <Formulas day={days.data} asked={asked} />}
    </>
  );
}

/** "27.11.2026", "23.11.2026 – 27.11.2026" */
function daysText({ from, to }: Asked): string {
  const text = (day: string) => dateText(`${day}T12:00:00Z`);
  return from === to ? text(from) : `${text(from)} – ${text(to)}`;
}

function Sums({ answer, asked }: Omit<Part, "city">) {
  const { i18n } = useLingui();
  const all = merged(drawnRows(answer, asked.queue, asked.kind));
  return (
    <section className="card" aria-labelledby="sums">
      <h2 id="sums">{asked.from === asked.to ? i18n._("The day") : i18n._("The days {days}", { days: daysText(asked) })}</h2>
      <dl className="sums">
        <Sum name={asked.kind === "call" ? i18n._("Calls came") : i18n._("Callbacks came")} unit="count" value={all?.offered} />
        <Sum name={asked.kind === "call" ? i18n._("Calls answered") : i18n._("Callbacks made")} unit="count" value={all?.answered} />
        <Sum name={i18n._("Service level")} unit="share" value={all?.service_level} />
        <Sum name={i18n._("Abandoned")} unit="share" value={all?.abandonment} />
        <Sum name={i18n._("Mean wait")} unit="seconds" value={all?.asa_seconds} />
        <Sum name={i18n._("Mean handling time")} unit="seconds" value={all?.aht_seconds} />
        {answer.staff.length > 0 && <Sum name={i18n._("Occupancy")} unit="share" value={occupancy(answer.staff)} />}
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

function Plots({ answer, asked, city }: Part) {
  const { i18n } = useLingui();
  const me = useMe();
  const rows = drawnRows(answer, asked.queue, asked.kind);
  const one = asked.from === asked.to;
  const times = one ? halfHours(momentsOf(rows, answer.staff)) : daysOf(asked.from, asked.to).map((day) => dayStart(day)!);
  const [at, setAt] = useState(0);
  if (times.length === 0) return null;
  const queues = queuesOf(me, city).filter((q) => (asked.queue ? q.id === asked.queue : q.number));
  const within = sameWithin(queues);
  const nothing = asked.kind === "call" ? i18n._("No calls.") : i18n._("No callbacks.");
  const cursor = Math.min(at, times.length - 1);
  const of = (name: string, value: (m: Measure) => number | null | undefined) => along(name, times, rows, value);
  const shared: Pick<PlotProps, "times" | "cursor" | "onCursor" | "step"> = { times: times.map(one ? clockOf : dayAndMonth), cursor, onCursor: setAt, step: one ? "half-hour" : "day" };
  return (
    <section className="plots" aria-labelledby="plots">
      <h2 id="plots">{one ? i18n._("By half-hours") : i18n._("By days")}</h2>
      <p className="quiet">{rows.length === 0 ? nothing : i18n._("Point at a plot, or choose it and move with the arrow keys.")}</p>
      <Plot
        {...shared}
        title={asked.kind === "call" ? i18n._("Calls") : i18n._("Callbacks")}
        unit="count"
        kind="bars"
        series={[of(i18n._("Answered"), (m) => m.answered), of(i18n._("Abandoned"), left), of(i18n._("Elsewhere or waiting"), elsewhere)]}
        more={[of(i18n._("Came"), (m) => m.offered)]}
      />
      <Plot
        {...shared}
        title={i18n._("Service level")}
        lead={i18n._("Answered within the queue’s target, of those who did not leave at once.")}
        unit="share"
        series={[of(i18n._("Service level"), (m) => m.service_level)]}
        target={{ value: levelTarget, name: levelTargetText(levelTarget, withinText(queues)) }}
      />
      <Plot
        {...shared}
        title={i18n._("Waits")}
        unit="seconds"
        series={[of(i18n._("Mean wait"), (m) => m.asa_seconds), of(i18n._("Longest wait"), (m) => m.longest_wait_seconds)]}
        target={within === undefined ? undefined : { value: within, name: i18n._("Target at most {time}", { time: figureText("seconds", within) }) }}
      />
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

const rowKey = (m: Measure) => `${m.queue} ${m.kind}`;

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
        <Table caption={i18n._("Calls by queues")} columns={columns} rows={calls} rowKey={rowKey} />
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
      <Table caption={i18n._("E-mail by queues")} columns={columns} rows={mails} rowKey={rowKey} />
    </section>
  );
}

/** What others call the service level, so that figures can be compared with theirs. */
function Formulas({ day, asked }: { day: Measures; asked: Asked }) {
  const { i18n } = useLingui();
  const levels = drawnRows(day, asked.queue, asked.kind)[0]?.service_levels ?? [];
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
