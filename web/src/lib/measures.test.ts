import { expect, it } from "vitest";
import type { Measure, Measures, StaffMeasure } from "../api/types.ts";
import { along, drawnRows, elsewhere, halfHours, left, merged, mergedRows, momentsOf, occupancy } from "./measures.ts";

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

const full = (from: string, more: Partial<Measure> = {}) => {
  const zero = { in_time: 0, overflowed_in: 0, transferred_in: 0, transferred_out: 0, offers: 0, no_answers: 0, declines: 0, handled: 0, talk_seconds: 0, hold_seconds: 0, wrap_up_seconds: 0, responded: 0, resolved: 0, reopened: 0, longest_wait_seconds: 0, service_levels: [{ formula: "ours" }] };
  return row(from, { ...zero, to: from, ...more });
};

it("adds days up and divides last: no mean of means", () => {
  const days = [
    full("1", { offered: 10, answered: 8, in_time: 8, abandoned: 2, asa_seconds: 5, handled: 8, talk_seconds: 800, wrap_up_seconds: 80, longest_wait_seconds: 40, service_level: 0.8, responded: 1, first_response_seconds: 60 }),
    full("2", { offered: 2, answered: 1, in_time: 0, diverted: 1, asa_seconds: 50, handled: 1, talk_seconds: 20, longest_wait_seconds: 90, service_level: 0, responded: 3, first_response_seconds: 20 }),
  ];
  const sum = merged(days)!;
  expect(sum).toMatchObject({ offered: 12, answered: 9, longest_wait_seconds: 90, service_levels: [], to: "2" });
  expect(sum.service_level).toBeCloseTo(8 / 12);
  expect(sum.abandonment).toBeCloseTo(2 / 12);
  expect(sum.asa_seconds).toBeCloseTo(10);
  expect(sum.aht_seconds).toBeCloseTo(100);
  expect(sum.first_response_seconds).toBeCloseTo(30);
  expect(sum.resolution_seconds).toBeUndefined();
});

it("leaves one day as the server has it, and nothing as nothing", () => {
  const one = full("1", { service_level: 0.5 });
  expect(merged([one])).toBe(one);
  expect(merged([])).toBeUndefined();
});

it("has a row for each queue and medium of several days", () => {
  const rows = mergedRows([full("1", { offered: 1 }), full("1", { kind: "mail" }), full("2", { offered: 2 }), full("2", { queue: "katu" })]);
  expect(rows.map((r) => [r.queue, r.kind, r.offered])).toEqual([
    ["vesi", "call", 3],
    ["vesi", "mail", 0],
    ["katu", "call", 0],
  ]);
});

it("weighs occupancy by time at work", () => {
  const of = (busy: number, ready: number) => ({ busy_seconds: busy, wrap_up_seconds: 0, ready_seconds: ready, ringing_seconds: 0, break_seconds: 900 }) as StaffMeasure;
  expect(occupancy([of(100, 0), of(0, 300)])).toBe(0.25);
  expect(occupancy([])).toBeUndefined();
});
