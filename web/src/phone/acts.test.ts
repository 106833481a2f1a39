import { describe, expect, it } from "vitest";
import type { Call } from "../api/types.ts";
import { type Act, acts, allActs, holdAct, pauseReminder, recordingAct, untilReminder } from "./acts.ts";

const states: readonly Call["state"][] = ["announcing", "waiting", "offered", "dialling", "informing", "talking", "held", "leaving", "forwarding", "forwarded", "wrap_up", "ended"];
const stages = [undefined, "ringing", "talking", "waiting", "announcing", "joined"] as const;
const directions: readonly Call["direction"][] = ["in", "out", "inside"];
const recordings: readonly Call["recording"][] = ["on", "paused", "off", "none"];

function call(more: Partial<Call>): Call {
  return { id: "c", state: "talking", direction: "in", recording: "on", muted: false, consult: undefined, ...more } as Call;
}

/** Every call that a view can describe; a consultation stands beside a customer only. */
function* every(): Generator<Call> {
  for (const state of states)
    for (const stage of stages)
      for (const direction of directions)
        for (const recording of recordings)
          for (const muted of [false, true]) {
            if (stage && direction === "inside") continue;
            yield call({ state, direction, recording, muted, consult: stage && { stage, kind: "agent", name: "p", outside: false, emergency: false } });
          }
}

/** Whether the centre takes a command, from its own conditions (the Go function of each is named). */
const takes: Record<Act, (c: Call) => boolean> = {
  answer: (c) => c.state === "offered" || c.state === "dialling", // answerable, while nobody has answered
  decline: (c) => c.state === "offered", // Decline
  hangup: (c) => connected(c) || c.state === "dialling" || c.state === "informing", // HangUp
  mute: connected, // mute
  unmute: connected,
  dtmf: (c) => c.state === "talking" && customer(c), // SendDTMF
  hold: (c) => c.state === "talking" && customer(c), // hold: only Talking becomes Held
  resume: (c) => c.state === "held" && stage(c) !== "ringing", // resume
  consult: (c) => connected(c) && customer(c) && !stage(c), // consultWith
  transfer: (c) => connected(c) && customer(c) && !stage(c), // transfer
  swap: (c) => (stage(c) === "talking" && c.state === "held") || (stage(c) === "waiting" && c.state === "talking"), // Swap: resume, or hold
  join: (c) => connected(c) && (stage(c) === "talking" || stage(c) === "waiting"), // joinAll
  complete: (c) => connected(c) && Boolean(stage(c)) && stage(c) !== "announcing", // complete
  "cancel-consult": (c) => Boolean(stage(c)), // CancelConsult
  "pause-recording": (c) => connected(c) && c.recording !== "none", // pauseRecording
  "resume-recording": (c) => connected(c) && c.recording !== "none",
  notes: (c) => c.state !== "ended", // SetNotes
  outcome: (c) => c.state !== "ended", // SetOutcome
};

function connected(c: Call): boolean {
  return c.state === "talking" || c.state === "held";
}
const customer = (c: Call) => c.direction !== "inside";
const stage = (c: Call) => c.consult?.stage;

/** The two halves of a consultation agree: who talks with the consulted has the customer on hold, and the other way round. */
function reachable(c: Call): boolean {
  if (!stage(c)) return true;
  if (!connected(c)) return false;
  if (stage(c) === "talking" || stage(c) === "ringing") return c.state === "held";
  return true; // the agent's own telephone may hold at any time
}

const name = (c: Call) => `${c.state} ${c.direction} ${stage(c) ?? "alone"} ${c.recording}${c.muted ? " muted" : ""}`;

describe("acts", () => {
  it("offers nothing that the centre would refuse, in any state and stage", () => {
    const refused: string[] = [];
    let looked = 0;
    for (const c of every()) {
      if (!reachable(c)) continue;
      looked++;
      for (const act of acts(c)) if (!takes[act](c)) refused.push(`${act}: ${name(c)}`);
    }
    expect(refused).toEqual([]);
    expect(looked).toBe(416);
  });

  it("leaves a way on from everywhere: each call in hand can be ended", () => {
    for (const c of every()) {
      if (connected(c) || c.state === "dialling" || c.state === "informing") expect(acts(c), name(c)).toContain("hangup");
    }
  });

  it("leaves no consultation without a way back to the customer", () => {
    for (const c of every()) if (stage(c) && connected(c)) expect(acts(c), name(c)).toContain("cancel-consult");
  });

  it("knows every act somewhere", () => {
    const seen = new Set([...every()].flatMap((c) => [...acts(c)]));
    expect(allActs.filter((a) => !seen.has(a))).toEqual([]);
  });

  it.each<[string, Partial<Call>, Act[]]>([
    ["a conversation", {}, ["mute", "hangup", "dtmf", "hold", "consult", "transfer", "pause-recording", "notes", "outcome"]],
    ["on hold", { state: "held", recording: "paused", muted: true }, ["unmute", "hangup", "resume", "consult", "transfer", "resume-recording", "notes", "outcome"]],
    ["an inside call", { direction: "inside", recording: "none" }, ["mute", "hangup"]],
    ["a call out that rings", { state: "dialling", direction: "out" }, ["answer", "hangup", "notes", "outcome"]],
    ["the wrap-up", { state: "wrap_up" }, ["notes", "outcome"]],
    ["a call that was given away", { state: "forwarded" }, []],
  ])("of %s", (_, more, wanted) => expect([...acts(call(more))].sort()).toEqual([...wanted].sort()));

  it("has none without a call", () => expect(acts(undefined).size).toBe(0));
});

describe("the keys", () => {
  const consult = { stage: "talking", kind: "agent", name: "p", outside: false, emergency: false } as const;

  it("hold, resume and change over are one key", () => {
    expect(holdAct(call({}))).toBe("hold");
    expect(holdAct(call({ state: "held" }))).toBe("resume");
    expect(holdAct(call({ state: "held", consult }))).toBe("swap");
    expect(holdAct(call({ state: "held", consult: { ...consult, stage: "ringing" } }))).toBeUndefined();
    expect(holdAct(call({ state: "held", consult: { ...consult, stage: "waiting" } }))).toBe("resume");
  });

  it("pause and resume of the recording are one key", () => {
    expect(recordingAct(call({}))).toBe("pause-recording");
    expect(recordingAct(call({ recording: "paused" }))).toBe("resume-recording");
    expect(recordingAct(call({ recording: "none" }))).toBeUndefined();
  });
});

it("reminds of a pause after two minutes", () => {
  expect(untilReminder(0, 0)).toBe(pauseReminder);
  expect(untilReminder(0, 119_500)).toBe(1);
  expect(untilReminder(0, 120_000)).toBe(0);
  expect(untilReminder(0, 500_000)).toBe(0);
});
