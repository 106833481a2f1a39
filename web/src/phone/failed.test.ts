import { describe, expect, it } from "vitest";
import type { Call } from "../api/types.ts";
import { consultFailure, failureIn, outFailure } from "./failed.ts";

const event = (fields: unknown, kind = "call") => ({ kind, data: JSON.stringify({ kind, id: "c1", version: 3, fields }) });

describe("failureIn", () => {
  it("reads why a call out came to nothing, from its last word", () => {
    expect(failureIn(event({ state: "ended", failed: "busy" }))).toEqual({ call: "c1", code: "busy" });
    expect(failureIn(event({ state: "wrap_up", failed: "own_telephone" }))).toEqual({ call: "c1", code: "own_telephone" });
  });

  it("is no failure of the call that somebody who was consulted was not reached", () => {
    expect(failureIn(event({ state: "held", failed: "busy" }))).toBeNull();
  });

  it.each([[event({ state: "ended", failed: "" })], [event({ state: "ended", failed: "<b>" })], [event({ state: "ended", failed: "busy" }, "agent")], [event(undefined)], [{ kind: "call", data: "{" }], [{ kind: "call", data: "null" }]])("makes nothing of %j", (e) =>
    expect(failureIn(e)).toBeNull(),
  );
});

it("tells of a call out that came to nothing until the next call", () => {
  const heard = { call: "c1", code: "busy" as const };
  const wrapUp = { state: "wrap_up", direction: "out", failed: "no_answer" } as Call;
  expect(outFailure(heard, undefined)).toBe("busy");
  expect(outFailure(null, wrapUp)).toBe("no_answer");
  expect(outFailure(null, { ...wrapUp, direction: "in" })).toBe("");
  expect(outFailure(heard, { ...wrapUp, state: "dialling" })).toBe("");
  expect(outFailure(heard, { ...wrapUp, state: "offered" })).toBe("");
});

it("tells of a consultation that failed until the customer is taken back", () => {
  const call = { state: "held", failed: "no_answer" } as Call;
  expect(consultFailure(call)).toBe("no_answer");
  expect(consultFailure({ ...call, state: "talking" })).toBe("");
  expect(consultFailure({ ...call, consult: { stage: "ringing", kind: "number", name: "", outside: true, emergency: false } })).toBe("");
  expect(consultFailure(undefined)).toBe("");
});
