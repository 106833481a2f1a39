// A draft lives on the server: what is written is there within two seconds, and another's change is never overwritten
// unseen.

/** From the first unsaved key to the request, in ms; with the request itself a draft is kept within 2 s. */
export const saveDelay = 1_200;
/** After a failure, until the next attempt. */
export const retryDelay = 3_000;

export type DraftState = "clean" | "unsaved" | "saving" | "saved" | "failed" | "conflict";

export interface DraftText {
  subject: string;
  text: string;
}
export interface Saved {
  version: number;
  saved_at: string;
}

export interface DraftOptions {
  version: number;
  save(text: DraftText, version: number): Promise<Saved>;
  isConflict(error: unknown): boolean;
  onState(state: DraftState, savedAt: string): void;
}

/** Keeps one draft saved. One request at a time; what is written meanwhile goes with the next. */
export class DraftKeeper {
  private version: number;
  private pending: DraftText | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<void> | null = null;
  private state: DraftState = "clean";
  private savedAt = "";

  constructor(private readonly options: DraftOptions) {
    this.version = options.version;
  }

  /** Notes what is written now. */
  edit(text: DraftText): void {
    this.pending = text;
    if (this.state === "conflict") return;
    if (!this.running) this.become("unsaved");
    this.schedule(saveDelay);
  }

  /** Saves what is unsaved; gives the server's version, or throws when it is not there. */
  async flush(): Promise<number> {
    this.cancel();
    if (this.running) await this.running;
    if (this.pending && this.state !== "conflict") await this.save();
    if (this.state === "failed" || this.state === "conflict") throw new Error(this.state);
    return this.version;
  }

  /** After a conflict: what is written here replaces the other's version. */
  async overwrite(theirs: number): Promise<void> {
    this.version = theirs;
    this.become("unsaved");
    await this.save();
  }

  /** Whether leaving the page would lose something. */
  get unsaved(): boolean {
    return this.pending !== null;
  }

  /** Ends the keeper; what is unsaved is still sent. */
  stop(): void {
    this.cancel();
    if (this.pending && !this.running && this.state !== "conflict") void this.save();
  }

  private schedule(delay: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.save();
    }, delay);
  }

  private cancel(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private save(): Promise<void> {
    this.running ??= this.saveOnce().finally(() => (this.running = null));
    return this.running;
  }

  private async saveOnce(): Promise<void> {
    const text = this.pending;
    if (!text) return;
    this.become("saving");
    try {
      const saved = await this.options.save(text, this.version);
      this.version = saved.version;
      this.savedAt = saved.saved_at;
      if (this.pending === text) this.pending = null;
      this.become(this.pending ? "unsaved" : "saved");
      if (this.pending) this.schedule(saveDelay);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.options.isConflict(error)) return this.become("conflict");
    this.become("failed");
    this.schedule(retryDelay);
  }

  private become(state: DraftState): void {
    this.state = state;
    this.options.onState(state, this.savedAt);
  }
}
