import { expect, it } from "vitest";
import type { City } from "../api/types.ts";
import { outcomesOf } from "./outcomes.ts";

const name = { fi: "x" };
const city = {
  outcomes: [
    { id: "advised", name, agencies: [] },
    { id: "leak", name, agencies: ["vesi"] },
    { id: "fine", name, agencies: ["katu"] },
    { id: "none", name, agencies: [] },
  ],
} as unknown as City;

it("lists what is for all and what is for the agency", () => {
  expect(outcomesOf(city, "vesi").map((o) => o.id)).toEqual(["advised", "leak", "none"]);
  expect(outcomesOf(city, "katu").map((o) => o.id)).toEqual(["advised", "fine", "none"]);
});

it("is empty for a city without a list", () => {
  expect(outcomesOf({ outcomes: [] } as unknown as City, "vesi")).toEqual([]);
  expect(outcomesOf(undefined, "vesi")).toEqual([]);
});
