import { locale } from "../i18n.ts";
import { clockText } from "../lib/clock.ts";
import { durationText } from "../lib/duration.ts";

/** What a figure is: a count (also a mean of counts), a share 0–1, or seconds. */
export type Unit = "count" | "share" | "seconds";

/** A figure in words, "–" where there is none. */
export function figureText(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  switch (unit) {
    case "share":
      return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: value < 0.1 ? 1 : 0 }).format(value);
    case "seconds":
      return durationText(value);
    default:
      return new Intl.NumberFormat(locale(), { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value);
  }
}

/** The same where there is little room: lengths as a clock shows them. */
export function axisText(unit: Unit, value: number): string {
  return unit === "seconds" ? clockText(value) : figureText(unit, value);
}
