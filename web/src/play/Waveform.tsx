import { useEffect, useRef } from "react";
import { bars, type Peaks } from "./peaks.ts";

/** Customer above the line, agent below; what has been heard is strong. The slider beside it is what one operates. */
export function Waveform({ peaks, position }: { peaks: Peaks; position: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = () => paint(canvas.current!, peaks, position);
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(canvas.current!);
    return () => watch.disconnect();
  }, [peaks, position]);
  return <canvas ref={canvas} className="waveform" aria-hidden="true" />;
}

const barWidth = 3;
const gap = 2;

function paint(canvas: HTMLCanvasElement, peaks: Peaks, position: number): void {
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
}
