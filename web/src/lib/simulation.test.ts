import { describe, expect, it } from "vitest";
import type { SimulatedAnswer, SimulatedReport, SimulatedRow } from "../api/types.ts";
import { busySpan, faults, fileOf, firstPlan, numberOf, type Plan, reportsOf, requestOf, rowsOf, simulationCsv, totalOf } from "./simulation.ts";

const plan = (more: Partial<Plan> = {}): Plan => ({ ...firstPlan("2026-11-27", ["vesi", "katu"]), ...more });

describe("the question", () => {
  it("is what the form says: two fewer on Friday", () =>
    expect(requestOf(plan())).toEqual({
      date: "2026-11-27",
      queues: [
        { queue: "vesi", rate: [20], aht_seconds: 240, patience_seconds: 180 },
        { queue: "katu", rate: [20], aht_seconds: 240, patience_seconds: 180 },
      ],
      agents: 10,
      against: { fewer: 2 },
    }));

  it("asks for measured calls without naming queues", () => {
    const { queues, weeks } = requestOf(plan({ basis: "measured", weeks: "6" }));
    expect(queues).toBeUndefined();
    expect(weeks).toBe(6);
  });

  it("leaves out queues without calls", () => expect(requestOf(plan({ traffic: [{ queue: "vesi", rate: "0", aht: "240", patience: "" }] })).queues).toEqual([]));

  it("compares nothing where nothing differs", () => expect(requestOf(plan({ change: "0" })).against).toBeUndefined());

  it("changes the first shift", () => {
    const shifts = [
      { count: "6", from: "08:00", to: "12:00" },
      { count: "4", from: "10:00", to: "16:00" },
    ];
    const asked = requestOf(plan({ staffing: "shifts", shifts, calls: "20", choice: "breach" }));
    expect(asked.agents).toBeUndefined();
    expect(asked.shifts).toHaveLength(2);
    expect(asked.against).toEqual({ shifts: [{ count: 4, from: "08:00", to: "12:00" }, { count: 4, from: "10:00", to: "16:00" }], rate: 1.2, choice: "breach" });
  });

  it("changes the chosen shift, until midnight", () => {
    const shifts = [
      { count: "6", from: "08:00", to: "12:00" },
      { count: "4", from: "16:00", to: "00:00" },
    ];
    const asked = plan({ staffing: "shifts", shifts, changed: "1", change: "-4" });
    expect(requestOf(asked).shifts?.[1]).toEqual({ count: 4, from: "16:00", to: "24:00" });
    expect(requestOf(asked).against).toEqual({ shifts: [{ count: 6, from: "08:00", to: "12:00" }] });
    expect(requestOf({ ...asked, changed: "7" }).against?.shifts).toEqual([{ count: 2, from: "08:00", to: "12:00" }, { count: 4, from: "16:00", to: "24:00" }]);
  });

  it("takes calls by half-hours from a file", () => {
    const file = fileOf("from,to,calls,queue,handling_seconds\n08:00,09:00,12,vesi,\n08:30,09:00,1,katu,200", ["vesi", "katu"]);
    const { queues } = requestOf(plan({ basis: "file", file, fileAht: "300", filePatience: "60" }));
    expect(queues?.map((q) => [q.queue, q.rate?.length, q.rate?.[16], q.rate?.[17], q.rate?.[18], q.aht_seconds, q.patience_seconds])).toEqual([
      ["vesi", 48, 12, 12, 0, 300, 60],
      ["katu", 48, 0, 2, 0, 200, 60],
    ]);
  });

  it("carries the target as a share", () => expect(requestOf(plan({ search: true, level: "82,5", within: "30" })).target).toEqual({ level: 0.825, within_seconds: 30 }));
});

describe("faults", () => {
  it("has none as it opens", () => expect(faults(plan())).toEqual([]));
  it("refuses a change that leaves less than nobody", () => {
    const shifts = [{ count: "2", from: "08:00", to: "12:00" }];
    expect(faults(plan({ agents: "1" }))).toEqual(["change"]);
    expect(faults(plan({ staffing: "shifts", shifts, change: "-3" }))).toEqual(["change"]);
    expect(faults(plan({ staffing: "shifts", shifts, change: "-2" }))).toEqual(["change"]);
    expect(faults(plan({ staffing: "shifts", shifts, change: "-1" }))).toEqual([]);
  });
  it("names each field", () => {
    const traffic = [{ queue: "vesi", rate: "many", aht: "0", patience: "-1" }];
    const shifts = [{ count: "2", from: "16:00", to: "08:00" }];
    expect(faults(plan({ date: "", traffic, staffing: "shifts", shifts, change: "x", calls: "-200", search: true, level: "0", within: "9999" }))).toEqual(["date", "rate.0", "aht.0", "patience.0", "count.0", "change", "calls", "level", "within"]);
    expect(faults(plan({ basis: "file", fileAht: "0", filePatience: "x" }))).toEqual(["file", "fileAht", "filePatience"]);
    expect(faults(plan({ basis: "measured", weeks: "0", agents: "99999" }))).toEqual(["weeks", "agents"]);
  });
});

it.each([
  ["1,5", 1.5],
  [" 2 ", 2],
  ["−3", -3],
  ["", 0],
])("%s is the number %d", (text, wanted) => expect(numberOf(text)).toBe(wanted));

const row = (start: string, more: Partial<SimulatedRow> = {}) => ({ start, offered: 0, answered: 0, agents: 0, service_level: null, ...more }) as SimulatedRow;
const report = (intervals: SimulatedRow[]): SimulatedReport => ({ intervals, total: row("t", { offered: 9 }), queues: [{ queue: "vesi", intervals, total: row("v", { offered: 5 }) }] }) as SimulatedReport;

describe("the answer", () => {
  const quiet = row("07:30");
  const busy = row("08:00", { offered: 3, service_level: 0.75 });
  const staffed = row("08:30", { agents: 2 });
  const base = report([quiet, busy, staffed, quiet]);
  const answer = { report: base, comparison: { base, other: report([quiet, quiet, busy, quiet]), differences: [] } } as unknown as SimulatedAnswer;

  it("is one report or two", () => {
    expect(reportsOf({ report: base } as SimulatedAnswer)).toHaveLength(1);
    expect(reportsOf(answer)).toHaveLength(2);
  });

  it("is shown from the first busy half-hour to the last", () => {
    expect(busySpan(reportsOf(answer).map((r) => rowsOf(r, "")))).toEqual([1, 3]);
    expect(busySpan([[quiet, quiet]])).toEqual([0, 0]);
    expect(busySpan([])).toEqual([0, 0]);
  });

  it("has the rows and total of a queue", () => {
    expect(rowsOf(base, "vesi")).toHaveLength(4);
    expect(rowsOf(base, "gone")).toEqual([]);
    expect(totalOf(base, "vesi")?.offered).toBe(5);
    expect(totalOf(base, "gone")).toBeUndefined();
  });

  it("goes into a table with a line for each half-hour and the day", () => {
    const lines = simulationCsv(answer, ["now", "two fewer"]).trimEnd().split("\r\n");
    expect(lines).toHaveLength(1 + 2 * 2 * 5);
    expect(lines[0]).toMatch(/^configuration,queue,start,offered,answered/);
    expect(lines[2]).toBe("now,,08:00,3,0,,,,0.75,,,,,,,,0,");
  });
});
