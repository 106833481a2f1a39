import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { City, Flow, FlowStep } from "../api/types.ts";
import { ordered, type Placed } from "../lib/flowOrder.ts";
import { inLanguage, phoneText } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { Select } from "../ui/controls.tsx";
import { Empty, ErrorNotice, Loading, Page } from "../ui/parts.tsx";
import { FlowTry } from "./FlowTry.tsx";

/** What a caller of each number meets, step by step, and a made-up call to hear how it goes. */
export function FlowsPage() {
  const { i18n } = useLingui();
  const [id, choose] = useState("");
  const { data: city } = useQuery(cityQuery);
  const { data, error, isPending } = useQuery({ queryKey: ["flows"], queryFn: () => take(api.GET("/api/flows")).then((r) => r.flows), staleTime: 60_000 });
  const flow = data?.find((f) => f.id === id) ?? data?.[0];
  return (
    <Page title={i18n._("Flows")} lead={i18n._("What a caller meets on each of the city’s numbers. They are changed in the configuration.")} wide>
      <ErrorNotice error={error} />
      {isPending && <Loading />}
      {data && !flow && <Empty icon="phone" title={i18n._("No number is answered")} />}
      {data && flow && (
        <>
          <Select label={i18n._("Number")} options={data.map((f) => ({ id: f.id, text: flowName(f, city) }))} value={flow.id} onPick={choose} />
          <Steps flow={flow} city={city} />
          {flow.numbers[0] && <FlowTry key={flow.id} number={flow.numbers[0]} />}
        </>
      )}
    </Page>
  );
}

/** "09 310 10010 – Water", "no number – main" */
function flowName(f: Flow, city: City | undefined): string {
  const numbers = f.numbers.map(phoneText).join(", ") || i18n._("no number");
  return `${numbers} – ${f.queue ? queueName(f.queue, city) : f.id}`;
}

function queueName(id: string, city: City | undefined): string {
  return inLanguage(city?.queues.find((q) => q.id === id)?.name) || id;
}

function Steps({ flow, city }: { flow: Flow; city: City | undefined }) {
  const { i18n } = useLingui();
  const all = ordered(flow);
  const places = new Map(all.map((p) => [p.step.id, p.place]));
  return (
    <section className="card" aria-labelledby="steps">
      <h2 id="steps">{i18n._("Step by step")}</h2>
      <p className="quiet">
        {i18n._("Languages: {languages}", { languages: flow.languages.map(languageLabel).join(", ") })}
        {". "}
        {inLanguage(city?.agencies.find((a) => a.id === flow.agency)?.name)}
      </p>
      <ol className="flow">
        {all.map((p) => (
          <StepItem key={p.step.id} placed={p} places={places} city={city} />
        ))}
      </ol>
    </section>
  );
}

function StepItem({ placed: { step, place, depth }, places, city }: { placed: Placed; places: Map<string, number>; city: City | undefined }) {
  return (
    <li id={`step-${place}`} tabIndex={-1} className={`flow-step flow-depth-${Math.min(depth, 3)}`}>
      <p className="flow-what">
        <span className="flow-place figures" aria-hidden="true">
          {place}
        </span>
        <strong>{stepText(step, city)}</strong>
      </p>
      {step.ways.length > 0 && (
        <ul className="flow-ways">
          {step.ways.map((w) => (
            <li key={w.by}>
              {wayText(step, w.by)} <a href={`#step-${places.get(w.to)}`}>{i18n._("to step {n}", { n: places.get(w.to) ?? w.to })}</a>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** What a step does, in a few words. */
function stepText(s: FlowStep, city: City | undefined): string {
  const prompt = s.prompt;
  switch (s.kind) {
    case "language":
      return i18n._("The caller chooses a language");
    case "hours":
      return s.queue ? i18n._("Opening hours of {queue}", { queue: queueName(s.queue, city) }) : i18n._("Opening hours “{name}”", { name: s.hours });
    case "say":
      return i18n._("Says the prompt {prompt}", { prompt });
    case "announce":
      return i18n._("Tells of the recording: {prompt}", { prompt });
    case "menu":
      return i18n._("Asks for a key: {prompt}", { prompt });
    case "queue":
      return s.away ? i18n._("{queue} is closed: the call is counted and sent away", { queue: queueName(s.queue, city) }) : i18n._("Waits in the queue {queue}", { queue: queueName(s.queue, city) });
    case "callback":
      return i18n._("Promises a callback by {queue}", { queue: queueName(s.queue, city) });
    case "transfer":
      return i18n._("Passes the call to {number}", { number: phoneText(s.number) });
    case "hang_up":
      return prompt ? i18n._("Says {prompt} and ends the call", { prompt }) : i18n._("Ends the call");
  }
}

function wayText(s: FlowStep, by: string): string {
  if (by === "next") return s.kind === "hours" ? i18n._("open:") : i18n._("then");
  if (by === "closed") return i18n._("closed:");
  if (by === "otherwise") return i18n._("otherwise:");
  return i18n._("key {key}:", { key: by });
}
