import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mend, type Path, mendsItself, mendWaits } from "./mend.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig(answers: (() => Promise<string>)[]) {
  const heard: Record<string, () => void> = {};
  const said: Path[] = [];
  const peer = {
    iceConnectionState: "connected" as RTCIceConnectionState,
    localDescription: { sdp: "offer" },
    createOffer: vi.fn(async () => ({ type: "offer", sdp: "offer" })),
    setLocalDescription: vi.fn(async (_: RTCLocalSessionDescriptionInit) => undefined),
    setRemoteDescription: vi.fn(async () => undefined),
    addEventListener: (_: string, f: () => void) => (heard.ice = f),
  };
  const network = { addEventListener: (kind: string, f: () => void) => (heard[kind] = f), removeEventListener: vi.fn() };
  const restart = vi.fn(() => (answers.shift() ?? (async () => "answer"))());
  const stop = mend({ peer: peer as never, restart, onPath: (now) => said.push(now), gathered: async () => undefined, network: [[network, "online"]] });
  const become = (state: RTCIceConnectionState) => {
    peer.iceConnectionState = state;
    heard.ice!();
  };
  return { peer, restart, said, stop, become, online: () => heard.online!(), network };
}
const refused = () => Promise.reject(new Error("unreachable"));
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe("mend", () => {
  it("lets a short break come back by itself", async () => {
    const r = rig([]);
    r.become("disconnected");
    await settle(mendsItself - 1);
    r.become("connected");
    await settle(60_000);
    expect(r.restart).not.toHaveBeenCalled();
    expect(r.said).toEqual([]);
  });

  it("offers anew, with new ICE credentials, when the break lasts", async () => {
    const r = rig([]);
    r.become("disconnected");
    await settle(mendsItself);
    expect(r.peer.createOffer).toHaveBeenCalledWith({ iceRestart: true });
    expect(r.restart).toHaveBeenCalledWith("offer");
    expect(r.peer.setRemoteDescription).toHaveBeenCalledWith({ type: "answer", sdp: "answer" });
    r.become("connected");
    expect(r.said).toEqual(["mending", "up"]);
  });

  it("does not wait when the network says that it changed", async () => {
    const r = rig([]);
    r.online();
    await settle();
    expect(r.restart).toHaveBeenCalledTimes(1);
  });

  it("tries again while the centre can't be reached, one restart at a time", async () => {
    const r = rig([refused, refused]);
    r.become("failed");
    r.online();
    await settle(mendWaits[0]! + mendWaits[1]!);
    expect(r.restart).toHaveBeenCalledTimes(3);
    r.become("connected");
    expect(r.said).toEqual(["mending", "up"]);
  });

  it("says so when nothing helps", async () => {
    const r = rig(Array.from({ length: 20 }, () => refused));
    r.become("failed");
    await settle(60_000);
    expect(r.restart).toHaveBeenCalledTimes(mendWaits.length);
    expect(r.said).toEqual(["mending", "lost"]);
  });

  it("keeps a path that still stands when the centre takes no restart", async () => {
    const r = rig(Array.from({ length: 20 }, () => refused));
    r.online();
    await settle(60_000);
    expect(r.said).toEqual(["mending", "up"]);
    expect(r.peer.setLocalDescription).toHaveBeenLastCalledWith({ type: "rollback" });
  });

  it("begins again from a lost path when the network comes back", async () => {
    const r = rig(Array.from({ length: mendWaits.length }, () => refused));
    r.become("failed");
    await settle(60_000);
    r.online();
    await settle();
    r.become("connected");
    expect(r.said).toEqual(["mending", "lost", "mending", "up"]);
  });

  it("leaves a call that is over alone", async () => {
    const r = rig([]);
    r.become("disconnected");
    r.stop();
    await settle(60_000);
    r.become("failed");
    await settle(60_000);
    expect(r.restart).not.toHaveBeenCalled();
    expect(r.network.removeEventListener).toHaveBeenCalled();
  });
});
