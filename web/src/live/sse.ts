// One event stream for each tab, read with fetch: unlike EventSource it tells a log-out (401) from a lost line, and sees
// the heartbeat that proves the line alive.

/** The server sends a heartbeat each 15 s; after this long without any byte the line is taken for dead. */
export const silenceLimit = 35_000;
/** Waits between attempts, in ms; the last one repeats. */
export const retryWaits = [500, 1_000, 2_000, 5_000, 10_000];

export interface StreamEvent {
  id: string;
  kind: string;
  data: string;
}

/** Cuts a text stream into events (HTML Living Standard 9.2.6), as far as Santra uses them: id, event, data, comments. */
export class EventParser {
  private rest = "";
  /** The last id told, with or without data: where to continue from. */
  id = "";
  private kind = "";
  private data: string[] = [];

  push(chunk: string): StreamEvent[] {
    this.rest += chunk;
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): StreamEvent[] {
    if (line === "") return this.flush();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") this.id = value;
    if (field === "event") this.kind = value;
    if (field === "data") this.data.push(value);
    return [];
  }

  private flush(): StreamEvent[] {
    const event = { id: this.id, kind: this.kind || "message", data: this.data.join("\n") };
    const empty = this.data.length === 0 && !this.kind;
    this.kind = "";
    this.data = [];
    return empty ? [] : [event];
  }
}

export type Line = "connecting" | "live" | "lost" | "logged_out";

export interface StreamOptions {
  url: string;
  onEvent(event: StreamEvent): void;
  /** Everything may have changed: first connection after a loss without replay, or the server said `reset`. */
  onReset(): void;
  onLine(line: Line): void;
  fetch?: typeof fetch;
}

/** Keeps the stream open until the returned function is called. */
export function openStream(options: StreamOptions): () => void {
  const stop = new AbortController();
  void keepOpen(options, stop.signal);
  return () => stop.abort();
}

async function keepOpen(options: StreamOptions, stop: AbortSignal): Promise<void> {
  const last = { id: "" };
  for (let failures = 0; !stop.aborted; ) {
    const result = await readOnce(options, last, stop);
    if (stop.aborted) return;
    if (result === "logged_out") return options.onLine("logged_out");
    options.onLine("lost");
    failures = result === "was_live" ? 0 : failures + 1;
    await wait(retryWaits[Math.min(failures, retryWaits.length - 1)]!, stop);
  }
}

async function readOnce(
  options: StreamOptions,
  last: { id: string },
  stop: AbortSignal,
): Promise<"logged_out" | "was_live" | "failed"> {
  const silence = new AbortController();
  const watch = watchdog(() => silence.abort());
  try {
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (last.id) headers["Last-Event-ID"] = last.id;
    const ask = options.fetch ?? fetch;
    const signal = AbortSignal.any([stop, silence.signal]);
    const response = await ask(options.url, { headers, credentials: "same-origin", cache: "no-store", signal });
    if (response.status === 401 || response.status === 403) return "logged_out";
    if (!response.ok || !response.body) return "failed";
    options.onLine("live");
    // Without an id to resume from, nothing tells what was missed before this connection.
    if (!last.id) options.onReset();
    await readAll(response.body, options, last, watch.feed);
    return "was_live";
  } catch {
    return "failed";
  } finally {
    watch.stop();
  }
}

async function readAll(
  body: ReadableStream<Uint8Array>,
  options: StreamOptions,
  last: { id: string },
  alive: () => void,
): Promise<void> {
  const parser = new EventParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    alive();
    const events = parser.push(decoder.decode(value, { stream: true }));
    last.id = parser.id || last.id;
    for (const event of events) {
      if (event.kind === "reset") options.onReset();
      else options.onEvent(event);
    }
  }
}

function watchdog(bark: () => void): { feed(): void; stop(): void } {
  let timer = setTimeout(bark, silenceLimit);
  return {
    feed() {
      clearTimeout(timer);
      timer = setTimeout(bark, silenceLimit);
    },
    stop: () => clearTimeout(timer),
  };
}

function wait(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
