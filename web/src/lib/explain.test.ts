import { i18n } from "@lingui/core";
import { beforeEach, describe, expect, it } from "vitest";
import type { Explanation } from "../api/types.ts";
import { messages as desk } from "../locales/fi.ts";
import { messages as office } from "../locales/office/fi.ts";
import { explain, noEstimateText } from "./explain.ts";
import { estimateText, openingText } from "./opening.ts";

beforeEach(() => i18n.loadAndActivate({ locale: "fi", messages: { ...desk, ...office } }));

const now = Date.parse("2026-11-27T10:00:00Z");
const none: Explanation = { work: "w", queue: "q", kind: "call", waited_seconds: 60, offered: "", offered_display: "", taken: false, place: 1, ring: 0, kept_for: "", kept_for_display: "", closed: false, needs: [], able: [], missing: [], estimate: { known: false, low_seconds: 0, high_seconds: 0, place: 1, why: "too_few_starts" } };
const told = (x: Partial<Explanation>) => explain({ ...none, ...x }, now).map((s) => s.replaceAll("\u00a0", " "));

describe("why a piece of work waits", () => {
  it("names the skill that nobody has", () =>
    expect(told({ missing: ["language:sv", "pysäköinti"], needs: [{ skill: "language:sv", level: 3, preferred: false }] })).toEqual([
      "Kenelläkään työssä olevalla ei ole tarvittavaa osaamista: ruotsi ja pysäköinti.",
      "Vaatimuksena ruotsi ≥ 3.",
      "Kukaan työssä oleva ei voisi ottaa sitä.",
    ]));

  it("counts who could take it, and tells when less is required", () =>
    expect(told({ able: [{ state: "break", agents: 1 }, { state: "busy", agents: 2 }, { state: "offline", agents: 0 }], ring: 1, next_ring: "2026-11-27T10:00:20Z", estimate: { known: true, low_seconds: 60, high_seconds: 170, place: 2, why: "" } })).toEqual([
      "Voisi ottaa: palvelee 2, tauko 1.",
      "Kehä 1 on auki.",
      "Seuraava kehä avautuu 20 s kuluttua, ja vaatimukset lievenevät.",
      "Odotus kestänee vielä 1–3 min.",
    ]));

  it("tells of a closed queue and of the agent it is kept for", () =>
    expect(told({ closed: true, kept_for: "p1", kept_for_display: "Aino Virtanen", kept_until: "2026-11-27T10:05:00Z", able: [{ state: "ready", agents: 1 }] }).slice(0, 2)).toEqual(["Jono on suljettu.", "Varattu: Aino Virtanen, klo 12.05 asti."]));

  it("tells who has it", () => {
    expect(told({ taken: true, offered: "p1", offered_display: "Aino Virtanen" })).toEqual(["Aino Virtanen palvelee."]);
    expect(told({ offered: "p1", offered_display: "Aino Virtanen" })).toEqual(["Tarjottu nyt: Aino Virtanen."]);
  });

  it("is silent about a ring that is open already", () => expect(told({ next_ring: "2026-11-27T09:00:00Z", able: [{ state: "ready", agents: 1 }] })).toEqual(["Voisi ottaa: valmis 1."]));
});

it("gives an estimate only where there is one", () => {
  expect(estimateText({ ...none.estimate, low_seconds: 60, high_seconds: 90 })).toBe("");
  expect(estimateText(undefined)).toBe("");
  expect(noEstimateText({ ...none.estimate, why: "nobody_serves" })).toBe("Ei arviota: kukaan ei palvele");
});

describe("opening", () => {
  it.each([
    [{ open: true, next_change: "2026-11-27T14:00:00Z" }, "Avoinna, sulkeutuu 16.00"],
    [{ open: false, next_change: "2026-11-30T06:00:00Z" }, "Suljettu, avautuu ma 8.00"],
    [{ open: true }, "Avoinna"],
    [{ open: false, closing: { until: "2026-11-27T12:00:00Z" } }, "Suljettu poikkeuksellisesti 14.00 asti"],
    [{ open: false }, "Suljettu nyt"],
  ])("%o is %s", (o, wanted) => expect(openingText(o, now)).toBe(wanted));
});
