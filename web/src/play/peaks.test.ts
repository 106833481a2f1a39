import { expect, it } from "vitest";
import { bars } from "./peaks.ts";

it("keeps the loudest of each stretch", () => {
  expect(bars([0, 255, 0, 51], 2)).toEqual([1, 0.2]);
  expect(bars([255], 3)).toEqual([1, 1, 1]);
  expect(bars([], 3)).toEqual([]);
});
