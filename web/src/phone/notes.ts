// What the agent writes down about a call. The centre keeps it in memory and erases it at the end of the wrap-up (M3); here it
// lives in the open field alone.

/** After the last key, in ms. */
export const quiet = 600;
/** While one goes on typing, in ms: what is written is never older than this at the centre. */
export const atLeast = 1_000;
/** After a failure, in ms. */
export const again = 2_000;
/** Notes are at most this long, in bytes of UTF-8 (voice.MaxNotes). */
export const mostBytes = 8_000;

export type Kept = "saved" | "waiting" | "failed";

export interface NoteKeeper {
  change(text: string): void;
  /** Saves what waits; what comes after it sees it saved, or failed. */
  flush(): Promise<void>;
  stop(): void;
}

/** Carries the notes of one call to the centre, one request at a time, the newest text last. */
export function noteKeeper(save: (text: string) => Promise<unknown>, onKept: (now: Kept) => void): NoteKeeper {
  return new Keeper(save, onKept);
}

class Keeper implements NoteKeeper {
  private text: string | null = null; // not at the centre yet
  private since = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly save: (text: string) => Promise<unknown>,
    private readonly onKept: (now: Kept) => void,
  ) {}

  change(text: string): void {
    const now = Date.now();
    if (this.text === null) this.since = now;
    this.text = text;
    this.onKept("waiting");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), Math.max(0, Math.min(quiet, this.since + atLeast - now)));
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.running ??= this.drain().finally(() => (this.running = null));
    await this.running;
  }

  stop(): void {
    this.stopped = true;
    void this.flush();
  }

  private async drain(): Promise<void> {
    while (this.text !== null) {
      const text: string = this.text;
      this.text = null;
      try {
        await this.save(text);
      } catch {
        this.text ??= text;
        if (!this.stopped) this.timer = setTimeout(() => void this.flush(), again);
        return this.onKept("failed");
      }
    }
    this.onKept("saved");
  }
}

/** Cuts a text to what the centre takes, never within a character. */
export function fitting(text: string): string {
  const bytes = new TextEncoder();
  if (bytes.encode(text).length <= mostBytes) return text;
  let cut = "";
  let used = 0;
  for (const sign of text) {
    used += bytes.encode(sign).length;
    if (used > mostBytes) break;
    cut += sign;
  }
  return cut;
}
