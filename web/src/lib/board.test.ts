import { expect, it } from "vitest";
import type { QueueLive } from "../api/types.ts";
import { ageOf, boardOf, staleAfter } from "./board.ts";

const today = { offered: 0, answered: 0, in_time: 0, abandoned: 0, short_abandoned: 0, overflowed: 0, diverted: 0, overflowed_in: 0, expired: 0, closed: 0, lost: 0, decided: 0, waited_seconds: 0 };
const now = Date.parse("2026-11-23T10:05:30Z");
const queue = (more: Partial<QueueLive>): QueueLive => ({
  id: "q",
  agency: "a",
  busy: 0,
  ready: 0,
  talking: 0,
  open_mails: 0,
  callbacks: 0,
  open: true,
  staffed: 0,
  lacks: [],
  estimate: { known: false, low_seconds: 0, high_seconds: 0, place: 1, why: "too_few_starts" },
  waiting_calls: 0,
  waiting_mails: 0,
  today,
  ...more,
});

it("sums queues, takes the longest wait of all and counts no agent twice", () => {
  const board = boardOf(
    [
      queue({ waiting_calls: 2, longest_call_since: "2026-11-23T10:05:00Z", ready: 3, today: { ...today, offered: 9, short_abandoned: 2, decided: 6, in_time: 5, abandoned: 1 } }),
      queue({ waiting_calls: 1, waiting_mails: 4, longest_call_since: "2026-11-23T10:01:00Z", ready: 2, today: { ...today, offered: 2, decided: 2, in_time: 1 } }),
    ],
    [],
    now,
  );
  expect(board).toEqual({ waitingCalls: 3, longestSince: "2026-11-23T10:01:00Z", late: [], waitingMails: 4, ready: 3, level: 0.75, abandoned: 1 });
});

it("has the published service level: who waits, left at once or went to another queue is not decided here", () => {
  const of = (more: Partial<typeof today>) => boardOf([queue({ today: { ...today, ...more } })], [], now).level;
  expect(of({ offered: 10, in_time: 4, answered: 4, short_abandoned: 3, overflowed: 2, decided: 5, abandoned: 1 })).toBe(0.8);
  expect(of({ offered: 3, short_abandoned: 3 })).toBeUndefined();
});

it("calls a queue late by its own target", () => {
  const since = "2026-11-23T10:05:00Z";
  const queues = [queue({ id: "quick", longest_call_since: since }), queue({ id: "slow", longest_call_since: since }), queue({ id: "idle" }), queue({ id: "unknown", longest_call_since: since })];
  const targets = [
    { id: "quick", within_seconds: 20 },
    { id: "slow", within_seconds: 30 },
    { id: "idle", within_seconds: 20 },
  ];
  expect(boardOf(queues, targets, now).late).toEqual(["quick"]);
  expect(boardOf(queues, targets, now + 1000).late).toEqual(["quick", "slow"]);
});

it("knows no service level before the first call", () => {
  expect(boardOf([queue({})], [], now).level).toBeUndefined();
  expect(boardOf([], [], now).waitingCalls).toBe(0);
});

it("is stale before the first data and after a minute without", () => {
  expect(ageOf(0, 5_000).stale).toBe(true);
  expect(ageOf(1_000, 1_000 + staleAfter * 1000)).toEqual({ seconds: staleAfter, stale: false });
  expect(ageOf(1_000, 2_000 + staleAfter * 1000).stale).toBe(true);
});
