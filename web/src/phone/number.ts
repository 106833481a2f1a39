/** The fewest digits of a number that may be called: 112. */
const fewestDigits = 3;
/** The most of E.164, with the prefix for abroad. */
const mostDigits = 18;

/** A telephone number as typed or pasted, without what only makes it readable; "" where it is none. The centre decides what it means. */
export function numberOf(text: string): string {
  const bare = text.replace(/^\s*tel:/i, "").replace(/[\s().\-–/\u00a0]/g, "");
  const digits = bare.replace(/^\+/, "");
  return /^\d+$/.test(digits) && digits.length >= fewestDigits && digits.length <= mostDigits ? bare : "";
}

export const emergencyNumber = "112";

export function isEmergency(number: string): boolean {
  return numberOf(number) === emergencyNumber;
}
