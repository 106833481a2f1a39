// The waveform comes from the recorder ready-made: loudness maxima of each side, 0–255.

export interface Peaks {
  customer: number[];
  agent: number[];
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
