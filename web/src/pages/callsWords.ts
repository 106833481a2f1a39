import { i18n } from "@lingui/core";
import type { Call, SuperviseMode } from "../api/types.ts";
import { errorText } from "../lib/labels.ts";

export const modes: readonly SuperviseMode[] = ["listen", "whisper", "barge"];

export function modeText(mode: SuperviseMode): string {
  switch (mode) {
    case "listen":
      return i18n._("Listen");
    case "whisper":
      return i18n._("Whisper");
    case "barge":
      return i18n._("Barge in");
  }
}

/** Who hears whom. */
export function modeWhat(mode: SuperviseMode): string {
  switch (mode) {
    case "listen":
      return i18n._("You hear both. Nobody hears you; your microphone is closed.");
    case "whisper":
      return i18n._("You hear both. Only the agent hears you.");
    case "barge":
      return i18n._("All hear each other: the customer hears you too.");
  }
}

/** Whether somebody can be heard: an agent talks with a customer (the centre decides whether the announcement allowed it). */
export function mayHear(call: Call): boolean {
  return (call.state === "talking" || call.state === "held") && call.direction !== "inside";
}

/** Why somebody may not take part, or not any more. */
export function watchRefusedText(error: unknown): string {
  switch ((error as { kind?: string }).kind ?? (error as { reason?: string }).reason) {
    case "denied":
      return i18n._("You can’t take part in this call: its customer was not told that somebody may listen, or you are not in a network where listening is allowed.");
    case "conflict":
    case "gone":
    case "not_found":
      return i18n._("Nobody talks in this call any more.");
    case "limited":
      return i18n._("Three supervisors take part in this call already.");
    case "microphone_denied":
    case "microphone_missing":
      return i18n._("Your microphone can’t be used, so nobody would hear you. You can still listen.");
    default:
      return errorText(error);
  }
}

export function directionText(call: Call): string {
  if (call.emergency) return i18n._("Emergency call");
  switch (call.direction) {
    case "in":
      return i18n._("Incoming");
    case "out":
      return i18n._("Outgoing");
    case "inside":
      return i18n._("Consultation");
  }
}

export function stateOfCallText(call: Call): string {
  if (call.consult) return i18n._("Consults, customer on hold or beside");
  switch (call.state) {
    case "announcing":
    case "informing":
      return i18n._("Hears the announcement");
    case "waiting":
      return i18n._("Waiting");
    case "offered":
      return i18n._("Rings at an agent");
    case "dialling":
      return i18n._("Calling");
    case "talking":
      return i18n._("Talking");
    case "held":
      return i18n._("On hold");
    case "leaving":
      return i18n._("Hears why it ends");
    case "forwarding":
      return i18n._("Given to another phone, which rings");
    case "forwarded":
      return i18n._("Given to another phone");
    case "wrap_up":
    case "ended":
      return i18n._("Wrap-up");
  }
}
