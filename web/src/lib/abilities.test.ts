import { describe, expect, it } from "vitest";
import type { City, Person } from "../api/types.ts";
import { abilitiesOf, abilityFaults, askedSkills, changeOf } from "./abilities.ts";

const person = (more: Partial<Person> = {}) =>
  ({ display: "Aino", languages: ["fi", "sv"], skills: [{ id: "vesi", level: 4 }, { id: "language:sv", level: 3 }], capacity: {}, tiers: [{ queue: "katu", tier: 2 }], weights: [{ agency: "vesilaitos", weight: 1.5 }], ...more }) as Person;
const codes = ["fi", "sv", "en"];

it("shows what a person has", () =>
  expect(abilitiesOf(person(), codes)).toEqual({ display: "Aino", languages: { fi: "1", sv: "3", en: "" }, skills: [{ skill: "vesi", level: "4" }], mails: "", calls: true, undisturbed: false, mailDuringCall: false, tiers: { katu: "2" }, weights: { vesilaitos: "1.5" } }));

describe("what is sent", () => {
  it("is what was there, where nothing was changed", () => {
    const p = person({ capacity: { mails: 3, no_calls: true, undisturbed: false, mail_during_call: false } });
    const { capacity, languages, skills, tiers, weights } = p;
    expect(changeOf(abilitiesOf(p, codes))).toEqual({ display: "Aino", capacity, languages, skills, tiers, weights });
  });

  it("tells no e-mails from the usual number", () => {
    const a = abilitiesOf(person({ capacity: { mails: -1 } }), codes);
    expect(a.mails).toBe("0");
    expect(changeOf(a).capacity?.mails).toBe(-1);
    expect(changeOf({ ...a, mails: " " }).capacity?.mails).toBe(0);
  });

  it("leaves out what holds anyway", () => {
    const sent = changeOf({ ...abilitiesOf(person(), codes), languages: { fi: "1", sv: "" }, tiers: { katu: "1", vesi: "" }, weights: { vesilaitos: "1", katu: "0,5" } });
    expect(sent.tiers).toEqual([]);
    expect(sent.weights).toEqual([{ agency: "katu", weight: 0.5 }]);
    expect(sent.languages).toEqual(["fi"]);
    expect(sent.skills).toEqual([{ id: "vesi", level: 4 }]);
  });
});

describe("faults", () => {
  it("has none for what the server gave", () => expect(abilityFaults(abilitiesOf(person(), codes))).toEqual([]));
  it("names each field", () => {
    const a = { ...abilitiesOf(person(), codes), display: " ", languages: { fi: "11" }, skills: [{ skill: "vesi", level: "0" }, { skill: "vesi", level: "1,5" }, { skill: "Iso ä", level: "1" }], mails: "51", tiers: { katu: "10" }, weights: { v: "0" } };
    expect(abilityFaults(a)).toEqual(["display", "language.fi", "level.0", "skill.1", "level.1", "skill.2", "mails", "tier.katu", "weight.v"]);
  });
});

it("offers the skills that queues ask, languages apart", () => {
  const city = { queues: [{ skills: ["vesi"], needs: [{ skill: "vesi" }, { skill: "language:sv" }, { skill: "auto" }] }] } as unknown as City;
  expect(askedSkills(city)).toEqual(["auto", "vesi"]);
  expect(askedSkills(undefined)).toEqual([]);
});
