import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DraftKeeper, retryDelay, saveDelay, type DraftState, type DraftText } from "./draft.ts";

const conflict = new Error("409");
const text = (s: string): DraftText => ({ subject: "Re: vesi", text: s });

function keeper(save?: (t: DraftText, v: number) => Promise<{ version: number; saved_at: string }>) {
  const states: DraftState[] = [];
  const kept: [string, number][] = [];
  const self = new DraftKeeper({
    version: 0,
    save: async (t, v) => {
      kept.push([t.text, v]);
      return save ? save(t, v) : { version: v + 1, saved_at: "2026-11-23T10:00:00Z" };
    },
    isConflict: (e) => e === conflict,
    onState: (s) => states.push(s),
  });
  return { self, states, kept };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("DraftKeeper", () => {
  it("saves within two seconds of the first key, however long the typing goes on", async () => {
    const { self, kept, states } = keeper();
    for (let i = 1; i <= 20; i++) {
      self.edit(text("x".repeat(i)));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(saveDelay).toBeLessThan(2_000);
    expect(kept[0]).toEqual(["x".repeat(12), 0]);
    await vi.advanceTimersByTimeAsync(saveDelay);
    expect(kept.at(-1)).toEqual(["x".repeat(20), 1]);
    expect(states.at(-1)).toBe("saved");
    expect(self.unsaved).toBe(false);
  });

  it("sends one request at a time and the latest text last", async () => {
    let answer: () => void = () => undefined;
    const { self, kept } = keeper((_, v) => new Promise((done) => (answer = () => done({ version: v + 1, saved_at: "" }))));
    self.edit(text("a"));
    await vi.advanceTimersByTimeAsync(saveDelay);
    self.edit(text("ab"));
    await vi.advanceTimersByTimeAsync(saveDelay);
    expect(kept).toEqual([["a", 0]]);
    answer();
    await vi.advanceTimersByTimeAsync(saveDelay);
    expect(kept).toEqual([["a", 0], ["ab", 1]]);
  });

  it("tries again after a failure", async () => {
    let broken = true;
    const { self, states, kept } = keeper(async (_, v) => {
      if (broken) throw new Error("disk full");
      return { version: v + 1, saved_at: "" };
    });
    self.edit(text("a"));
    await vi.advanceTimersByTimeAsync(saveDelay);
    expect(states.at(-1)).toBe("failed");
    broken = false;
    await vi.advanceTimersByTimeAsync(retryDelay);
    expect(states.at(-1)).toBe("saved");
    expect(kept).toHaveLength(2);
  });

  it("stops at a conflict until a person decides", async () => {
    let theirs = true;
    const { self, states, kept } = keeper(async (_, v) => {
      if (theirs) throw conflict;
      return { version: v + 1, saved_at: "" };
    });
    self.edit(text("mine"));
    await vi.advanceTimersByTimeAsync(saveDelay);
    self.edit(text("mine too"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toBe("conflict");
    expect(kept).toHaveLength(1);
    await expect(self.flush()).rejects.toThrow("conflict");
    theirs = false;
    await self.overwrite(7);
    expect(kept.at(-1)).toEqual(["mine too", 7]);
    expect(states.at(-1)).toBe("saved");
  });

  it("flushes before sending and gives the version that was saved", async () => {
    const { self } = keeper();
    self.edit(text("a"));
    expect(await self.flush()).toBe(1);
    expect(await self.flush()).toBe(1);
  });

  it("saves what is left when the page is left", async () => {
    const { self, kept } = keeper();
    self.edit(text("a"));
    self.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(kept).toEqual([["a", 0]]);
  });
});
