// The browser phone: one peer connection for each call, answered through the API without trickling (the server is ICE-lite,
// so its answer names the one address that matters).
import { mend, type Path } from "./mend.ts";

/** The longest wait for ICE gathering; what has been gathered by then is offered. */
export const gatherLimit = 2_000;

export interface Conversation {
  /** Stops sending the voice in the browser too, not only in the centre. */
  mute(on: boolean): void;
  /** Whether what comes in is played. */
  play(on: boolean): void;
  /** Opens the microphone of who only listened so far. */
  speak(): Promise<void>;
  /** What comes in, for a meter; null before the first packet. */
  heard(): MediaStream | null;
  end(): void;
}

export interface ConversationOptions {
  audio: HTMLAudioElement;
  microphone: string;
  /** Only listens: the microphone stays closed until `speak`. */
  silent?: boolean;
  /** TURN servers, for who can't send UDP to the centre; none where none is needed. */
  servers?(): Promise<RTCIceServer[]>;
  /** Sends the offer and gives the answer. */
  signal(offer: string): Promise<string>;
  /** Sends the offer of an ICE restart and gives the answer; without it a path that breaks is lost. */
  restart?(offer: string): Promise<string>;
  onPath(now: Path): void;
}

/** Why a browser call could not be made: the agent must know that this is no missed call. */
export class PhoneError extends Error {
  readonly reason: "microphone_denied" | "microphone_missing" | "unsupported" | "connection";
  constructor(reason: PhoneError["reason"]) {
    super(reason);
    this.reason = reason;
  }
}

/** Opens the microphone, offers, and connects. The microphone is open only from here (or `speak`) to `end`. */
export async function converse(options: ConversationOptions): Promise<Conversation> {
  const voice = options.silent ? null : await openMicrophone(options.microphone);
  const talk = new Talk(options, voice, new RTCPeerConnection({ iceServers: (await options.servers?.()) ?? [] }));
  try {
    await talk.connect();
  } catch (error) {
    talk.end();
    throw error;
  }
  return talk;
}

class Talk implements Conversation {
  private readonly sender: RTCRtpSender;
  private stream: MediaStream | null = null;
  private unwatch = () => {};
  private over = false;

  constructor(
    private readonly options: ConversationOptions,
    private voice: MediaStream | null,
    private readonly peer: RTCPeerConnection,
  ) {
    const track = voice?.getAudioTracks()[0];
    this.sender = track ? this.peer.addTrack(track, voice!) : this.peer.addTransceiver("audio", { direction: "sendrecv" }).sender;
    this.peer.ontrack = ({ streams, track: theirs }) => {
      this.stream = streams[0] ?? new MediaStream([theirs]);
      options.audio.srcObject = this.stream;
      void options.audio.play().catch(() => undefined);
    };
  }

  async connect(): Promise<void> {
    const { peer, options } = this;
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const answer = await options.signal(peer.localDescription!.sdp);
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
    this.unwatch = options.restart ? mend({ peer, restart: options.restart, onPath: options.onPath, gathered: () => gatheredAnew(peer), network: networkNews() }) : this.watchLoss();
  }

  private watchLoss(): () => void {
    this.peer.onconnectionstatechange = () => {
      if (this.peer.connectionState === "failed") this.options.onPath("lost");
    };
    return () => (this.peer.onconnectionstatechange = null);
  }

  mute(on: boolean): void {
    this.voice?.getAudioTracks().forEach((track) => (track.enabled = !on));
  }

  play(on: boolean): void {
    this.options.audio.muted = !on;
  }

  async speak(): Promise<void> {
    if (this.voice) return;
    const voice = await openMicrophone(this.options.microphone);
    if (this.over) return voice.getTracks().forEach((track) => track.stop());
    this.voice = voice;
    await this.sender.replaceTrack(voice.getAudioTracks()[0]!);
  }

  heard(): MediaStream | null {
    return this.stream;
  }

  end(): void {
    this.over = true;
    this.unwatch();
    this.voice?.getTracks().forEach((track) => track.stop());
    this.peer.close();
    this.options.audio.srcObject = null;
  }
}

/** What tells that the network has changed. */
function networkNews(): [EventTarget, string][] {
  const connection = (navigator as { connection?: EventTarget }).connection; // Network Information: not in all browsers
  return [[window, "online"], ...(connection ? [[connection, "change"] as [EventTarget, string]] : [])];
}

/** Resolves when every candidate is in the local description, or after `gatherLimit`. */
export function gathered(peer: Pick<RTCPeerConnection, "iceGatheringState" | "addEventListener">): Promise<void> {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, gatherLimit);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState === "complete") resolve();
    });
  });
}

/** The same for an offer that is still to be made: the state says "complete" of the one before, so the last candidate is waited for. */
export function gatheredAnew(peer: Pick<RTCPeerConnection, "addEventListener">): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, gatherLimit);
    peer.addEventListener("icecandidate", (e) => {
      if ((e as RTCPeerConnectionIceEvent).candidate === null) resolve();
    });
  });
}

/** The microphone's sound; a PhoneError says why not. */
export async function openMicrophone(device: string): Promise<MediaStream> {
  if (!navigator.mediaDevices?.getUserMedia) throw new PhoneError("unsupported");
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, deviceId: device || undefined };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new PhoneError(microphoneReason((error as DOMException).name));
  }
}

/** Maps getUserMedia's errors (Media Capture 10.2) to what the agent can do about them. */
export function microphoneReason(name: string): PhoneError["reason"] {
  return name === "NotAllowedError" || name === "SecurityError" ? "microphone_denied" : "microphone_missing";
}
