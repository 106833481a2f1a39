import type { LegQuality } from "../phone/quality.ts";
import { ApiError, api, take } from "./client.ts";

// What the centre says of the media of a call. Both resources are younger than the generated types: their shapes are here, and
// here alone.

interface Young {
  GET(path: string, init: object): Promise<{ data?: unknown; error?: unknown; response: Response }>;
  POST(path: string, init: object): Promise<{ data?: unknown; error?: unknown; response: Response }>;
}
const young = api as unknown as Young;

/** Sends the offer of an ICE restart and gives the centre's answer. */
export async function restartMedia(id: string, sdp: string): Promise<string> {
  const answer = (await take(young.POST("/api/calls/{id}/restart", { params: { path: { id } }, body: { sdp } }))) as { sdp: string };
  return answer.sdp;
}

/** How each leg sounds; empty where the centre does not measure. */
export async function readQuality(id: string): Promise<LegQuality[]> {
  try {
    const answer = (await take(young.GET("/api/calls/{id}/quality", { params: { path: { id } } }))) as { legs?: LegQuality[] };
    return answer.legs ?? [];
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return [];
    throw error;
  }
}
