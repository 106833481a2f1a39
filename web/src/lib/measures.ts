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

/** Who left, sooner or later. */
export const left = (m: Measure) => m.abandoned + m.short_abandoned;

/** What came and was neither answered here nor given up: sent elsewhere, expired, closed, lost or still waiting. */
export const elsewhere = (m: Measure) => m.overflowed_out + m.diverted + m.expired + m.closed + m.lost + m.waiting;

/** The moments of everything that an answer has of a medium. */
export function momentsOf(rows: readonly Measure[], staff: readonly StaffMeasure[]): string[] {
  return [...rows, ...staff.filter((s) => s.agents > 0)].map((r) => r.from);
}
