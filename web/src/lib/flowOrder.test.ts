import { expect, it } from "vitest";
import type { Flow, FlowStep } from "../api/types.ts";
import { ordered } from "./flowOrder.ts";

const step = (id: string, ways: Record<string, string>): FlowStep =>
  ({ id, kind: "say", prompt: "", queue: "", hours: "", number: "", ways: Object.entries(ways).map(([by, to]) => ({ by, to })) }) as FlowStep;
const flow = (...steps: FlowStep[]): Flow => ({ id: "f", agency: "a", queue: "", numbers: [], languages: [], steps });
const text = (f: Flow) => ordered(f).map((p) => `${p.place}${p.step.id}${p.depth}`).join(" ");

it("goes along the usual way first, and lists each step once", () => {
  expect(text(flow(step("hours", { closed: "bye", next: "menu" }), step("bye", {}), step("menu", { 1: "queue", 2: "back", otherwise: "bye" }), step("queue", {}), step("back", { otherwise: "menu" })))).toBe(
    "1hours0 2menu0 3queue1 4back1 5bye1",
  );
});

it("ends where steps lead back, to nothing, or nowhere", () => {
  expect(text(flow(step("a", { next: "b" }), step("b", { next: "a" })))).toBe("1a0 2b0");
  expect(text(flow(step("a", { next: "gone" }), step("stray", {})))).toBe("1a0 2stray0");
  expect(text(flow())).toBe("");
});
