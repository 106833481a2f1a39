import { locale } from "../i18n.ts";
import { clockText } from "../lib/clock.ts";
import { durationText } from "../lib/duration.ts";

/** What a figure is: a count (also a mean of counts), a share 0–1, seconds, or a mean opinion score, 1–4.5. */
export type Unit = "count" | "share" | "seconds" | "score";

/** A figure in words, "–" where there is none. */
export function figureText(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  switch (unit) {
    case "share":
      return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: value < 0.1 ? 1 : 0 }).format(value);
    case "seconds":
      return durationText(value);
    case "score":
      return new Intl.NumberFormat(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
    default:
      return new Intl.NumberFormat(locale(), { maximumFractionDigits: value < 100 ? 1 : 0 }).format(value);
  }
}

/** The same where there is little room: lengths as a clock shows them. */
export function axisText(unit: Unit, value: number): string {
  if (unit === "score") return String(value);
  return unit === "seconds" ? clockText(value) : figureText(unit, value);
}
