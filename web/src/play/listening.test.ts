import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Listening } from "../api/types.ts";
import { keepRenewed, present, renewEvery } from "./listening.ts";

const listening: Listening = { grant: "g1", origin: "https://recorder.example", url: "https://recorder.example/play", expires: "" };
const opened = { url: "/play/abc", renew: "/play/abc/renew", peaks: "/play/abc/peaks" };

/** A recorder that answers by path. */
function recorder(answers: Record<string, unknown>, status = 200) {
  return vi.fn(async (address: string) => {
    const path = new URL(address).pathname;
    return path in answers ? new Response(JSON.stringify(answers[path]), { status }) : new Response(null, { status: 404 });
  });
}

describe("present", () => {
  it("posts the grant to the recorder with its cookie and plays from there", async () => {
    const ask = recorder({ "/play": opened, "/play/abc/peaks": { customer: [1], agent: [2], pauses: [{ from: 3, to: 5.5 }] } });
    const tape = await present(listening, ask as never);
    expect(tape).toEqual({
      src: "https://recorder.example/play/abc",
      renew: "https://recorder.example/play/abc/renew",
      peaks: { customer: [1], agent: [2], pauses: [{ from: 3, to: 5.5 }] },
    });
    const [address, init] = ask.mock.calls[0] as unknown as [string, RequestInit];
    expect(address).toBe("https://recorder.example/play");
    expect(init).toMatchObject({ method: "POST", credentials: "include", body: '{"grant":"g1"}' });
  });

  it("plays without a waveform where there is none", async () => {
    const tape = await present(listening, recorder({ "/play": opened }) as never);
    expect(tape.peaks).toEqual({ customer: [], agent: [], pauses: [] });
  });

  it("plays from nowhere else", async () => {
    const ask = recorder({ "/play": { ...opened, url: "https://elsewhere.example/x" } });
    await expect(present(listening, ask as never)).rejects.toThrow();
  });

  it("says why the recorder refused", async () => {
    await expect(present(listening, recorder({ "/play": {} }, 403) as never)).rejects.toMatchObject({ kind: "denied" });
  });
});

describe("keepRenewed", () => {
  const tape = { grant: "g1", renew: "https://recorder.example/play/abc/renew" };
  const taken = () => recorder({ "/play/abc/renew": {} });
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("brings the newest grant to the recorder until stopped", async () => {
    const next = vi.fn(async (_: string, grant: string) => `${grant}+`);
    const ask = taken();
    const stop = keepRenewed("r", tape, vi.fn(), next, ask as never);
    await vi.advanceTimersByTimeAsync(2 * renewEvery);
    expect(next.mock.calls).toEqual([
      ["r", "g1"],
      ["r", "g1+"],
    ]);
    expect(ask.mock.calls).toHaveLength(2);
    stop();
    await vi.advanceTimersByTimeAsync(5 * renewEvery);
    expect(next).toHaveBeenCalledTimes(2);
  });

  it.each([
    ["the centre", async () => Promise.reject(new Error("denied")), taken()],
    ["the recorder", async () => "g2", recorder({})],
  ])("ends when %s refuses", async (_, next, ask) => {
    const onEnd = vi.fn();
    keepRenewed("r", tape, onEnd, next, ask as never);
    await vi.advanceTimersByTimeAsync(3 * renewEvery);
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
