import type { City, Outcome } from "../api/types.ts";

/** The outcomes that calls of an agency may have, in the city's order; none where the city lists none. */
export function outcomesOf(city: City | undefined, agency: string): Outcome[] {
  // Younger than the generated types.
  const all = (city as { outcomes?: Outcome[] } | undefined)?.outcomes ?? [];
  return all.filter((o) => isFor(o, agency));
}

function isFor(outcome: Outcome, agency: string): boolean {
  const agencies = outcome.agencies?.length ? outcome.agencies : outcome.agency ? [outcome.agency] : [];
  return agencies.length === 0 || agencies.includes(agency);
}
