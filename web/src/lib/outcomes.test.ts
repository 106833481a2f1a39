import { expect, it } from "vitest";
import { endings } from "./outcomes.ts";

const row = (queue: string, code: string, n: number, hidden = false, start = "2026-11-23T22:00:00Z") => ({ queue, code, n, hidden, start });

it("adds up days by queue and outcome, the most frequent first", () => {
  const all = endings([row("b", "done", 3), row("a", "done", 10), row("a", "wrong", 20), row("a", "done", 30, false, "2026-11-24T22:00:00Z")]);
  expect(all.map((e) => [e.queue, e.code, e.n])).toEqual([["a", "done", 40], ["a", "wrong", 20], ["b", "done", 3]]);
  expect(all[0]!.share).toBeCloseTo(2 / 3);
  expect(all[2]!.share).toBe(1);
});

it("gives no share where a count is hidden", () => {
  const all = endings([row("a", "done", 0, true), row("a", "wrong", 20), row("b", "done", 9)]);
  expect(all.map((e) => [e.code, e.more, e.share])).toEqual([["wrong", false, undefined], ["done", true, undefined], ["done", false, 1]]);
  expect(endings([])).toEqual([]);
});
