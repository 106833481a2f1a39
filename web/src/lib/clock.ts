// Timers run from the server's time: a desktop's clock may be minutes off, and a talking time must not be.

let offset = 0;

/** Notes the server's time as told by an answer that was asked for at `asked` and arrived at `arrived` (browser ms). */
export function noteServerTime(serverTime: string, asked: number, arrived: number): void {
  const told = Date.parse(serverTime);
  if (Number.isNaN(told)) return;
  offset = told - (asked + arrived) / 2;
}

/** The server's time now, in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Whole seconds since a moment, never negative. */
export function secondsSince(moment: string, now: number = serverNow()): number {
  return Math.max(0, Math.floor((now - Date.parse(moment)) / 1000)) || 0;
}

/** Whole seconds until a moment, rounded up, so that a countdown shows 0 only when it is over. */
export function secondsUntil(moment: string, now: number = serverNow()): number {
  return Math.max(0, Math.ceil((Date.parse(moment) - now) / 1000)) || 0;
}

/** 65 → "1:05", 3725 → "1:02:05". */
export function clockText(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}
