import { i18n } from "@lingui/core";
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema.d.ts";
import type { Problem } from "./types.ts";

/** A refusal by the API, or a failure to reach it (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly kind: string;
  readonly field: string;

  constructor(status: number, problem?: Partial<Problem>) {
    super(problem?.title || problem?.detail || `HTTP ${status}`);
    this.status = status;
    this.kind = problem?.kind ?? (status === 0 ? "unreachable" : "internal");
    this.field = problem?.field ?? "";
  }
}

/** Each command carries a key, so that a repeated one is done once. */
const idempotency: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("Idempotency-Key", freshKey());
    return request;
  },
};

function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** The title of a refusal comes in the page's language. */
const language: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", i18n.locale || "fi");
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin", cache: "no-store" });
api.use(idempotency, language);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The answer's body, or the refusal thrown. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch {
    throw new ApiError(0);
  }
  if (!answer.response.ok) throw new ApiError(answer.response.status, answer.error as Problem);
  return answer.data as T;
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
