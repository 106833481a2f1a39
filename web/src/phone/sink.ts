// Sounds of the page itself (ringing, the test tone) through a device of the agent's choice.

type Sinking = HTMLAudioElement & { setSinkId?(id: string): Promise<void> };

/** Whether this browser can choose where sound comes out (Audio Output Devices API). */
export function canChooseSpeaker(): boolean {
  return typeof HTMLAudioElement !== "undefined" && "setSinkId" in HTMLAudioElement.prototype;
}

/** Sends an element's sound to a device; one that is gone leaves it where it is. */
export async function sendTo(audio: HTMLAudioElement, device: string): Promise<void> {
  if (device) await (audio as Sinking).setSinkId?.(device).catch(() => undefined);
}

export interface Sink {
  context: AudioContext;
  /** What is connected here is heard. */
  out: MediaStreamAudioDestinationNode;
  close(): void;
}

/** Opens a way to a device; null where the browser has no sound. */
export function openSink(device: string): Sink | null {
  if (typeof AudioContext === "undefined") return null;
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const audio = new Audio();
  audio.srcObject = out.stream;
  void sendTo(audio, device).then(() => audio.play().catch(() => undefined));
  return {
    context,
    out,
    close() {
      audio.srcObject = null;
      void context.close();
    },
  };
}

/** How long the test tone sounds, in ms. */
export const toneTime = 2_000;

/** Plays a tone on a device; its stream is for a meter. */
export function testTone(device: string, onEnd: () => void): { stream: MediaStream; stop(): void } | null {
  const sink = openSink(device);
  if (!sink) return null;
  const tone = sink.context.createOscillator();
  const volume = sink.context.createGain();
  tone.frequency.value = 440;
  volume.gain.value = 0.2;
  tone.connect(volume).connect(sink.out);
  tone.start();
  const timer = setTimeout(onEnd, toneTime);
  return {
    stream: sink.out.stream,
    stop() {
      clearTimeout(timer);
      tone.stop();
      sink.close();
    },
  };
}
