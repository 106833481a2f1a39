// The waveform comes from the recorder ready-made: loudness maxima of each side, 0–255, and where the agent paused the recording.

export interface Peaks {
  customer: number[];
  agent: number[];
  /** In order. Nothing was recorded in them; the sound is silent there. */
  pauses: Pause[];
}

/** A stretch of the recording, in seconds from its beginning. */
export interface Pause {
  from: number;
  to: number;
}

/** Where on a drawing of `width` a pause lies. Short ones are widened so that they are seen. */
export function pauseSpan(pause: Pause, length: number, width: number): { x: number; width: number } {
  if (length <= 0) return { x: 0, width: 0 };
  const from = (Math.max(0, pause.from) / length) * width;
  const to = (Math.min(length, pause.to) / length) * width;
  const wide = Math.min(width, Math.max(narrowest, to - from));
  return { x: Math.min(Math.max(0, (from + to - wide) / 2), width - wide), width: wide };
}

const narrowest = 6;

/** The pause in which a moment of the recording lies. */
export function pauseAt(pauses: readonly Pause[], at: number): Pause | undefined {
  return pauses.find((p) => p.from <= at && at < p.to);
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
