import { i18n } from "@lingui/core";
import { beforeEach, expect, it } from "vitest";
import { axisText, figureText, type Unit } from "./text.ts";

beforeEach(() => i18n.loadAndActivate({ locale: "fi", messages: {} }));

it.each([
  ["count", 12, "12"],
  ["count", 12.34, "12,3"],
  ["count", 1234.5, "1 235"],
  ["share", 0.824, "82 %"],
  ["share", 0.0042, "0,4 %"],
  ["seconds", 80, "1 min 20 s"],
  ["seconds", null, "–"],
  ["score", 4.4, "4,40"],
  ["share", undefined, "–"],
] as [Unit, number | null | undefined, string][])("%s %d is %s", (unit, value, wanted) => expect(figureText(unit, value).replaceAll("\u00a0", " ")).toBe(wanted));

it("is short on an axis", () => {
  expect(axisText("seconds", 90)).toBe("1:30");
  expect(axisText("count", 5)).toBe("5");
  expect(axisText("score", 4)).toBe("4");
});
