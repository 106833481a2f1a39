import { describe, expect, it } from "vitest";
import { type Box, bars, clockTicks, highest, indexAt, labelled, linePath, moved, ticks, xOf, yOf } from "./scale.ts";

const box: Box = { left: 40, top: 10, width: 100, height: 50 };

describe("ticks", () => {
  it.each([
    [97, 5, [0, 20, 40, 60, 80, 100]],
    [10, 5, [0, 2, 4, 6, 8, 10]],
    [0.9, 3, [0, 0.5, 1]],
    [12, 5, [0, 2.5, 5, 7.5, 10, 12.5]],
  ])("reach %d in round steps", (max, count, wanted) => expect(ticks(max, count)).toEqual(wanted));

  it("of counts are whole, also of few", () => {
    expect(ticks(12, 5, true)).toEqual([0, 3, 6, 9, 12]);
    expect(ticks(1, 5, true)).toEqual([0, 1]);
    expect(ticks(0, 5, true)).toEqual([0, 1]);
  });

  it("of lengths are those of a clock", () => {
    expect(clockTicks(100, 4)).toEqual([0, 30, 60, 90, 120]);
    expect(clockTicks(0, 4)).toEqual([0, 1]);
    expect(clockTicks(100_000, 4).at(-1)).toBeGreaterThanOrEqual(100_000);
  });

  it("always reach the highest value, in steps that grow", () => {
    for (let max = 0.01; max < 1e6; max *= 1.37) {
      for (const t of [ticks(max, 5), ticks(max, 5, true), clockTicks(max, 5)]) {
        expect(t.at(-1)).toBeGreaterThanOrEqual(max * 0.999_999);
        expect(t.length).toBeLessThanOrEqual(9);
        expect(t.every((v, i) => i === 0 || v > t[i - 1]!)).toBe(true);
      }
    }
  });
});

it("knows the highest value, of a stack its sum", () => {
  const series = [
    { name: "a", values: [1, 5, null] },
    { name: "b", values: [2, null, 4] },
  ];
  expect(highest(series)).toBe(5);
  expect(highest(series, true)).toBe(5);
  expect(highest([{ name: "a", values: [3] }, { name: "b", values: [4] }], true)).toBe(7);
  expect(highest([])).toBe(0);
});

it("puts values into the box and finds them again", () => {
  expect(xOf(0, 4, box)).toBe(52.5);
  expect(yOf(0, 10, box)).toBe(60);
  expect(yOf(10, 10, box)).toBe(10);
  expect(yOf(99, 10, box)).toBe(10);
  for (let i = 0; i < 4; i++) expect(indexAt(xOf(i, 4, box), 4, box)).toBe(i);
  expect(indexAt(-50, 4, box)).toBe(0);
  expect(indexAt(900, 4, box)).toBe(3);
});

it("breaks a line where there is no value", () => {
  expect(linePath([0, 10, null, 5], 10, box)).toBe("M52.5 60L77.5 10M127.5 35");
  expect(linePath([null, null], 10, box)).toBe("");
});

it("stacks bars without gaps", () => {
  const drawn = bars([{ name: "answered", values: [6, 0] }, { name: "abandoned", values: [2, null] }], 10, box);
  expect(drawn).toHaveLength(2);
  const [low, high] = drawn as [(typeof drawn)[0], (typeof drawn)[0]];
  expect(low.y + low.height).toBe(60);
  expect(high.y + high.height).toBe(low.y);
  expect(low.height + high.height).toBeCloseTo(40);
});

it("writes as many labels as fit", () => {
  expect(labelled(16, 400, 40)).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
  expect(labelled(48, 200, 40)).toEqual([0, 12, 24, 36]);
  expect(labelled(1, 10, 40)).toEqual([0]);
});

it("moves the cursor by keys within the day", () => {
  expect(moved("ArrowRight", 3, 10)).toBe(4);
  expect(moved("ArrowRight", 9, 10)).toBe(9);
  expect(moved("ArrowLeft", 0, 10)).toBe(0);
  expect(moved("Home", 5, 10)).toBe(0);
  expect(moved("End", 5, 10)).toBe(9);
  expect(moved("PageUp", 1, 10)).toBe(5);
  expect(moved("Tab", 5, 10)).toBeUndefined();
});
