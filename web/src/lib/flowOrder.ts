import type { Flow, FlowStep } from "../api/types.ts";

/** A step with its place in the list, from 1, and how deep below the first it is reached. */
export interface Placed {
  step: FlowStep;
  place: number;
  depth: number;
}

/** The steps as a caller comes to them: from the first, along each way in turn, each once; then any that no way reaches. */
export function ordered(flow: Flow): Placed[] {
  const out: Placed[] = [];
  const seen = new Set<string>();
  const visit = (id: string, depth: number): void => {
    const step = flow.steps.find((s) => s.id === id);
    if (!step || seen.has(id)) return;
    seen.add(id);
    out.push({ step, place: out.length + 1, depth });
    const [on, ...others] = straight(step);
    // What follows on the only or usual way stays at the same depth, so that a long flow does not walk off the page.
    if (on) visit(on, depth);
    for (const to of others) if (to) visit(to, depth + 1);
  };
  for (const s of flow.steps) visit(s.id, 0);
  return out;
}

/** Where a step leads, the usual way first; of a menu there is none that is more usual than the others. */
function straight(step: FlowStep): (string | undefined)[] {
  const next = step.ways.find((w) => w.by === "next")?.to;
  const others = step.ways.filter((w) => w.by !== "next").map((w) => w.to);
  return [next, ...others];
}
