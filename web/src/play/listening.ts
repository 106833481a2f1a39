// Listening goes past the contact centre: the grant is posted to the recorder's own origin, which sets a cookie there and
// streams the audio. The grant lives 60 s and is renewed each 30 s while the player is open; closing it ends the right.
import { api, ApiError, take } from "../api/client.ts";
import type { Listening } from "../api/types.ts";
import { type Peaks, splitPeaks } from "./peaks.ts";

export const renewEvery = 30_000;

export interface Tape {
  /** Where the audio streams from, on the recorder's origin. */
  src: string;
  peaks: Peaks;
}

interface Opened {
  url?: string;
  audio?: string;
  peaks?: string | number[] | null;
  peaks_url?: string;
}

/** Hands the grant to the recorder and gives what to play. */
export async function present(listening: Listening, ask: typeof fetch = fetch): Promise<Tape> {
  const address = new URL(listening.url || "/play", listening.origin);
  const opened = (await post(address, listening.grant, ask)) as Opened;
  const src = new URL(opened.url ?? opened.audio ?? "", address);
  if (src.origin !== new URL(listening.origin).origin) throw new ApiError(502);
  const peaks = opened.peaks_url ? await fetchPeaks(new URL(opened.peaks_url, address), ask) : opened.peaks;
  return { src: src.href, peaks: splitPeaks(peaks) };
}

async function fetchPeaks(address: URL, ask: typeof fetch): Promise<string | number[] | null> {
  const answer = await ask(address, { credentials: "include" }).catch(() => null);
  if (!answer?.ok) return null;
  const body = (await answer.json()) as number[] | { peaks?: number[] | string };
  return Array.isArray(body) ? body : (body.peaks ?? null);
}

async function post(address: URL, grant: string, ask: typeof fetch): Promise<unknown> {
  const body = JSON.stringify({ grant });
  const headers = { "Content-Type": "application/json" };
  const answer = await ask(address, { method: "POST", credentials: "include", headers, body }).catch(() => null);
  if (!answer) throw new ApiError(0);
  if (!answer.ok) throw new ApiError(answer.status, { kind: answer.status === 403 ? "denied" : "unavailable" });
  return answer.json();
}

/** Renews the right each 30 s until stopped; `onEnd` when it is refused. */
export function keepRenewed(id: string, first: Listening, onEnd: (error: unknown) => void, renew = renewOnce): () => void {
  let grant = first.grant;
  const timer = setInterval(() => {
    renew(id, grant).then(
      (next) => (grant = next),
      (error: unknown) => {
        clearInterval(timer);
        onEnd(error);
      },
    );
  }, renewEvery);
  return () => clearInterval(timer);
}

async function renewOnce(id: string, grant: string): Promise<string> {
  const next = await take(api.POST("/api/recordings/{id}/renew", { params: { path: { id } }, body: { grant } }));
  await present(next).catch(() => undefined);
  return next.grant;
}
