import { useLingui } from "@lingui/react";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { type Box, bars, clockTicks, highest, indexAt, labelled, linePath, moved, type Series, ticks, xOf, yOf } from "./scale.ts";
import { axisText, figureText, type Unit } from "./text.ts";

// Plots of a day by half-hours. Series differ by dash, mark and hatching as well as by colour; the cursor reads the values
// by keyboard, and a table with the same figures stands beside each plot.

export interface PlotProps {
  title: string;
  lead?: string;
  unit: Unit;
  /** Bars are stacked parts of a count. */
  kind?: "line" | "bars";
  /** What each interval is called: its beginning, "8.30". */
  times: readonly string[];
  /** What an interval is; a half-hour unless said otherwise. */
  step?: "half-hour" | "day";
  series: readonly Series[];
  target?: { value: number; name: string };
  /** Shared by all plots of a page, so that they are read at the same half-hour. */
  cursor: number;
  onCursor(index: number): void;
  /** Further columns of the table, which are not drawn. */
  more?: readonly (Series & { unit?: Unit })[];
}

export function Plot(props: PlotProps) {
  const id = useId();
  return (
    <figure className="plot" aria-labelledby={id}>
      <figcaption>
        <h3 id={id}>{props.title}</h3>
        {props.lead && <p className="quiet">{props.lead}</p>}
      </figcaption>
      <div className="plot-sides">
        <div className="plot-drawing">
          <Legend {...props} />
          <Drawing {...props} />
          <Reading {...props} />
        </div>
        <Figures {...props} />
      </div>
    </figure>
  );
}

/** The values under the cursor. What the slider says aloud is the same. */
function readingText(p: PlotProps): string {
  const at = p.times[p.cursor];
  if (at === undefined) return "";
  return `${at}: ${p.series.map((s) => `${s.name} ${figureText(p.unit, s.values[p.cursor])}`).join(", ")}`;
}

function Reading(p: PlotProps) {
  return (
    <p className="plot-reading figures" aria-hidden="true">
      {readingText(p)}
    </p>
  );
}

function Legend({ series, kind = "line", target }: PlotProps) {
  return (
    <ul className="plot-legend" aria-hidden="true">
      {series.map((s, i) => (
        <li key={s.name}>
          <svg className={`plot-series-${i}`} viewBox="0 0 36 14" width="36" height="14">
            {kind === "bars" ? <Swatch part={i} /> : <Sample part={i} />}
          </svg>
          {s.name}
        </li>
      ))}
      {target && (
        <li>
          <svg viewBox="0 0 36 14" width="36" height="14">
            <path className="plot-target" d="M0 7H36" />
          </svg>
          {target.name}
        </li>
      )}
    </ul>
  );
}

function Sample({ part }: { part: number }) {
  return (
    <>
      <path className="plot-line" d="M0 7H36" />
      <Mark part={part} x={18} y={7} />
    </>
  );
}

function Swatch({ part }: { part: number }) {
  return <Part part={part} x={1} y={1} width={34} height={12} />;
}

/** Disc, square, triangle: a series is known without its colour. */
function Mark({ part, x, y }: { part: number; x: number; y: number }): ReactNode {
  if (part % 3 === 0) return <circle className="plot-mark" cx={x} cy={y} r={3.5} />;
  if (part % 3 === 1) return <rect className="plot-mark" x={x - 3.5} y={y - 3.5} width={7} height={7} />;
  return <path className="plot-mark" d={`M${x} ${y - 4.5}l4.5 8h-9z`} />;
}

/** Full, hatched, empty. */
function Part({ part, x, y, width, height }: { part: number; x: number; y: number; width: number; height: number }) {
  const lines = part % 3 === 1 ? hatch(x, y, width, height) : "";
  return (
    <>
      <rect className={`plot-bar plot-bar-${part % 3}`} x={x} y={y} width={width} height={height} />
      {lines && <path className="plot-hatch" d={lines} />}
    </>
  );
}

/** Level strokes across a bar, 4 apart: a pattern without ids. */
function hatch(x: number, y: number, width: number, height: number): string {
  let path = "";
  for (let at = y + 3; at < y + height; at += 4) path += `M${x} ${at.toFixed(1)}h${width}`;
  return path;
}

const height = 220;
const narrowest = 240;

