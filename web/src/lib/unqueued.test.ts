import { expect, it } from "vitest";
import type { Unqueued } from "../api/types.ts";
import { unqueuedBy } from "./unqueued.ts";

const row = (change: Partial<Unqueued>): Unqueued => ({
  number: "+358931012345", flow: "desk", agency: "works", from: "2026-11-23T22:00:00Z", to: "2026-11-24T22:00:00Z", calls: 0, hung_up: 0, closed: 0, said: 0,
  promised: 0, connected: 0, failed: 0, ...change,
});

it("adds days up by number and flow, the most calls first", () => {
  const all = unqueuedBy([row({ calls: 2, hung_up: 2 }), row({ flow: "other", calls: 9, said: 9 }), row({ calls: 3, closed: 1, connected: 2 })]);
  expect(all.map((r) => [r.flow, r.calls, r.hung_up, r.closed, r.connected, r.said])).toEqual([["other", 9, 0, 0, 0, 9], ["desk", 5, 2, 1, 2, 0]]);
});
