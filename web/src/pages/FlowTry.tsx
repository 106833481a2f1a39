import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { City, FlowCourse, FlowLine, FlowRun } from "../api/types.ts";
import { clockText } from "../lib/clock.ts";
import { dateTime, inLanguage, phoneText } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { type Column, ErrorNotice, Table } from "../ui/parts.tsx";

const fresh = { at: "", keys: "", lang: "", position: "", minutes: "" };

/** A made-up call to a number. Nobody is called. */
export function FlowTry({ number }: { number: string }) {
  const { i18n } = useLingui();
  const [asked, set] = useState(fresh);
  const put = (change: Partial<typeof fresh>) => set({ ...asked, ...change });
  const run = useMutation({ mutationFn: () => take(api.POST("/api/flows/run", { body: body(number, asked) })) });
  const languages = [{ id: "", text: i18n._("Presses nothing") }, ...["fi", "sv", "en"].map((id) => ({ id, text: languageLabel(id) }))];
  return (
    <section className="card" aria-labelledby="try">
      <h2 id="try">{i18n._("Try a call to {number}", { number: phoneText(number) })}</h2>
      <p className="quiet">{i18n._("A made-up caller goes through the flow, and you read what is heard. Nobody is called.")}</p>
      <Form
        className="filters"
        onSubmit={(e) => {
          e.preventDefault();
          run.mutate();
        }}
      >
        <TextField label={i18n._("When; empty for now")} type="datetime-local" className="flow-when" value={asked.at} onChange={(at) => put({ at })} />
        <Select label={i18n._("In the language menu")} options={languages} value={asked.lang} onPick={(lang) => put({ lang })} />
        <TextField label={i18n._("Keys, such as 1,w5s,2")} help={i18n._("w5s waits five seconds")} value={asked.keys} onChange={(keys) => put({ keys })} />
        <TextField label={i18n._("Place in the queue")} type="number" inputMode="numeric" value={asked.position} onChange={(position) => put({ position })} />
        <TextField label={i18n._("Estimated wait, minutes")} type="number" inputMode="numeric" value={asked.minutes} onChange={(minutes) => put({ minutes })} />
        <Button type="submit" icon="play" isPending={run.isPending} className="filter-go">
          {i18n._("Try")}
        </Button>
      </Form>
      <ErrorNotice error={run.error} />
      <div role="status">{run.data && <Course course={run.data} />}</div>
    </section>
  );
}

function body(number: string, f: typeof fresh): FlowRun {
  const whole = (text: string) => Math.max(0, Math.round(Number(text))) || undefined;
  return { number, at: f.at || undefined, keys: f.keys.trim() || undefined, lang: (f.lang || undefined) as FlowRun["lang"], position: whole(f.position), estimate_seconds: whole(String(Number(f.minutes) * 60)) };
}

function Course({ course }: { course: FlowCourse }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const rows = course.lines.map((line, at) => ({ line, at }));
  const columns: Column<(typeof rows)[number]>[] = [
    { head: i18n._("Time"), figures: true, cell: ({ line }) => <span className="figures">{clockText(line.after_seconds)}</span> },
    { head: i18n._("What happens"), names: true, cell: ({ line }) => lineText(line, city) },
    { head: i18n._("What is said"), cell: ({ line }) => (spoken(line) ? <span lang={line.lang || undefined}>{line.text}</span> : "–") },
  ];
  return (
    <>
      <p>{i18n._("The call begins {time}.", { time: dateTime(course.at) })}</p>
      <Table caption={i18n._("How the made-up call went")} columns={columns} rows={rows} rowKey={(r) => String(r.at)} />
      {course.left > 0 && <p>{i18n._("{n, plural, one {# key was asked for by nothing.} other {# keys were asked for by nothing.}}", { n: course.left })}</p>}
    </>
  );
}

const spoken = (l: FlowLine) => l.what === "says" || l.what === "announces";

function lineText(l: FlowLine, city: City | undefined): string {
  const queue = inLanguage(city?.queues.find((q) => q.id === l.name)?.name) || l.name;
  switch (l.what) {
    case "says":
      return i18n._("Is heard, {language}", { language: languageLabel(l.lang) });
    case "announces":
      return i18n._("Recording announcement, {language}", { language: languageLabel(l.lang) });
    case "music":
      return i18n._("Music");
    case "pressed":
      return i18n._("The caller presses {key}", { key: l.name });
    case "silence":
      return i18n._("No key is pressed");
    case "queue":
      return l.text.startsWith("recorded") ? i18n._("Waits in the queue {queue}; recorded", { queue }) : i18n._("Waits in the queue {queue}; not recorded", { queue });
    case "answered":
      return i18n._("An agent answers");
    case "diverted":
      return i18n._("Is sent away: {name}", { name: l.name });
    case "callback":
      return i18n._("A callback is promised: {by}", { by: l.text.replace(/^by /, "") });
    case "transferred":
      return i18n._("Is passed to {number}", { number: phoneText(l.name) });
    case "no-answer":
      return i18n._("Nobody answers there");
    case "hung-up":
      return i18n._("The call ends");
  }
}
