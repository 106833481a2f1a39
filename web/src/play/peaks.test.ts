import { expect, it } from "vitest";
import { bars, splitPeaks } from "./peaks.ts";

it("splits customer and agent, from bytes or a list", () => {
  expect(splitPeaks([1, 2, 3, 4])).toEqual({ customer: [1, 3], agent: [2, 4] });
  expect(splitPeaks(btoa(String.fromCharCode(9, 255)))).toEqual({ customer: [9], agent: [255] });
  expect(splitPeaks(null)).toEqual({ customer: [], agent: [] });
  expect(splitPeaks("%%")).toEqual({ customer: [], agent: [] });
});

it("keeps the loudest of each stretch", () => {
  expect(bars([0, 255, 0, 51], 2)).toEqual([1, 0.2]);
  expect(bars([255], 3)).toEqual([1, 1, 1]);
  expect(bars([], 3)).toEqual([]);
});
