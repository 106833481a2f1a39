import { useEffect, useState } from "react";
import { Meter } from "react-aria-components";
import { levelOf } from "../phone/level.ts";

/** The loudness of a stream, 0 to 100, as it is now and falls slowly. */
export function useLevel(sound: MediaStream | null): number {
  const [level, setLevel] = useState(0);
  useEffect(() => {
    if (!sound) return setLevel(0);
    const context = new AudioContext();
    const listener = context.createAnalyser();
    listener.fftSize = 1024;
    context.createMediaStreamSource(sound).connect(listener);
    const wave = new Uint8Array(listener.fftSize);
    let frame = 0;
    const draw = () => {
      listener.getByteTimeDomainData(wave);
      const now = levelOf(wave);
      setLevel((before) => Math.max(now, before * 0.9));
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      void context.close();
    };
  }, [sound]);
  return level;
}

export function LevelMeter({ level, label }: { level: number; label: string }) {
  return (
    <Meter value={Math.round(level)} className="meter" aria-label={label}>
      {({ percentage }) => (
        <div className="meter-track">
          <div className="meter-fill" style={{ width: `${percentage}%` }} />
        </div>
      )}
    </Meter>
  );
}
