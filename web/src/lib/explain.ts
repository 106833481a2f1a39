import { i18n } from "@lingui/core";
import type { AgentState, City, Estimate, Explanation } from "../api/types.ts";
import { shortMoment } from "./format.ts";
import { durationText, listText } from "./duration.ts";
import { stateLabel } from "./labels.ts";
import { estimateText } from "./opening.ts";
import { needText, skillText } from "./why.ts";

// Why a piece of work waits, as sentences in the order in which a supervisor asks: what stops it, who could take it, what
// happens next.

/** Why there is no estimate. */
export function noEstimateText(e: Estimate | undefined): string {
  switch (e?.why) {
    case "nobody_serves":
      return i18n._("No estimate: nobody is serving");
    case "not_reliable":
      return i18n._("No estimate: the latest ones did not hold");
    default:
      return i18n._("No estimate: too few have been answered lately");
  }
}

/** The sentences about one piece of work. */
export function explain(x: Explanation, now: number, city?: City): string[] {
  if (x.taken) return [i18n._("{name} is serving it.", { name: x.offered_display })];
  if (x.offered) return [i18n._("It is being offered to {name}.", { name: x.offered_display })];
  return [...stops(x, now, city), ...needs(x, city), ableText(x), ...later(x, now)].filter(Boolean);
}

function stops(x: Explanation, now: number, city?: City): string[] {
  const missing = x.missing.map((skill) => skillText(skill, city));
  return [
    x.closed ? i18n._("The queue is closed.") : "",
    ahead(x.not_before, now) ? i18n._("It is not offered to anybody before {time}.", { time: shortMoment(x.not_before!, now) }) : "",
    missing.length > 0 ? i18n._("Nobody at work has what is needed: {skills}.", { skills: listText(missing) }) : "",
    x.kept_for ? kept(x, now) : "",
  ];
}

function kept(x: Explanation, now: number): string {
  const who = x.kept_for_display;
  return ahead(x.kept_until, now)
    ? i18n._("It is kept for {name} until {time}.", { name: who, time: shortMoment(x.kept_until!, now) })
    : i18n._("It is kept for {name}.", { name: who });
}

const ahead = (moment: string | null | undefined, now: number) => Boolean(moment) && Date.parse(moment!) > now;

function needs(x: Explanation, city?: City): string[] {
  const asked = x.needs.filter((n) => !n.preferred).map((n) => needText(n, city));
  return asked.length > 0 ? [i18n._("It needs {needs}.", { needs: listText(asked) })] : [];
}

const states: readonly AgentState[] = ["ready", "offered", "busy", "wrap_up", "break", "not_answering", "offline"];

function ableText(x: Explanation): string {
  const rank = (a: { state: AgentState }) => states.indexOf(a.state);
  const able = x.able.filter((a) => a.agents > 0).sort((a, b) => rank(a) - rank(b));
  const counts = able.map((a) => `${stateLabel(a.state).toLocaleLowerCase(i18n.locale)} ${a.agents}`);
  if (counts.length === 0) return i18n._("Nobody at work could take it.");
  return i18n._("Who could take it: {counts}.", { counts: counts.join(", ") });
}

function later(x: Explanation, now: number): string[] {
  const wait = estimateText(x.estimate);
  return [
    x.ring ? i18n._("Ring {ring} is open.", { ring: x.ring }) : "",
    ahead(x.next_ring, now) ? i18n._("In {time} the next ring opens and less is required.", { time: durationText((Date.parse(x.next_ring!) - now) / 1000) }) : "",
    wait ? i18n._("It probably waits {time} more.", { time: wait }) : "",
  ];
}
