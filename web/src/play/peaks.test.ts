import { expect, it } from "vitest";
import { bars, pauseAt, pauseSpan } from "./peaks.ts";

it("keeps the loudest of each stretch", () => {
  expect(bars([0, 255, 0, 51], 2)).toEqual([1, 0.2]);
  expect(bars([255], 3)).toEqual([1, 1, 1]);
  expect(bars([], 3)).toEqual([]);
});

it("places a pause on the drawing, and never too narrow to be seen", () => {
  expect(pauseSpan({ from: 25, to: 50 }, 100, 400)).toEqual({ x: 100, width: 100 });
  expect(pauseSpan({ from: 50, to: 50.1 }, 100, 400)).toEqual({ x: 197.2, width: 6 });
  expect(pauseSpan({ from: 99.9, to: 120 }, 100, 400)).toEqual({ x: 394, width: 6 });
  expect(pauseSpan({ from: 0, to: 0.1 }, 100, 400)).toEqual({ x: 0, width: 6 });
  expect(pauseSpan({ from: 0, to: 1 }, 0, 400)).toEqual({ x: 0, width: 0 });
});

it("knows in which pause a moment lies", () => {
  const pauses = [{ from: 3, to: 5 }, { from: 8, to: 9 }];
  expect([2.9, 3, 4.9, 5, 8.5].map((at) => pauses.indexOf(pauseAt(pauses, at)!))).toEqual([-1, 0, 0, -1, 1]);
});
