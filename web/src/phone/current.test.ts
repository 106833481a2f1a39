import { describe, expect, it } from "vitest";
import type { Call } from "../api/types.ts";
import { callBeside, callEvent, currentCall, inConversation, isLive, ownRing } from "./current.ts";

const call = (id: string, state: Call["state"], more: Partial<Call> = {}): Call => ({
  id,
  state,
  queue: "vesi",
  agency: "hsy",
  language: "fi",
  agent: "p",
  seat: "A12",
  since: "2026-11-23T10:00:00Z",
  arrived: "2026-11-23T09:59:00Z",
  recording: "on",
  muted: false,
  version: 1,
  why: "",
  direction: "in",
  from: "",
  supervised: "",
  outcome: "",
  failed: "",
  emergency: false,
  location: "",
  ...more,
});

describe("currentCall", () => {
  it("prefers the conversation, then the offer, then the wrap-up", () => {
    const talking = call("t", "talking");
    const offered = call("o", "offered");
    const wrap = call("w", "wrap_up");
    expect(currentCall([wrap, offered, talking])).toBe(talking);
    expect(currentCall([wrap, offered])).toBe(offered);
    expect(currentCall([wrap])).toBe(wrap);
    expect(currentCall([call("x", "waiting"), call("e", "ended")])).toBeUndefined();
  });
});

it("counts a held call as a conversation", () => {
  expect(inConversation(call("a", "held"))).toBe(true);
  expect(inConversation(call("a", "offered"))).toBe(false);
  expect(inConversation(undefined)).toBe(false);
});

it("keeps the sound of an answered call that is not yet connected, and of none that is over", () => {
  const live = (["offered", "dialling", "informing", "talking", "held"] as const).map((state) => isLive(call("a", state)));
  expect(live).toEqual([true, true, true, true, true]);
  const over = [call("a", "wrap_up"), call("a", "ended"), call("a", "forwarded"), undefined].map(isLive);
  expect(over).toEqual([false, false, false, false]);
});

describe("two calls at once", () => {
  const customer = call("c", "held");
  const emergency = call("e", "dialling", { emergency: true, direction: "out" });

  it("shows 112 before the customer's call, from its first ring, and the other beside it", () => {
    expect(currentCall([customer, emergency])).toBe(emergency);
    expect(callBeside([customer, emergency], emergency)).toBe(customer);
    expect(callBeside([customer, emergency], customer)).toBe(emergency);
  });

  it("has nothing beside a call but what has sound", () => {
    expect(callBeside([customer, call("w", "wrap_up")], customer)).toBeUndefined();
  });
});

it("answers by itself only what was asked for here", () => {
  const out = call("o", "dialling", { direction: "out" });
  expect(ownRing([call("c", "talking"), out])).toBe(out);
  expect(ownRing([call("b", "dialling", { direction: "in" }), call("x", "offered", { direction: "out" })])).toBeUndefined();
});

const asked = (stage: NonNullable<Call["consult"]>["stage"]) => ({ consult: { stage, kind: "agent" as const, name: "p2", outside: false, emergency: false } });

it.each([
  [undefined, call("a", "offered"), "offered"],
  [call("a", "offered"), call("a", "talking"), "connected"],
  [call("a", "talking"), call("a", "held"), "held"],
  [call("a", "held"), call("a", "talking"), "resumed"],
  [call("a", "talking"), call("a", "wrap_up"), "ended"],
  [call("a", "talking"), undefined, "ended"],
  [call("a", "offered"), undefined, "withdrawn"],
  [call("a", "talking"), call("a", "talking", { recording: "off" }), "recording_off"],
  [call("a", "talking"), call("a", "talking", { muted: true }), undefined],
  [call("a", "wrap_up"), call("b", "offered"), "offered"],
  [undefined, call("a", "dialling", { direction: "out" }), "dialling"],
  [call("a", "dialling"), call("a", "informing"), "informing"],
  [call("a", "informing"), call("a", "talking"), "connected"],
  [call("a", "dialling"), call("a", "wrap_up"), "ended"],
  [call("a", "dialling"), undefined, "ended"],
  [call("a", "talking"), call("a", "held", asked("ringing")), "consult_ringing"],
  [call("a", "held", asked("ringing")), call("a", "held", asked("talking")), "consult_talking"],
  [call("a", "held", asked("talking")), call("a", "talking", asked("waiting")), "resumed"],
  [call("a", "talking", asked("waiting")), call("a", "talking", asked("announcing")), "consult_announcing"],
  [call("a", "talking", asked("announcing")), call("a", "talking", asked("joined")), "consult_joined"],
  [call("a", "held", asked("talking")), call("a", "talking"), "consult_over"],
  [call("a", "held", asked("ringing")), call("a", "held"), "consult_over"],
  [call("a", "talking"), call("a", "talking", { recording: "paused" }), "recording_paused"],
  [call("a", "talking", { recording: "paused" }), call("a", "talking"), "recording_on"],
  [call("a", "talking"), call("a", "talking", { supervised: "listen" }), "supervised"],
  [call("a", "talking", { supervised: "barge" }), call("a", "talking"), "unsupervised"],
  [undefined, undefined, undefined],
] as const)("tells %# once", (before, after, event) => expect(callEvent(before, after)).toBe(event));
