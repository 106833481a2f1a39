// A stand-in for `santra demo`, for working on the pages without the server: the same endpoints and headers, a small city in
// memory, one call and one e-mail at hand. For development and for the walk in e2e/; never a proof of anything.
//
//   node test/mock.mjs [--port 8081] [--ready-file FILE]
//   POST /mock/call   offers a call        POST /mock/talk   as if the desk phone answered
//   POST /mock/calls  has the calls of the body, each with what it changes of an ordinary one
//   POST /mock/away   marks the agent as not answering
import { createReadStream, existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { measures, simulate, sounds, unqueued } from "./day.mjs";
import { agents, attestation, audit, cases, city, messages, people, peaks, recordings, wav } from "./city.mjs";

const dist = new URL("../../internal/web/ui/dist/", import.meta.url).pathname;
const flag = (name) => process.argv[process.argv.indexOf(`--${name}`) + 1 || Infinity];
const port = Number(flag("port") ?? 8081);
const now = () => new Date().toISOString();
const ago = (s) => new Date(Date.now() - s * 1000).toISOString();

let session = null; // of the request at hand: each is answered without a pause
const sessions = new Map();
let states = new Map();
let call = null;
let version = 0;
const drafts = new Map();
const streams = new Set();
let event = 0;

function tell(kind, id) {
  event++;
  for (const out of streams) out.write(`id: mock:${event}\nevent: ${kind}\ndata: ${JSON.stringify({ kind, id, version: event })}\n\n`);
}

const mine = () => states.get(session.id) ?? states.set(session.id, { seat: "", state: "offline", since: now(), until: undefined }).get(session.id);

function me() {
  const s = mine();
  return {
    person: session,
    roles: session.roles,
    actions: session.actions,
    languages: session.languages,
    seat: s.seat,
    state: s.state,
    reason: s.state === "break" ? (s.reason ?? "") : "",
    state_since: s.since,
    wrap_up_until: s.until,
    recorder_origin: `http://127.0.0.1:${port + 1}`,
    server_time: now(),
  };
}

function become(state, until) {
  Object.assign(mine(), { state, since: now(), until });
  tell("agent", session.id);
  return me();
}

function setCall(change) {
  call = change && { ...call, ...change, since: now(), version: ++version };
  tell("call", call?.id ?? "gone");
}

const quiet = { direction: "in", from: "", supervised: "", outcome: "", failed: "", emergency: false, location: "" };
const asked = (stage) => ({ consult: { stage, kind: "agent", name: "p2", outside: false, emergency: false } });
let notes = "";
let others = [];

/** Any calls at all, for looking at what seldom happens. */
function have(calls) {
  const all = calls.map((c, i) => ({ id: `m${i}`, queue: "vesi", agency: "vesilaitos", language: "fi", agent: session.id, seat: "A12", state: "talking", since: ago(20), arrived: ago(60), recording: "on", muted: false, why: "", ...quiet, version: ++version, ...c }));
  [call = null, ...others] = all;
  tell("call", "m0");
  become(call?.state === "wrap_up" ? "wrap_up" : "busy", new Date(Date.now() + 40_000).toISOString());
}

function offer() {
  call = null;
  setCall({ id: "call1", queue: "vesi", agency: "vesilaitos", language: "fi", agent: session.id, seat: mine().seat, state: "offered", arrived: ago(42), recording: "on", muted: false, ...quiet, why: "queue vesi: longest idle (120s) of 3 ready; waited 42s; speaks fi" });
  become("offered");
}

class Refusal extends Error {
  constructor(status, kind) {
    super(kind);
    this.status = status;
  }
}

function login({ name, password }) {
  const person = people.find((p) => p.name === name);
  if (!person || password !== "santra-demo") throw new Refusal(401, "unauthenticated");
  sessions.set(person.id, person);
  return { token: "mock", person };
}

function caseOf(id) {
  const one = cases.find((c) => c.id === id && c.state !== "closed");
  if (!one) throw new Refusal(404, "not_found");
  return { ...one, draft: drafts.get(id) };
}

function saveDraft(id, body) {
  const before = drafts.get(id)?.version ?? 0;
  if (body.version !== before) throw new Refusal(409, "conflict");
  drafts.set(id, { ...body, version: before + 1, saved_at: now() });
  return { version: before + 1, saved_at: now() };
}

function work(id, change) {
  Object.assign(cases.find((c) => c.id === id), change);
  tell("case", id);
}

function send(id) {
  const one = cases.find((c) => c.id === id);
  const draft = drafts.get(id);
  const mid = `out${one.messages.length}`;
  one.state = "waiting";
  one.messages.push({ id: mid, direction: "out", from: { name: "", address: "asiakaspalvelu@example.org" }, at: now(), subject: draft.subject, attachments: 0, size: 900, delivery: "queued", reply: "", raw: false });
  messages.set(mid, { ...messages.get("m1"), id: mid, direction: "out", html: "", text: draft.text, subject: draft.subject, files: [], blocked_images: 0 });
  drafts.delete(id);
  tell("case", id);
  return caseOf(id);
}

const closings = new Map();
const tonight = () => new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString();
const estimates = [{ known: true, low_seconds: 70, high_seconds: 170, place: 3, why: "" }, { known: false, low_seconds: 0, high_seconds: 0, place: 1, why: "too_few_starts" }];
const opening = (q, i) => ({ open: i !== 1 && !closings.has(q.id), next_change: tonight(), closing: closings.get(q.id), staffed: [7, 3, 4, 0][i], callbacks: 0, estimate: estimates[i] ?? estimates[1] });
const queues = () => city.queues.map((q, i) => ({ ...opening(q, i), id: q.id, agency: q.agency, waiting_calls: [2, 0, 1, 0][i], waiting_mails: [1, 3, 0, 0][i], longest_call_since: [ago(154), undefined, ago(21), undefined][i], ready: [3, 2, 2, 1][i], busy: [4, 1, 2, 0][i], talking: 1, open_mails: 2, lacks: i === 3 ? [{ kind: "skill", needs: [{ skill: q.id, level: 3, preferred: false }] }] : [], today: { offered: 41, answered: 38, in_time: 33, abandoned: 2, decided: 40, waited_seconds: 480 } }));

const queueNow = (id) => queues().find((q) => q.id === id);
const needs = [{ skill: "vesi", level: 2, preferred: false }, { skill: "language:sv", level: 3, preferred: false }];
const explanation = (i, more) => ({ work: `w${i}`, queue: "vesi", kind: "call", offered: "", offered_display: "", taken: false, place: i, waited_seconds: 160 - i * 70, ring: 1, next_ring: new Date(Date.now() + 24_000).toISOString(), kept_for: "", kept_for_display: "", closed: false, needs, able: [{ state: "busy", agents: 2 }, { state: "break", agents: 1 }], missing: [], estimate: estimates[0], ...more });
const explanations = (id) => (id === "vesi" ? [explanation(1, {}), explanation(2, { missing: ["language:sv"], able: [] }), explanation(3, { kind: "mail", kept_for: "p1", kept_for_display: "Aino Virtanen", ring: 0, needs: [], able: [{ state: "ready", agents: 3 }] })] : []);
const why = { queue: "vesi", strategy: "longest_idle", candidates: 1, lines: 0, freed: false, preferred: false, overdue: false, language: "sv", needs: needs.slice(1), ring: 2, ring_seconds: 30, idle_seconds: 95, waited_seconds: 42, tier: 0 };

/** [method, pattern, answer(parts, body)] */
const routes = [
  ["POST", "/api/login", (_, b) => login(b)],
  ["POST", "/api/logout", () => void sessions.delete(session.id)],
  ["GET", "/api/me", () => me()],
  ["PUT", "/api/me/seat", (_, b) => (Object.assign(mine(), { seat: b.code }), become("break"))],
  ["DELETE", "/api/me/seat", () => (Object.assign(mine(), { seat: "" }), become("offline"))],
  ["PUT", "/api/me/state", (_, b) => become(b.state)],
  ["POST", "/api/me/wrapup/done", () => (setCall(null), become("ready"))],
  ["POST", "/api/me/wrapup/extend", (_, b) => become("wrap_up", new Date(Date.parse(mine().until) + b.seconds * 1000).toISOString())],
  ["GET", "/api/city", () => ({ ...city, seats: city.seats.map((s) => ({ ...s, taken: s.taken || [...states.values()].some((m) => m.seat === s.code) })) })],
  ["GET", "/api/purposes", () => city.purposes],
  ["GET", "/api/queues", () => ({ queues: queues(), server_time: now() })],
  ["GET", "/api/me/offer", () => ({ offer: call?.state === "offered" ? { work: call.id, kind: "call", queue: "vesi", agency: "vesilaitos", until: now(), why } : undefined })],
  ["GET", "/api/queues/:id/explanations", ([id]) => ({ explanations: explanations(id), server_time: now() })],
  ["PUT", "/api/queues/:id/closing", ([id], b) => (closings.set(id, { ...b, since: now(), by: session.id, display: session.display }), queueNow(id))],
  ["DELETE", "/api/queues/:id/closing", ([id]) => (closings.delete(id), queueNow(id))],
  ["PUT", "/api/agents/:id/state", ([id], b) => Object.assign(agents.find((a) => a.person === id), { state: b.state, reason: b.break_reason ?? "", since: now() })],
  ["GET", "/api/measures", (_, __, query) => measures(query.get("from"), query.get("interval"), city.queues)],
  ["GET", "/api/measures/sound", (_, __, query) => sounds(query.get("from"), query.get("interval"), city.queues)],
  ["GET", "/api/measures/unqueued", (_, __, query) => unqueued(query.get("from"), city.queues)],
  ["POST", "/api/simulations", (_, b) => simulate(b, city.queues)],
  ["PATCH", "/api/people/:id", ([id], b) => Object.assign(people.find((p) => p.id === id), b)],
  ["GET", "/api/agents", () => ({ agents, server_time: now() })],
  ["GET", "/api/calls", () => ({ calls: call ? [call, ...others] : [], server_time: now() })],
  ["GET", "/api/calls/running", () => ({ calls: call ? [call] : [], server_time: now() })],
  ["GET", "/api/calls/targets", () => ({ agents: agents.map((a) => ({ person: a.person, display: a.display, seat: a.seat, state: a.state, since: a.since })), queues: queues().map((q) => ({ id: q.id, agency: q.agency, open: q.open, waiting: q.waiting_calls })) })],
  ["POST", "/api/calls", () => { throw new Refusal(503, "unavailable"); }],
  ["GET", "/api/calls/:id/notes", () => ({ text: notes })],
  ["PUT", "/api/calls/:id/notes", (_, b) => void (notes = b.text)],
  ["PUT", "/api/calls/:id/outcome", (_, b) => setCall({ outcome: b.outcome })],
  ["POST", "/api/calls/:id/consult", () => setCall({ state: "held", ...asked("talking") })],
  ["POST", "/api/calls/:id/swap", () => (call.state === "held" ? setCall({ state: "talking", ...asked("waiting") }) : setCall({ state: "held", ...asked("talking") }))],
  ["POST", "/api/calls/:id/join", () => setCall({ state: "talking", ...asked("joined") })],
  ["POST", "/api/calls/:id/cancel-consult", () => setCall({ state: "talking", consult: undefined })],
  ["POST", "/api/calls/:id/pause-recording", () => setCall({ recording: "paused" })],
  ["POST", "/api/calls/:id/resume-recording", () => setCall({ recording: "on" })],
  ["GET", "/api/calls/:id/quality", () => ({ legs: [{ leg: "customer", loss: 0.031, jitter_ms: 18, rtt_ms: 60, mos: 3.7 }, { leg: "agent", loss: 0, jitter_ms: 3, rtt_ms: 20, mos: 4.4 }] })],
  ["GET", "/api/calls/:id/caller", () => ({ number: "+358401234567", withheld: false })],
  ["POST", "/api/calls/:id/answer", () => { throw new Refusal(503, "unavailable"); }],
  ["POST", "/api/calls/:id/decline", () => (setCall(null), void become("not_answering"))],
  ["POST", "/api/calls/:id/hold", () => setCall({ state: "held" })],
  ["POST", "/api/calls/:id/resume", () => setCall({ state: "talking" })],
  ["POST", "/api/calls/:id/mute", () => setCall({ muted: true })],
  ["POST", "/api/calls/:id/unmute", () => setCall({ muted: false })],
  ["POST", "/api/calls/:id/dtmf", () => undefined],
  ["POST", "/api/calls/:id/hangup", () => (setCall({ state: "wrap_up" }), void become("wrap_up", new Date(Date.now() + 30_000).toISOString()))],
  ["GET", "/api/cases", (_, __, query) => ({ cases: cases.filter((c) => c.state !== "closed" && (query.get("mine") !== "true" || c.agent === "p1" || c.state === "offered")) })],
  ["GET", "/api/cases/:id", ([id]) => caseOf(id)],
  ["POST", "/api/cases/:id/accept", ([id]) => work(id, { state: "open", agent: session.id })],
  ["POST", "/api/cases/:id/decline", ([id]) => work(id, { state: "waiting", agent: "" })],
  ["POST", "/api/cases/:id/close", ([id]) => work(id, { state: "closed" })],
  ["GET", "/api/cases/:id/messages/:mid", ([, mid]) => messages.get(mid)],
  ["PUT", "/api/cases/:id/draft", ([id], b) => saveDraft(id, b)],
  ["POST", "/api/cases/:id/send", ([id]) => send(id)],
  ["POST", "/api/archive/search", () => ({ rows: cases.map((c) => ({ id: c.id, agency: c.agency, at: c.changed, direction: "in", from: { name: "", address: c.customer }, queue: c.queue, size: 4000, subject: c.subject })) })],
  ["POST", "/api/archive/messages/:id/open", () => messages.get("m1")],
  ["POST", "/api/recordings/search", () => ({ rows: recordings })],
  ["POST", "/api/recordings/:id/listen", () => listening()],
  ["POST", "/api/recordings/:id/renew", () => listening()],
  ["GET", "/api/grants", () => ({ grants: [{ id: "g1", agency: "vesilaitos", by: "p5", display: "Helmi Koskinen", granted: ago(86400), person: "p3", until: "2027-01-31T22:00:00Z" }] })],
  ["GET", "/api/grants/candidates", () => ({ candidates: [{ agency: "vesilaitos", display: "Helmi Koskinen", person: "p3" }] })],
  ["GET", "/api/people", () => ({ people })],
  ["POST", "/api/people", (_, b) => (people.push({ id: `p${people.length + 1}`, languages: [], skills: [], training_valid: false, ...b }), people.at(-1))],
  ["PUT", "/api/people/:id/training", ([id], b) => Object.assign(people.find((p) => p.id === id), { training_valid: true, trained_until: b.until })],
  ["GET", "/api/audit", () => ({ entries: audit })],
  ["POST", "/api/attest", () => attestation],
  ["POST", "/mock/call", () => offer()],
  ["POST", "/mock/talk", () => (setCall({ state: "talking" }), void become("busy"))],
  ["POST", "/mock/calls", (_, b) => have(b.calls)],
  ["POST", "/mock/away", () => (setCall(null), void become("not_answering"))],
];

function listening() {
  const origin = `http://127.0.0.1:${port + 1}`;
  return { grant: "g", origin, url: `${origin}/play`, expires: new Date(Date.now() + 60_000).toISOString() };
}

function find(method, path) {
  for (const [m, pattern, answer] of routes) {
    const names = new RegExp(`^${pattern.replace(/:\w+/g, "([^/]+)")}$`).exec(path);
    if (m === method && names) return [answer, names.slice(1).map(decodeURIComponent)];
  }
  return [];
}

const policy = (recorder) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' ${recorder}; media-src ${recorder} 'self' blob:; worker-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'`;
const types = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html; charset=utf-8" };

function page(path, res) {
  const file = extname(path) ? path : "/index.html";
  if (!existsSync(join(dist, file))) return void res.writeHead(404).end();
  res.writeHead(200, {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": policy(`http://127.0.0.1:${port + 1}`),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=()",
    "X-Content-Type-Options": "nosniff",
  });
  createReadStream(join(dist, file)).pipe(res);
}

