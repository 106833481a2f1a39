import { expect, it } from "vitest";
import type { OwedCall } from "../api/types.ts";
import { byPromise, standing } from "./owed.ts";

const now = Date.parse("2026-11-30T10:00:00Z");
const owed = (change: Partial<OwedCall>): OwedCall => ({ id: "a", state: "waiting", until: "2026-11-30T11:00:00Z", ...change }) as OwedCall;

it("tells where a callback stands", () => {
  expect(standing(owed({}), now)).toBe("waiting");
  expect(standing(owed({ until: "2026-11-30T09:59:00Z" }), now)).toBe("overdue");
  expect(standing(owed({ state: "opened", until: "2026-11-30T09:59:00Z" }), now)).toBe("calling");
  expect(standing(owed({ not_before: "2026-11-30T10:10:00Z" }), now)).toBe("later");
  expect(standing(owed({ not_before: "2026-11-30T09:50:00Z" }), now)).toBe("waiting");
  expect(standing(owed({ state: "ending" }), now)).toBe("ending");
});

it("puts what was promised first first", () => {
  const all = [owed({ id: "b" }), owed({ id: "c", until: "2026-11-30T09:00:00Z" }), owed({ id: "a" })];
  expect(byPromise(all).map((c) => c.id)).toEqual(["c", "a", "b"]);
  expect(all[0]!.id).toBe("b");
});
