import { expect, it } from "vitest";
import { isEmergency, numberOf } from "./number.ts";

it.each([
  ["+358 40 123 4567", "+358401234567"],
  ["(09) 310-1691", "093101691"],
  ["tel:+358-9-310 1691", "+35893101691"],
  ["112", "112"],
  ["12", ""],
  ["", ""],
  ["Aino", ""],
  ["040 12x", ""],
  ["+", ""],
  ["1".repeat(19), ""],
])("reads %j as %j", (text, number) => expect(numberOf(text)).toBe(number));

it("knows 112 however it is written", () => {
  expect(["112", " 1 1 2 ", "tel:112"].every(isEmergency)).toBe(true);
  expect(["0112", "+112", "1122", ""].some(isEmergency)).toBe(false);
});
