import { useEffect, useRef } from "react";
import { bars, type Peaks, pauseSpan } from "./peaks.ts";

/**
 * Customer above the line, agent below; what has been heard is strong, and pauses of the recording are hatched. The slider beside
 * it is what one operates, and the list of pauses says them in words.
 */
export function Waveform({ peaks, position, length }: { peaks: Peaks; position: number; length: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = () => paint(canvas.current!, peaks, position, length);
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(canvas.current!);
    return () => watch.disconnect();
  }, [peaks, position, length]);
  return <canvas ref={canvas} className="waveform" aria-hidden="true" />;
}

const barWidth = 3;
const gap = 2;

function paint(canvas: HTMLCanvasElement, peaks: Peaks, position: number, length: number): void {
  const scale = window.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  if (!pen || width === 0) return;
  pen.scale(scale, scale);
  const colours = getComputedStyle(canvas);
  const count = Math.floor(width / (barWidth + gap));
  const sides = [
    { values: bars(peaks.customer, count), colour: colours.getPropertyValue("--wave-customer"), up: true },
    { values: bars(peaks.agent, count), colour: colours.getPropertyValue("--wave-agent"), up: false },
  ];
  for (const side of sides) {
    pen.fillStyle = side.colour.trim();
    side.values.forEach((value, i) => {
      pen.globalAlpha = (i + 0.5) / count <= position ? 1 : 0.35;
      const size = Math.max(1.5, value * (height / 2 - 3));
      pen.fillRect(i * (barWidth + gap), side.up ? height / 2 - 1 - size : height / 2 + 1, barWidth, size);
    });
  }
  pen.globalAlpha = 1;
  for (const pause of peaks.pauses) {
    const { x, width: wide } = pauseSpan(pause, length, width);
    hatched(pen, { x, width: wide, height }, colours);
  }
}

const hatchStep = 7;

/** A stretch that is no silence of the talkers: full height, hatched, with an edge on both sides. */
function hatched(pen: CanvasRenderingContext2D, box: { x: number; width: number; height: number }, colours: CSSStyleDeclaration): void {
  const { x, width, height } = box;
  pen.save();
  pen.beginPath();
  pen.rect(x, 0, width, height);
  pen.clip();
  pen.fillStyle = colours.getPropertyValue("--paper").trim();
  pen.fillRect(x, 0, width, height);
  pen.strokeStyle = colours.getPropertyValue("--ink-2").trim();
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let at = x - height; at < x + width; at += hatchStep) {
    pen.moveTo(at, height);
    pen.lineTo(at + height, 0);
  }
  pen.stroke();
  pen.lineWidth = 2;
  pen.strokeRect(x, -2, width, height + 4);
  pen.restore();
}
