import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery, peopleQuery } from "../api/queries.ts";
import type { Person, RoleGrant } from "../api/types.ts";
import { dayStart } from "../lib/days.ts";
import { dateText, inLanguage } from "../lib/format.ts";
import { languageLabel, roleLabel } from "../lib/labels.ts";
import { may } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Dialog, Empty, ErrorNotice, Loading, Page, Table } from "../ui/parts.tsx";
import { AbilitiesForm } from "./AbilitiesForm.tsx";

const roles: readonly RoleGrant["role"][] = ["agent", "supervisor", "manager", "expert", "privacy_officer", "controller", "administrator"];

export function PeoplePage() {
  const { i18n } = useLingui();
  const me = useMe();
  const { data: people, error, isPending } = useQuery(peopleQuery);
  const [adding, setAdding] = useState(false);
  const [training, setTraining] = useState<Person | null>(null);
  const [able, setAble] = useState<Person | null>(null);
  const manages = may(me, "person.manage");
  return (
    <Page title={i18n._("People and training")} lead={i18n._("Roles are in use only while the person’s training record is valid.")} wide>
      {manages && (
        <div className="actions">
          <Button icon="plus" onPress={() => setAdding(true)}>
            {i18n._("Add a person")}
          </Button>
        </div>
      )}
      <ErrorNotice error={error} />
      {isPending ? <Loading /> : <PeopleTable people={people ?? []} onTraining={may(me, "training.record") ? setTraining : undefined} onAble={manages ? setAble : undefined} />}
      <Dialog title={i18n._("Add a person")} isOpen={adding} onClose={() => setAdding(false)} firm>
        <NewPerson onDone={() => setAdding(false)} />
      </Dialog>
      <Dialog title={i18n._("Training of {name}", { name: training?.display ?? "" })} isOpen={training !== null} onClose={() => setTraining(null)} firm>
        {training && <Training person={training} onDone={() => setTraining(null)} />}
      </Dialog>
      <Dialog title={i18n._("Skills of {name}", { name: able?.display ?? "" })} isOpen={able !== null} onClose={() => setAble(null)} firm>
        {able && <AbilitiesForm person={able} onDone={() => setAble(null)} />}
      </Dialog>
    </Page>
  );
}

function PeopleTable({ people, onTraining, onAble }: { people: readonly Person[]; onTraining?(p: Person): void; onAble?(p: Person): void }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  if (people.length === 0) return <Empty icon="people" title={i18n._("No people to show")} />;
  const where = (g: RoleGrant) => (g.agency ? inLanguage(city?.agencies.find((a) => a.id === g.agency)?.name) : i18n._("all agencies"));
  const columns: Column<Person>[] = [
    {
      head: i18n._("Name"),
      names: true,
      cell: (p) => (
        <>
          {p.display}
          <span className="cell-more">{p.name}</span>
        </>
      ),
    },
    {
      head: i18n._("Roles"),
      cell: (p) => (
        <ul className="plain">
          {(p.roles ?? []).map((g) => (
            <li key={g.role + g.agency}>
              {roleLabel(g.role)} <span className="quiet">({where(g)})</span>
            </li>
          ))}
        </ul>
      ),
    },
    { head: i18n._("Skills"), cell: (p) => <SkillList person={p} /> },
    { head: i18n._("Training"), cell: (p) => <TrainingMark person={p} /> },
    ...(onTraining || onAble ? [{ head: i18n._("Change"), cell: (p: Person) => <Changes person={p} onTraining={onTraining} onAble={onAble} /> }] : []),
  ];
  return (
    <section className="card">
      <Table caption={i18n._("People")} columns={columns} rows={people} rowKey={(p) => p.id} />
    </section>
  );
}

function Changes({ person, onTraining, onAble }: { person: Person; onTraining?(p: Person): void; onAble?(p: Person): void }) {
  const { i18n } = useLingui();
  return (
    <span className="actions row-actions">
      {onAble && (
        <Button look="secondary" className="button-small" onPress={() => onAble(person)} aria-label={i18n._("Skills of {name}", { name: person.display })}>
          {i18n._("Skills")}
        </Button>
      )}
      {onTraining && (
        <Button look="secondary" className="button-small" onPress={() => onTraining(person)} aria-label={i18n._("Record training of {name}", { name: person.display })}>
          {i18n._("Record training")}
        </Button>
      )}
    </span>
  );
}

