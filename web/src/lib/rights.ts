import type { City, Me, Queue } from "../api/types.ts";

// What the desktop shows follows the actions that the server allows; the server decides again on each request.

/** The API's actions (x-action in its document) that the desktop asks about. */
export const usedActions = [
  "call.handle",
  "call.supervise",
  "case.work",
  "queue.watch",
  "agent.watch",
  "agent.force",
  "queue.close",
  "measures.read",
  "simulation.run",
  "callback.cancel",
  "flow.read",
  "prompt.change",
  "recording.search",
  "archive.search",
  "listen.grant",
  "person.manage",
  "training.record",
  "audit.read",
  "attest.run",
] as const;
export type Action = (typeof usedActions)[number];

export function may(me: Me, action: Action): boolean {
  return me.actions?.includes(action) ?? false;
}

export interface Place {
  path: "/" | "/mail" | "/calls" | "/measures" | "/simulation" | "/callbacks" | "/flows" | "/prompts" | "/recordings" | "/archive" | "/grants" | "/people" | "/log" | "/attest";
  /** Empty: for everybody. */
  action: Action | "";
}

/** The pages in the order of the menu, with the action that each needs. */
export const places: readonly Place[] = [
  { path: "/", action: "" },
  { path: "/mail", action: "case.work" },
  { path: "/calls", action: "call.supervise" },
  { path: "/measures", action: "measures.read" },
  { path: "/simulation", action: "simulation.run" },
  { path: "/callbacks", action: "callback.cancel" },
  { path: "/flows", action: "flow.read" },
  { path: "/prompts", action: "flow.read" },
  { path: "/recordings", action: "recording.search" },
  { path: "/archive", action: "archive.search" },
  { path: "/grants", action: "listen.grant" },
  { path: "/people", action: "person.manage" },
  { path: "/log", action: "audit.read" },
  { path: "/attest", action: "attest.run" },
];

export function allowedPlaces(me: Me): Place[] {
  return places.filter((p) => p.action === "" || may(me, p.action));
}

/** Only who takes calls or cases needs a seat. */
export function needsSeat(me: Me): boolean {
  return may(me, "call.handle") && !me.seat;
}

/** The agencies that a person's role covers; a grant for "" covers all. */
export function agenciesOf(me: Me, all: readonly string[]): string[] {
  const own = new Set(me.roles.map((r) => r.agency));
  return own.has("") ? [...all] : all.filter((a) => own.has(a));
}

/** The queues of those agencies. */
export function queuesOf(me: Me, city: City | undefined): Queue[] {
  const own = new Set(agenciesOf(me, (city?.agencies ?? []).map((a) => a.id)));
  return (city?.queues ?? []).filter((q) => own.has(q.agency));
}

/** Roles by which calls are handled (call.handle). */
const handling: readonly string[] = ["agent", "supervisor", "expert"];

/** The queues in whose name a person may call: of the agencies served, with a number that can be shown. */
export function queuesToCallFrom(me: Me, city: City | undefined): Queue[] {
  const own = new Set(me.roles.filter((r) => handling.includes(r.role)).map((r) => r.agency));
  return (city?.queues ?? []).filter((q) => q.number !== "" && (own.has("") || own.has(q.agency)));
}
