import type { AgentState, City, TargetAgent, Targets, Text, Whom } from "../api/types.ts";
import { numberOf } from "../phone/number.ts";

// Whom a call can be given to, as one list: colleagues, queues, a seat or a number that was typed.

export interface Choice {
  key: string;
  kind: "agent" | "queue" | "seat" | "number";
  /** As shown; a number as typed. */
  name: string;
  whom: Whom;
  /** Who is asked first must be ready; a queue that is closed takes nobody. */
  mayAsk: boolean;
  mayGive: boolean;
  agent?: TargetAgent;
  queue?: { open: boolean; waiting: number; agency: string };
}

/** No list is longer than this: one types on instead. */
export const mostShown = 40;

interface Sources {
  targets: Targets | undefined;
  city: City | undefined;
  name(text: Text | undefined): string;
}

/** Those that a text finds, colleagues who are ready first. Without a text: all colleagues and queues. */
export function choices({ targets, city, name }: Sources, text: string): Choice[] {
  const wanted = folded(text);
  const agents = [...(targets?.agents ?? [])].sort(byReadiness).map(agentChoice);
  const queues = (targets?.queues ?? []).map((q): Choice => {
    const shown = name(city?.queues.find((c) => c.id === q.id)?.name) || q.id;
    return { key: `queue:${q.id}`, kind: "queue", name: shown, whom: { queue: q.id }, mayAsk: q.open, mayGive: q.open, queue: q };
  });
  const found = [...agents, ...queues].filter((c) => folded(`${c.name} ${c.agent?.seat ?? ""}`).includes(wanted));
  return [...typed(city, text), ...found].slice(0, mostShown);
}

/** A seat whose code was typed, and a number. */
function typed(city: City | undefined, text: string): Choice[] {
  const code = text.trim().toLowerCase();
  const seat = code ? city?.seats.find((s) => s.code.toLowerCase() === code) : undefined;
  const number = numberOf(text);
  return [
    ...(seat ? [{ key: `seat:${seat.code}`, kind: "seat" as const, name: seat.code, whom: { seat: seat.code }, mayAsk: true, mayGive: true }] : []),
    ...(number ? [{ key: `number:${number}`, kind: "number" as const, name: text.trim(), whom: { number }, mayAsk: true, mayGive: true }] : []),
  ];
}

function agentChoice(agent: TargetAgent): Choice {
  const name = agent.display || agent.person;
  return { key: `agent:${agent.person}`, kind: "agent", name, whom: { agent: agent.person }, mayAsk: agent.state === "ready", mayGive: true, agent };
}

const readiness: readonly AgentState[] = ["ready", "wrap_up", "offered", "busy", "break", "not_answering", "offline"];

function byReadiness(a: TargetAgent, b: TargetAgent): number {
  const rank = (t: TargetAgent) => readiness.indexOf(t.state as AgentState);
  return rank(a) - rank(b) || a.display.localeCompare(b.display);
}

function folded(text: string): string {
  return text.trim().toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}
