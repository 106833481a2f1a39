import { expect, it } from "vitest";
import type { Sounded } from "../api/types.ts";
import { mergedSound, poorShare, soundBy } from "./sound.ts";

const row = (change: Partial<Sounded>): Sounded => ({
  queue: "water", agency: "works", line: "trunk", band: "narrow", from: "2026-11-23T06:00:00Z", to: "2026-11-23T06:30:00Z", legs: 1, mos: 4.4, loss: 0,
  jitter_seconds: 0.002, classes: [1, 0, 0, 0, 0], ...change,
});

it("weights means by legs", () => {
  const whole = mergedSound([row({}), row({ to: "2026-11-23T07:00:00Z", legs: 3, mos: 3, loss: 0.04, jitter_seconds: 0.01, classes: [0, 0, 0, 1, 2] })])!;
  expect(whole).toMatchObject({ legs: 4, loss: 0.03, jitter_seconds: 0.008, classes: [1, 0, 0, 1, 2], from: "2026-11-23T06:00:00Z", to: "2026-11-23T07:00:00Z" });
  expect(whole.mos).toBeCloseTo(3.35);
  expect(poorShare(whole)).toBe(0.75);
});

it("has nothing to say of nothing", () => {
  expect(mergedSound([])).toBeUndefined();
  expect(poorShare(row({ legs: 0, classes: [0, 0, 0, 0, 0] }))).toBeUndefined();
});

it("puts rows together by a key, the first first", () => {
  const all = soundBy([row({ line: "browser" }), row({}), row({ line: "browser", legs: 2 })], (r) => r.line);
  expect(all.map((r) => [r.line, r.legs])).toEqual([["browser", 3], ["trunk", 1]]);
});
