// One tab owns the browser phone; another may take it over, but never out of a conversation.

export type Ownership = "waiting" | "owner" | "other_tab" | "other_tab_busy";

const lockName = "santra-phone";

export interface OwnerOptions {
  busy(): boolean;
  onChange(now: Ownership): void;
  locks?: Pick<LockManager, "request">;
  channel?: Pick<BroadcastChannel, "postMessage" | "close"> & { onmessage: ((e: MessageEvent) => void) | null };
}

export interface Owner {
  takeOver(): void;
  stop(): void;
}

/** Competes for the phone. Without Web Locks (no secure context) the tab owns the phone, as no other can be asked. */
export function phoneOwner(options: OwnerOptions): Owner {
  const locks = options.locks;
  const channel = options.channel;
  if (!locks || !channel) {
    options.onChange("owner");
    return { takeOver() {}, stop() {} };
  }
  return new LockOwner(options, locks, channel);
}

class LockOwner implements Owner {
  private release: (() => void) | null = null;
  private stopped = false;
  private asking = false;

  constructor(
    private readonly options: OwnerOptions,
    private readonly locks: NonNullable<OwnerOptions["locks"]>,
    private readonly channel: NonNullable<OwnerOptions["channel"]>,
  ) {
    channel.onmessage = (e) => this.hear(e.data as string);
    this.request({ ifAvailable: true });
  }

  /** Asks the owner to let go; it does so unless it is in a conversation. */
  takeOver(): void {
    this.asking = true;
    this.channel.postMessage("let-go");
  }

  stop(): void {
    this.stopped = true;
    this.release?.();
    this.channel.close();
  }

  private request(how: LockOptions): void {
    void this.locks.request(lockName, how, (lock) => (lock ? this.hold() : this.refused()));
  }

  private hold(): Promise<void> | undefined {
    if (this.stopped) return;
    this.asking = false;
    this.options.onChange("owner");
    return new Promise((resolve) => (this.release = resolve));
  }

  private refused(): undefined {
    if (this.stopped) return;
    this.options.onChange("other_tab");
    // Queued behind the owner: this tab becomes it when that one is closed.
    this.request({});
  }

  private hear(word: string): void {
    if (word === "let-go" && this.release) this.letGo();
    if (word === "busy" && this.asking) this.options.onChange("other_tab_busy");
  }

  private letGo(): void {
    if (this.options.busy()) return this.channel.postMessage("busy");
    this.release?.();
    this.release = null;
    this.options.onChange("other_tab");
    this.request({});
  }
}
