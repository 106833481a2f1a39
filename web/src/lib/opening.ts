import { i18n } from "@lingui/core";
import type { Estimate, QueueLive } from "../api/types.ts";
import { betweenText } from "./duration.ts";
import { weekdayMoment } from "./format.ts";

export type Opening = Pick<QueueLive, "open" | "next_change"> & { closing?: { until: string } };

/** "Avoinna, sulkeutuu 16.00": state and next change in one line. */
export function openingText(o: Opening, now: number): string {
  if (o.closing) return i18n._("Closed exceptionally until {time}", { time: weekdayMoment(o.closing.until, now) });
  const at = o.next_change ? weekdayMoment(o.next_change, now) : "";
  if (o.open) return at ? i18n._("Open, closes {time}", { time: at }) : i18n._("Open");
  return at ? i18n._("Closed, opens {time}", { time: at }) : i18n._("Closed now");
}

/** How long it takes; empty where that can't be said. */
export function estimateText(e: Estimate | undefined): string {
  return e?.known ? betweenText(e.low_seconds, e.high_seconds) : "";
}
