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
