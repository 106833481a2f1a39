import type { Call } from "../api/types.ts";
import { inHand } from "./current.ts";

/** Why a call out came to nothing. */
export type Failed = Exclude<Call["failed"], "">;

const codes: readonly string[] = ["busy", "no_answer", "unknown_number", "refused", "unavailable", "own_telephone"] satisfies Failed[];

export interface Failure {
  call: string;
  code: Failed;
}

/** The failure that an event of the stream tells of, if any: a call without wrap-up is gone when its agent looks for it. */
export function failureIn(event: { kind: string; data: string }): Failure | null {
  if (event.kind !== "call") return null;
  try {
    const { id, fields } = JSON.parse(event.data) as { id?: unknown; fields?: { failed?: unknown; state?: unknown; consult?: unknown } };
    const over = fields?.state === "wrap_up" || fields?.state === "ended";
    return over && codes.includes(String(fields?.failed)) ? { call: String(id), code: fields!.failed as Failed } : null;
  } catch {
    return null;
  }
}

/** Why the agent's last call out came to nothing, while its wrap-up lasts or no other call has come. */
export function outFailure(heard: Failure | null, call: Call | undefined): Failed | "" {
  if (inHand(call) || call?.state === "offered") return "";
  if (call?.state === "wrap_up" && call.direction === "out" && call.failed) return call.failed;
  return heard?.code ?? "";
}

/** Why who was asked was not reached, while the agent still has the customer on hold. */
export function consultFailure(call: Call | undefined): Failed | "" {
  return call?.state === "held" && !call.consult ? call.failed : "";
}
