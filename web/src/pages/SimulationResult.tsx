import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import type { City, SimulatedAnswer, SimulatedDifference, SimulatedNote, SimulatedReport, SimulatedRow, SimulatedStaffing } from "../api/types.ts";
import { saveCsv } from "../lib/csv.ts";
import { clockOf, dateText, inLanguage } from "../lib/format.ts";
import { noteText } from "../lib/notes.ts";
import { busySpan, numberOf, type Plan, reportsOf, rowsOf, simulationCsv, totalOf } from "../lib/simulation.ts";
import { levelTarget, levelTargetText, withinText } from "../lib/targets.ts";
import { Plot, type PlotProps } from "../plot/Plot.tsx";
import type { Series } from "../plot/scale.ts";
import { figureText, type Unit } from "../plot/text.ts";
import { Button, Select } from "../ui/controls.tsx";
import { type Column, Empty, Notice, Table } from "../ui/parts.tsx";

/** The answer: the day's figures of both, who would be needed, and the half-hours. */
export function SimulationResult({ answer, plan, city }: { answer: SimulatedAnswer; plan: Plan; city: City }) {
  const { i18n } = useLingui();
  const [queue, setQueue] = useState("");
  const reports = reportsOf(answer);
  const names = namesOf(plan, reports.length);
  const options = [{ id: "", text: i18n._("All queues") }, ...reports[0]!.queues.map((q) => ({ id: q.queue, text: inLanguage(city.queues.find((c) => c.id === q.queue)?.name) || q.queue }))];
  const day = dateText(`${plan.date}T12:00:00Z`);
  return (
    <>
      <section className="card" aria-labelledby="sim-day">
        <div className="card-head">
          <h2 id="sim-day">{i18n._("The day {day}", { day })}</h2>
          <Button look="secondary" icon="download" onPress={() => saveCsv(`santra-simulation-${plan.date}.csv`, simulationCsv(answer, names))}>
            {i18n._("Download as CSV")}
          </Button>
        </div>
        <p className="quiet">{i18n._("{n, plural, one {The day was played once.} other {The day was played # times; the figures are means.}}", { n: reports[0]!.days })}</p>
        {options.length > 2 && <Select className="field-narrow" label={i18n._("Queue")} options={options} value={queue} onPick={setQueue} />}
        <DayTable reports={reports} names={names} queue={queue} differences={answer.comparison?.differences ?? []} />
      </section>
      {answer.staffing && <Staffing staffing={answer.staffing} />}
      <HalfHours reports={reports} names={names} queue={queue} plan={plan} city={city} />
      <Notes notes={answer.notes ?? []} city={city} />
    </>
  );
}

/** What the two configurations are called. */
function namesOf(plan: Plan, n: number): string[] {
  if (n === 1) return [i18n._("As planned")];
  const change = numberOf(plan.change);
  const calls = numberOf(plan.calls);
  const parts = [
    change !== 0 ? i18n._("{sign}{n, plural, one {# agent} other {# agents}}", { sign: change > 0 ? "+" : "−", n: Math.abs(change) }) : "",
    calls !== 0 ? i18n._("calls {n} %", { n: signed(calls) }) : "",
    plan.choice === "breach" ? i18n._("target first") : plan.choice === "weighted" ? i18n._("longest wait first") : "",
  ];
  return [i18n._("As planned"), parts.filter(Boolean).join(", ")];
}

const signed = (n: number) => (n > 0 ? `+${n}` : `−${Math.abs(n)}`);

interface Figure {
  name: string;
  unit: Unit;
  value(row: SimulatedRow): number | null;
  /** What the server calls it among the differences. */
  key?: string;
  /** Only of all queues together. */
  whole?: boolean;
}

