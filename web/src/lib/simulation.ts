import type { SimulatedAnswer, SimulatedReport, SimulatedRow, SimulationRequest } from "../api/types.ts";
import { type CallsFile, readCalls } from "./callsCsv.ts";
import { csv, type Value } from "./csv.ts";

// A planner's question as the form holds it, and what the page makes of the answer.

/** Texts as typed; "" where the field is empty. */
export interface Traffic {
  queue: string;
  rate: string;
  aht: string;
  patience: string;
}

export interface Shift {
  count: string;
  from: string;
  to: string;
}

export interface Plan {
  date: string;
  /** "measured": calls as on the last weeks' same day; "own": as `traffic` says; "file": by half-hours, as `file` says. */
  basis: "measured" | "own" | "file";
  weeks: string;
  traffic: readonly Traffic[];
  file: { text: string; read: CallsFile };
  /** Where the file does not say. */
  fileAht: string;
  filePatience: string;
  /** "same": `agents` all day; "shifts". */
  staffing: "same" | "shifts";
  agents: string;
  shifts: readonly Shift[];
  /** What is different in the other configuration; "" or "0" for nothing. */
  change: string;
  /** The shift that the change is about, by its place in `shifts`. */
  changed: string;
  calls: string;
  choice: "" | "weighted" | "breach";
  /** Also search the least staffing that keeps the target. */
  search: boolean;
  level: string;
  within: string;
}

/** What stands in the fields first: a day with two agents fewer. */
export function firstPlan(date: string, queues: readonly string[]): Plan {
  return {
    date,
    basis: "own",
    weeks: "4",
    traffic: queues.map((queue) => ({ queue, rate: "20", aht: "240", patience: "180" })),
    file: fileOf("", queues),
    fileAht: "240",
    filePatience: "180",
    staffing: "same",
    agents: "10",
    shifts: [{ count: "10", from: "08:00", to: "16:00" }],
    change: "-2",
    changed: "0",
    calls: "0",
    choice: "",
    search: false,
    level: "80",
    within: "20",
  };
}

/** A text of calls, read for these queues. */
export const fileOf = (text: string, queues: readonly string[]): Plan["file"] => ({ text, read: readCalls(text, queues) });

/** "1,5" and "1.5"; NaN for no number, 0 for nothing. */
export function numberOf(text: string): number {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  return plain === "" ? 0 : Number(plain);
}

/** Which fields hold no number, or one that can't be; by their names in Plan, traffic as "rate.1". */
export function faults(p: Plan): string[] {
  const within = (text: string, low: number, high: number) => numberOf(text) >= low && numberOf(text) <= high;
  const bad: string[] = [];
  const check = (name: string, good: boolean) => good || bad.push(name);
  check("date", /^\d{4}-\d{2}-\d{2}$/.test(p.date));
  if (p.basis === "measured") check("weeks", within(p.weeks, 1, 26));
  else if (p.basis === "file") {
    check("file", p.file.read.faults.length === 0);
    check("fileAht", within(p.fileAht, 1, 14_400));
    check("filePatience", within(p.filePatience, 0, 86_400));
  } else {
    p.traffic.forEach((t, i) => {
      check(`rate.${i}`, within(t.rate, 0, 20_000));
      check(`aht.${i}`, within(t.aht, 1, 14_400));
      check(`patience.${i}`, within(t.patience, 0, 86_400));
    });
  }
  if (p.staffing === "same") check("agents", within(p.agents, 0, 2000));
  else p.shifts.forEach((s, i) => check(`count.${i}`, within(s.count, 1, 2000) && s.from < endOf(s)));
  check("change", within(p.change, -2000, 2000) && leavesSomebody(p));
  check("calls", within(p.calls, -100, 1000));
  if (p.search) {
    check("level", within(p.level, 1, 100));
    check("within", within(p.within, 0, 3600));
  }
  return bad;
}

/** The question as the server takes it. A queue without calls is left out. */
export function requestOf(p: Plan): SimulationRequest {
  return {
    date: p.date,
    ...(p.basis === "measured" ? { weeks: numberOf(p.weeks) } : { queues: p.basis === "own" ? trafficOf(p) : countedOf(p) }),
    ...(p.staffing === "same" ? { agents: numberOf(p.agents) } : { shifts: shiftsOf(p, 0) }),
    ...(p.search ? { target: { level: numberOf(p.level) / 100, within_seconds: numberOf(p.within) } } : {}),
    ...againstOf(p),
  };
}

