// A path that breaks when the network changes is set up anew without dropping the call: an ICE restart (RFC 8445 9, RFC 8829
// 5.2.3.3), offered through the API like the first offer.

/** How long a broken path may come back by itself before it is set up anew, in ms. */
export const mendsItself = 2_000;
/** Waits between the tries of one restart, in ms; after the last the sound is given up. */
export const mendWaits: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000];

/** Whether the sound has a path now. */
export type Path = "up" | "mending" | "lost";

type MendedPeer = Pick<RTCPeerConnection, "createOffer" | "setLocalDescription" | "setRemoteDescription" | "localDescription" | "addEventListener" | "iceConnectionState">;

interface NetworkNews {
  addEventListener(kind: string, hear: () => void): void;
  removeEventListener(kind: string, hear: () => void): void;
}

export interface MendOptions {
  peer: MendedPeer;
  /** Carries a new offer to the centre and brings its answer. */
  restart(offer: string): Promise<string>;
  onPath(now: Path): void;
  /** Resolves when all candidates of the offer that follows are known. */
  gathered(): Promise<void>;
  /** What tells that the network has changed: window's "online", and "change" of the connection where browsers have it. */
  network: readonly (readonly [NetworkNews, string])[];
}

/** Watches a peer connection until the returned function is called. */
export function mend(options: MendOptions): () => void {
  const mender = new Mender(options);
  const { peer, network } = options;
  peer.addEventListener("iceconnectionstatechange", () => mender.look());
  const changed = () => void mender.restart();
  for (const [news, kind] of network) news.addEventListener(kind, changed);
  return () => {
    mender.stop();
    for (const [news, kind] of network) news.removeEventListener(kind, changed);
  };
}

class Mender {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private stopped = false;
  private path: Path = "up";

  constructor(private readonly options: MendOptions) {}

  look(): void {
    const state = this.options.peer.iceConnectionState;
    if (this.stopped) return;
    clearTimeout(this.timer);
    if (this.stands()) this.tell("up");
    if (state === "disconnected") this.timer = setTimeout(() => void this.restart(), mendsItself);
    if (state === "failed") void this.restart();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Tries until the centre has answered; one restart at a time. Whether the path then stands, ICE tells. */
  async restart(): Promise<void> {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.tell("mending");
    const done = await this.tries();
    this.busy = false;
    if (this.stopped) return;
    // A change of network need not have cut the old path; an answered restart goes on, and ICE tells its next state.
    if (this.stands()) this.tell("up");
    else if (!done) this.tell("lost");
  }

  private stands(): boolean {
    const state = this.options.peer.iceConnectionState;
    return state === "connected" || state === "completed";
  }

  private async tries(): Promise<boolean> {
    for (const wait of mendWaits) {
      if (this.stopped || (await this.try())) return true;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    return false;
  }

  private async try(): Promise<boolean> {
    const { peer, restart, gathered } = this.options;
    try {
      const all = gathered();
      await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
      await all;
      const answer = await restart(peer.localDescription!.sdp);
      if (!this.stopped) await peer.setRemoteDescription({ type: "answer", sdp: answer });
      return true;
    } catch {
      await peer.setLocalDescription({ type: "rollback" }).catch(() => undefined);
      return false; // the next try says it again
    }
  }

  private tell(now: Path): void {
    if (this.path === now) return;
    this.path = now;
    this.options.onPath(now);
  }
}
