import { useQuery } from "@tanstack/react-query";
import { cityQuery, targetsQuery } from "../api/queries.ts";
import type { Call, Consultation } from "../api/types.ts";
import { i18n } from "@lingui/core";
import { inLanguage } from "../lib/format.ts";

/** Names for who takes part in a call: colleagues, queues, seats. A number outside has none here (M3). */
export function useNames(call: Call | undefined): { asker: string; consulted: string } {
  const { data: city } = useQuery(cityQuery);
  const wanted = call?.direction === "inside" || call?.consult?.kind === "agent";
  const { data: targets } = useQuery({ ...targetsQuery, enabled: wanted, refetchInterval: false, staleTime: 60_000 });
  const person = (id: string) => targets?.agents.find((a) => a.person === id)?.display || i18n._("A colleague");
  const nameOf = (k: Consultation) => {
    if (k.emergency) return i18n._("Emergency services 112");
    switch (k.kind) {
      case "agent":
        return person(k.name);
      case "queue":
        return inLanguage(city?.queues.find((q) => q.id === k.name)?.name) || k.name;
      case "seat":
        return i18n._("Seat {code}", { code: k.name });
      case "number":
        return i18n._("The number called");
    }
  };
  return { asker: call?.from ? person(call.from) : "", consulted: call?.consult ? nameOf(call.consult) : "" };
}
