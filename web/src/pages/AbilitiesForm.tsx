import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery, peopleQuery } from "../api/queries.ts";
import type { City, Person } from "../api/types.ts";
import { languages } from "../i18n.ts";
import { type Abilities, abilitiesOf, abilityFaults, askedSkills, changeOf, highestLevel, mostMails } from "../lib/abilities.ts";
import { inLanguage } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Checkbox } from "../ui/Checkbox.tsx";
import { ErrorNotice } from "../ui/parts.tsx";

interface PartProps {
  a: Abilities;
  put(change: Partial<Abilities>): void;
  fault(name: string): string;
  city: City | undefined;
}

/** Skills with levels, languages, how much at once, tiers and weights. An agent at a seat works by them at once. */
export function AbilitiesForm({ person, onDone }: { person: Person; onDone(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const { data: city } = useQuery(cityQuery);
  const [a, set] = useState(() => abilitiesOf(person, languages));
  const [tried, setTried] = useState(false);
  const bad = abilityFaults(a);
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/people/{id}", { params: { path: { id: person.id } }, body: changeOf(a) })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: peopleQuery.queryKey });
      onDone();
    },
  });
  const parts: PartProps = { a, city, put: (change) => set({ ...a, ...change }), fault: (name) => (tried && bad.includes(name) ? i18n._("Check this.") : "") };
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        setTried(true);
        if (bad.length === 0) save.mutate();
      }}
    >
      <ErrorNotice error={save.error} />
      <TextField label={i18n._("Name")} isRequired value={a.display} error={parts.fault("display")} onChange={(display) => parts.put({ display })} autoComplete="off" />
      <Languages {...parts} />
      <Skills {...parts} />
      <Capacity {...parts} />
      <Tiers {...parts} />
      <Weights {...parts} />
      <div className="actions">
        <Button type="submit" isPending={save.isPending}>
          {i18n._("Save")}
        </Button>
        {tried && bad.length > 0 && <span className="field-error">{i18n._("Something above has to be checked.")}</span>}
      </div>
    </Form>
  );
}

/** "" is no skill in the language; 1 is enough for a queue that asks no level. */
function levels(none: string): { id: string; text: string }[] {
  return [{ id: "", text: none }, ...Array.from({ length: highestLevel }, (_, i) => ({ id: String(i + 1), text: String(i + 1) }))];
}

function Languages({ a, put }: PartProps) {
  const { i18n } = useLingui();
  return (
    <fieldset className="group">
      <legend>{i18n._("Languages and their levels")}</legend>
      <div className="filters filters-top">
        {Object.entries(a.languages).map(([code, level]) => (
          <Select key={code} label={languageLabel(code)} options={levels(i18n._("not"))} value={level} onPick={(now) => put({ languages: { ...a.languages, [code]: now } })} />
        ))}
      </div>
    </fieldset>
  );
}

function Skills({ a, put, fault, city }: PartProps) {
  const { i18n } = useLingui();
  const known = askedSkills(city);
  const free = known.filter((k) => !a.skills.some((s) => s.skill === k));
  const change = (i: number, part: Partial<Abilities["skills"][number]>) => put({ skills: a.skills.with(i, { ...a.skills[i]!, ...part }) });
  return (
    <fieldset className="group">
      <legend>{i18n._("Skills and their levels")}</legend>
      {a.skills.length === 0 && <p className="quiet">{i18n._("No skills: queues that ask for any offer nothing.")}</p>}
      {a.skills.map((s, i) => (
        <div key={i} className="ability">
          <TextField label={i18n._("Skill")} value={s.skill} error={fault(`skill.${i}`)} onChange={(skill) => change(i, { skill })} autoComplete="off" />
          <TextField label={i18n._("Level, 1–{most}", { most: highestLevel })} inputMode="numeric" value={s.level} error={fault(`level.${i}`)} onChange={(level) => change(i, { level })} />
          <Button look="quiet" icon="cross" className="icon-only" aria-label={i18n._("Remove the skill {skill}", { skill: s.skill })} onPress={() => put({ skills: a.skills.toSpliced(i, 1) })}>
            {""}
          </Button>
        </div>
      ))}
      <div className="actions">
        {free.map((skill) => (
          <Button key={skill} look="secondary" icon="plus" className="button-small" onPress={() => put({ skills: [...a.skills, { skill, level: "1" }] })}>
            {skill}
          </Button>
        ))}
        <Button look="secondary" icon="plus" className="button-small" onPress={() => put({ skills: [...a.skills, { skill: "", level: "1" }] })}>
          {i18n._("Another skill")}
        </Button>
      </div>
    </fieldset>
  );
}

function Capacity({ a, put, fault }: PartProps) {
  const { i18n } = useLingui();
  return (
    <fieldset className="group">
      <legend>{i18n._("How much at once")}</legend>
      <Checkbox isSelected={a.calls} onChange={(calls) => put({ calls })}>
        {i18n._("Takes calls, one at a time")}
      </Checkbox>
      <TextField
        className="field-narrow"
        label={i18n._("E-mails in hand at most")}
        help={i18n._("Empty: the usual number. 0: none. At most {most}.", { most: mostMails })}
        inputMode="numeric"
        value={a.mails}
        error={fault("mails")}
        onChange={(mails) => put({ mails })}
      />
      <Checkbox isSelected={a.undisturbed} onChange={(undisturbed) => put({ undisturbed })}>
        {i18n._("No call interrupts an e-mail in hand")}
      </Checkbox>
      <Checkbox isSelected={a.mailDuringCall} onChange={(mailDuringCall) => put({ mailDuringCall })}>
        {i18n._("E-mails are offered during a call as well")}
      </Checkbox>
    </fieldset>
  );
}

/** Tiers matter only to queues that ask by tiers. */
function Tiers({ a, put, fault, city }: PartProps) {
  const { i18n } = useLingui();
  const queues = (city?.queues ?? []).filter((q) => q.strategy === "tiers" || a.tiers[q.id]);
  if (queues.length === 0) return null;
  return (
    <fieldset className="group">
      <legend>{i18n._("Tier by queue")}</legend>
      <p className="quiet">{i18n._("Tier 1 is asked first. Empty is 1.")}</p>
      <div className="filters filters-top">
        {queues.map((q) => (
          <TextField key={q.id} label={inLanguage(q.name) || q.id} inputMode="numeric" value={a.tiers[q.id] ?? ""} error={fault(`tier.${q.id}`)} onChange={(tier) => put({ tiers: { ...a.tiers, [q.id]: tier } })} />
        ))}
      </div>
    </fieldset>
  );
}

function Weights({ a, put, fault, city }: PartProps) {
  const { i18n } = useLingui();
  const agencies = city?.agencies ?? [];
  if (agencies.length < 2) return null;
  return (
    <fieldset className="group">
      <legend>{i18n._("Weight by agency")}</legend>
      <p className="quiet">{i18n._("With 2, a minute of waiting counts as two for this agent. Empty is 1.")}</p>
      <div className="filters filters-top">
        {agencies.map((g) => (
          <TextField key={g.id} label={inLanguage(g.name) || g.id} inputMode="decimal" value={a.weights[g.id] ?? ""} error={fault(`weight.${g.id}`)} onChange={(weight) => put({ weights: { ...a.weights, [g.id]: weight } })} />
        ))}
      </div>
    </fieldset>
  );
}