/** Languages, then skills; levels above 1 are told. */
function SkillList({ person }: { person: Person }) {
  const level = (code: string) => person.skills.find((s) => s.id === `language:${code}`)?.level ?? 1;
  const languages = person.languages.map((code) => (level(code) > 1 ? `${languageLabel(code)} ${level(code)}` : languageLabel(code)));
  const skills = person.skills.filter((s) => !s.id.startsWith("language:")).map((s) => (s.level > 1 ? `${s.id} ${s.level}` : s.id));
  if (languages.length + skills.length === 0) return <span className="quiet">–</span>;
  return (
    <>
      {skills.join(", ")}
      <span className="cell-more">{languages.join(", ")}</span>
    </>
  );
}

function TrainingMark({ person }: { person: Person }) {
  const { i18n } = useLingui();
  if (!person.training_valid) {
    return (
      <span className="whole whole-not">
        <Icon name="warning" size={16} />
        {i18n._("Not valid")}
      </span>
    );
  }
  return (
    <span className="whole">
      <Icon name="check" size={16} />
      {person.trained_until ? i18n._("Valid until {day}", { day: dateText(person.trained_until) }) : i18n._("Valid")}
    </span>
  );
}

function Training({ person, onDone }: { person: Person; onDone(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const [days, set] = useState({ from: "", until: "" });
  const save = useMutation({
    mutationFn: () => {
      const body = { course: "data_protection" as const, passed: dayStart(days.from)!, until: dayStart(days.until, 1)! };
      return take(api.PUT("/api/people/{id}/training", { params: { path: { id: person.id } }, body }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: peopleQuery.queryKey });
      onDone();
    },
  });
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <ErrorNotice error={save.error} />
      <TextField label={i18n._("Trained on")} type="date" isRequired value={days.from} onChange={(from) => set({ ...days, from })} />
      <TextField label={i18n._("Valid until")} type="date" isRequired value={days.until} onChange={(until) => set({ ...days, until })} />
      <div className="actions">
        <Button type="submit" isPending={save.isPending}>
          {i18n._("Save")}
        </Button>
      </div>
    </Form>
  );
}

/** The shortest password that the field takes; the server's rule decides. */
const passwordLength = 12;

function NewPerson({ onDone }: { onDone(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const { data: city } = useQuery(cityQuery);
  const [p, set] = useState({ display: "", name: "", password: "", role: "agent" as RoleGrant["role"], agency: "" });
  const save = useMutation({
    mutationFn: () => {
      const { role, agency, ...account } = p;
      return take(api.POST("/api/people", { body: { ...account, roles: [{ role, agency }] } }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: peopleQuery.queryKey });
      onDone();
    },
  });
  const agencies = [{ id: "", text: i18n._("All agencies") }, ...(city?.agencies ?? []).map((a) => ({ id: a.id, text: inLanguage(a.name) }))];
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <ErrorNotice error={save.error} />
      <TextField label={i18n._("Name")} isRequired value={p.display} onChange={(display) => set({ ...p, display })} autoComplete="off" />
      <TextField label={i18n._("User name")} isRequired value={p.name} onChange={(name) => set({ ...p, name })} autoComplete="off" />
      <TextField
        label={i18n._("First password")}
        help={i18n._("At least {n} characters.", { n: passwordLength })}
        type="password"
        isRequired
        minLength={passwordLength}
        value={p.password}
        onChange={(password) => set({ ...p, password })}
        autoComplete="new-password"
      />
      <Select label={i18n._("Role")} options={roles.map((r) => ({ id: r, text: roleLabel(r) }))} value={p.role} onPick={(role) => set({ ...p, role: role as RoleGrant["role"] })} />
      <Select label={i18n._("Agency (client)")} options={agencies} value={p.agency} onPick={(agency) => set({ ...p, agency })} />
      <div className="actions">
        <Button type="submit" isPending={save.isPending}>
          {i18n._("Add")}
        </Button>
      </div>
    </Form>
  );
}
