import { i18n } from "@lingui/core";
import type { Call, Consultation } from "../api/types.ts";
import type { Failed } from "../phone/failed.ts";
import type { Cause, LegQuality, Sound } from "../phone/quality.ts";

// Words for what the API names in code, of calls.

/** Why a call came to nothing, and what to do. */
export function failedText(code: Failed): string {
  switch (code) {
    case "busy":
      return i18n._("The number is busy. Try again in a while.");
    case "no_answer":
      return i18n._("Nobody answered. Try again later.");
    case "unknown_number":
      return i18n._("The number is not in use. Check it and call again.");
    case "refused":
      return i18n._("The other side did not take the call.");
    case "unavailable":
      return i18n._("The call could not be connected. Try again; if it does not help, tell your supervisor.");
    case "own_telephone":
      return i18n._("Your own phone was not picked up, so nobody was called. Call again and pick it up within half a minute.");
  }
}

/** Why the centre does not call, consult or give away. 112 is never refused for a rule. */
export function refusedText(error: unknown): string {
  const { kind, message } = error as { kind?: string; message?: string };
  switch (kind) {
    case "unreachable":
      return i18n._("The centre can’t be reached. Check your network connection; in an emergency call 112 with another telephone.");
    case "conflict":
      return i18n._("It can’t be done just now: you have a call already, or who you chose has just become busy.");
    case "denied":
      return i18n._("This number may not be called from here.");
    case "invalid":
      return i18n._("This is no number that can be called. Check it.");
    case "not_found":
      return i18n._("Nobody was found there. Who you chose may have left just now.");
    case "limited":
      return i18n._("There have been too many calls in a short time. Wait a moment; 112 works all the same.");
    case "unavailable":
      return i18n._("Calls out are not available just now. In an emergency call 112 with another telephone.");
    default:
      return message || i18n._("It did not work. Try again.");
  }
}

export function stageText(stage: Consultation["stage"], name: string): string {
  switch (stage) {
    case "ringing":
      return i18n._("{name}: it rings", { name });
    case "talking":
      return i18n._("{name}: you talk. The customer hears music.", { name });
    case "waiting":
      return i18n._("{name}: hears music. You talk with the customer.", { name });
    case "announcing":
      return i18n._("{name}: hears the announcement and then joins.", { name });
    case "joined":
      return i18n._("{name}: in conference with you and the customer.", { name });
  }
}

export function supervisedText(mode: Call["supervised"]): string {
  switch (mode) {
    case "listen":
      return i18n._("A supervisor is listening");
    case "whisper":
      return i18n._("A supervisor speaks to you; the customer does not hear it");
    case "barge":
      return i18n._("A supervisor is in the call");
    case "":
      return "";
  }
}

export function soundText(sound: Sound): string {
  switch (sound) {
    case "good":
      return i18n._("Sound: good");
    case "fair":
      return i18n._("Sound: fair");
    case "poor":
      return i18n._("Sound: poor");
    case "unknown":
      return i18n._("Sound: being measured");
  }
}

export function legText(leg: LegQuality["leg"]): string {
  switch (leg) {
    case "agent":
      return i18n._("You");
    case "customer":
      return i18n._("Customer");
    case "consulted":
      return i18n._("Consulted");
  }
}

/** What helps. */
export function causeText(cause: Cause): string {
  switch (cause) {
    case "own_network":
      return i18n._("Your own connection loses sound. Use a cable instead of a wireless network, close other heavy programs, or go on with the desk phone next time.");
    case "own_delay":
      return i18n._("The sound comes late at your end. Let the other finish before you speak.");
    case "their_network":
      return i18n._("The other side’s connection is weak. Speak slowly, repeat numbers, and offer to call back.");
    case "":
      return "";
  }
}
