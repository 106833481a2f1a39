import type { Queue, QueueLive } from "../api/types.ts";
import { withinOf } from "./targets.ts";

// The wallboard: at most six measures about the team, never about persons.

/** Data older than this is not shown: a board that lies is worse than an empty one. */
export const staleAfter = 60;

export interface Board {
  waitingCalls: number;
  longestSince: string | undefined;
  waitingMails: number;
  ready: number;
  /** Queues whose longest waiting call has waited longer than their own target. */
  late: string[];
  /** The service level of docs/measures.md, of today, 0–1; undefined before the first outcome. */
  level: number | undefined;
  abandoned: number;
}

/** `now` is the server's, in ms; `configured` has the queues' targets. */
export function boardOf(queues: readonly QueueLive[], configured: readonly Pick<Queue, "id" | "within_seconds">[], now: number): Board {
  const sum = (value: (q: QueueLive) => number) => queues.reduce((n, q) => n + value(q), 0);
  const since = queues.map((q) => q.longest_call_since).filter(Boolean).sort() as string[];
  const decided = sum((q) => q.today.decided);
  return {
    waitingCalls: sum((q) => q.waiting_calls),
    longestSince: since[0],
    late: queues.filter((q) => isLate(q, configured, now)).map((q) => q.id),
    waitingMails: sum((q) => q.waiting_mails),
    // An agent serves several queues: their sum would count them twice.
    ready: queues.reduce((n, q) => Math.max(n, q.ready), 0),
    level: decided > 0 ? sum((q) => q.today.in_time) / decided : undefined,
    abandoned: sum((q) => q.today.abandoned),
  };
}

function isLate(q: QueueLive, configured: readonly Pick<Queue, "id" | "within_seconds">[], now: number): boolean {
  const within = withinOf(configured, q.id);
  return within !== undefined && Boolean(q.longest_call_since) && now - Date.parse(q.longest_call_since!) > within * 1000;
}

/** Seconds since the data arrived, and whether they are too old to show. */
export function ageOf(arrived: number, now: number): { seconds: number; stale: boolean } {
  const seconds = Math.max(0, Math.floor((now - arrived) / 1000));
  return { seconds, stale: arrived === 0 || seconds > staleAfter };
}
