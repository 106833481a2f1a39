import { expect, it } from "vitest";
import { shortcutKeys, shortcutOf } from "./shortcuts.ts";

const press = (key: string, more: object = {}) => ({
  key,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  repeat: false,
  defaultPrevented: false,
  target: { closest: () => null },
  ...more,
});

it("gives each key one meaning", () => {
  const keys = Object.values(shortcutKeys);
  expect(new Set(keys).size).toBe(keys.length);
});

it("knows its keys, in either case", () => {
  expect(shortcutOf(press("v"), true)).toBe("answer");
  expect(shortcutOf(press("M"), true)).toBe("mute");
  expect(shortcutOf(press("x"), true)).toBeUndefined();
});

it.each([{ altKey: true }, { ctrlKey: true }, { metaKey: true }, { repeat: true }, { defaultPrevented: true }])(
  "leaves %o to others",
  (more) => expect(shortcutOf(press("v", more), true)).toBeUndefined(),
);

it("is silent in text fields", () => {
  expect(shortcutOf(press("v", { target: { closest: () => ({}) } }), true)).toBeUndefined();
});

it("can be switched off, but for the help that tells how to switch it on", () => {
  expect(shortcutOf(press("v"), false)).toBeUndefined();
  expect(shortcutOf(press("?"), false)).toBe("help");
});
