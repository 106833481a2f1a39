import type { City, Outcome } from "../api/types.ts";

/** The outcomes that calls of an agency may have, in the city's order; none where the city lists none. */
export function outcomesOf(city: City | undefined, agency: string): Outcome[] {
  return (city?.outcomes ?? []).filter((o) => o.agencies.length === 0 || o.agencies.includes(agency));
}
