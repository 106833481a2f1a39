import type { Call } from "../api/types.ts";

/** What the call bar shows: the conversation before an offer, an offer before wrap-up. */
export function currentCall(calls: readonly Call[]): Call | undefined {
  const rank: Partial<Record<Call["state"], number>> = { talking: 3, held: 3, offered: 2, wrap_up: 1 };
  return calls.filter((c) => rank[c.state]).sort((a, b) => rank[b.state]! - rank[a.state]!)[0];
}

export function inConversation(call: Call | undefined): boolean {
  return call?.state === "talking" || call?.state === "held";
}

/** The id of a call that still has, or is about to get, sound; empty when it is over. */
export function liveId(call: Call | undefined): string {
  return call && (inConversation(call) || call.state === "offered") ? call.id : "";
}

/** What happened between two looks at the calls, to be announced once; ticks of a timer are no event. */
export type CallEvent = "offered" | "connected" | "held" | "resumed" | "ended" | "withdrawn" | "recording_off";

export function callEvent(before: Call | undefined, after: Call | undefined): CallEvent | undefined {
  if (after?.id !== before?.id) {
    if (after?.state === "offered") return "offered";
    if (inConversation(after)) return "connected";
    if (inConversation(before)) return "ended";
    return before?.state === "offered" ? "withdrawn" : undefined;
  }
  if (!after || !before) return undefined;
  if (before.state === "offered" && inConversation(after)) return "connected";
  if (before.state === "talking" && after.state === "held") return "held";
  if (before.state === "held" && after.state === "talking") return "resumed";
  if (inConversation(before) && !inConversation(after)) return "ended";
  if (before.recording === "on" && after.recording === "off" && inConversation(after)) return "recording_off";
  return undefined;
}
