import { i18n } from "@lingui/core";
import { beforeEach, describe, expect, it } from "vitest";
import { dateText, inLanguage, phoneText, shortMoment, sizeText } from "./format.ts";

beforeEach(() => i18n.loadAndActivate({ locale: "fi", messages: {} }));

describe("text of the city", () => {
  it("falls back from the language to Finnish and on", () => {
    expect(inLanguage({ fi: "Vesi", sv: "Vatten" }, "sv")).toBe("Vatten");
    expect(inLanguage({ fi: "Vesi" }, "sv")).toBe("Vesi");
    expect(inLanguage({ en: "Water" }, "fi")).toBe("Water");
    expect(inLanguage(undefined, "fi")).toBe("");
  });
});

describe("moments", () => {
  it("are shown in Helsinki's time", () => {
    expect(dateText("2026-06-30T22:30:00Z")).toBe("1.7.2026");
  });
  it("show the clock today and the date before", () => {
    const now = Date.parse("2026-11-23T12:00:00Z");
    expect(shortMoment("2026-11-23T08:05:00Z", now)).toBe("10.05");
    expect(shortMoment("2026-11-20T08:05:00Z", now)).toBe("20.11.2026");
  });
  it("show nothing for nonsense", () => expect(dateText("never")).toBe(""));
});

it.each([
  ["+358401234567", "040 123 4567"],
  ["+35893101691", "09 310 1691"],
  ["+358931010", "09 31010"],
  ["+46812345678", "+46812345678"],
  ["112", "112"],
])("reads %s as %s", (number, text) => expect(phoneText(number)).toBe(text));

it("writes sizes in words of the language", () => {
  expect(sizeText(15_360)).toMatch(/^15.kt$/);
  expect(sizeText(2_400_000)).toMatch(/^2,4.Mt$/);
});
