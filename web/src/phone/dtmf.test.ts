import { describe, expect, it, vi } from "vitest";
import { isKey, keySender, mostDigits } from "./dtmf.ts";

it("knows the keys of a telephone", () => {
  expect(["0", "9", "*", "#"].every(isKey)).toBe(true);
  expect(["A", "", "12", " "].some(isKey)).toBe(false);
});

describe("keySender", () => {
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

  it("keeps the order and sends together what waited", async () => {
    const sent: string[] = [];
    let free: () => void = () => undefined;
    const press = keySender(
      (digits) => (sent.push(digits), new Promise<void>((resolve) => (free = resolve))),
      vi.fn(),
    );
    for (const key of "1x2#") press(key);
    expect(sent).toEqual(["1"]);
    free();
    await settle();
    expect(sent).toEqual(["1", "2#"]);
  });

  it("never sends more than the centre takes", async () => {
    const sent: string[] = [];
    const press = keySender(async (digits) => void sent.push(digits), vi.fn());
    for (let i = 0; i < 70; i++) press("5");
    await settle();
    expect(sent.join("")).toHaveLength(70);
    expect(Math.max(...sent.map((s) => s.length))).toBe(mostDigits);
  });

  it("drops what waited behind a failure, and works again", async () => {
    const failed = vi.fn();
    const sent: string[] = [];
    const press = keySender(async (digits) => {
      if (digits === "1") throw new Error("gone");
      sent.push(digits);
    }, failed);
    press("1");
    press("2");
    await settle();
    expect(failed).toHaveBeenCalledOnce();
    press("3");
    await settle();
    expect(sent).toEqual(["3"]);
  });
});
