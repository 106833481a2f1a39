import { describe, expect, it } from "vitest";
import type { City, Targets } from "../api/types.ts";
import { choices, mostShown } from "./choices.ts";

const at = "2026-11-23T10:00:00Z";
const targets: Targets = {
  agents: [
    { person: "p2", display: "Åke Öhman", seat: "B2", state: "break", since: at },
    { person: "p3", display: "Aino Virtanen", seat: "A12", state: "ready", since: at },
    { person: "p4", display: "Pekka Lahti", seat: "A13", state: "busy", since: at },
  ],
  queues: [
    { id: "vesi", agency: "vesilaitos", open: true, waiting: 2 },
    { id: "pysakointi", agency: "pysakointi", open: false, waiting: 0 },
  ],
};
const city = {
  queues: [{ id: "vesi", name: { fi: "Vesiasiat" } }, { id: "pysakointi", name: { fi: "Pysäköinti" } }],
  seats: [{ code: "A12", taken: true }, { code: "112", taken: false }],
} as unknown as City;
const found = (text: string) => choices({ targets, city, name: (t) => t?.fi ?? "" }, text);

describe("choices", () => {
  it("shows who is ready first, then the queues", () => {
    expect(found("").map((c) => c.name)).toEqual(["Aino Virtanen", "Pekka Lahti", "Åke Öhman", "Vesiasiat", "Pysäköinti"]);
  });

  it("asks only who is ready, and gives to anybody who is signed in", () => {
    expect(found("").filter((c) => c.mayAsk).map((c) => c.name)).toEqual(["Aino Virtanen", "Vesiasiat"]);
    expect(found("").filter((c) => !c.mayGive).map((c) => c.name)).toEqual(["Pysäköinti"]);
  });

  it("finds by part of a name or a seat, without accents", () => {
    expect(found("ohm").map((c) => c.name)).toEqual(["Åke Öhman"]);
    expect(found("b2").map((c) => c.name)).toEqual(["Åke Öhman"]);
    expect(found("PYSAK").map((c) => c.name)).toEqual(["Pysäköinti"]);
  });

  it("takes a seat's whole code and a number as they are typed", () => {
    expect(found("a12").map((c) => [c.kind, c.whom])).toEqual([
      ["seat", { seat: "A12" }],
      ["agent", { agent: "p3" }],
    ]);
    expect(found("040 123 4567").map((c) => [c.kind, c.whom])).toEqual([["number", { number: "0401234567" }]]);
  });

  it("never shows a list without end", () => {
    const many = Array.from({ length: 300 }, (_, i) => ({ person: `p${i}`, display: `N ${i}`, seat: "", state: "ready", since: at }));
    expect(choices({ targets: { ...targets, agents: many }, city, name: () => "" }, "")).toHaveLength(mostShown);
  });

  it("is empty before the centre has answered", () => expect(choices({ targets: undefined, city: undefined, name: () => "" }, "x")).toEqual([]));
});
