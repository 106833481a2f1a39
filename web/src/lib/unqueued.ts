import type { Unqueued } from "../api/types.ts";

const added = ["calls", "hung_up", "closed", "said", "promised", "connected", "failed"] as const;

/** Rows of several days as one for each number and flow, the most calls first. */
export function unqueuedBy(rows: readonly Unqueued[]): Unqueued[] {
  const by = new Map<string, Unqueued>();
  for (const r of rows) {
    const key = `${r.number} ${r.flow}`;
    const sum = by.get(key);
    if (!sum) by.set(key, { ...r });
    else for (const name of added) sum[name] += r[name];
  }
  return [...by.values()].sort((a, b) => b.calls - a.calls || a.number.localeCompare(b.number));
}
