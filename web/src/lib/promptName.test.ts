import { expect, it } from "vitest";
import type { Prompt } from "../api/types.ts";
import { isFound, isOwn, isPromptName, uploadPath } from "./promptName.ts";

it("takes the names that the configuration takes", () => {
  expect(["welcome", "announcement-2", "1", "a".repeat(40)].filter((n) => !isPromptName(n))).toEqual([]);
  expect(["", "-a", "Welcome", "a b", "ä", "a/b", "a".repeat(41)].filter(isPromptName)).toEqual([]);
});

it("says where a version is sent", () => {
  expect(uploadPath("fi", "welcome", " ")).toBe("/api/prompts/fi/welcome");
  expect(uploadPath("fi", "welcome", "Hyvää päivää & tervetuloa")).toBe("/api/prompts/fi/welcome?words=Hyv%C3%A4%C3%A4+p%C3%A4iv%C3%A4%C3%A4+%26+tervetuloa");
  expect(uploadPath("fi", "a/b", "")).toBe("/api/prompts/fi/a%2Fb");
});

const prompt = (change: Partial<Prompt>): Prompt => ({ name: "welcome", words: "Tervetuloa", source: "built_in", named: false, versions: [], ...change }) as Prompt;

it("tells what is the city’s own affair", () => {
  expect(isOwn(prompt({}))).toBe(false);
  expect([prompt({ named: true }), prompt({ source: "folder" }), prompt({ source: "none" }), prompt({ versions: [{ id: "v" }] as Prompt["versions"] })].every(isOwn)).toBe(true);
});

it("finds by name and words", () => {
  expect(["", " wel", "TERVE"].every((t) => isFound(prompt({}), t))).toBe(true);
  expect(isFound(prompt({}), "goodbye")).toBe(false);
});
