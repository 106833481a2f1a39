import { describe, expect, it } from "vitest";
import { type Fault, mostBytes, readCalls } from "./callsCsv.ts";

const two = ["vesi", "katu"];
const at = (calls: readonly number[]) => Object.fromEntries(calls.map((n, i) => [`${Math.floor(i / 2)}:${i % 2 ? "30" : "00"}`, n]).filter(([, n]) => n !== 0));
const counts = (text: string, queues: readonly string[] = two) => readCalls(text, queues).counted.map((c) => [c.queue, at(c.calls), c.handling]);
const faults = (text: string, queues: readonly string[] = two): [number, Fault["kind"], string?][] => readCalls(text, queues).faults.map((f) => (f.column ? [f.line, f.kind, f.column] : [f.line, f.kind]));

describe("rows for half-hours", () => {
  it("are counted by queue", () => {
    expect(counts("from,calls,queue\n08:00,12,vesi\n08:30,20,vesi\n08:00,3,katu\n08:00,1,vesi\n")).toEqual([
      ["vesi", { "8:00": 13, "8:30": 20 }, undefined],
      ["katu", { "8:00": 3 }, undefined],
    ]);
  });
  it("may be longer, in any order of columns, as a Finnish spreadsheet writes them", () => {
    expect(counts("\ufeffCalls; from ;to;queue;handling_seconds\r\n# a note\r\n10,5;8.00;10.00;vesi;240\r\n\r\n2;23:30;24:00;vesi;\r\n")).toEqual([["vesi", { "8:00": 2.625, "8:30": 2.625, "9:00": 2.625, "9:30": 2.625, "23:30": 2 }, 240]]);
  });
  it("weigh handling times by calls", () => expect(counts("from,calls,handling_seconds\n08:00,3,100\n09:00,1,300\n10:00,50,", ["vesi"])[0]![2]).toBe(150));
});

it("rows for calls are counted in their half-hour, with or without a date", () => {
  expect(counts('arrived,queue,language\n2026-11-24 08:29:59,vesi,fi\n24.11.2026 8.30,"vesi",\n08:15,vesi,sv')).toEqual([["vesi", { "8:00": 2, "8:30": 1 }, undefined]]);
});

describe("what is wrong is told by row", () => {
  it.each<[string, [number, Fault["kind"], string?][]]>([
    ["", [[1, "empty"]]],
    ["from,calls,queue", [[1, "empty"]]],
    ["from,calls,colour,calls", [[1, "unknown_column", "colour"], [1, "column_twice", "calls"]]],
    ["queue,calls\nvesi,1", [[1, "no_columns"]]],
    ["arrived,from,calls\n8:00,8:00,1", [[1, "both"]]],
    ["from,calls,queue\n08:00,x,vesi\n08:00,-1,vesi\n08:00,1,meri\n08:00,1,\n25:00,1,katu\n08:10,1,katu\n08:00,1", [[2, "number", "calls"], [3, "number", "calls"], [4, "unknown_queue", "queue"], [5, "no_queue", "queue"], [6, "time", "from"], [7, "span", "from"], [8, "width"]]],
    ["from,to,calls,queue\n09:00,08:00,1,vesi\n08:00,24:30,1,vesi", [[2, "span", "from"], [3, "time", "to"]]],
    ['from,calls,queue\n08:00,1,"vesi', [[2, "quotes"]]],
    ["from,calls,queue\n08:00,9000,vesi\n08:00,9000,vesi", [[3, "full", "calls"]]],
    ["from,calls,queue\n24:00,1,vesi\n08:60,1,vesi", [[2, "time", "from"], [3, "time", "from"]]],
  ])("%j", (text, wanted) => {
    expect(faults(text)).toEqual(wanted);
    expect(readCalls(text, two).counted).toEqual([]);
  });

  it("ten at once", () => {
    const read = readCalls(`from,calls,queue\n${"x,1,vesi\n".repeat(12)}`, two);
    expect(read.faults).toHaveLength(10);
    expect(read.more).toBe(2);
  });
  it("not at all where it is too long", () => expect(faults("x".repeat(mostBytes + 1))).toEqual([[1, "too_long"]]));
});

// Whatever is pasted has a defined result, and every call that is read is in a half-hour.
it("never throws", () => {
  let seed = 7;
  const next = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  const bits = ["from", "to", "calls", "queue", "arrived", ",", ";", "\n", '"', "08:00", "8.30", "24:00", "vesi", "katu", "1", "0,5", "-", "\u0000", "#", "\r\n", "handling_seconds", "NaN", "1e9"];
  for (let n = 0; n < 3000; n++) {
    const head = n % 2 ? "from,calls,queue\n" : "";
    const text = head + Array.from({ length: next(30) }, () => bits[next(bits.length)]).join("");
    const { counted, faults: bad } = readCalls(text, two);
    expect(counted.length === 0 || bad.length === 0).toBe(true);
    for (const c of counted) expect(c.calls.length === 48 && c.calls.every((x) => x >= 0 && x <= 10_000)).toBe(true);
  }
});
