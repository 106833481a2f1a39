import { i18n } from "@lingui/core";
import { describe, expect, it } from "vitest";
import type { City, SimulatedNote } from "../api/types.ts";
import { messages as en } from "../locales/en.ts";
import { messages as fi } from "../locales/fi.ts";
import { messages as sv } from "../locales/sv.ts";
import { messages as enOffice } from "../locales/office/en.ts";
import { messages as fiOffice } from "../locales/office/fi.ts";
import { messages as svOffice } from "../locales/office/sv.ts";
import { lackText } from "./lacks.ts";
import { noteText } from "./notes.ts";
import { levelTargetText, sameWithin, withinOf, withinText } from "./targets.ts";

const catalogs: Record<string, Record<string, string>> = { fi: { ...fi, ...fiOffice }, sv: { ...sv, ...svOffice }, en: { ...en, ...enOffice } } as never;
const city = {
  queues: [
    { id: "parking", name: { fi: "Pysäköinti", sv: "Parkering", en: "Parking" }, within_seconds: 20 },
    { id: "advice", name: { fi: "Neuvonta", sv: "Rådgivning", en: "Advice" }, within_seconds: 120 },
  ],
} as unknown as City;

const speak = (locale: string) => i18n.loadAndActivate({ locale, messages: catalogs[locale]! });
const say = (locale: string, note: SimulatedNote) => {
  speak(locale);
  return noteText(note, city).replaceAll(/[\u00a0\u202f]/g, " ");
};

const all: [SimulatedNote, string, string, string][] = [
  [{ code: "moved", of: "2026-11-24", date: "2026-11-27" }, "Päivän 24.11.2026 puhelut tulevat päivänä 27.11.2026.", "Samtalen från 24.11.2026 kommer 27.11.2026.", "The calls of 24/11/2026 come on 27/11/2026."],
  [{ code: "shared", rate: 1200, queues: ["parking", "advice"] }, "1 200 puhelua tunnissa jaetaan tasan: Pysäköinti ja Neuvonta.", "1 200 samtal i timmen fördelas jämnt: Parkering och Rådgivning.", "1,200 calls an hour are shared evenly: Parking and Advice."],
  [{ code: "holiday", date: "2026-12-06", name: { fi: "Itsenäisyyspäivä", sv: "Självständighetsdagen", en: "Independence Day" } }, "6.12.2026 on pyhäpäivä: Itsenäisyyspäivä.", "6.12.2026 är en helgdag: Självständighetsdagen.", "06/12/2026 is a holiday: Independence Day."],
  [{ code: "open", queues: ["parking"], spans: [{ from: "08:15", to: "11:30" }, { from: "12:30", to: "24:00" }] }, "Pysäköinti: avoinna 8.15–11.30, 12.30–24.00.", "Parkering: öppet 8.15–11.30, 12.30–24.00.", "Parking: open 8:15–11:30, 12:30–24:00."],
  [{ code: "closed", queues: ["advice"] }, "Neuvonta: suljettu koko päivän.", "Rådgivning: stängd hela dagen.", "Advice: closed all day."],
  [{ code: "clock", hours: 25 }, "Vuorokaudessa on 25 tuntia: kelloja siirretään.", "Dygnet har 25 timmar: klockan ställs om.", "The day has 25 hours: the clock is changed."],
  [{ code: "unmeasured", queues: ["advice"] }, "Neuvonta: mitään ei ole mitattu, joten puheluja ei tule.", "Rådgivning: inget har mätts, så inga samtal kommer.", "Advice: nothing was measured, so no calls come."],
  [{ code: "past", days: 4, weekday: 5 }, "Puhelut kuten 4 aiemman viikon samana viikonpäivänä.", "Samtal som samma veckodag under 4 tidigare veckor.", "Calls as on the same weekday of 4 past weeks."],
  [{ code: "no_agency", queues: ["parking"], agency: "x" }, "Pysäköinti: kukaan ei saa palvella tämän tilaajan asiakkaita.", "Parkering: ingen får betjäna den här beställarens kunder.", "Parking: nobody may work for this agency."],
  [{ code: "no_skill", queues: ["parking"], needs: [{ skill: "parking", level: 3 }] }, "Pysäköinti: kukaan ei osaa: pysäköinti ≥ 3.", "Parkering: ingen kan: parkering ≥ 3.", "Parking: nobody can: parking ≥ 3."],
  [{ code: "no_language", queues: ["parking"], needs: [{ skill: "language:sv", level: 1 }] }, "Pysäköinti: kukaan ei palvele tällä kielellä: ruotsi.", "Parkering: ingen betjänar på: svenska.", "Parking: nobody serves in: Swedish."],
  [{ code: "not_together", queues: ["advice"], needs: [{ skill: "parking", level: 1 }, { skill: "language:sv", level: 2 }] }, "Neuvonta: kukaan ei osaa kaikkia näitä: pysäköinti ja ruotsi ≥ 2.", "Rådgivning: ingen kan allt detta: parkering och svenska ≥ 2.", "Advice: nobody can all of: parking and Swedish ≥ 2."],
  [{ code: "until_ring", queues: ["parking"], needs: [{ skill: "parking", level: 5 }] }, "Pysäköinti: kenelläkään ei ole: pysäköinti ≥ 5. Soittajat odottavat, kunnes kehä vaatii vähemmän.", "Parkering: ingen har parkering ≥ 5. De som ringer väntar tills en ring kräver mindre.", "Parking: nobody has parking ≥ 5; callers wait until a ring asks less."],
];

describe("what a simulation assumed", () => {
  it.each(all)("%o", (note, inFinnish, inSwedish, inEnglish) => {
    expect([say("fi", note), say("sv", note), say("en", note)]).toEqual([inFinnish, inSwedish, inEnglish]);
  });
  it("of one past week", () => expect(say("fi", { code: "past", days: 1 })).toBe("Puhelut kuten edellisen viikon samana viikonpäivänä."));
  it("is shown as the code where it is a new one", () => expect(say("fi", { code: "brand_new" } as never)).toBe("brand_new"));
  it("stands without parameters", () => {
    for (const [note] of all) expect(say("sv", { code: note.code } as SimulatedNote)).not.toMatch(/undefined|NaN/);
  });
});

it("says what nobody can", () => {
  speak("fi");
  expect(lackText({ kind: "skill", needs: [{ skill: "parking", level: 3, preferred: false }] }, city).replaceAll("\u00a0", " ")).toBe("Kukaan ei osaa: pysäköinti ≥ 3");
});

describe("targets", () => {
  const { queues } = city;
  it("are the queues' own", () => {
    speak("fi");
    expect(withinOf(queues, "advice")).toBe(120);
    expect(withinOf(queues, "gone")).toBeUndefined();
    expect(sameWithin(queues)).toBeUndefined();
    expect(sameWithin(queues.slice(1))).toBe(120);
    expect(withinText(queues).replaceAll("\u00a0", " ")).toBe("20 s – 2 min");
    expect(withinText([])).toBe("");
  });
  it("are said with the share", () => {
    speak("fi");
    expect(levelTargetText(0.8, "20 s").replaceAll("\u00a0", " ")).toBe("Tavoite 80 %, vastausaika enintään 20 s");
    expect(levelTargetText(0.825, "").replaceAll("\u00a0", " ")).toBe("Tavoite 82,5 %");
  });
});
