import { expect, it } from "vitest";
import { dayOf, dayPlus, dayStart, localOf, momentOf, nextFriday, daysOf } from "./days.ts";

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

it.each([
  ["2026-11-27T16:00", "2026-11-27T14:00:00.000Z"],
  ["2026-07-01T16:00", "2026-07-01T13:00:00.000Z"],
  ["2026-10-25T03:30", "2026-10-25T00:30:00.000Z"],
])("%s on the wall is %s", (local, moment) => {
  expect(momentOf(local)).toBe(moment);
  expect(localOf(Date.parse(moment))).toBe(local);
});

it("knows no clock that never was, nor nonsense", () => {
  expect(momentOf("2026-03-29T03:30")).toBeUndefined();
  expect(momentOf("tomorrow")).toBeUndefined();
  expect(momentOf("2026-13-45T99:99")).toBeUndefined();
});

it("counts days", () => {
  expect(dayOf(Date.parse("2026-11-27T22:30:00Z"))).toBe("2026-11-28");
  expect(dayPlus("2026-12-31", 1)).toBe("2027-01-01");
  expect(nextFriday("2026-11-23")).toBe("2026-11-27");
  expect(nextFriday("2026-11-27")).toBe("2026-12-04");
});

it("lists the days of a range, over the change of clocks", () => {
  expect(daysOf("2026-10-24", "2026-10-26")).toEqual(["2026-10-24", "2026-10-25", "2026-10-26"]);
  expect(daysOf("2026-11-27", "2026-11-27")).toEqual(["2026-11-27"]);
  expect(daysOf("2026-11-27", "2026-11-01")).toEqual(["2026-11-27"]);
  expect(daysOf("0001-01-01", "9999-01-01")).toHaveLength(1000);
});
