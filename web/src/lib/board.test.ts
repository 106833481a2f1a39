import { expect, it } from "vitest";
import type { AgentLive, QueueLive } from "../api/types.ts";
import { ageOf, boardOf, staleAfter } from "./board.ts";

const queue = (more: Partial<QueueLive>): QueueLive => ({ id: "q", agency: "a", busy: 0, ready: 0, waiting_calls: 0, waiting_mails: 0, ...more });
const agent = (state: AgentLive["state"]): AgentLive => ({ person: "p", display: "", seat: "", state, since: "", reason: "", work: [] });

it("sums queues and takes the longest wait of all", () => {
  const board = boardOf(
    [queue({ waiting_calls: 2, longest_call_since: "2026-11-23T10:05:00Z", ready: 3 }), queue({ waiting_calls: 1, waiting_mails: 4, longest_call_since: "2026-11-23T10:01:00Z", ready: 2 })],
    undefined,
  );
  expect(board).toEqual({ waitingCalls: 3, longestSince: "2026-11-23T10:01:00Z", waitingMails: 4, ready: 3, serving: 0, notAnswering: undefined });
});

it("counts agents once, whatever queues they serve", () => {
  const board = boardOf([queue({ ready: 9 })], [agent("ready"), agent("busy"), agent("wrap_up"), agent("not_answering"), agent("break")]);
  expect([board.ready, board.serving, board.notAnswering]).toEqual([1, 2, 1]);
});

it("is stale before the first data and after a minute without", () => {
  expect(ageOf(0, 5_000).stale).toBe(true);
  expect(ageOf(1_000, 1_000 + staleAfter * 1000)).toEqual({ seconds: staleAfter, stale: false });
  expect(ageOf(1_000, 2_000 + staleAfter * 1000).stale).toBe(true);
});
