import { useLingui } from "@lingui/react";
import { useState } from "react";
import { Form } from "react-aria-components";
import type { City } from "../api/types.ts";
import { dayClock, inLanguage } from "../lib/format.ts";
import { CallsFile } from "./SimulationFile.tsx";
import { faults, type Plan, type Shift, type Traffic } from "../lib/simulation.ts";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Checkbox, Choice } from "../ui/Checkbox.tsx";
import type { PartProps } from "./simulationPart.ts";

interface FormProps {
  plan: Plan;
  city: City | undefined;
  onChange(plan: Plan): void;
  onRun(): void;
  running: boolean;
}

/** The day, the calls, the people, and what is to be different. */
export function SimulationForm({ plan, city, onChange, onRun, running }: FormProps) {
  const { i18n } = useLingui();
  const [tried, setTried] = useState(false);
  const bad = faults(plan);
  const parts: PartProps = {
    plan,
    put: (change) => onChange({ ...plan, ...change }),
    fault: (name) => (tried && bad.includes(name) ? i18n._("Check this figure.") : ""),
  };
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        setTried(true);
        if (bad.length === 0) onRun();
      }}
    >
      <section className="card" aria-labelledby="sim-calls">
        <h2 id="sim-calls">{i18n._("1. The day and its calls")}</h2>
        <Calls {...parts} city={city} />
      </section>
      <section className="card" aria-labelledby="sim-people">
        <h2 id="sim-people">{i18n._("2. Agents")}</h2>
        <People {...parts} />
      </section>
      <section className="card" aria-labelledby="sim-other">
        <h2 id="sim-other">{i18n._("3. What if")}</h2>
        <WhatIf {...parts} />
      </section>
      <div className="actions">
        <Button type="submit" icon="play" isPending={running}>
          {i18n._("Simulate")}
        </Button>
      </div>
    </Form>
  );
}

function Calls({ plan, put, fault, city }: PartProps & { city: City | undefined }) {
  const { i18n } = useLingui();
  return (
    <>
      <div className="filters filters-top">
        <TextField label={i18n._("Day")} type="date" isRequired value={plan.date} error={fault("date")} onChange={(date) => put({ date })} />
      </div>
      <Choice
        label={i18n._("Calls")}
        value={plan.basis}
        onPick={(basis) => put({ basis })}
        options={[
          { id: "own", text: i18n._("Own estimate"), help: i18n._("Calls in an hour for each queue.") },
          { id: "file", text: i18n._("By half-hours from a file"), help: i18n._("CSV as the command line takes it.") },
          { id: "measured", text: i18n._("As measured"), help: i18n._("Like the same weekday of the last weeks.") },
        ]}
      />
      {plan.basis === "file" ? (
        <CallsFile plan={plan} put={put} fault={fault} city={city} />
      ) : plan.basis === "measured" ? (
        <div className="filters filters-top">
          <TextField label={i18n._("Weeks")} inputMode="numeric" value={plan.weeks} error={fault("weeks")} onChange={(weeks) => put({ weeks })} />
        </div>
      ) : (
        plan.traffic.map((t, i) => <QueueTraffic key={t.queue} t={t} name={queueName(city, t.queue)} fault={(f) => fault(`${f}.${i}`)} onChange={(now) => put({ traffic: plan.traffic.with(i, now) })} />)
      )}
    </>
  );
}

const queueName = (city: City | undefined, id: string) => inLanguage(city?.queues.find((q) => q.id === id)?.name) || id;

function QueueTraffic({ t, name, fault, onChange }: { t: Traffic; name: string; fault(f: string): string; onChange(t: Traffic): void }) {
  const { i18n } = useLingui();
  const put = (key: keyof Traffic) => (value: string) => onChange({ ...t, [key]: value });
  return (
    <fieldset className="traffic">
      <legend>{name}</legend>
      <TextField label={i18n._("Calls in an hour")} inputMode="decimal" value={t.rate} error={fault("rate")} onChange={put("rate")} />
      <TextField label={i18n._("Handling time, s")} inputMode="numeric" value={t.aht} error={fault("aht")} onChange={put("aht")} />
      <TextField label={i18n._("Patience, s")} inputMode="numeric" value={t.patience} error={fault("patience")} onChange={put("patience")} />
    </fieldset>
  );
}