function events(res) {
  res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  res.write(`id: mock:${event}\nevent: hello\ndata: {}\n\n`);
  streams.add(res);
  const beat = setInterval(() => res.write(`: \nid: mock:${event}\n\n`), 15_000);
  res.on("close", () => (streams.delete(res), clearInterval(beat)));
}

async function serve(req, res) {
  const url = new URL(req.url, "http://mock");
  const [answer, parts] = find(req.method, url.pathname);
  if (!url.pathname.startsWith("/api/") && !answer) return page(url.pathname, res);
  let text = "";
  for await (const chunk of req) text += chunk;
  try {
    session = sessions.get(/mock_session=(\w+)/.exec(req.headers.cookie ?? "")?.[1]);
    if (!session && url.pathname.startsWith("/mock/")) session = people[0];
    if (!session && url.pathname !== "/api/login") throw new Refusal(401, "unauthenticated");
    if (url.pathname === "/api/events") return events(res);
    if (!answer) throw new Refusal(404, "not_found");
    const body = answer(parts, text ? JSON.parse(text) : {}, url.searchParams);
    if (body === undefined) return void res.writeHead(204).end();
    res.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store", ...(url.pathname === "/api/login" && { "Set-Cookie": `mock_session=${body.person.id}; Path=/; HttpOnly; SameSite=Strict` }) }).end(JSON.stringify(body));
  } catch (error) {
    const status = error.status ?? 500;
    res.writeHead(status, { "Content-Type": "application/problem+json" }).end(JSON.stringify({ status, title: "refused", kind: error.message }));
  }
}

