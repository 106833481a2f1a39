import type { AgentLive, QueueLive } from "../api/types.ts";

// The wallboard: at most six measures about the team, never about persons.

/** Data older than this is not shown: a board that lies is worse than an empty one. */
export const staleAfter = 60;

/** A caller waiting longer than this is a breach, in seconds. */
export const waitTarget = 120;

export interface Board {
  waitingCalls: number;
  longestSince: string | undefined;
  waitingMails: number;
  ready: number;
  serving: number;
  notAnswering: number | undefined;
}

export function boardOf(queues: readonly QueueLive[], agents: readonly AgentLive[] | undefined): Board {
  const sum = (key: "waiting_calls" | "waiting_mails") => queues.reduce((n, q) => n + q[key], 0);
  const since = queues.map((q) => q.longest_call_since).filter(Boolean).sort() as string[];
  // An agent serves several queues; without the list of agents the largest queue is the best that can be said.
  const most = (key: "ready" | "busy") => queues.reduce((n, q) => Math.max(n, q[key]), 0);
  const count = (...states: AgentLive["state"][]) => agents?.filter((a) => states.includes(a.state)).length;
  return {
    waitingCalls: sum("waiting_calls"),
    longestSince: since[0],
    waitingMails: sum("waiting_mails"),
    ready: count("ready") ?? most("ready"),
    serving: count("busy", "offered", "wrap_up") ?? most("busy"),
    notAnswering: count("not_answering"),
  };
}

/** Seconds since the data arrived, and whether they are too old to show. */
export function ageOf(arrived: number, now: number): { seconds: number; stale: boolean } {
  const seconds = Math.max(0, Math.floor((now - arrived) / 1000));
  return { seconds, stale: arrived === 0 || seconds > staleAfter };
}
