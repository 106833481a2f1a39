import type { Plan } from "../lib/simulation.ts";

/** What each part of the simulation's form gets. */
export interface PartProps {
  plan: Plan;
  put(change: Partial<Plan>): void;
  /** What is wrong with a field; empty while nothing is, or before it was tried. */
  fault(name: string): string;
}
