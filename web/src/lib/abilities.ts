import type { City, Person, PersonChange } from "../api/types.ts";
import { numberOf } from "./simulation.ts";

// What an agent can do and how much at once, as the form holds it; levels and weights are texts as typed.

/** The highest level of a skill, the last tier, and how many e-mails may be in hand. */
export const highestLevel = 10;
export const lastTier = 9;
export const mostMails = 50;
const weights = { least: 0.01, most: 100 };
const languageSkill = "language:";

export interface Ability {
  skill: string;
  level: string;
}

export interface Abilities {
  display: string;
  /** By language code: "" for not at all, else the level. */
  languages: Record<string, string>;
  skills: readonly Ability[];
  /** "" for the usual number, "0" for none. */
  mails: string;
  calls: boolean;
  undisturbed: boolean;
  mailDuringCall: boolean;
  tiers: Record<string, string>;
  weights: Record<string, string>;
}

export function abilitiesOf(p: Person, codes: readonly string[]): Abilities {
  const level = (code: string) => p.skills.find((s) => s.id === languageSkill + code)?.level ?? 1;
  const { mails = 0, no_calls, undisturbed, mail_during_call } = p.capacity;
  return {
    display: p.display,
    languages: Object.fromEntries(codes.map((c) => [c, p.languages.includes(c) ? String(level(c)) : ""])),
    skills: p.skills.filter((s) => !s.id.startsWith(languageSkill)).map((s) => ({ skill: s.id, level: String(s.level) })),
    mails: mails === 0 ? "" : String(Math.max(0, mails)),
    calls: !no_calls,
    undisturbed: Boolean(undisturbed),
    mailDuringCall: Boolean(mail_during_call),
    tiers: Object.fromEntries(p.tiers.map((t) => [t.queue, String(t.tier)])),
    weights: Object.fromEntries(p.weights.map((w) => [w.agency, String(w.weight)])),
  };
}

const whole = (text: string, low: number, high: number) => Number.isInteger(numberOf(text)) && numberOf(text) >= low && numberOf(text) <= high;

/** Which fields can't be: "skill.0", "level.0", "language.sv", "tier.<queue>", … */
export function abilityFaults(a: Abilities): string[] {
  const bad: string[] = [];
  const check = (name: string, good: boolean) => good || bad.push(name);
  check("display", a.display.trim() !== "");
  for (const [code, level] of Object.entries(a.languages)) check(`language.${code}`, level === "" || whole(level, 1, highestLevel));
  a.skills.forEach((s, i) => {
    check(`skill.${i}`, /^[a-z0-9-]+$/.test(s.skill) && a.skills.findIndex((o) => o.skill === s.skill) === i);
    check(`level.${i}`, whole(s.level, 1, highestLevel));
  });
  check("mails", whole(a.mails, 0, mostMails));
  for (const [queue, tier] of Object.entries(a.tiers)) check(`tier.${queue}`, tier === "" || whole(tier, 1, lastTier));
  for (const [agency, w] of Object.entries(a.weights)) check(`weight.${agency}`, w === "" || (numberOf(w) >= weights.least && numberOf(w) <= weights.most));
  return bad;
}

/** The change as the server takes it. A tier of 1 and a weight of 1 are what holds without. */
export function changeOf(a: Abilities): PersonChange {
  const spoken = Object.entries(a.languages).filter(([, level]) => level !== "");
  const levels = spoken.map(([code, level]) => ({ id: languageSkill + code, level: numberOf(level) })).filter((s) => s.level > 1);
  return {
    display: a.display.trim(),
    languages: spoken.map(([code]) => code),
    skills: [...a.skills.map((s) => ({ id: s.skill, level: numberOf(s.level) })), ...levels],
    capacity: { mails: a.mails.trim() === "" ? 0 : numberOf(a.mails) || -1, no_calls: !a.calls, undisturbed: a.undisturbed, mail_during_call: a.mailDuringCall },
    tiers: entries(a.tiers).map(([queue, tier]) => ({ queue, tier })),
    weights: entries(a.weights).map(([agency, weight]) => ({ agency, weight })),
  };
}

const entries = (of: Record<string, string>) =>
  Object.entries(of)
    .map(([key, text]) => [key, text.trim() === "" ? 1 : numberOf(text)] as const)
    .filter(([, n]) => n !== 1);

/** The skills that the city's queues ask, to choose from; languages are chosen apart. */
export function askedSkills(city: City | undefined): string[] {
  const all = (city?.queues ?? []).flatMap((q) => [...q.skills, ...q.needs.map((n) => n.skill)]);
  return [...new Set(all.filter((s) => !s.startsWith(languageSkill)))].sort();
}
