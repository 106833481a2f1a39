import type { OwedCall } from "../api/types.ts";

/** Where a callback stands, for who leads the agents. */
export type Standing = "overdue" | "calling" | "later" | "waiting" | "ending";

export function standing(c: OwedCall, now: number): Standing {
  if (c.state === "ending") return "ending";
  if (c.state === "opened") return "calling";
  if (Date.parse(c.until) < now) return "overdue";
  return c.not_before && Date.parse(c.not_before) > now ? "later" : "waiting";
}

/** What was promised first comes first. */
export function byPromise(all: readonly OwedCall[]): OwedCall[] {
  return [...all].sort((a, b) => Date.parse(a.until) - Date.parse(b.until) || a.id.localeCompare(b.id));
}
