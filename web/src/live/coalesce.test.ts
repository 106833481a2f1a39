import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { coalesce } from "./coalesce.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("hands the first on at once and the rest together", () => {
  const told: string[] = [];
  const tell = coalesce(250, (name) => told.push(name));
  for (let i = 0; i < 100; i++) tell("queue");
  tell("call");
  expect(told).toEqual(["queue", "call"]);
  vi.advanceTimersByTime(250);
  expect(told).toEqual(["queue", "call", "queue"]);
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(3);
  tell("queue");
  expect(told).toHaveLength(4);
});
