import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { converse, gathered, gatheredAnew, gatherLimit, microphoneReason, PhoneError } from "./webrtc.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function peerThatGathers() {
  const heard: (() => void)[] = [];
  const peer = {
    iceGatheringState: "gathering" as RTCIceGatheringState,
    addEventListener: (_: string, f: () => void) => void heard.push(f),
    become(state: RTCIceGatheringState) {
      peer.iceGatheringState = state;
      heard.forEach((f) => f());
    },
  };
  return peer;
}

describe("gathered", () => {
  it("waits for the last candidate", async () => {
    const peer = peerThatGathers();
    const done = vi.fn();
    void gathered(peer as never).then(done);
    await vi.advanceTimersByTimeAsync(100);
    expect(done).not.toHaveBeenCalled();
    peer.become("complete");
    await vi.advanceTimersByTimeAsync(0);
    expect(done).toHaveBeenCalled();
  });

  it("does not wait for ever", async () => {
    const done = vi.fn();
    void gathered(peerThatGathers() as never).then(done);
    await vi.advanceTimersByTimeAsync(gatherLimit);
    expect(done).toHaveBeenCalled();
  });
});

it("waits for the candidates of an offer that follows another", async () => {
  let hear: (e: { candidate: unknown }) => void = () => undefined;
  const done = vi.fn();
  void gatheredAnew({ addEventListener: (_: string, f: typeof hear) => (hear = f) } as never).then(done);
  hear({ candidate: {} });
  await vi.advanceTimersByTimeAsync(0);
  expect(done).not.toHaveBeenCalled();
  hear({ candidate: null });
  await vi.advanceTimersByTimeAsync(0);
  expect(done).toHaveBeenCalled();
});

it.each([
  ["NotAllowedError", "microphone_denied"],
  ["SecurityError", "microphone_denied"],
  ["NotFoundError", "microphone_missing"],
  ["NotReadableError", "microphone_missing"],
])("%s means %s", (name, reason) => expect(microphoneReason(name)).toBe(reason));

describe("converse", () => {
  const track = { stop: vi.fn(), enabled: true };
  const voice = { getTracks: () => [track], getAudioTracks: () => [track] };
  const audio = { srcObject: null, play: async () => undefined } as unknown as HTMLAudioElement;
  const closed = vi.fn();
  const replaced = vi.fn(async (_track: unknown, _direction: string) => undefined);
  const getUserMedia = vi.fn(async () => voice);
  const peers: { connectionState: string; onconnectionstatechange: (() => void) | null }[] = [];

  beforeEach(() => {
    getUserMedia.mockClear();
    replaced.mockClear();
    peers.length = 0;
    track.stop.mockClear();
    track.enabled = true;
    closed.mockClear();
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
    vi.stubGlobal(
      "RTCPeerConnection",
      class {
        iceGatheringState = "complete";
        localDescription = { sdp: "offer" };
        addTrack = vi.fn();
        addTransceiver = (_: string, how: { direction: string }) => ({ sender: { replaceTrack: (t: unknown) => replaced(t, how.direction) } });
        connectionState = "connected";
        constructor() {
          peers.push(this as never);
        }
        createOffer = async () => ({ type: "offer", sdp: "offer" });
        setLocalDescription = async () => undefined;
        setRemoteDescription = async () => undefined;
        close = closed;
      },
    );
  });

  it("offers, connects, mutes, and closes the microphone at the end", async () => {
    const signal = vi.fn(async () => "answer");
    const talk = await converse({ audio, microphone: "", signal, onPath: vi.fn() });
    expect(signal).toHaveBeenCalledWith("offer");
    talk.mute(true);
    expect(track.enabled).toBe(false);
    talk.end();
    expect(track.stop).toHaveBeenCalled();
    expect(closed).toHaveBeenCalled();
  });

  it("keeps the microphone closed of who only listens, and opens it to speak", async () => {
    const talk = await converse({ audio, microphone: "", silent: true, signal: async () => "answer", onPath: vi.fn() });
    expect(getUserMedia).not.toHaveBeenCalled();
    await talk.speak();
    await talk.speak();
    expect(getUserMedia).toHaveBeenCalledTimes(1);
    expect(replaced).toHaveBeenCalledWith(track, "sendrecv");
    talk.end();
    expect(track.stop).toHaveBeenCalled();
  });

  it("closes a microphone that opens after the end", async () => {
    const talk = await converse({ audio, microphone: "", silent: true, signal: async () => "answer", onPath: vi.fn() });
    const speaking = talk.speak();
    talk.end();
    await speaking;
    expect(track.stop).toHaveBeenCalled();
    expect(replaced).not.toHaveBeenCalled();
  });

  it("plays only the call in focus, and tells when a path that nobody mends is lost", async () => {
    const onPath = vi.fn();
    const talk = await converse({ audio, microphone: "", signal: async () => "answer", onPath });
    talk.play(false);
    expect(audio.muted).toBe(true);
    peers[0]!.connectionState = "failed";
    peers[0]!.onconnectionstatechange!();
    expect(onPath).toHaveBeenCalledWith("lost");
  });

  it("closes the microphone when the centre refuses", async () => {
    const signal = async () => Promise.reject(new Error("gone"));
    await expect(converse({ audio, microphone: "", signal, onPath: vi.fn() })).rejects.toThrow("gone");
    expect(track.stop).toHaveBeenCalled();
  });

  it("says that the browser has no microphone at all", async () => {
    vi.stubGlobal("navigator", {});
    const asked = converse({ audio, microphone: "", signal: async () => "", onPath: vi.fn() });
    await expect(asked).rejects.toEqual(new PhoneError("unsupported"));
  });
});
