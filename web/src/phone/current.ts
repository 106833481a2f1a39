import type { Call } from "../api/types.ts";

/** What the call bar shows first: an emergency before a conversation, that before an offer, an offer before wrap-up. */
export function currentCall(calls: readonly Call[]): Call | undefined {
  return byRank(calls)[0];
}

/** The other call that the agent has at the same time: a call to 112 may be made beside any. */
export function callBeside(calls: readonly Call[], current: Call | undefined): Call | undefined {
  return byRank(calls).find((c) => c.id !== current?.id && isLive(c));
}

function byRank(calls: readonly Call[]): Call[] {
  return calls.filter((c) => rank(c) > 0).sort((a, b) => rank(b) - rank(a));
}

function rank(call: Call): number {
  if (inHand(call)) return call.emergency ? 4 : 3;
  return call.state === "offered" ? 2 : call.state === "wrap_up" ? 1 : 0;
}

export function inConversation(call: Call | undefined): boolean {
  return call?.state === "talking" || call?.state === "held";
}

/** A call out whose other party is not heard yet: it rings, or hears the announcement. */
export function isPlaced(call: Call | undefined): boolean {
  return call?.state === "dialling" || call?.state === "informing";
}

/** The agent has it: in conversation, or calling out. */
export function inHand(call: Call | undefined): boolean {
  return inConversation(call) || isPlaced(call);
}

/** It has, or is about to get, sound. An answered call stays offered until it is connected. */
export function isLive(call: Call | undefined): boolean {
  return inHand(call) || call?.state === "offered";
}

/** An own call out that the browser should answer by itself: it was asked for here, nobody has to press twice. */
export function ownRing(calls: readonly Call[]): Call | undefined {
  return calls.find((c) => c.state === "dialling" && c.direction === "out");
}

/** What happened between two looks at the calls, to be announced once; ticks of a timer are no event. */
export type CallEvent =
  | "offered"
  | "dialling"
  | "informing"
  | "connected"
  | "held"
  | "resumed"
  | "ended"
  | "withdrawn"
  | "recording_off"
  | "recording_paused"
  | "recording_on"
  | "consult_ringing"
  | "consult_talking"
  | "consult_announcing"
  | "consult_joined"
  | "consult_over"
  | "supervised"
  | "unsupervised";

export function callEvent(before: Call | undefined, after: Call | undefined): CallEvent | undefined {
  if (after?.id !== before?.id) return eventOfOther(before, after);
  if (!after || !before) return undefined;
  return stateEvent(before, after) ?? consultEvent(before, after) ?? recordingEvent(before, after) ?? supervisionEvent(before, after);
}

function eventOfOther(before: Call | undefined, after: Call | undefined): CallEvent | undefined {
  if (after?.state === "offered") return "offered";
  if (after?.state === "dialling") return "dialling";
  if (inConversation(after)) return "connected";
  if (inHand(before)) return "ended";
  return before?.state === "offered" ? "withdrawn" : undefined;
}

function stateEvent(before: Call, after: Call): CallEvent | undefined {
  if (before.state === after.state) return undefined;
  if (isPlaced(after)) return after.state as "dialling" | "informing";
  if (inHand(before) && !inHand(after)) return "ended";
  // Who changes over in a consultation hears the stage, not the hold that comes with it.
  if (before.consult || after.consult) return consultEvent(before, after);
  if (before.state === "talking" && after.state === "held") return "held";
  if (before.state === "held" && after.state === "talking") return "resumed";
  return inConversation(after) ? "connected" : undefined;
}

function consultEvent(before: Call, after: Call): CallEvent | undefined {
  const stage = after.consult?.stage;
  if (before.consult?.stage === stage) return undefined;
  if (!stage) return "consult_over";
  return stage === "waiting" ? "resumed" : `consult_${stage}`;
}

function recordingEvent(before: Call, after: Call): CallEvent | undefined {
  if (before.recording === after.recording || !inConversation(after)) return undefined;
  if (after.recording === "paused") return "recording_paused";
  if (after.recording === "off" && before.recording !== "none") return "recording_off";
  return after.recording === "on" && before.recording === "paused" ? "recording_on" : undefined;
}

function supervisionEvent(before: Call, after: Call): CallEvent | undefined {
  if (before.supervised === after.supervised) return undefined;
  return after.supervised ? "supervised" : "unsupervised";
}
