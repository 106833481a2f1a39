// How each leg of a call sounds, from what the centre measures. Nothing of it is kept here.

export interface LegQuality {
  leg: "customer" | "agent" | "consulted";
  /** Share of packets lost, 0 to 1. */
  loss: number;
  jitter_ms: number;
  /** 0 where it is not known. */
  rtt_ms: number;
  /** Estimated mean opinion score, 1 to 4.5; 0 before there is enough to say. */
  mos: number;
}

export type Sound = "good" | "fair" | "poor" | "unknown";

/** From here on users are satisfied (ITU-T G.107 annex B: R = 80). */
export const goodFrom = 4.03;
/** Below this many are dissatisfied (R = 70). */
export const poorBelow = 3.6;

export function soundOf(leg: LegQuality): Sound {
  if (!(leg.mos >= 1)) return "unknown";
  if (leg.mos >= goodFrom) return "good";
  return leg.mos >= poorBelow ? "fair" : "poor";
}

const order: readonly Sound[] = ["unknown", "good", "fair", "poor"];

/** The call sounds like its worst leg. */
export function worst(legs: readonly LegQuality[]): Sound {
  return legs.map(soundOf).reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), "unknown" as Sound);
}

export type Cause = "own_network" | "own_delay" | "their_network" | "";

/** A round trip from which people begin to talk at the same time, in ms (ITU-T G.114: 400 ms one way is too much, 150 unnoticed). */
const longTrip = 500;

/** What makes it bad, so that the agent can be told what helps. Their own leg comes first: there they can do something. */
export function causeOf(legs: readonly LegQuality[]): Cause {
  const bad = legs.filter((l) => ["poor", "fair"].includes(soundOf(l)));
  const own = bad.find((l) => l.leg === "agent");
  if (own) return own.rtt_ms >= longTrip && own.loss < 0.01 ? "own_delay" : "own_network";
  return bad.length ? "their_network" : "";
}
