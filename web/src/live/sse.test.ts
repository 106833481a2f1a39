import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventParser, openStream, silenceLimit, type Line, type StreamEvent } from "./sse.ts";

describe("EventParser", () => {
  it("reads events across any cut of the bytes", () => {
    const text = 'id: b:1\nevent: call\ndata: {"id":"x"}\n\n: heartbeat\n\nevent: reset\ndata:\n\n';
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new EventParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events.map((e) => [e.kind, e.data])).toEqual([
        ["call", '{"id":"x"}'],
        ["reset", ""],
      ]);
    }
  });

  it("joins data lines and takes CRLF", () => {
    expect(new EventParser().push("data: a\r\ndata: b\r\n\r\n")[0]?.data).toBe("a\nb");
  });

  it("gives nothing for comments alone", () => {
    expect(new EventParser().push(": still here\n\n")).toEqual([]);
  });
});

interface Server {
  answers: (Response | Error)[];
  asked: (string | null)[];
  fetch: typeof fetch;
}

function server(): Server {
  const self: Server = { answers: [], asked: [], fetch: null as never };
  self.fetch = async (_url, init) => {
    self.asked.push(new Headers(init?.headers).get("Last-Event-ID"));
    const answer = self.answers.shift() ?? new Error("refused");
    if (answer instanceof Error) throw answer;
    const body = answer.body;
    init?.signal?.addEventListener("abort", () => void body?.cancel().catch(() => {}));
    return answer;
  };
  return self;
}

function lineOf(): { response: Response; say(text: string): void; end(): void; fail(): void } {
  let out!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (c) => void (out = c) });
  return {
    response: new Response(body),
    say: (text) => out.enqueue(new TextEncoder().encode(text)),
    end: () => out.close(),
    fail: () => out.error(new Error("lost")),
  };
}

describe("openStream", () => {
  let events: StreamEvent[], lines: Line[], resets: number, close: () => void;
  const open = (fetch: Server["fetch"]) => {
    events = [];
    lines = [];
    resets = 0;
    close = openStream({
      url: "/api/events",
      fetch,
      onEvent: (e) => events.push(e),
      onReset: () => resets++,
      onLine: (l) => lines.push(l),
    });
  };
  const settle = () => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    close();
    vi.useRealTimers();
  });

  it("delivers events and resumes after a loss with the last id", async () => {
    const s = server();
    const first = lineOf();
    const second = lineOf();
    s.answers.push(first.response, second.response);
    open(s.fetch);
    await settle();
    first.say('id: boot:7\nevent: queue\ndata: {"id":"vesi"}\n\n');
    await settle();
    expect(events).toEqual([{ id: "boot:7", kind: "queue", data: '{"id":"vesi"}' }]);
    expect(resets).toBe(1);
    first.say(": \nid: boot:9\n\n");
    await settle();
    first.end();
    await vi.advanceTimersByTimeAsync(600);
    expect(s.asked).toEqual([null, "boot:9"]);
    expect(resets).toBe(1);
    expect(lines).toEqual(["live", "lost", "live"]);
  });

  it("asks for everything again when the server says reset", async () => {
    const s = server();
    const line = lineOf();
    s.answers.push(line.response);
    open(s.fetch);
    await settle();
    line.say("id: other:1\nevent: reset\ndata: {}\n\n");
    await settle();
    expect(resets).toBe(2);
    expect(events).toEqual([]);
  });

  it("stops for good when the session is over", async () => {
    const s = server();
    s.answers.push(new Response(null, { status: 401 }));
    open(s.fetch);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toEqual(["logged_out"]);
    expect(s.asked).toHaveLength(1);
  });

  it("waits longer after each failure", async () => {
    const s = server();
    open(s.fetch);
    await vi.advanceTimersByTimeAsync(999);
    expect(s.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3_100);
    expect(s.asked).toHaveLength(3);
  });

  it("takes a silent line for dead", async () => {
    const s = server();
    const silent = lineOf();
    s.answers.push(silent.response);
    s.fetch = ((inner) => async (url, init) => {
      init?.signal?.addEventListener("abort", () => silent.fail());
      return inner(url, { ...init, signal: null });
    })(s.fetch) as typeof fetch;
    open(s.fetch);
    await settle();
    await vi.advanceTimersByTimeAsync(silenceLimit - 1);
    expect(lines).toEqual(["live"]);
    await vi.advanceTimersByTimeAsync(2);
    expect(lines).toEqual(["live", "lost"]);
  });
});
