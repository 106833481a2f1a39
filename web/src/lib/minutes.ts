/** What a field of minutes takes: "5", "1,5", "0.25". */
export const minutesPattern = "[0-9]{1,4}([.,][0-9]{1,2})?";

const minute = 60;

/** Minutes as they are written, in whole seconds; undefined where nothing, or no number, is written. */
export function secondsOf(minutes: string): number | undefined {
  const text = minutes.trim();
  return new RegExp(`^${minutesPattern}$`).test(text) ? Math.round(Number(text.replace(",", ".")) * minute) : undefined;
}
