import { expect, it } from "vitest";
import { secondsOf } from "./minutes.ts";

it.each([
  ["5", 300],
  ["1,5", 90],
  [" 0.25 ", 15],
  ["0", 0],
  ["", undefined],
  ["-1", undefined],
  ["1,", undefined],
  ["kolme", undefined],
] as [string, number | undefined][])("reads %j as %s", (text, wanted) => expect(secondsOf(text)).toBe(wanted));
