import { i18n } from "@lingui/core";
import type { AgentState, BreakReason, Case, Explanation, Role } from "../api/types.ts";
import { inLanguage } from "./format.ts";

// Words of register.md for what the API names in code.

export function stateLabel(state: AgentState): string {
  switch (state) {
    case "ready":
      return i18n._("Ready");
    case "break":
      return i18n._("Break");
    case "offered":
      return i18n._("Being offered");
    case "busy":
      return i18n._("Serving");
    case "wrap_up":
      return i18n._("Wrap-up");
    case "not_answering":
      return i18n._("Not answering");
    case "offline":
      return i18n._("Offline");
  }
}

/** A name as it stands within a phrase: without the capital of its beginning. */
export function withinPhrase(name: string): string {
  return name.charAt(0).toLocaleLowerCase(i18n.locale) + name.slice(1);
}

/** A break's reason: "Tauko: lounas". */
export function reasonText(reason: BreakReason): string {
  return withinPhrase(inLanguage(reason.name) || reason.id);
}

/** The state with the break's reason, as the city names it. */
export function stateText(state: AgentState, reason: string, reasons: readonly BreakReason[] = []): string {
  const known = reasons.find((r) => r.id === reason);
  if (state !== "break" || !reason) return stateLabel(state);
  return i18n._("Break: {reason}", { reason: known ? reasonText(known) : reason });
}

export function kindLabel(kind: Explanation["kind"]): string {
  switch (kind) {
    case "call":
      return i18n._("Call");
    case "mail":
      return i18n._("E-mail");
    case "callback":
      return i18n._("Callback");
    case "outgoing":
      return i18n._("Call out");
  }
}

export function roleLabel(role: Role): string {
  switch (role) {
    case "agent":
      return i18n._("Agent");
    case "supervisor":
      return i18n._("Supervisor");
    case "manager":
      return i18n._("Agency’s manager");
    case "expert":
      return i18n._("Expert");
    case "privacy_officer":
      return i18n._("Privacy officer");
    case "controller":
      return i18n._("Controller");
    case "administrator":
      return i18n._("Administrator");
  }
}

export function caseLabel(state: Case["state"]): string {
  switch (state) {
    case "new":
      return i18n._("New");
    case "waiting":
      return i18n._("Answered");
    case "offered":
      return i18n._("Offered to you");
    case "open":
      return i18n._("In work");
    case "closed":
      return i18n._("Closed");
  }
}

/** A language's name in the interface's language; its code where it has none. */
export function languageLabel(code: string): string {
  switch (code) {
    case "fi":
      return i18n._("Finnish");
    case "sv":
      return i18n._("Swedish");
    case "en":
      return i18n._("English");
    default:
      return code;
  }
}

/** What a refusal means to the person; the server's own detail is kept for what it alone knows. */
export function errorText(error: unknown): string {
  const e = error as { status?: number; kind?: string; message?: string };
  switch (e.kind) {
    case "unreachable":
      return i18n._("The centre can’t be reached. Check your network connection.");
    case "unauthenticated":
      return i18n._("Your session has ended. Log in again.");
    case "denied":
      return i18n._("You don’t have the right to do this.");
    case "not_found":
      return i18n._("It was not found. It may have been closed already.");
    case "conflict":
      return i18n._("Somebody else was faster. The view has been updated.");
    case "gone":
      return i18n._("It is over already.");
    case "limited":
      return i18n._("Too many attempts. Wait a moment and try again.");
    case "too_large":
      return i18n._("This is too large.");
    case "unavailable":
      return i18n._("The service is not available just now. Try again soon.");
    default:
      return e.message || i18n._("Something went wrong. Try again.");
  }
}
