import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { converse, gathered, gatherLimit, microphoneReason, PhoneError } from "./webrtc.ts";

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

  beforeEach(() => {
    track.stop.mockClear();
    track.enabled = true;
    closed.mockClear();
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: async () => voice } });
    vi.stubGlobal(
      "RTCPeerConnection",
      class {
        iceGatheringState = "complete";
        localDescription = { sdp: "offer" };
        addTrack = vi.fn();
        createOffer = async () => ({ type: "offer", sdp: "offer" });
        setLocalDescription = async () => undefined;
        setRemoteDescription = async () => undefined;
        close = closed;
      },
    );
  });

  it("offers, connects, mutes, and closes the microphone at the end", async () => {
    const signal = vi.fn(async () => "answer");
    const talk = await converse({ audio, microphone: "", signal, onLost: vi.fn() });
    expect(signal).toHaveBeenCalledWith("offer");
    talk.mute(true);
    expect(track.enabled).toBe(false);
    talk.end();
    expect(track.stop).toHaveBeenCalled();
    expect(closed).toHaveBeenCalled();
  });

  it("closes the microphone when the centre refuses", async () => {
    const signal = async () => Promise.reject(new Error("gone"));
    await expect(converse({ audio, microphone: "", signal, onLost: vi.fn() })).rejects.toThrow("gone");
    expect(track.stop).toHaveBeenCalled();
  });

  it("says that the browser has no microphone at all", async () => {
    vi.stubGlobal("navigator", {});
    const asked = converse({ audio, microphone: "", signal: async () => "", onLost: vi.fn() });
    await expect(asked).rejects.toEqual(new PhoneError("unsupported"));
  });
});
