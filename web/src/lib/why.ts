import { i18n } from "@lingui/core";
import type { City, Need, OfferWhy } from "../api/types.ts";
import { durationText, listText } from "./duration.ts";
import { inLanguage } from "./format.ts";
import { languageLabel, withinPhrase } from "./labels.ts";

// Why a piece of work came to this agent, in one sentence, from the engine's own data (routing.Why). Nothing in it is personal.

const languagePrefix = "language:";

/** "ruotsi ≥ 3"; a level that everybody with the skill has is not said. */
export function needText(need: Need, city?: City): string {
  const name = skillText(need.skill, city);
  return need.level > 1 ? `${name}\u00a0≥\u00a0${need.level}` : name;
}

/** A skill's name: a language's, that of the queue which is called like the skill, or what is configured. */
export function skillText(skill: string, city?: City): string {
  if (skill.startsWith(languagePrefix)) {
    const name = languageLabel(skill.slice(languagePrefix.length));
    return i18n.locale === "en" ? name : withinPhrase(name);
  }
  return withinPhrase(inLanguage(city?.queues.find((q) => q.id === skill)?.name)) || skill;
}

/** "Sinulle, koska olet ainoa vapaa, jolla on ruotsi ≥ 3; kehä 2, 30 s". */
export function whySentence(why: OfferWhy, city?: City): string {
  const text = (n: Need) => needText(n, city);
  const needs = needsOf(why);
  const asked = listText(needs.filter((n) => !n.preferred).map(text));
  const wished = listText(needs.filter((n) => n.preferred).map(text));
  const alone = isAlone(why);
  const reason = i18n._("Offered to you because {reason}", { reason: alone && asked ? i18n._("you are the only one free with {needs}", { needs: asked }) : reasonText(why) });
  const more = [!alone && asked ? i18n._("requires {needs}", { needs: asked }) : "", wished ? i18n._("preferably {needs}", { needs: wished }) : "", ringText(why)];
  return [reason, ...more].filter(Boolean).join("; ");
}

const isAlone = (why: OfferWhy) => !why.preferred && !why.freed && why.candidates === 1;

/** The customer's language is a need like others; it is named once. */
function needsOf(why: OfferWhy): Need[] {
  const needs = [...why.needs];
  const skill = languagePrefix + why.language;
  const spoken = why.language && why.language !== "mul" && !needs.some((n) => n.skill === skill);
  return spoken ? [{ skill, level: 1, preferred: false }, ...needs] : needs;
}

function ringText(why: OfferWhy): string {
  if (!why.ring) return "";
  return i18n._("ring {ring}, {time}", { ring: why.ring, time: durationText(why.ring_seconds) });
}

function reasonText(why: OfferWhy): string {
  if (why.preferred) return i18n._("it was kept for you");
  if (why.freed && why.overdue) return i18n._("you became free and this one has let others pass long enough");
  if (why.freed) return i18n._("you became free and this one was next");
  if (isAlone(why)) return i18n._("you are the only one free");
  return strategyText(why);
}

function strategyText(why: OfferWhy): string {
  const n = why.candidates;
  switch (why.strategy) {
    case "round_robin":
      return i18n._("it is your turn ({n} free)", { n });
    case "fewest_handled":
      return i18n._("you have served the fewest ({n} free)", { n });
    case "least_occupied":
      return i18n._("you have been the least busy ({n} free)", { n });
    case "tiers":
      return i18n._("you are in tier {tier}, which is asked first ({n} free)", { tier: why.tier, n });
    case "skill_level":
      return i18n._("your skills fit best ({n} free)", { n });
    case "random":
      return i18n._("you were drawn by lot ({n} free)", { n });
    default:
      return i18n._("you have been free the longest, {time} ({n} free)", { n, time: durationText(why.idle_seconds) });
  }
}
