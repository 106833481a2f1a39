import { expect, it } from "vitest";
import type { Me } from "../api/types.ts";
import { agenciesOf, allowedPlaces, needsSeat } from "./rights.ts";

const me = (actions: string[], more: Partial<Me> = {}): Me => ({ actions, seat: "", roles: [], ...more }) as unknown as Me;

it("shows only the pages that the person may use", () => {
  expect(allowedPlaces(me(["cases.handle"])).map((p) => p.path)).toEqual(["/", "/mail"]);
  expect(allowedPlaces(me(["audit.read", "attest.run"])).map((p) => p.path)).toEqual(["/", "/log", "/attest"]);
});

it("asks for a seat only those who take calls", () => {
  expect(needsSeat(me(["seat.take", "calls.handle"]))).toBe(true);
  expect(needsSeat(me(["seat.take", "calls.handle"], { seat: "A12" }))).toBe(false);
  expect(needsSeat(me(["audit.read"]))).toBe(false);
});

it("keeps to the agencies of the roles", () => {
  const all = ["vesi", "katu"];
  expect(agenciesOf(me([], { roles: [{ role: "manager", agency: "vesi" }] }), all)).toEqual(["vesi"]);
  expect(agenciesOf(me([], { roles: [{ role: "expert", agency: "" }] }), all)).toEqual(all);
});
