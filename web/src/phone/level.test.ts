import { expect, it } from "vitest";
import { levelOf } from "./level.ts";

it("is 0 in silence, 100 at the loudest, and grows between", () => {
  const wave = (size: number) => Uint8Array.from({ length: 512 }, (_, i) => 128 + (i % 2 ? size : -size));
  expect(levelOf(wave(0))).toBe(0);
  expect(levelOf(new Uint8Array(0))).toBe(0);
  expect(levelOf(Uint8Array.from([0, 0, 0]))).toBe(100);
  expect(levelOf(wave(4))).toBeGreaterThan(levelOf(wave(2)));
});