function Drawing(p: PlotProps) {
  const { i18n } = useLingui();
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const n = p.times.length;
  const scale = scaleOf(p);
  const top = scale.at(-1)!;
  const box: Box = { left: 44, top: 10, width: Math.max(width, narrowest) - 52, height: height - 38 };
  const point = (e: PointerEvent) => p.onCursor(indexAt(e.clientX - ref.current!.getBoundingClientRect().left, n, box));
  const press = (e: KeyboardEvent) => {
    const to = moved(e.key, p.cursor, n);
    if (to === undefined) return;
    e.preventDefault();
    p.onCursor(to);
  };
  return (
    <div
      ref={ref}
      className="plot-area"
      role="slider"
      tabIndex={0}
      aria-label={p.step === "day" ? i18n._("{plot}: day", { plot: p.title }) : i18n._("{plot}: half-hour", { plot: p.title })}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, n - 1)}
      aria-valuenow={p.cursor}
      aria-valuetext={readingText(p)}
      onKeyDown={press}
      onPointerMove={point}
      onPointerDown={point}
    >
      <svg width="100%" height={height} viewBox={`0 0 ${box.width + 52} ${height}`} aria-hidden="true" focusable="false">
        <Grid p={p} scale={scale} box={box} />
        <path className="plot-cursor" d={`M${xOf(p.cursor, n, box)} ${box.top}V${box.top + box.height}`} />
        {p.target && p.target.value <= top && <path className="plot-target" d={`M${box.left} ${yOf(p.target.value, top, box)}H${box.left + box.width}`} />}
        {p.kind === "bars" ? <Bars p={p} top={top} box={box} /> : <Lines p={p} top={top} box={box} />}
      </svg>
    </div>
  );
}

function scaleOf(p: PlotProps): number[] {
  const max = Math.max(highest(p.series, p.kind === "bars"), p.target?.value ?? 0);
  if (p.unit === "share") return max > 0.5 ? [0, 0.25, 0.5, 0.75, 1] : ticks(Math.max(max, 0.01), 4);
  if (p.unit === "score") return [0, 1, 2, 3, 4, 5];
  return p.unit === "seconds" ? clockTicks(max, 4) : ticks(max, 4, true);
}

function Grid({ p, scale, box }: { p: PlotProps; scale: readonly number[]; box: Box }) {
  const n = p.times.length;
  const foot = box.top + box.height;
  return (
    <>
      {scale.map((v) => {
        const y = yOf(v, scale.at(-1)!, box);
        return (
          <g key={v}>
            <path className="plot-grid" d={`M${box.left} ${y}H${box.left + box.width}`} />
            <text className="plot-label" x={box.left - 6} y={y + 4} textAnchor="end">
              {axisText(p.unit, v)}
            </text>
          </g>
        );
      })}
      {labelled(n, box.width, 44).map((i) => (
        <text key={i} className="plot-label" x={xOf(i, n, box)} y={foot + 18} textAnchor="middle">
          {p.times[i]}
        </text>
      ))}
    </>
  );
}

function Lines({ p, top, box }: { p: PlotProps; top: number; box: Box }) {
  const n = p.times.length;
  return p.series.map((s, part) => (
    <g key={s.name} className={`plot-series-${part}`}>
      <path className="plot-line" d={linePath(s.values, top, box)} />
      {s.values.map((v, i) => v !== null && (n <= 24 || i % 2 === 0 || i === p.cursor) && <Mark key={i} part={part} x={xOf(i, n, box)} y={yOf(v, top, box)} />)}
    </g>
  ));
}

function Bars({ p, top, box }: { p: PlotProps; top: number; box: Box }) {
  return bars(p.series, top, box).map((b) => (
    <g key={`${b.index}-${b.part}`} className={`plot-series-${b.part}`}>
      <Part {...b} />
    </g>
  ));
}

function useWidth(ref: { current: HTMLElement | null }): number {
  const [width, set] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => set(Math.floor(entry!.contentRect.width)));
    watch.observe(ref.current!);
    return () => watch.disconnect();
  }, [ref]);
  return width;
}

/** The same figures as a table, which scrolls within itself. */
function Figures(p: PlotProps) {
  const { i18n } = useLingui();
  const columns: readonly (Series & { unit?: Unit })[] = [...p.series, ...(p.more ?? [])];
  return (
    <div className="plot-figures" role="region" tabIndex={0} aria-label={i18n._("{plot}: table", { plot: p.title })}>
      <table>
        <caption className="only-heard">{p.title}</caption>
        <thead>
          <tr>
            <th scope="col">{p.step === "day" ? i18n._("Day") : i18n._("Clock time")}</th>
            {columns.map((s) => (
              <th key={s.name} scope="col">
                {s.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {p.times.map((time, i) => (
            <tr key={i} className={i === p.cursor ? "plot-row-now" : undefined}>
              <th scope="row">{time}</th>
              {columns.map((s) => (
                <td key={s.name}>{figureText(s.unit ?? p.unit, s.values[i])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
