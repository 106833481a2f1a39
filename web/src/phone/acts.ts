import type { Call } from "../api/types.ts";

// Which commands the centre takes for a call as it stands (internal/voice: api.go, consult.go, join.go, transfer.go, record.go).
// The desktop shows a button for these and no other, so that none is refused.

export const allActs = [
  "answer",
  "decline",
  "hold",
  "resume",
  "mute",
  "unmute",
  "dtmf",
  "hangup",
  "consult",
  "transfer",
  "swap",
  "join",
  "complete",
  "cancel-consult",
  "pause-recording",
  "resume-recording",
  "notes",
  "outcome",
] as const;
export type Act = (typeof allActs)[number];

type Stage = NonNullable<Call["consult"]>["stage"];

/** What may be done with a consultation at each stage. */
const atStage: Record<Stage, readonly Act[]> = {
  ringing: ["complete", "cancel-consult"],
  talking: ["swap", "join", "complete", "cancel-consult"],
  waiting: ["swap", "join", "complete", "cancel-consult"],
  announcing: ["cancel-consult"],
  joined: ["complete", "cancel-consult"],
};

export function acts(call: Call | undefined): ReadonlySet<Act> {
  return new Set(call ? actsOf(call) : []);
}

function actsOf(call: Call): readonly Act[] {
  switch (call.state) {
    case "offered":
      return ["answer", "decline"];
    case "dialling":
      return call.direction === "out" ? ["answer", "hangup", ...written(call)] : ["hangup", ...written(call)];
    case "informing":
      return ["hangup", ...written(call)];
    case "talking":
    case "held":
      return [...spoken(call), ...parties(call), ...recorded(call), ...written(call)];
    case "wrap_up":
      return written(call);
    default:
      return [];
  }
}

function spoken(call: Call): Act[] {
  const keys: Act[] = call.state === "talking" && call.direction !== "inside" ? ["dtmf"] : [];
  return [call.muted ? "unmute" : "mute", "hangup", ...keys];
}

/** An inside call has no customer: nothing to hold, nobody to give away. */
function parties(call: Call): readonly Act[] {
  if (call.direction === "inside") return [];
  const stage = call.consult?.stage;
  if (!stage) return [call.state === "held" ? "resume" : "hold", "consult", "transfer"];
  // A desk phone may hold the customer in the middle of it: then only taking the customer back leads on.
  const stuck = call.state === "held" && stage !== "talking" && stage !== "ringing";
  return stuck ? ["resume", ...atStage[stage].filter((a) => a !== "swap")] : atStage[stage];
}

function recorded(call: Call): Act[] {
  if (call.recording === "paused") return ["resume-recording"];
  return call.recording === "on" ? ["pause-recording"] : [];
}

/** The customer's notes come with the customer; until then there is nothing to write about. */
function written(call: Call): Act[] {
  return call.direction === "inside" ? [] : ["notes", "outcome"];
}

/** What the key for hold does: with somebody consulted it changes over between the two. */
export function holdAct(call: Call | undefined): Act | undefined {
  const can = acts(call);
  return (["swap", "resume", "hold"] as const).find((a) => can.has(a));
}

/** What the key for the recording does. */
export function recordingAct(call: Call | undefined): Act | undefined {
  const can = acts(call);
  return (["pause-recording", "resume-recording"] as const).find((a) => can.has(a));
}

/** How long a pause of the recording lasts before the agent is reminded of it, in seconds. */
export const pauseReminder = 120;

/** Seconds until the reminder; 0 when it is due. `pausedAt` is when the desktop first saw the pause, in ms. */
export function untilReminder(pausedAt: number, now: number): number {
  return Math.max(0, Math.ceil(pauseReminder - (now - pausedAt) / 1000));
}