function People({ plan, put, fault }: PartProps) {
  const { i18n } = useLingui();
  return (
    <>
      <Choice
        label={i18n._("Agents")}
        value={plan.staffing}
        onPick={(staffing) => put({ staffing })}
        options={[
          { id: "same", text: i18n._("The same number all day") },
          { id: "shifts", text: i18n._("In shifts") },
        ]}
      />
      {plan.staffing === "same" ? (
        <div className="filters filters-top">
          <TextField label={i18n._("Agents at work")} help={i18n._("Without those on a break.")} inputMode="numeric" value={plan.agents} error={fault("agents")} onChange={(agents) => put({ agents })} />
        </div>
      ) : (
        <Shifts plan={plan} put={put} fault={fault} />
      )}
    </>
  );
}

/** So many shifts can be given; the server takes 50. */
const mostShifts = 12;

function Shifts({ plan, put, fault }: PartProps) {
  const { i18n } = useLingui();
  const { shifts } = plan;
  const change = (i: number, part: Partial<Shift>) => put({ shifts: shifts.with(i, { ...shifts[i]!, ...part }) });
  return (
    <>
      {shifts.map((s, i) => (
        <fieldset key={i} className="traffic">
          <legend>{i18n._("Shift {n}", { n: i + 1 })}</legend>
          <TextField label={i18n._("Agents")} inputMode="numeric" value={s.count} error={fault(`count.${i}`)} onChange={(count) => change(i, { count })} />
          <TextField label={i18n._("Begins")} type="time" value={s.from} onChange={(from) => change(i, { from })} />
          <TextField label={i18n._("Ends")} type="time" value={s.to} onChange={(to) => change(i, { to })} />
          {shifts.length > 1 && (
            <Button look="quiet" icon="cross" className="icon-only" aria-label={i18n._("Remove shift {n}", { n: i + 1 })} onPress={() => put({ shifts: shifts.toSpliced(i, 1) })}>
              {""}
            </Button>
          )}
        </fieldset>
      ))}
      <div className="actions">
        <Button look="secondary" icon="plus" isDisabled={shifts.length >= mostShifts} onPress={() => put({ shifts: [...shifts, { count: "2", from: "10:00", to: "14:00" }] })}>
          {i18n._("Add a shift")}
        </Button>
      </div>
    </>
  );
}

function WhatIf({ plan, put, fault }: PartProps) {
  const { i18n } = useLingui();
  const choices = [
    { id: "", text: i18n._("As now") },
    { id: "weighted", text: i18n._("Who has waited longest, weighted") },
    { id: "breach", text: i18n._("Who will miss the target first") },
  ];
  const shifts = plan.shifts.map((s, i) => ({ id: String(i), text: i18n._("Shift {n}: {from}–{to}", { n: i + 1, from: dayClock(s.from), to: dayClock(s.to) }) }));
  const chosen = shifts.some((s) => s.id === plan.changed) ? plan.changed : "0";
  return (
    <>
      <p className="quiet">{i18n._("The same calls come to both, so the difference is not chance.")}</p>
      <div className="filters filters-top">
        <TextField label={i18n._("Change of agents")} help={i18n._("−2: two fewer. 0: no difference.")} value={plan.change} error={fault("change")} onChange={(change) => put({ change })} />
        {plan.staffing === "shifts" && <Select label={i18n._("In which shift")} options={shifts} value={chosen} onPick={(changed) => put({ changed })} />}
        <TextField label={i18n._("Change of calls, %")} help={i18n._("20: a fifth more.")} value={plan.calls} error={fault("calls")} onChange={(calls) => put({ calls })} />
        <Select label={i18n._("Who is served next")} options={choices} value={plan.choice} onPick={(choice) => put({ choice: choice as Plan["choice"] })} />
      </div>
      <Checkbox isSelected={plan.search} onChange={(search) => put({ search })}>
        {i18n._("Also find how many agents a target needs")}
      </Checkbox>
      {plan.search && (
        <div className="filters filters-top">
          <TextField label={i18n._("Service level, %")} inputMode="numeric" value={plan.level} error={fault("level")} onChange={(level) => put({ level })} />
          <TextField label={i18n._("Answered within, s")} inputMode="numeric" value={plan.within} error={fault("within")} onChange={(within) => put({ within })} />
        </div>
      )}
    </>
  );
}
