// The waveform comes from the recorder ready-made: loudness maxima, customer and agent in turn, 0–255.

export interface Peaks {
  customer: number[];
  agent: number[];
}

/** Splits the interleaved peaks; takes base64, as Go writes bytes, or a plain list. */
export function splitPeaks(peaks: string | readonly number[] | undefined | null): Peaks {
  const all = typeof peaks === "string" ? fromBase64(peaks) : (peaks ?? []);
  const side = (from: number) => Array.from({ length: Math.floor(all.length / 2) }, (_, i) => all[2 * i + from]!);
  return { customer: side(0), agent: side(1) };
}

function fromBase64(text: string): number[] {
  try {
    return Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return [];
  }
}

/** The loudest of each of `count` equal stretches, 0–1: as many bars as the drawing has room for. */
export function bars(peaks: readonly number[], count: number): number[] {
  if (peaks.length === 0) return [];
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * peaks.length) / count));
    return Math.max(...peaks.slice(from, to)) / 255;
  });
}
