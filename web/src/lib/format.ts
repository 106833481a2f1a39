import { i18n } from "@lingui/core";
import { locale } from "../i18n.ts";
import type { Party, Text } from "../api/types.ts";

const zone = "Europe/Helsinki";

/** A name in the interface's language, else in Finnish, Swedish or English, else empty. */
export function inLanguage(text: Text | undefined, lang: string = i18n.locale): string {
  return text?.[lang] || text?.fi || text?.sv || text?.en || "";
}

/** "Maija Meikäläinen <maija@example.com>", or the address alone. */
export function party(p: Party): string {
  return p.name && p.name !== p.address ? `${p.name} <${p.address}>` : p.address;
}

export function dateTime(moment: string): string {
  return format(moment, { dateStyle: "short", timeStyle: "short" });
}

export function dateText(moment: string): string {
  return format(moment, { dateStyle: "short" });
}

/** The clock for a moment today, else the date. */
export function shortMoment(moment: string, now: number = Date.now()): string {
  const today = format(new Date(now).toISOString(), { dateStyle: "short" });
  const day = format(moment, { dateStyle: "short" });
  return day === today ? format(moment, { timeStyle: "short" }) : day;
}

/** The clock for a moment today, weekday and clock within a week ("ma 8.00"), else the date and the clock. */
export function weekdayMoment(moment: string, now: number = Date.now()): string {
  const clock = format(moment, { timeStyle: "short" });
  if (format(moment, { dateStyle: "short" }) === format(new Date(now).toISOString(), { dateStyle: "short" })) return clock;
  const week = 6 * 86_400_000;
  const day = Date.parse(moment) - now < week ? format(moment, { weekday: "short" }) : format(moment, { day: "numeric", month: "numeric" });
  return `${day} ${clock}`;
}

/** "27.11.": a day within the year. */
export function dayAndMonth(moment: string): string {
  return format(moment, { day: "numeric", month: "numeric" });
}

/** "9.30": the clock alone. */
export function clockOf(moment: string): string {
  return format(moment, { hour: "numeric", minute: "2-digit" });
}

/** A time of the day, "08:15" → "8.15"; "24:00" stays the day's end. */
export function dayClock(clock: string): string {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  const text = new Intl.DateTimeFormat(locale(), { timeZone: "UTC", hour: "numeric", minute: "2-digit" }).format(Date.UTC(2026, 0, 1, hour, minute));
  return hour === 24 ? text.replace(/^0+/, "24") : text;
}

function format(moment: string, options: Intl.DateTimeFormatOptions): string {
  const at = Date.parse(moment);
  if (Number.isNaN(at)) return "";
  return new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }).format(at);
}

/** 15360 → "15 kB", in the interface's language. */
export function sizeText(bytes: number): string {
  const [value, unit] = bytes >= 1_000_000 ? [bytes / 1_000_000, "megabyte"] : [Math.max(1, bytes / 1000), "kilobyte"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

/** "+358401234567" → "040 123 4567": how a Finn reads a number aloud; foreign ones keep their plus. */
export function phoneText(number: string): string {
  const local = number.replace(/^\+358/, "0");
  if (!/^0\d{5,}$/.test(local)) return number;
  const area = local.startsWith("09") ? 2 : 3;
  const rest = local.slice(area);
  return `${local.slice(0, area)} ${rest.length > 5 ? `${rest.slice(0, 3)} ${rest.slice(3)}` : rest}`;
}
