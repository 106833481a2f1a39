import { useQuery } from "@tanstack/react-query";
import { cityQuery, offerQuery } from "../api/queries.ts";
import { whySentence } from "../lib/why.ts";

/** Why this came to me, in one sentence. */
export function WhyMe({ work }: { work: string }) {
  const { data: offer } = useQuery(offerQuery);
  const { data: city } = useQuery(cityQuery);
  if (offer?.work !== work) return null;
  return <p className="call-why">{whySentence(offer.why, city)}</p>;
}
