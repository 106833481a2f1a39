import { useLingui } from "@lingui/react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { City } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { dayOf, nextFriday } from "../lib/days.ts";
import { queuesOf } from "../lib/rights.ts";
import { firstPlan, type Plan, requestOf } from "../lib/simulation.ts";
import { useMe } from "../shell/me.ts";
import { ErrorNotice, Loading, Page } from "../ui/parts.tsx";
import { SimulationForm } from "./SimulationForm.tsx";
import { SimulationResult } from "./SimulationResult.tsx";

/** What a day would be like, with the engine that routes: two fewer on Friday, a fifth more calls. */
export function SimulationPage() {
  const { i18n } = useLingui();
  const { data: city, error } = useQuery(cityQuery);
  return (
    <Page title={i18n._("Simulation")} lead={i18n._("What if two people fewer were at work on Friday? The day is played with the same rules by which calls are routed. Nothing is kept.")} wide>
      <ErrorNotice error={error} />
      {city ? <Planner city={city} /> : !error && <Loading />}
    </Page>
  );
}

function Planner({ city }: { city: City }) {
  const { i18n } = useLingui();
  const me = useMe();
  const [plan, setPlan] = useState(() => firstPlan(nextFriday(dayOf(Date.now())), queuesOf(me, city).filter((q) => q.number).map((q) => q.id)));
  const result = useRef<HTMLElement>(null);
  const run = useMutation({
    mutationFn: (asked: Plan) => take(api.POST("/api/simulations", { body: requestOf(asked) })),
    onSuccess: () => announce(i18n._("The simulation is ready.")),
  });
  useEffect(() => {
    // What was asked for is below the form.
    if (run.data) result.current?.focus();
  }, [run.data]);
  return (
    <>
      <SimulationForm plan={plan} city={city} onChange={setPlan} onRun={() => run.mutate(plan)} running={run.isPending} />
      <ErrorNotice error={run.error} />
      {run.isPending && <Loading />}
      {run.data && (
        <section ref={result} tabIndex={-1} className="stack result" aria-label={i18n._("Result")}>
          <SimulationResult answer={run.data} plan={run.variables} city={city} />
        </section>
      )}
    </>
  );
}
