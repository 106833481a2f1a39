import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import type { City, OfferWhy } from "../api/types.ts";
import { messages as en } from "../locales/en.ts";
import { messages as fi } from "../locales/fi.ts";
import { messages as sv } from "../locales/sv.ts";
import { skillText, whySentence } from "./why.ts";

type Some = Partial<Omit<OfferWhy, "needs">> & { needs?: { skill: string; level: number; preferred?: boolean }[] };
const none = { queue: "q", strategy: "longest_idle", candidates: 0, lines: 0, freed: false, preferred: false, overdue: false, language: "", ring: 0, ring_seconds: 0, idle_seconds: 0, waited_seconds: 0, tier: 0 } as const;

const say = (locale: string, some: Some) => {
  const why: OfferWhy = { ...none, ...some, needs: (some.needs ?? []).map((n) => ({ preferred: false, ...n })) };
  i18n.loadAndActivate({ locale, messages: { fi, sv, en }[locale]! });
  return whySentence(why).replaceAll("\u00a0", " ");
};

describe("the only one free", () => {
  const why: Some = { strategy: "longest_idle", candidates: 1, needs: [{ skill: "language:sv", level: 3 }], ring: 2, ring_seconds: 30, idle_seconds: 80 };
  it.each([
    ["fi", "Sinulle, koska olet ainoa vapaa, jolla on ruotsi ≥ 3; kehä 2, 30 s"],
    ["sv", "Till dig, eftersom du är den enda lediga med svenska ≥ 3; ring 2, 30 s"],
    ["en", "Offered to you because you are the only one free with Swedish ≥ 3; ring 2, 30 s"],
  ])("is told so in %s", (locale, wanted) => expect(say(locale, why)).toBe(wanted));

  it("without needs", () => expect(say("fi", { candidates: 1 })).toBe("Sinulle, koska olet ainoa vapaa"));
});

describe("of several", () => {
  const of = (strategy: OfferWhy["strategy"], more: Some = {}): Some => ({ strategy, candidates: 3, idle_seconds: 80, ...more });
  it.each([
    [of("longest_idle"), "Sinulle, koska olet ollut vapaana pisimpään, 1 min 20 s (vapaita 3)"],
    [of("round_robin"), "Sinulle, koska on sinun vuorosi (vapaita 3)"],
    [of("fewest_handled"), "Sinulle, koska olet palvellut vähiten (vapaita 3)"],
    [of("least_occupied"), "Sinulle, koska olet ollut vähiten kiireinen (vapaita 3)"],
    [of("tiers", { tier: 2 }), "Sinulle, koska kuulut portaaseen 2, jolta kysytään ensin (vapaita 3)"],
    [of("skill_level"), "Sinulle, koska osaamisesi sopii parhaiten (vapaita 3)"],
    [of("random"), "Sinulle, koska arpa osui sinuun (vapaita 3)"],
  ])("%o", (why, wanted) => expect(say("fi", why)).toBe(wanted));

  it("says what was required and what was wished", () => {
    const why = of("round_robin", { language: "sv", needs: [{ skill: "pysäköinti", level: 2 }, { skill: "vesi", level: 1, preferred: true }] });
    expect(say("fi", why)).toBe("Sinulle, koska on sinun vuorosi (vapaita 3); vaaditaan ruotsi ja pysäköinti ≥ 2; eduksi vesi");
  });
});

describe("who came free", () => {
  it.each([
    [{ freed: true, lines: 3 }, "Sinulle, koska vapauduit ja tämä oli vuorossa"],
    [{ freed: true, overdue: true }, "Sinulle, koska vapauduit ja tämä on päästänyt jo tarpeeksi monta ohitseen"],
    [{ preferred: true, candidates: 1 }, "Sinulle, koska se oli varattu sinulle"],
  ] as [Some, string][])("%o", (why, wanted) => expect(say("fi", why)).toBe(wanted));
});

it("names the customer's language once", () => {
  expect(say("en", { freed: true, language: "sv", needs: [{ skill: "language:sv", level: 2 }] })).toBe("Offered to you because you became free and this one was next; requires Swedish ≥ 2");
  expect(say("en", { freed: true, language: "mul" })).toBe("Offered to you because you became free and this one was next");
});

it("calls a skill as the queue that it is for", () => {
  i18n.loadAndActivate({ locale: "fi", messages: fi });
  const city = { queues: [{ id: "pysakointi", name: { fi: "Pysäköinti", sv: "Parkering", en: "Parking" } }] } as unknown as City;
  expect(skillText("pysakointi", city)).toBe("pysäköinti");
  expect(skillText("kartat", city)).toBe("kartat");
  expect(skillText("pysakointi")).toBe("pysakointi");
});
