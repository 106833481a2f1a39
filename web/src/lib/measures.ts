import type { Measure, Measures, StaffMeasure } from "../api/types.ts";
import type { Series } from "../plot/scale.ts";

// A day's measures as the page draws them. Intervals in which nothing happened are not in the answer; the plots show them empty.

/** 30 minutes, in ms. */
const halfHour = 1_800_000;

export type Kind = Measure["kind"];

/** The half-hours from the first to the last in which anything was counted, without gaps. */
export function halfHours(moments: readonly string[]): string[] {
  const all = moments.map((m) => Date.parse(m));
  if (all.length === 0) return [];
  const first = Math.min(...all);
  const count = Math.round((Math.max(...all) - first) / halfHour) + 1;
  return Array.from({ length: count }, (_, i) => new Date(first + i * halfHour).toISOString());
}

/** The rows that the plots show: of one queue, or all together. */
export function drawnRows(answer: Measures, queue: string, kind: Kind): Measure[] {
  const rows = queue === "" ? answer.totals : answer.rows.filter((r) => r.queue === queue);
  return rows.filter((r) => r.kind === kind);
}

/** A value for each of `times`; null where the interval has no row or the row no value. */
export function along<Row extends { from: string }>(name: string, times: readonly string[], rows: readonly Row[], value: (row: Row) => number | null | undefined): Series {
  const by = new Map(rows.map((r) => [Date.parse(r.from), r]));
  return {
    name,
    values: times.map((t) => {
      const row = by.get(Date.parse(t));
      return row ? (value(row) ?? null) : null;
    }),
  };
}

/** Counts and sums of time add up. */
const added = ["offered", "overflowed_in", "answered", "in_time", "abandoned", "short_abandoned", "overflowed_out", "diverted", "expired", "closed", "lost", "waiting", "transferred_in", "transferred_out", "offers", "no_answers", "declines", "handled", "talk_seconds", "hold_seconds", "wrap_up_seconds", "responded", "resolved", "reopened"] as const;

/** Several intervals of a queue and medium as one; shares and means are divided last, as docs/measures.md has them. Undefined without rows. */
export function merged(rows: readonly Measure[]): Measure | undefined {
  const first = rows[0];
  if (!first || rows.length === 1) return first;
  const sum = (value: (m: Measure) => number) => rows.reduce((n, m) => n + value(m), 0);
  const whole: Measure = { ...first, service_levels: [], to: rows.at(-1)!.to };
  for (const key of added) whole[key] = sum((m) => m[key]);
  const decided = whole.answered + whole.abandoned + whole.diverted + whole.expired + whole.closed + whole.lost;
  return {
    ...whole,
    longest_wait_seconds: Math.max(...rows.map((m) => m.longest_wait_seconds)),
    service_level: over(whole.in_time, decided),
    abandonment: over(whole.abandoned, decided),
    asa_seconds: over(sum((m) => (m.asa_seconds ?? 0) * m.answered), whole.answered),
    aht_seconds: over(whole.talk_seconds + whole.hold_seconds + whole.wrap_up_seconds, whole.handled),
    first_response_seconds: over(sum((m) => (m.first_response_seconds ?? 0) * m.responded), whole.responded),
    resolution_seconds: over(sum((m) => (m.resolution_seconds ?? 0) * m.resolved), whole.resolved),
  };
}

/** Rows of several intervals, one for each queue and medium, in the order in which they come first. */
export function mergedRows(rows: readonly Measure[]): Measure[] {
  const by = new Map<string, Measure[]>();
  for (const m of rows) {
    const key = `${m.queue} ${m.kind}`;
    by.set(key, [...(by.get(key) ?? []), m]);
  }
  return [...by.values()].map((of) => merged(of)!);
}

/** How much of their time at work all agents were in calls and wrap-up. */
export function occupancy(staff: readonly StaffMeasure[]): number | undefined {
  const sum = (value: (s: StaffMeasure) => number) => staff.reduce((n, s) => n + value(s), 0);
  const busy = sum((s) => s.busy_seconds + s.wrap_up_seconds);
  return over(busy, busy + sum((s) => s.ready_seconds + s.ringing_seconds));
}

const over = (part: number, of: number) => (of > 0 ? part / of : undefined);

/** Who left, sooner or later. */
export const left = (m: Measure) => m.abandoned + m.short_abandoned;

/** What came and was neither answered here nor given up: sent elsewhere, expired, closed, lost or still waiting. */
export const elsewhere = (m: Measure) => m.overflowed_out + m.diverted + m.expired + m.closed + m.lost + m.waiting;

/** The moments of everything that an answer has of a medium. */
export function momentsOf(rows: readonly Measure[], staff: readonly StaffMeasure[]): string[] {
  return [...rows, ...staff.filter((s) => s.agents > 0)].map((r) => r.from);
}