/** The recorder's face: grant in, peaks and sound out. */
function recorder(req, res) {
  const cors = { "Access-Control-Allow-Origin": req.headers.origin ?? "*", "Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Headers": "Content-Type, Range", Vary: "Origin" };
  if (req.method === "OPTIONS") return void res.writeHead(204, cors).end();
  if (req.method === "POST") return void res.writeHead(200, { ...cors, "Content-Type": "application/json" }).end(JSON.stringify({ url: "/play/x", renew: "/play/x/renew", peaks: "/play/x/peaks" }));
  if (req.url.endsWith("/peaks")) return void res.writeHead(200, { ...cors, "Content-Type": "application/json" }).end(JSON.stringify(peaks));
  const from = Number(/bytes=(\d+)-/.exec(req.headers.range ?? "")?.[1] ?? 0);
  res.writeHead(req.headers.range ? 206 : 200, { ...cors, "Content-Type": "audio/wav", "Accept-Ranges": "bytes", "Content-Length": wav.length - from, "Content-Range": `bytes ${from}-${wav.length - 1}/${wav.length}` });
  res.end(wav.subarray(from));
}

createServer((req, res) => void serve(req, res)).listen(port, "127.0.0.1");
createServer(recorder).listen(port + 1, "127.0.0.1", () => {
  const users = people.map((p) => ({ name: p.name, password: "santra-demo", roles: p.roles.map((r) => r.role), agency: p.roles[0].agency }));
  const ready = { http: `127.0.0.1:${port}`, users, seats: city.seats.map((s) => ({ code: s.code })), mock: true };
  if (flag("ready-file")) writeFileSync(flag("ready-file"), JSON.stringify(ready));
  console.log(`http://127.0.0.1:${port}  log in as ${people.map((p) => p.name).join(", ")} with santra-demo`);
});
