import { i18n } from "@lingui/core";
import { durationText } from "./duration.ts";

/** The share of calls that should be answered within their queue's target. Shown wherever it is drawn or compared with. */
export const levelTarget = 0.8;

/** A queue's own target, as the city has it. */
interface Targeted {
  id: string;
  within_seconds: number;
}

/** Within how many seconds a queue's calls should be answered; undefined for a queue that is not known. */
export function withinOf(queues: readonly Targeted[], id: string): number | undefined {
  return queues.find((q) => q.id === id)?.within_seconds;
}

/** The one target that all these queues have, in seconds; undefined where they differ. */
export function sameWithin(queues: readonly Targeted[]): number | undefined {
  const all = new Set(queues.map((q) => q.within_seconds));
  return all.size === 1 ? [...all][0] : undefined;
}

/** The targets of queues: "20 s", "20 s – 2 min" where they differ, "" without queues. */
export function withinText(queues: readonly Targeted[]): string {
  const all = queues.map((q) => q.within_seconds);
  if (all.length === 0) return "";
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low === high ? durationText(low) : `${durationText(low)} – ${durationText(high)}`;
}

/** What a service level is measured by: "Tavoite 80 %, vastattu 20 s kuluessa". */
export function levelTargetText(level: number, within: string): string {
  const share = i18n.number(level, { style: "percent", maximumFractionDigits: 1 });
  return within ? i18n._("Target {level} within {time}", { level: share, time: within }) : i18n._("Target {level}", { level: share });
}
