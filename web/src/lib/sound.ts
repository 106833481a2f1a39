import { i18n } from "@lingui/core";
import type { Sounded } from "../api/types.ts";

// How calls sounded, as the page draws it. Means are weighted by the legs that they are of.

export const lines = ["trunk", "telephone", "browser"] as const;

/** By what a leg came, in words. */
export function lineText(line: Sounded["line"]): string {
  switch (line) {
    case "trunk":
      return i18n._("Telephone network");
    case "telephone":
      return i18n._("Desk phones");
    default:
      return i18n._("Browsers");
  }
}

/** Rows of several intervals, queues or bands as one; undefined without rows. */
export function mergedSound(rows: readonly Sounded[]): Sounded | undefined {
  const first = rows[0];
  if (!first || rows.length === 1) return first;
  const legs = rows.reduce((n, r) => n + r.legs, 0);
  const mean = (value: (r: Sounded) => number) => rows.reduce((sum, r) => sum + value(r) * r.legs, 0) / Math.max(legs, 1);
  return {
    ...first,
    to: rows.at(-1)!.to,
    legs,
    mos: mean((r) => r.mos),
    loss: mean((r) => r.loss),
    jitter_seconds: mean((r) => r.jitter_seconds),
    classes: first.classes.map((_, i) => rows.reduce((n, r) => n + (r.classes[i] ?? 0), 0)),
  };
}

/** Rows put together by a key, in the order in which the keys come first. */
export function soundBy(rows: readonly Sounded[], key: (r: Sounded) => string): Sounded[] {
  const by = new Map<string, Sounded[]>();
  for (const r of rows) by.set(key(r), [...(by.get(key(r)) ?? []), r]);
  return [...by.values()].map((of) => mergedSound(of)!);
}

/** The share of legs that many are dissatisfied with: a score below 3.6 (ITU-T G.107 annex B). */
export function poorShare(r: Sounded): number | undefined {
  return r.legs > 0 ? ((r.classes[3] ?? 0) + (r.classes[4] ?? 0)) / r.legs : undefined;
}
