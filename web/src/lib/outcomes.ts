import type { OutcomeCount } from "../api/types.ts";

/** How calls of one queue ended, over the days that are looked at. */
export interface Ending {
  queue: string;
  code: string;
  /** Of the counts that are shown. */
  n: number;
  /** Some day’s count is hidden, so there are more. */
  more: boolean;
  /** Of the queue’s calls; undefined where a count is hidden. */
  share: number | undefined;
}

/** The days added up by queue and outcome, the most frequent of a queue first. */
export function endings(rows: readonly OutcomeCount[]): Ending[] {
  const by = new Map<string, Ending>();
  for (const r of rows) {
    const key = `${r.queue} ${r.code}`;
    const one = by.get(key) ?? { queue: r.queue, code: r.code, n: 0, more: false, share: undefined };
    by.set(key, { ...one, n: one.n + r.n, more: one.more || r.hidden });
  }
  const all = [...by.values()].sort((a, b) => a.queue.localeCompare(b.queue) || b.n - a.n || a.code.localeCompare(b.code));
  return all.map((e) => ({ ...e, share: share(e, all) }));
}

function share(one: Ending, all: readonly Ending[]): number | undefined {
  const of = all.filter((e) => e.queue === one.queue);
  const sum = of.reduce((n, e) => n + e.n, 0);
  return of.some((e) => e.more) || sum === 0 ? undefined : one.n / sum;
}
