import type { LegQuality } from "../phone/quality.ts";
import { ApiError, api, take } from "./client.ts";

// What the centre says of the media of a call.

/** Sends the offer of an ICE restart and gives the centre's answer. */
export async function restartMedia(id: string, sdp: string): Promise<string> {
  return (await take(api.POST("/api/calls/{id}/restart", { params: { path: { id } }, body: { sdp } }))).sdp;
}

/** The TURN servers that this browser may use now; none where the centre has none or can't be asked: the direct way is tried. */
export async function iceServers(): Promise<RTCIceServer[]> {
  try {
    return (await take(api.GET("/api/webrtc/ice"))).ice_servers ?? [];
  } catch {
    return [];
  }
}

/** How each leg sounds; empty where the centre does not measure. */
export async function readQuality(id: string): Promise<LegQuality[]> {
  try {
    return (await take(api.GET("/api/calls/{id}/quality", { params: { path: { id } } }))).legs ?? [];
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0) return [];
    throw error;
  }
}