const dayFigures = (): Figure[] => [
  { name: i18n._("Calls came"), unit: "count", value: (r) => r.offered },
  { name: i18n._("Calls answered"), unit: "count", value: (r) => r.answered },
  { name: i18n._("Service level"), unit: "share", value: (r) => r.service_level, key: "service_level" },
  { name: i18n._("Abandoned"), unit: "share", value: (r) => r.abandonment, key: "abandonment" },
  { name: i18n._("Mean wait"), unit: "seconds", value: (r) => r.wait_seconds, key: "wait_seconds" },
  { name: i18n._("Half wait at most"), unit: "seconds", value: (r) => r.p50_seconds },
  { name: i18n._("Nine of ten wait at most"), unit: "seconds", value: (r) => r.p90_seconds, key: "p90_seconds" },
  { name: i18n._("99 of 100 wait at most"), unit: "seconds", value: (r) => r.p99_seconds },
  { name: i18n._("Occupancy"), unit: "share", value: (r) => r.occupancy, key: "occupancy", whole: true },
  { name: i18n._("Agents at work, mean"), unit: "count", value: (r) => r.agents, whole: true },
];

function DayTable({ reports, names, queue, differences }: { reports: readonly SimulatedReport[]; names: readonly string[]; queue: string; differences: readonly SimulatedDifference[] }) {
  const { i18n } = useLingui();
  const rows = dayFigures().filter((f) => queue === "" || !f.whole);
  const columns: Column<Figure>[] = [
    { head: i18n._("Measure"), names: true, cell: (f) => f.name },
    ...reports.map((report, i) => ({
      head: names[i]!,
      figures: true,
      cell: (f: Figure) => {
        const row = totalOf(report, queue);
        return <span className="figures">{figureText(f.unit, row && f.value(row))}</span>;
      },
    })),
  ];
  if (differences.length > 0 && queue === "") columns.push({ head: i18n._("Difference"), figures: true, cell: (f) => <Change unit={f.unit} d={differences.find((d) => d.figure === f.key)} /> });
  return <Table caption={i18n._("The day’s figures")} columns={columns} rows={rows} rowKey={(f) => f.name} />;
}

/** By how much, and how sure that is. */
function Change({ unit, d }: { unit: Unit; d: SimulatedDifference | undefined }) {
  const { i18n } = useLingui();
  if (!d || d.change === null) return <span className="quiet">–</span>;
  const sure = d.low !== null && d.high !== null;
  return (
    <span className="figures">
      <strong>{changeText(unit, d.change)}</strong>
      {sure && <span className="cell-more">{i18n._("95 %: {low} to {high}", { low: changeText(unit, d.low!), high: changeText(unit, d.high!) })}</span>}
    </span>
  );
}

/** A change of a share is told in points of a per cent. */
function changeText(unit: Unit, change: number): string {
  const sign = change < 0 ? "−" : "+";
  if (unit !== "share") return sign + figureText(unit, Math.abs(change));
  return i18n._("{points} pp", { points: sign + figureText("count", Math.abs(change) * 100) });
}

function Staffing({ staffing }: { staffing: SimulatedStaffing }) {
  const { i18n } = useLingui();
  const level = figureText("share", staffing.target.level);
  const halves = staffing.half_hours ?? [];
  const [at, setAt] = useState(0);
  const series = (name: string, value: (h: (typeof halves)[number]) => number | null): Series => ({ name, values: halves.map(value) });
  return (
    <section className="card" aria-labelledby="sim-staff">
      <h2 id="sim-staff">{i18n._("Who is needed")}</h2>
      <Notice look={staffing.reached ? "success" : "warning"}>
        {staffing.reached
          ? i18n._("{n, plural, one {# agent keeps {level} within {within} s.} other {# agents keep {level} within {within} s.}}", { n: staffing.agents, level, within: staffing.within_seconds })
          : i18n._("No number of agents that was tried keeps {level} within {within} s.", { level, within: staffing.within_seconds })}
      </Notice>
      {halves.length > 0 && (
        <Plot
          title={i18n._("Agents needed by half-hours")}
          unit="count"
          times={halves.map((h) => clockOf(h.start))}
          series={[series(i18n._("By simulation"), (h) => h.agents), series(i18n._("By Erlang’s formula"), (h) => h.erlang)]}
          more={[series(i18n._("Calls came"), (h) => h.offered), { ...series(i18n._("Service level"), (h) => h.service_level), unit: "share" }]}
          cursor={Math.min(at, halves.length - 1)}
          onCursor={setAt}
        />
      )}
    </section>
  );
}

