import { i18n } from "@lingui/core";
import { beforeAll, expect, it } from "vitest";
import { ApiError } from "../api/client.ts";
import { causeText, failedText, legText, refusedText, soundText, stageText, supervisedText } from "./words.ts";

beforeAll(() => i18n.loadAndActivate({ locale: "en", messages: {} }));

it("says of each failure what to do, and never the same", () => {
  const texts = (["busy", "no_answer", "unknown_number", "refused", "unavailable", "own_telephone"] as const).map(failedText);
  expect(new Set(texts).size).toBe(6);
  expect(texts.every((t) => t.endsWith("."))).toBe(true);
});

it.each([
  [403, "denied", /may not be called/],
  [409, "conflict", /call already/],
  [400, "invalid", /no number/],
  [404, "not_found", /Nobody/],
  [429, "limited", /112 works/],
  [503, "unavailable", /112 with another telephone/],
  [0, "unreachable", /112 with another telephone/],
])("says why the centre refused (%s %s)", (status, kind, text) => expect(refusedText(new ApiError(status, { kind, title: "x" } as never))).toMatch(text));

it("keeps the server's own words for what it has none for", () => {
  expect(refusedText(new ApiError(418, { kind: "teapot", title: "Short and stout" } as never))).toBe("Short and stout");
  expect(refusedText({})).toBe("It did not work. Try again.");
});

it("names who is there at each stage", () => {
  for (const stage of ["ringing", "talking", "waiting", "announcing", "joined"] as const) expect(stageText(stage, "Aino")).toMatch(/^Aino: /);
});

it("is silent where there is nothing to say", () => {
  expect([supervisedText(""), causeText("")]).toEqual(["", ""]);
  expect((["listen", "whisper", "barge"] as const).map(supervisedText).every(Boolean)).toBe(true);
  expect((["good", "fair", "poor", "unknown"] as const).map(soundText).every(Boolean)).toBe(true);
  expect((["agent", "customer", "consulted"] as const).map(legText).every(Boolean)).toBe(true);
  expect((["own_network", "own_delay", "their_network"] as const).map(causeText).every(Boolean)).toBe(true);
});
