import { i18n } from "@lingui/core";
import { locale } from "../i18n.ts";

const minute = 60;
const hour = 3600;

/** A length in words that a narrow place can hold: 45 → "45 s", 80 → "1 min 20 s", 3900 → "1 h 5 min". The same in all three languages. */
export function durationText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < minute) return `${s}\u00a0s`;
  if (s < hour) return two(s, minute, "min", "s", 1);
  return two(Math.round(s / minute) * minute, hour, "h", "min", minute);
}

function two(s: number, size: number, unit: string, rest: string, of: number): string {
  const more = (s % size) / of;
  const first = `${Math.floor(s / size)}\u00a0${unit}`;
  return more === 0 ? first : `${first} ${more}\u00a0${rest}`;
}

/** How long it will take, never more exactly than it is known: minutes rounded outwards, "2–4 min"; under a minute in tens of seconds. */
export function betweenText(low: number, high: number): string {
  const unit = high < minute ? 10 : minute;
  const from = Math.floor(low / unit);
  const to = Math.max(Math.ceil(high / unit), from + 1);
  const word = unit === minute ? "min" : "s";
  const scale = unit === minute ? 1 : unit;
  return from === 0 ? i18n._("at most {time}", { time: `${to * scale}\u00a0${word}` }) : `${from * scale}–${to * scale}\u00a0${word}`;
}

/** "ruotsi ja pysäköinti" */
export function listText(words: readonly string[]): string {
  return new Intl.ListFormat(locale(), { type: "conjunction" }).format(words);
}
