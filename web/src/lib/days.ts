const zone = "Europe/Helsinki";

/** The moment when a day of Helsinki begins ("2026-11-23" → "2026-11-22T22:00:00Z"), `plus` days later; undefined for no day. */
export function dayStart(day: string, plus = 0): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) return undefined;
  const utc = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + plus);
  // The zone's offset at that midnight: two or three hours.
  for (const hours of [2, 3]) {
    const guess = utc - hours * 3_600_000;
    if (hourIn(guess) === 0) return new Date(guess).toISOString();
  }
  return new Date(utc).toISOString();
}

function hourIn(ms: number): number {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(ms));
}

/** A wall clock of Helsinki ("2026-11-27T16:00", as a field gives it) as a moment; undefined for no such clock. One that comes twice, in autumn, is the first. */
export function momentOf(local: string): string | undefined {
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/.exec(local);
  if (!parts) return undefined;
  const [year, month, day, hour, minute] = parts.slice(1).map(Number) as [number, number, number, number, number];
  const utc = Date.UTC(year, month - 1, day, hour, minute);
  for (const hours of [3, 2]) {
    const guess = utc - hours * 3_600_000;
    if (localOf(guess) === local) return new Date(guess).toISOString();
  }
  return undefined;
}

/** The wall clock of Helsinki as a field takes it. */
export function localOf(ms: number): string {
  const text = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(ms);
  return text.replace(" ", "T");
}

/** The day in Helsinki, "2026-11-27". */
export function dayOf(ms: number): string {
  return localOf(ms).slice(0, 10);
}

/** The day so many days later. */
export function dayPlus(day: string, days: number): string {
  return new Date(Date.parse(`${day}T12:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** Every day from the first to the last, both included; at least the first. A range too long to draw ends early. */
export function daysOf(from: string, to: string): string[] {
  const count = Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / 86_400_000) + 1;
  return Array.from({ length: Math.min(Math.max(1, count || 1), longest) }, (_, i) => dayPlus(from, i));
}

/** More days than this are never listed. */
const longest = 1000;

/** The next Friday after a day, which is when people are away. */
export function nextFriday(day: string): string {
  const weekday = new Date(`${day}T12:00:00Z`).getUTCDay();
  return dayPlus(day, ((5 - weekday + 6) % 7) + 1);
}
