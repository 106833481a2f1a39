import { i18n } from "@lingui/core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Call } from "../api/types.ts";
import { directionText, mayHear, modes, modeText, modeWhat, stateOfCallText, watchRefusedText } from "./callsWords.ts";

beforeAll(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

const call = (more: Partial<Call>) => ({ state: "talking", direction: "in", emergency: false, consult: undefined, ...more }) as Call;
const states: Call["state"][] = ["announcing", "waiting", "offered", "dialling", "informing", "talking", "held", "leaving", "forwarding", "forwarded", "wrap_up", "ended"];

it("offers to listen only where an agent talks with a customer, as the centre allows it (maySupervise)", () => {
  expect(states.filter((state) => mayHear(call({ state })))).toEqual(["talking", "held"]);
  expect(mayHear(call({ direction: "inside" }))).toBe(false);
  expect(mayHear(call({ direction: "out" }))).toBe(true);
});

describe("words", () => {
  it("has one for each state, and says first that somebody is consulted", () => {
    expect(states.map((state) => stateOfCallText(call({ state }))).every(Boolean)).toBe(true);
    const consult = { stage: "talking", kind: "agent", name: "p", outside: false, emergency: false } as const;
    expect(stateOfCallText(call({ state: "held", consult }))).toBe("Consults, customer on hold or beside");
  });

  it("says an emergency before the direction", () => {
    expect(directionText(call({ direction: "out", emergency: true }))).toBe("Emergency call");
    expect((["in", "out", "inside"] as const).map((direction) => directionText(call({ direction })))).toEqual(["Incoming", "Outgoing", "Consultation"]);
  });

  it("says why one can't take part, and what is left", () => {
    expect(watchRefusedText({ kind: "denied" })).toMatch(/not told/);
    expect(watchRefusedText({ kind: "gone" })).toMatch(/any more/);
    expect(watchRefusedText({ reason: "microphone_denied" })).toMatch(/still listen/);
    expect(watchRefusedText({ kind: "unavailable" })).toMatch(/not available/);
  });

  it("says for each way of taking part who hears", () => {
    expect(modes.map(modeText)).toEqual(["Listen", "Whisper", "Barge in"]);
    expect(new Set(modes.map(modeWhat)).size).toBe(3);
  });
});
