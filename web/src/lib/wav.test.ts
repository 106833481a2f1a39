import { expect, it } from "vitest";
import { wavOf } from "./wav.ts";

it("writes a WAV file of 16 bits, cut at full scale", async () => {
  const bytes = new DataView(await wavOf(new Float32Array([0, 1, -1, 2, -2, 0.5]), 16_000).arrayBuffer());
  const text = (at: number, n: number) => String.fromCharCode(...new Uint8Array(bytes.buffer, at, n));
  expect(text(0, 4) + text(8, 8) + text(36, 4)).toBe("RIFFWAVEfmt data");
  expect(bytes.byteLength).toBe(44 + 12);
  expect(bytes.getUint32(4, true)).toBe(36 + 12);
  expect([bytes.getUint16(22, true), bytes.getUint32(24, true), bytes.getUint32(28, true), bytes.getUint32(40, true)]).toEqual([1, 16_000, 32_000, 12]);
  expect([0, 1, 2, 3, 4, 5].map((i) => bytes.getInt16(44 + 2 * i, true))).toEqual([0, 32767, -32767, 32767, -32767, 16384]);
});
