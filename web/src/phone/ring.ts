import { openSink } from "./sink.ts";

/** Two soft tones each three seconds, until the returned function is called. Silent where the browser allows no sound yet. */
export function ring(device: string): () => void {
  const sink = openSink(device);
  if (!sink) return () => undefined;
  const { context } = sink;
  const volume = context.createGain();
  volume.gain.value = 0;
  volume.connect(sink.out);
  const tones = [587, 740].map((pitch) => {
    const tone = context.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(volume);
    tone.start();
    return tone;
  });
  const strike = () => {
    const at = context.currentTime;
    for (const start of [at, at + 0.45]) {
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(0.07, start + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0005, start + 0.38);
    }
  };
  strike();
  const timer = setInterval(strike, 3_000);
  return () => {
    clearInterval(timer);
    tones.forEach((tone) => tone.stop());
    sink.close();
  };
}
