import { describe, expect, it } from "vitest";
import { causeOf, goodFrom, type LegQuality, poorBelow, soundOf, worst } from "./quality.ts";

const leg = (more: Partial<LegQuality> = {}): LegQuality => ({ leg: "customer", loss: 0, jitter_ms: 4, rtt_ms: 40, mos: 4.4, ...more });

it.each([
  [4.41, "good"],
  [goodFrom, "good"],
  [4.0, "fair"],
  [poorBelow, "fair"],
  [3.59, "poor"],
  [1, "poor"],
  [0, "unknown"],
  [Number.NaN, "unknown"],
])("a score of %s sounds %s", (mos, sound) => expect(soundOf(leg({ mos }))).toBe(sound));

describe("worst", () => {
  it("is that of the worst leg, and unknown alone says nothing", () => {
    expect(worst([leg(), leg({ mos: 3.7 }), leg({ mos: 0 })])).toBe("fair");
    expect(worst([leg(), leg({ mos: 2 }), leg({ mos: 3.7 })])).toBe("poor");
    expect(worst([leg({ mos: 0 })])).toBe("unknown");
    expect(worst([])).toBe("unknown");
  });
});

describe("causeOf", () => {
  it("looks at the agent's own leg first", () => {
    expect(causeOf([leg({ mos: 2, loss: 0.2 }), leg({ leg: "agent", mos: 3, loss: 0.08 })])).toBe("own_network");
  });
  it("tells delay from loss", () => {
    expect(causeOf([leg({ leg: "agent", mos: 3.5, rtt_ms: 900 })])).toBe("own_delay");
    expect(causeOf([leg({ leg: "agent", mos: 2.5, rtt_ms: 900, loss: 0.05 })])).toBe("own_network");
  });
  it("says that the other side is bad when only that is", () => {
    expect(causeOf([leg({ mos: 2 }), leg({ leg: "agent" })])).toBe("their_network");
    expect(causeOf([leg({ leg: "consulted", mos: 3.7 })])).toBe("their_network");
  });
  it("has no cause without a fault", () => expect(causeOf([leg(), leg({ leg: "agent", mos: 0 })])).toBe(""));
});
