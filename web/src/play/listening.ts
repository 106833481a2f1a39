// Listening goes past the contact centre: the grant is posted to the recorder's own origin, which sets a cookie there and
// streams the audio. The grant lives 60 s and is renewed each 30 s while the player is open; closing it ends the right.
import { api, ApiError, take } from "../api/client.ts";
import type { Listening } from "../api/types.ts";
import type { Peaks } from "./peaks.ts";

export const renewEvery = 30_000;

export interface Tape {
  /** Where the audio streams from, on the recorder's origin. */
  src: string;
  /** Where a renewed grant is posted. */
  renew: string;
  peaks: Peaks;
}

/** What the recorder answers to a grant: paths on its own origin. */
interface Opened {
  url: string;
  renew: string;
  peaks: string;
}

/** Hands the grant to the recorder and gives what to play. */
export async function present(listening: Listening, ask: typeof fetch = fetch): Promise<Tape> {
  const door = new URL(listening.url || "/play", listening.origin);
  const opened = (await (await post(door.href, listening.grant, ask)).json()) as Opened;
  const inside = (path: string) => onOrigin(path, door);
  return { src: inside(opened.url), renew: inside(opened.renew), peaks: await fetchPeaks(inside(opened.peaks), ask) };
}

/** The audio comes from the recorder or from nowhere. */
function onOrigin(path: string, door: URL): string {
  const address = new URL(path, door);
  if (address.origin !== door.origin) throw new ApiError(502);
  return address.href;
}

/** A missing waveform keeps nobody from listening. */
async function fetchPeaks(address: string, ask: typeof fetch): Promise<Peaks> {
  const answer = await ask(address, { credentials: "include" }).catch(() => null);
  const body = answer?.ok ? ((await answer.json()) as Partial<Peaks>) : {};
  return { customer: body.customer ?? [], agent: body.agent ?? [], pauses: body.pauses ?? [] };
}

async function post(address: string, grant: string, ask: typeof fetch): Promise<Response> {
  const body = JSON.stringify({ grant });
  const headers = { "Content-Type": "application/json" };
  const answer = await ask(address, { method: "POST", credentials: "include", headers, body }).catch(() => null);
  if (!answer) throw new ApiError(0);
  if (!answer.ok) throw new ApiError(answer.status, { kind: answer.status === 403 ? "denied" : "unavailable" });
  return answer;
}

/** Asks the centre for the next grant, which it refuses once the right is withdrawn. */
export type NextGrant = (id: string, grant: string) => Promise<string>;

const nextGrant: NextGrant = async (id, grant) =>
  (await take(api.POST("/api/recordings/{id}/renew", { params: { path: { id } }, body: { grant } }))).grant;

/** Renews the right each 30 s until stopped: from the centre, then to the recorder. `onEnd` when either refuses. */
export function keepRenewed(
  id: string,
  first: { grant: string; renew: string },
  onEnd: (error: unknown) => void,
  next: NextGrant = nextGrant,
  ask: typeof fetch = fetch,
): () => void {
  let grant = first.grant;
  const renew = async () => {
    grant = await next(id, grant);
    await post(first.renew, grant, ask);
  };
  const timer = setInterval(() => {
    renew().catch((error: unknown) => {
      clearInterval(timer);
      onEnd(error);
    });
  }, renewEvery);
  return () => clearInterval(timer);
}