const trafficOf = (p: Plan) =>
  p.traffic.filter((t) => numberOf(t.rate) > 0).map((t) => ({ queue: t.queue, rate: [numberOf(t.rate)], aht_seconds: numberOf(t.aht), patience_seconds: numberOf(t.patience) }));

const countedOf = (p: Plan) =>
  p.file.read.counted.map((c) => ({ queue: c.queue, rate: c.calls.map((n) => 2 * n), aht_seconds: c.handling ?? numberOf(p.fileAht), patience_seconds: numberOf(p.filePatience) }));

/** A shift until midnight ends at 24:00, which the field shows as 00:00. */
const endOf = (s: Shift) => (s.to === "00:00" ? "24:00" : s.to);

/** Which shift changes; the first where the chosen one is gone. */
const changedOf = (p: Plan) => (numberOf(p.changed) < p.shifts.length ? numberOf(p.changed) : 0);

const shiftsOf = (p: Plan, more: number) => p.shifts.map((s, i) => ({ count: numberOf(s.count) + (i === changedOf(p) ? more : 0), from: s.from, to: endOf(s) })).filter((s) => s.count > 0);

/** A change can't take more from a shift than it has, nor everybody from the day. */
function leavesSomebody(p: Plan): boolean {
  const change = numberOf(p.change);
  if (p.staffing === "same") return numberOf(p.agents) + change >= 0;
  const shift = p.shifts[changedOf(p)];
  return shift !== undefined && numberOf(shift.count) + change >= 0 && shiftsOf(p, change).length > 0;
}

/** Two configurations only where something is different. With shifts, the chosen one is the one that changes. */
function againstOf(p: Plan): Pick<SimulationRequest, "against"> {
  const change = numberOf(p.change);
  const rate = 1 + numberOf(p.calls) / 100;
  if (change === 0 && rate === 1 && !p.choice) return {};
  const staff = change === 0 ? {} : p.staffing === "same" ? { fewer: -change } : { shifts: shiftsOf(p, change) };
  return { against: { ...staff, ...(rate === 1 ? {} : { rate }), ...(p.choice ? { choice: p.choice } : {}) } };
}

/** The configurations of an answer: one, or two on the same calls. */
export function reportsOf(answer: SimulatedAnswer): SimulatedReport[] {
  return answer.comparison ? [answer.comparison.base, answer.comparison.other] : [answer.report];
}

/** The rows of a queue, "" for all together. */
export function rowsOf(report: SimulatedReport, queue: string): readonly SimulatedRow[] {
  return queue === "" ? report.intervals : (report.queues.find((q) => q.queue === queue)?.intervals ?? []);
}

export function totalOf(report: SimulatedReport, queue: string): SimulatedRow | undefined {
  return queue === "" ? report.total : report.queues.find((q) => q.queue === queue)?.total;
}

/** From the first to after the last interval in which anything happened in any of the configurations. */
export function busySpan(all: readonly (readonly SimulatedRow[])[]): [number, number] {
  let [from, to] = [Infinity, 0];
  for (const rows of all) {
    rows.forEach((r, i) => {
      if (r.offered === 0 && r.agents === 0 && r.answered === 0) return;
      from = Math.min(from, i);
      to = Math.max(to, i + 1);
    });
  }
  return from < to ? [from, to] : [0, 0];
}

const columns = ["offered", "answered", "abandoned", "short_abandoned", "overflowed", "service_level", "abandonment", "wait_seconds", "p50_seconds", "p90_seconds", "p99_seconds", "longest_seconds", "aht_seconds", "agents", "occupancy"] as const;

/** Every configuration, queue and half-hour as one table, then the day's totals; queue "" is all together, an empty `start` the day. */
export function simulationCsv(answer: SimulatedAnswer, names: readonly string[]): string {
  const head = ["configuration", "queue", "start", ...columns];
  const line = (name: string, queue: string, start: string, row: SimulatedRow): Value[] => [name, queue, start, ...columns.map((c) => row[c])];
  const rows = reportsOf(answer).flatMap((report, i) => {
    const parts = [{ queue: "", intervals: report.intervals, total: report.total }, ...report.queues];
    return parts.flatMap((q) => [...q.intervals.map((r) => line(names[i]!, q.queue, r.start, r)), line(names[i]!, q.queue, "", q.total)]);
  });
  return csv([head, ...rows]);
}
