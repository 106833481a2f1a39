// The browser phone: one peer connection for each call, answered through the API without trickling (the server is ICE-lite,
// so its answer names the one address that matters).

/** The longest wait for ICE gathering; what has been gathered by then is offered. */
export const gatherLimit = 2_000;

export interface Conversation {
  /** Stops sending the voice in the browser too, not only in the centre. */
  mute(on: boolean): void;
  end(): void;
}

export interface ConversationOptions {
  audio: HTMLAudioElement;
  microphone: string;
  /** Sends the offer and gives the answer. */
  signal(offer: string): Promise<string>;
  onLost(): void;
}

/** Why a browser call could not be made: the agent must know that this is no missed call. */
export class PhoneError extends Error {
  readonly reason: "microphone_denied" | "microphone_missing" | "unsupported" | "connection";
  constructor(reason: PhoneError["reason"]) {
    super(reason);
    this.reason = reason;
  }
}

/** Opens the microphone, offers, and connects. The microphone is open only from here to `end`. */
export async function converse(options: ConversationOptions): Promise<Conversation> {
  const voice = await openMicrophone(options.microphone);
  const peer = new RTCPeerConnection();
  const end = () => {
    voice.getTracks().forEach((track) => track.stop());
    peer.onconnectionstatechange = null;
    peer.close();
    options.audio.srcObject = null;
  };
  try {
    for (const track of voice.getAudioTracks()) peer.addTrack(track, voice);
    peer.ontrack = ({ streams, track }) => {
      options.audio.srcObject = streams[0] ?? new MediaStream([track]);
      void options.audio.play().catch(() => undefined);
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "failed") options.onLost();
    };
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const answer = await options.signal(peer.localDescription!.sdp);
    await peer.setRemoteDescription({ type: "answer", sdp: answer });
  } catch (error) {
    end();
    throw error;
  }
  return { end, mute: (on) => voice.getAudioTracks().forEach((track) => (track.enabled = !on)) };
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
