import { describe, expect, it } from "vitest";
import type { Call } from "../api/types.ts";
import { callEvent, currentCall, inConversation, liveId } from "./current.ts";

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
  expect(liveId(call("a", "offered"))).toBe("a");
  expect(liveId(call("a", "held"))).toBe("a");
  expect([liveId(call("a", "wrap_up")), liveId(call("a", "ended")), liveId(undefined)]).toEqual(["", "", ""]);
});

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
  [undefined, undefined, undefined],
] as const)("tells %# once", (before, after, event) => expect(callEvent(before, after)).toBe(event));
