import { expect, it } from "vitest";
import type { Measure, Measures, StaffMeasure } from "../api/types.ts";
import { along, drawnRows, elsewhere, halfHours, left, momentsOf } from "./measures.ts";

const row = (from: string, more: Partial<Measure> = {}) => ({ queue: "vesi", kind: "call", from, offered: 0, answered: 0, abandoned: 0, short_abandoned: 0, overflowed_out: 0, diverted: 0, expired: 0, closed: 0, lost: 0, waiting: 0, ...more }) as Measure;

it("counts half-hours without gaps", () => {
  expect(halfHours(["2026-11-27T08:30:00Z", "2026-11-27T07:00:00Z"])).toEqual(["2026-11-27T07:00:00.000Z", "2026-11-27T07:30:00.000Z", "2026-11-27T08:00:00.000Z", "2026-11-27T08:30:00.000Z"]);
  expect(halfHours(["2026-11-27T08:30:00Z"])).toHaveLength(1);
  expect(halfHours([])).toEqual([]);
});

it("has a day of fifty half-hours when the clocks go back", () => expect(halfHours(["2026-10-24T21:00:00Z", "2026-10-25T21:30:00Z"])).toHaveLength(50));

it("puts values along the day, and nothing where nothing was counted", () => {
  const times = halfHours(["2026-11-27T07:00:00Z", "2026-11-27T08:00:00Z"]);
  const rows = [row("2026-11-27T09:00:00+02:00", { service_level: 0.5 }), row("2026-11-27T08:00:00Z")];
  expect(along("level", times, rows, (m) => m.service_level)).toEqual({ name: "level", values: [0.5, null, null] });
});

it("draws one queue or all together, of one medium", () => {
  const answer = { rows: [row("a"), row("a", { queue: "katu" }), row("a", { kind: "mail" })], totals: [row("a", { queue: "" })], staff: [] } as unknown as Measures;
  expect(drawnRows(answer, "", "call")).toHaveLength(1);
  expect(drawnRows(answer, "katu", "call")[0]?.queue).toBe("katu");
  expect(drawnRows(answer, "vesi", "mail")).toHaveLength(1);
});

it("accounts for all that came", () => {
  const m = row("a", { offered: 20, answered: 11, abandoned: 3, short_abandoned: 1, overflowed_out: 1, diverted: 1, expired: 1, closed: 1, lost: 0, waiting: 1 });
  expect(m.answered + left(m) + elsewhere(m)).toBe(m.offered);
});

it("begins the day when somebody is at work or something happens", () => {
  const staff = [{ from: "s0", agents: 0 }, { from: "s1", agents: 2 }] as StaffMeasure[];
  expect(momentsOf([row("r1")], staff)).toEqual(["r1", "s1"]);
});
