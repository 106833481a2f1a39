/** The loudness of a piece of sound (8-bit samples around 128) on a meter from 0 to 100; −60 dB and below is 0. */
export function levelOf(wave: Uint8Array): number {
  let sum = 0;
  for (const sample of wave) sum += ((sample - 128) / 128) ** 2;
  const rms = Math.sqrt(sum / Math.max(1, wave.length));
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(100, Math.max(0, ((decibels + 60) / 60) * 100));
}
