import { useLingui } from "@lingui/react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Header, ListBox, ListBoxItem, ListBoxSection, type Selection } from "react-aria-components";
import { cityQuery, targetsQuery } from "../api/queries.ts";
import type { AgentState, City } from "../api/types.ts";
import { inLanguage } from "../lib/format.ts";
import { stateLabel } from "../lib/labels.ts";
import { emergencyNumber } from "../phone/number.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { Button, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Dialog, Elapsed, ErrorNotice, StateTag } from "../ui/parts.tsx";
import { type Choice, choices } from "./choices.ts";
import { EmergencyButton } from "./EmergencyButton.tsx";
import { Refusal } from "./PhoneProblem.tsx";

/** Whom to ask, or to give the customer to. Nothing is chosen for the agent but what alone is left. */
export function GiveDialog({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const { data: targets, error } = useQuery(targetsQuery);
  const [text, setText] = useState("");
  const [picked, pick] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const found = choices({ targets, city, name: inLanguage }, text);
  const able = found.filter((c) => c.mayAsk || c.mayGive);
  const chosen = able.find((c) => c.key === picked) ?? (text.trim() && able.length === 1 ? able[0] : undefined);
  const go = useMutation({
    mutationFn: ({ ask, whom }: { ask: boolean; whom: Choice["whom"] }) => (ask ? phone.consult(whom) : phone.transfer(whom)),
    onSuccess: () => phone.open(""),
  });
  const select = (keys: Selection) => pick(keys === "all" ? "" : String([...keys][0] ?? ""));
  return (
    <Dialog title={i18n._("Transfer")} isOpen onClose={() => phone.open("")} firm>
      <div className="stack give">
        <TextField
          label={i18n._("Colleague, queue, seat or number")}
          autoFocus
          autoComplete="off"
          maxLength={64}
          value={text}
          onChange={setText}
          onKeyDown={(e) => {
            if (e.key === "ArrowDown") list.current?.querySelector<HTMLElement>("[role=option]")?.focus();
            if (e.key === "Enter" && chosen?.mayAsk) go.mutate({ ask: true, whom: chosen.whom });
          }}
        />
        <ErrorNotice error={error} />
        <Found list={list} found={found} city={city} chosen={chosen?.key ?? ""} onSelect={select} />
        <Refusal error={go.error} />
        <div className="actions">
          <Button icon="phone" isDisabled={!chosen?.mayAsk} isPending={go.isPending && go.variables.ask} onPress={() => chosen && go.mutate({ ask: true, whom: chosen.whom })}>
            {i18n._("Ask first")}
          </Button>
          <Button look="secondary" icon="arrow" isDisabled={!chosen?.mayGive} isPending={go.isPending && !go.variables.ask} onPress={() => chosen && go.mutate({ ask: false, whom: chosen.whom })}>
            {i18n._("Give without asking")}
          </Button>
        </div>
        <p className="quiet" role="status">
          {advice(chosen)}
        </p>
        <EmergencyButton onPress={() => go.mutate({ ask: true, whom: { number: emergencyNumber } })} isPending={go.isPending && go.variables.whom.number === emergencyNumber} />
      </div>
    </Dialog>
  );

  function advice(choice: Choice | undefined): string {
    switch (choice?.kind) {
      case "agent":
        return choice.mayAsk
          ? i18n._("The customer hears music while you ask.")
          : i18n._("{name} is not ready, so you can’t ask first. The customer would wait for half a minute and then go to others of the queue.", { name: choice.name });
      case "queue":
        return i18n._("The customer keeps the place that the time of arrival gives.");
      case "number":
        return i18n._("The customer joins somebody outside only after they have heard the announcement.");
      case "seat":
        return i18n._("Whoever sits there is asked, else the telephone there rings.");
      default:
        return i18n._("Choose from the list, or type a number.");
    }
  }
}

interface FoundProps {
  list: React.RefObject<HTMLDivElement | null>;
  found: readonly Choice[];
  city: City | undefined;
  chosen: string;
  onSelect(keys: Selection): void;
}

function Found({ list, found, city, chosen, onSelect }: FoundProps) {
  const { i18n } = useLingui();
  const groups = [
    { name: i18n._("As typed"), of: found.filter((c) => c.kind === "number" || c.kind === "seat") },
    { name: i18n._("Colleagues"), of: found.filter((c) => c.kind === "agent") },
    { name: i18n._("Queues"), of: found.filter((c) => c.kind === "queue") },
  ].filter((g) => g.of.length > 0);
  return (
    <ListBox
      ref={list}
      className="give-list"
      aria-label={i18n._("To whom")}
      selectionMode="single"
      selectedKeys={chosen ? [chosen] : []}
      disabledKeys={found.filter((c) => !c.mayAsk && !c.mayGive).map((c) => c.key)}
      onSelectionChange={onSelect}
      renderEmptyState={() => <p className="quiet give-none">{i18n._("Nobody was found. A number needs at least three digits.")}</p>}
    >
      {groups.map((g) => (
        <ListBoxSection key={g.name} id={g.name}>
          <Header className="give-head">{g.name}</Header>
          {g.of.map((c) => (
            <ListBoxItem key={c.key} id={c.key} textValue={c.name} className="give-item">
              <span className="give-name">
                {c.kind === "number" && <Icon name="phone" size={16} />}
                {c.kind === "seat" && <Icon name="screen" size={16} />}
                {c.name}
              </span>
              <More choice={c} city={city} />
            </ListBoxItem>
          ))}
        </ListBoxSection>
      ))}
    </ListBox>
  );
}

/** What tells whether it is a good choice: state and its time, or open and how many wait. */
function More({ choice, city }: { choice: Choice; city: City | undefined }) {
  const { i18n } = useLingui();
  const { agent, queue } = choice;
  if (agent) {
    return (
      <span className="give-more">
        <span>{agent.seat}</span>
        <StateTag state={agent.state as AgentState} text={stateLabel(agent.state as AgentState)} />
        <Elapsed since={agent.since} />
      </span>
    );
  }
  if (!queue) return null;
  return (
    <span className="give-more">
      <span>{inLanguage(city?.agencies.find((a) => a.id === queue.agency)?.name)}</span>
      <span className={queue.open ? "open-mark" : "open-mark open-mark-closed"}>
        <Icon name={queue.open ? "clock" : "lock"} size={14} />
        {queue.open ? i18n._("Open") : i18n._("Closed now")}
      </span>
      <span className="figures">{i18n._("{n} waiting", { n: queue.waiting })}</span>
    </span>
  );
}
