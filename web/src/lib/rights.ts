import type { Me } from "../api/types.ts";

// What the desktop shows follows the actions that the server allows; the server decides again on each request.

export function may(me: Me, action: string): boolean {
  return me.actions?.includes(action) ?? false;
}

export interface Place {
  path: "/" | "/mail" | "/recordings" | "/archive" | "/people" | "/log" | "/attest";
  action: string;
}

/** The pages in the order of the menu, with the action that each needs. */
export const places: readonly Place[] = [
  { path: "/", action: "" },
  { path: "/mail", action: "cases.handle" },
  { path: "/recordings", action: "recordings.listen" },
  { path: "/archive", action: "archive.read" },
  { path: "/people", action: "people.view" },
  { path: "/log", action: "audit.read" },
  { path: "/attest", action: "attest.run" },
];

export function allowedPlaces(me: Me): Place[] {
  return places.filter((p) => p.action === "" || may(me, p.action));
}

/** Only who takes calls or cases needs a seat. */
export function needsSeat(me: Me): boolean {
  return may(me, "seat.take") && may(me, "calls.handle") && !me.seat;
}

/** The agencies that a person's role covers; a grant for "" covers all. */
export function agenciesOf(me: Me, all: readonly string[]): string[] {
  const own = new Set(me.roles.map((r) => r.agency));
  return own.has("") ? [...all] : all.filter((a) => own.has(a));
}
