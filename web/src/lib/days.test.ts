import { expect, it } from "vitest";
import { dayStart } from "./days.ts";

it.each([
  ["2026-11-23", 0, "2026-11-22T22:00:00.000Z"],
  ["2026-07-01", 0, "2026-06-30T21:00:00.000Z"],
  ["2026-03-29", 0, "2026-03-28T22:00:00.000Z"],
  ["2026-03-29", 1, "2026-03-29T21:00:00.000Z"],
  ["2026-12-31", 1, "2026-12-31T22:00:00.000Z"],
])("the day %s + %d begins at %s", (day, plus, moment) => expect(dayStart(day, plus)).toBe(moment));

it("knows no day in nonsense", () => {
  expect(dayStart("")).toBeUndefined();
  expect(dayStart("23.11.2026")).toBeUndefined();
});
