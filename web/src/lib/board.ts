import type { QueueLive } from "../api/types.ts";

// The wallboard: at most six measures about the team, never about persons.

/** Data older than this is not shown: a board that lies is worse than an empty one. */
export const staleAfter = 60;

/** A caller waiting longer than this is a breach, in seconds. */
export const waitTarget = 120;

/** The share of today's calls that should be answered within 20 s, in per cent. */
export const levelTarget = 80;

export interface Board {
  waitingCalls: number;
  longestSince: string | undefined;
  waitingMails: number;
  ready: number;
  /** Per cent answered in time today; undefined before the first call. */
  level: number | undefined;
  abandoned: number;
}

export function boardOf(queues: readonly QueueLive[]): Board {
  const sum = (value: (q: QueueLive) => number) => queues.reduce((n, q) => n + value(q), 0);
  const since = queues.map((q) => q.longest_call_since).filter(Boolean).sort() as string[];
  const offered = sum((q) => q.today.offered);
  return {
    waitingCalls: sum((q) => q.waiting_calls),
    longestSince: since[0],
    waitingMails: sum((q) => q.waiting_mails),
    // An agent serves several queues: their sum would count them twice.
    ready: queues.reduce((n, q) => Math.max(n, q.ready), 0),
    level: offered > 0 ? Math.round((100 * sum((q) => q.today.in_time)) / offered) : undefined,
    abandoned: sum((q) => q.today.abandoned),
  };
}

/** Seconds since the data arrived, and whether they are too old to show. */
export function ageOf(arrived: number, now: number): { seconds: number; stale: boolean } {
  const seconds = Math.max(0, Math.floor((now - arrived) / 1000));
  return { seconds, stale: arrived === 0 || seconds > staleAfter };
}
