import { afterEach, describe, expect, it, vi } from "vitest";
import { clockText, noteServerTime, secondsSince, secondsUntil, serverNow } from "./clock.ts";

afterEach(() => {
  vi.useRealTimers();
  noteServerTime(new Date(0).toISOString(), 0, 0);
});

describe("server time", () => {
  it("takes the middle of the round trip", () => {
    vi.useFakeTimers({ now: 10_000 });
    noteServerTime(new Date(70_000).toISOString(), 9_800, 10_200);
    expect(serverNow()).toBe(70_000);
  });

  it("keeps what it knew when told nonsense", () => {
    vi.useFakeTimers({ now: 10_000 });
    noteServerTime("soon", 0, 0);
    expect(serverNow()).toBe(10_000);
  });
});

describe("timers", () => {
  const at = (ms: number) => new Date(ms).toISOString();

  it("counts up from a moment and never below zero", () => {
    expect(secondsSince(at(1_000), 4_999)).toBe(3);
    expect(secondsSince(at(9_000), 4_000)).toBe(0);
    expect(secondsSince("", 4_000)).toBe(0);
  });

  it("counts down and shows zero only at the end", () => {
    expect(secondsUntil(at(5_000), 4_999)).toBe(1);
    expect(secondsUntil(at(5_000), 5_000)).toBe(0);
    expect(secondsUntil("", 0)).toBe(0);
  });

  it.each([
    [0, "0:00"],
    [65, "1:05"],
    [3725, "1:02:05"],
    [-3, "0:00"],
    [59.9, "0:59"],
  ])("writes %d as %s", (seconds, text) => {
    expect(clockText(seconds)).toBe(text);
  });
});
