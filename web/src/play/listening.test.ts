import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Listening } from "../api/types.ts";
import { keepRenewed, present, renewEvery } from "./listening.ts";

const listening: Listening = { grant: "g1", origin: "https://recorder.example", url: "https://recorder.example/play", expires: "" };
const answer = (body: unknown, status = 200) => vi.fn(async () => new Response(JSON.stringify(body), { status })) as unknown as typeof fetch;

describe("present", () => {
  it("posts the grant to the recorder with its cookie and plays from there", async () => {
    const ask = answer({ url: "/play/abc", peaks: [1, 2] });
    expect(await present(listening, ask)).toEqual({ src: "https://recorder.example/play/abc", peaks: { customer: [1], agent: [2] } });
    const [address, init] = vi.mocked(ask).mock.calls[0]!;
    expect(String(address)).toBe("https://recorder.example/play");
    expect(init).toMatchObject({ method: "POST", credentials: "include", body: '{"grant":"g1"}' });
  });

  it("plays from nowhere else", async () => {
    await expect(present(listening, answer({ url: "https://elsewhere.example/x" }))).rejects.toThrow();
  });

  it("says why the recorder refused", async () => {
    await expect(present(listening, answer({}, 403))).rejects.toMatchObject({ kind: "denied" });
  });
});

describe("keepRenewed", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("renews with the newest grant until stopped", async () => {
    const renew = vi.fn(async (_: string, grant: string) => `${grant}+`);
    const stop = keepRenewed("r", listening, vi.fn(), renew);
    await vi.advanceTimersByTimeAsync(2 * renewEvery);
    expect(renew.mock.calls).toEqual([["r", "g1"], ["r", "g1+"]]);
    stop();
    await vi.advanceTimersByTimeAsync(5 * renewEvery);
    expect(renew).toHaveBeenCalledTimes(2);
  });

  it("ends when the right is withdrawn", async () => {
    const onEnd = vi.fn();
    keepRenewed("r", listening, onEnd, async () => Promise.reject(new Error("denied")));
    await vi.advanceTimersByTimeAsync(3 * renewEvery);
    expect(onEnd).toHaveBeenCalledOnce();
  });
});