function HalfHours({ reports, names, queue, plan, city }: { reports: readonly SimulatedReport[]; names: readonly string[]; queue: string; plan: Plan; city: City }) {
  const { i18n } = useLingui();
  const all = reports.map((r) => rowsOf(r, queue));
  const [from, to] = busySpan(all);
  const [at, setAt] = useState(0);
  if (from === to) return <Empty icon="simulation" title={i18n._("No calls came on that day.")} />;
  const shown = all.map((rows) => rows.slice(from, to));
  const cursor = Math.min(at, to - from - 1);
  const shared: Pick<PlotProps, "times" | "cursor" | "onCursor"> = { times: shown[0]!.map((r) => clockOf(r.start)), cursor, onCursor: setAt };
  const both = (value: (r: SimulatedRow) => number | null, name = (of: string) => of): Series[] => shown.map((rows, i) => ({ name: name(names[i]!), values: rows.map(value) }));
  const level = plan.search ? numberOf(plan.level) / 100 : levelTarget;
  // The figures are by each queue's own target, whatever target the search was for.
  const within = withinText(city.queues.filter((q) => (queue === "" ? reports[0]!.queues.some((r) => r.queue === q.id) : q.id === queue)));
  const named = (what: string) => (of: string) => (shown.length > 1 ? `${what}, ${of}` : what);
  return (
    <section className="plots" aria-labelledby="sim-halves">
      <h2 id="sim-halves">{i18n._("By half-hours")}</h2>
      <p className="quiet">{i18n._("Point at a plot, or choose it and move with the arrow keys.")}</p>
      <Plot {...shared} title={i18n._("Service level")} unit="share" series={both((r) => r.service_level)} target={{ value: level, name: levelTargetText(level, within) }} />
      <Plot
        {...shared}
        title={i18n._("Waits")}
        lead={i18n._("Nine of ten of those who were answered waited at most so long.")}
        unit="seconds"
        series={both((r) => r.p90_seconds)}
        more={[...both((r) => r.p50_seconds, named(i18n._("half"))), ...both((r) => r.p99_seconds, named(i18n._("99 of 100")))]}
      />
      <Plot {...shared} title={i18n._("Abandoned")} lead={i18n._("Share of the calls whose callers gave up waiting.")} unit="share" series={both((r) => r.abandonment)} />
      {queue === "" && (
        <Plot
          {...shared}
          title={i18n._("Occupancy")}
          lead={i18n._("Time in calls and wrap-up, of the time at work.")}
          unit="share"
          series={both((r) => r.occupancy)}
          more={both((r) => r.agents, named(i18n._("agents"))).map((s) => ({ ...s, unit: "count" as const }))}
        />
      )}
      <Plot {...shared} title={i18n._("Calls")} unit="count" kind="bars" series={[{ name: i18n._("Calls came"), values: shown[0]!.map((r) => r.offered) }]} />
    </section>
  );
}

/** What the planner assumed. */
function Notes({ notes, city }: { notes: readonly SimulatedNote[]; city: City }) {
  const { i18n } = useLingui();
  if (notes.length === 0) return null;
  return (
    <details className="card">
      <summary>{i18n._("What was assumed")}</summary>
      <ul className="plain">
        {notes.map((n, i) => (
          <li key={i}>{noteText(n, city)}</li>
        ))}
      </ul>
    </details>
  );
}
