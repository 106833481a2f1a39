import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { City, Me } from "../api/types.ts";
import { agenciesOf, allowedPlaces, needsSeat, queuesOf, queuesToCallFrom, usedActions } from "./rights.ts";

const me = (actions: string[], more: Partial<Me> = {}): Me => ({ actions, seat: "", roles: [], ...more }) as unknown as Me;

it("shows only the pages that the person may use", () => {
  expect(allowedPlaces(me(["case.work"])).map((p) => p.path)).toEqual(["/", "/mail"]);
  expect(allowedPlaces(me(["measures.read", "simulation.run"])).map((p) => p.path)).toEqual(["/", "/measures", "/simulation"]);
  expect(allowedPlaces(me(["audit.read", "attest.run"])).map((p) => p.path)).toEqual(["/", "/log", "/attest"]);
});

it("asks for a seat only those who take calls", () => {
  expect(needsSeat(me(["call.handle"]))).toBe(true);
  expect(needsSeat(me(["call.handle"], { seat: "A12" }))).toBe(false);
  expect(needsSeat(me(["audit.read"]))).toBe(false);
});

it("keeps to the agencies of the roles", () => {
  const all = ["vesi", "katu"];
  expect(agenciesOf(me([], { roles: [{ role: "manager", agency: "vesi" }] }), all)).toEqual(["vesi"]);
  expect(agenciesOf(me([], { roles: [{ role: "expert", agency: "" }] }), all)).toEqual(all);
  const city = { agencies: all.map((id) => ({ id })), queues: [{ id: "q1", agency: "vesi" }, { id: "q2", agency: "katu" }] } as unknown as City;
  expect(queuesOf(me([], { roles: [{ role: "manager", agency: "vesi" }] }), city).map((q) => q.id)).toEqual(["q1"]);
  expect(queuesOf(me([]), undefined)).toEqual([]);
});

it("calls in the name of queues that have a number, of the agencies that one serves", () => {
  const queues = [
    { id: "q1", agency: "vesi", number: "+358931012001" },
    { id: "q2", agency: "katu", number: "+358931012002" },
    { id: "q3", agency: "vesi", number: "" },
  ];
  const city = { queues } as unknown as City;
  const from = (role: "agent" | "manager", agency: string) => queuesToCallFrom(me([], { roles: [{ role, agency }] }), city).map((q) => q.id);
  expect(from("agent", "vesi")).toEqual(["q1"]);
  expect(from("agent", "")).toEqual(["q1", "q2"]);
  expect(from("manager", "vesi")).toEqual([]);
});

it("asks only for actions that the API has", () => {
  const text = readFileSync(new URL("../../openapi.json", import.meta.url), "utf8");
  const known = new Set(Array.from(text.matchAll(/"x-action": ?"([^"]+)"/g), (m) => m[1]!));
  expect(usedActions.filter((a) => !known.has(a))).toEqual([]);
});
