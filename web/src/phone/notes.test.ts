import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { again, atLeast, fitting, type Kept, mostBytes, noteKeeper, quiet } from "./notes.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig(save: (text: string) => Promise<unknown> = async () => undefined) {
  const saved: string[] = [];
  const kept: Kept[] = [];
  const keeper = noteKeeper((text) => (saved.push(text), save(text)), (now) => kept.push(now));
  return { keeper, saved, kept };
}

describe("noteKeeper", () => {
  it("waits until one stops typing", async () => {
    const { keeper, saved, kept } = rig();
    keeper.change("a");
    await vi.advanceTimersByTimeAsync(quiet - 1);
    keeper.change("ab");
    expect(saved).toEqual([]);
    await vi.advanceTimersByTimeAsync(quiet);
    expect(saved).toEqual(["ab"]);
    expect(kept.at(-1)).toBe("saved");
  });

  it("is never more than a second behind who types on", async () => {
    const { keeper, saved } = rig();
    for (let at = 0; at < atLeast; at += 100) {
      keeper.change(`at ${at}`);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(saved).toEqual(["at 900"]);
  });

  it("saves the newest after one that is under way", async () => {
    let free: () => void = () => undefined;
    const { keeper, saved } = rig(() => new Promise<void>((resolve) => (free = resolve)));
    keeper.change("old");
    const done = keeper.flush();
    keeper.change("new");
    free();
    await vi.advanceTimersByTimeAsync(0);
    free();
    await done;
    expect(saved).toEqual(["old", "new"]);
  });

  it("keeps what could not be saved, and says so", async () => {
    let fails = true;
    const { keeper, saved, kept } = rig(async () => {
      if (fails) throw new Error("unreachable");
    });
    keeper.change("kept");
    await keeper.flush();
    expect(kept.at(-1)).toBe("failed");
    fails = false;
    await vi.advanceTimersByTimeAsync(again);
    expect(saved).toEqual(["kept", "kept"]);
    expect(kept.at(-1)).toBe("saved");
  });

  it("tries no longer once the call is left", async () => {
    const { keeper, saved } = rig(async () => Promise.reject(new Error("gone")));
    keeper.change("x");
    keeper.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(saved).toEqual(["x"]);
  });

  it("has nothing to save twice", async () => {
    const { keeper, saved } = rig();
    keeper.change("x");
    await keeper.flush();
    keeper.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(saved).toEqual(["x"]);
  });
});

describe("fitting", () => {
  it("leaves what fits", () => expect(fitting("jätevesi")).toBe("jätevesi"));
  it("cuts at the limit of bytes, between characters", () => {
    const cut = fitting("ä".repeat(mostBytes));
    expect(cut).toHaveLength(mostBytes / 2);
    expect(fitting(`${"a".repeat(mostBytes - 1)}😀`)).toBe("a".repeat(mostBytes - 1));
  });
});
