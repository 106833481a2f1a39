// The arithmetic of plots: ticks, positions, paths. Pure, in SVG user units.

/** A line or a bar's part: a value for each interval; null where there is none to show. */
export interface Series {
  name: string;
  values: readonly (number | null)[];
}

/** The area inside the axes. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const steps = [1, 2, 2.5, 5, 10];

/** Round steps in seconds: a clock is read in halves of minutes and hours, not in tens. */
const clockSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

/** Ticks from 0 to at least `max`, at most about `count` of them, at round values. `whole`: never between integers. */
export function ticks(max: number, count: number, whole = false): number[] {
  const rough = Math.max(max, whole ? 1 : 1e-9) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = steps.map((s) => s * power).find((s) => s >= rough * 0.999_999) ?? rough;
  return upTo(max, whole ? Math.max(1, Math.ceil(step)) : step);
}

/** As ticks, for lengths in seconds. */
export function clockTicks(max: number, count: number): number[] {
  const rough = Math.max(max, 1) / count;
  const step = clockSteps.find((s) => s >= rough) ?? Math.ceil(rough / 3600) * 3600;
  return upTo(max, step);
}

function upTo(max: number, step: number): number[] {
  const n = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: n + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** The highest value, of parts stacked their highest sum. */
export function highest(series: readonly Series[], stacked = false): number {
  const length = Math.max(0, ...series.map((s) => s.values.length));
  let max = 0;
  for (let i = 0; i < length; i++) {
    const here = series.map((s) => s.values[i] ?? 0);
    max = Math.max(max, stacked ? here.reduce((a, b) => a + b, 0) : Math.max(...here));
  }
  return max;
}

/** The middle of interval `i` of `n`. */
export function xOf(i: number, n: number, box: Box): number {
  return box.left + ((i + 0.5) * box.width) / Math.max(1, n);
}

export function yOf(value: number, top: number, box: Box): number {
  return box.top + box.height - (Math.min(value, top) / top) * box.height;
}

/** The interval under a position; the nearest where it is outside. */
export function indexAt(x: number, n: number, box: Box): number {
  return clamp(Math.floor(((x - box.left) / box.width) * n), n);
}

export function clamp(i: number, n: number): number {
  return Math.max(0, Math.min(n - 1, i));
}

/** A path through the values; it breaks where there is none. */
export function linePath(values: readonly (number | null)[], top: number, box: Box): string {
  let path = "";
  let drawing = false;
  values.forEach((value, i) => {
    if (value === null) {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${at(xOf(i, values.length, box))} ${at(yOf(value, top, box))}`;
    drawing = true;
  });
  return path;
}

const at = (n: number) => String(Math.round(n * 10) / 10);

export interface Bar {
  index: number;
  part: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Bars are no wider than this, however few there are. */
const widest = 48;

/** Stacked bars, first series at the foot. Parts of nothing are left out. */
export function bars(series: readonly Series[], top: number, box: Box): Bar[] {
  const n = Math.max(0, ...series.map((s) => s.values.length));
  const slot = box.width / Math.max(1, n);
  const width = Math.min(widest, Math.max(1, slot * 0.7));
  const all: Bar[] = [];
  for (let index = 0; index < n; index++) {
    let below = 0;
    series.forEach((s, part) => {
      const value = s.values[index] ?? 0;
      if (value <= 0) return;
      const y = yOf(below + value, top, box);
      all.push({ index, part, x: xOf(index, n, box) - width / 2, y, width, height: yOf(below, top, box) - y });
      below += value;
    });
  }
  return all;
}

/** Which of `n` labels are written when each needs `room`: the first and then each so many. */
export function labelled(n: number, width: number, room: number): number[] {
  const fit = Math.max(1, Math.floor(width / room));
  const every = [1, 2, 4, 6, 8, 12, 16, 24, 48, 100].find((e) => Math.ceil(n / e) <= fit) ?? n;
  return Array.from({ length: Math.ceil(n / every) }, (_, i) => i * every);
}

/** Where the cursor goes by a key; undefined for a key that does not move it. */
export function moved(key: string, i: number, n: number): number | undefined {
  const to: Record<string, number> = { ArrowLeft: i - 1, ArrowDown: i - 1, ArrowRight: i + 1, ArrowUp: i + 1, PageDown: i - 4, PageUp: i + 4, Home: 0, End: n - 1 };
  return key in to ? clamp(to[key]!, n) : undefined;
}
