import { i18n } from "@lingui/core";
import { beforeEach, expect, it } from "vitest";
import { betweenText, durationText, listText } from "./duration.ts";

beforeEach(() => i18n.loadAndActivate({ locale: "fi", messages: {} }));
const plain = (s: string) => s.replaceAll("\u00a0", " ");

it.each([
  [0, "0 s"],
  [30.4, "30 s"],
  [59.6, "1 min"],
  [80, "1 min 20 s"],
  [3600, "1 h"],
  [3900, "1 h 5 min"],
  [7199, "2 h"],
  [-5, "0 s"],
])("%d s is %s", (s, wanted) => expect(plain(durationText(s))).toBe(wanted));

it.each([
  [100, 230, "1–4 min"],
  [60, 60, "1–2 min"],
  [22, 41, "20–50 s"],
  [0, 20, "at most 20 s"],
  [30, 110, "at most 2 min"],
])("an estimate of %d to %d s is said as %s", (low, high, wanted) => expect(plain(betweenText(low, high).replace("{time}", "20 s"))).toBe(wanted));

it("joins words as the language does", () => {
  expect(listText(["ruotsi", "pysäköinti", "vesi"])).toBe("ruotsi, pysäköinti ja vesi");
  i18n.loadAndActivate({ locale: "sv", messages: {} });
  expect(listText(["svenska", "parkering"])).toBe("svenska och parkering");
});
