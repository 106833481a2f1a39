// A made-up day for the stand-in: half-hours from 8 to 16 in a morning rush, measured or simulated. Never a proof of anything.
const halfHour = 1_800_000;
const shape = [9, 14, 22, 26, 24, 21, 17, 13, 12, 15, 18, 16, 12, 9, 7, 4];

/** Half past and full hours of a day in Helsinki's winter. */
const starts = (day) => shape.map((_, i) => new Date(Date.parse(`${day}T06:00:00Z`) + i * halfHour).toISOString());
const end = (start) => new Date(Date.parse(start) + halfHour).toISOString();

/** What fewer agents do to a half-hour: the load against a head count, softly. */
function strain(offered, agents) {
  const load = offered / (agents * 3.1);
  return { level: Math.max(0.05, Math.min(1, 1.35 - load * 0.6)), wait: Math.max(2, 190 * (load - 0.55)), occupancy: Math.min(0.97, load * 0.78) };
}

function measure(queue, agency, from, offered, kind = "call") {
  const s = strain(offered, 7);
  const short = Math.round(offered * 0.03);
  const abandoned = Math.round(offered * (1 - s.level) * 0.25);
  const overflowed = Math.round(offered * 0.04);
  const answered = offered - short - abandoned - overflowed;
  const counts = { offered, answered, abandoned, short_abandoned: short, overflowed_out: overflowed, in_time: Math.round((offered - short) * s.level), overflowed_in: 0, diverted: 0, expired: 0, closed: 0, lost: 0, waiting: 0, transferred_in: 1, transferred_out: 0, offers: offered, no_answers: 1, declines: 0, handled: answered };
  const times = { asa_seconds: s.wait / 2, longest_wait_seconds: s.wait * 2.4, aht_seconds: 236, talk_seconds: answered * 200, hold_seconds: answered * 6, wrap_up_seconds: answered * 30 };
  const mail = kind === "mail" ? { responded: offered - 1, resolved: offered - 2, reopened: 1, first_response_seconds: 5400, resolution_seconds: 9800 } : { responded: 0, resolved: 0, reopened: 0 };
  const levels = [["answered_of_answered", s.level + 0.04], ["answered_of_offered", s.level - 0.03]].map(([formula, share]) => ({ formula, share: Math.min(1, share) }));
  return { queue, agency, kind, from, to: end(from), ...counts, ...times, ...mail, abandonment: abandoned / (offered - short), service_level: s.level, service_levels: levels };
}

const staff = (from, offered) => ({ from, to: end(from), agents: 7, ready_seconds: 3000, ringing_seconds: 60, busy_seconds: 8000, wrap_up_seconds: 1200, break_seconds: 900, not_answering_seconds: 0, occupancy: strain(offered, 7).occupancy });

export function measures(day, interval, queues) {
  const at = interval === "day" ? [new Date(Date.parse(`${day}T00:00:00Z`) - 2 * 3_600_000).toISOString()] : starts(day);
  const size = (i) => (interval === "day" ? 239 : shape[i]);
  const rows = at.flatMap((from, i) => queues.flatMap((q, n) => [measure(q.id, q.agency, from, Math.max(2, Math.round(size(i) / (n + 1.5)))), ...(n === 0 ? [measure(q.id, q.agency, from, 4, "mail")] : [])]));
  return { rows, totals: at.map((from, i) => measure("", "", from, size(i))), staff: at.map((from, i) => staff(from, interval === "day" ? 15 : size(i))), time_zone: "Europe/Helsinki" };
}

/** How calls sounded: browsers worse in the afternoon. */
export function sounds(day, interval, queues) {
  const at = interval === "day" ? starts(day).slice(0, 1) : starts(day);
  const leg = (q, from, line, band, legs, mos) => ({ queue: q.id, agency: q.agency, line, band, from, to: end(from), legs, mos, loss: (4.41 - mos) / 30, jitter_seconds: 0.004, classes: [legs - 2, 1, 0, mos < 4 ? 1 : 0, mos < 4 ? 0 : 1] });
  return { rows: at.flatMap((from, i) => queues.slice(0, 2).flatMap((q) => [leg(q, from, "trunk", "narrow", 12, 4.38), leg(q, from, "browser", "wide", 9, i > 8 ? 3.7 : 4.3)])), time_zone: "Europe/Helsinki" };
}

export function unqueued(day, queues) {
  const from = starts(day)[0];
  return { rows: [{ number: queues[0].number, flow: `queue-${queues[0].id}`, agency: queues[0].agency, from, to: end(from), calls: 8, hung_up: 7, closed: 0, said: 0, promised: 0, connected: 0, failed: 1 }], time_zone: "Europe/Helsinki" };
}

function row(start, offered, agents) {
  const s = strain(offered || 0.1, agents);
  const abandonment = (1 - s.level) * 0.2;
  const none = offered === 0;
  return { start, seconds: 1800, offered, answered: offered * (1 - abandonment), answered_within: offered * s.level, abandoned: offered * abandonment, short_abandoned: 0, overflowed: 0, callbacks: 0, returned: 0, lost: 0, waiting: 0, service_level: none ? null : s.level, service_low: null, service_high: null, abandonment: none ? null : abandonment, wait_seconds: s.wait / 2, p50_seconds: s.wait / 3, p90_seconds: s.wait, p99_seconds: s.wait * 2, longest_seconds: s.wait * 2.6, aht_seconds: 240, erlangs: offered / 7.5, agents: none ? 0 : agents, occupancy: none ? null : s.occupancy, ring_included: s.occupancy };
}

function report(day, agents, queues) {
  const intervals = starts(day).map((start, i) => row(start, shape[i], agents));
  const total = { ...row(intervals[0].start, 16, agents), offered: 239, answered: 226 };
  return { day, days: 10, seed: 1, total, intervals, queues: queues.map((q) => ({ queue: q.id, total, intervals })), agents, paid_hours: agents * 8, events: 40_000, refused: 0 };
}

export function simulate(asked, queues) {
  const agents = asked.agents ?? asked.shifts.reduce((n, s) => n + s.count, 0);
  const base = report(asked.date, agents, queues);
  const answer = { report: base, notes: [{ code: "past", days: 4, weekday: 5 }, { code: "open", queues: ["pysakointi"], spans: [{ from: "08:15", to: "16:00" }] }] };
  if (asked.against) {
    const other = report(asked.date, agents - (asked.against.fewer ?? 0), queues);
    const figure = (f) => ({ figure: f, base: base.total[f], other: other.total[f], change: other.total[f] - base.total[f], low: (other.total[f] - base.total[f]) * 1.2, high: (other.total[f] - base.total[f]) * 0.8 });
    answer.comparison = { base, other, differences: ["service_level", "abandonment", "wait_seconds", "p90_seconds", "occupancy"].map(figure) };
  }
  if (asked.target) answer.staffing = { target: { level: asked.target.level, abandon: 0 }, within_seconds: asked.target.within_seconds, reached: true, agents: agents + 1, plan: [], report: base, tried: 70, half_hours: starts(asked.date).map((start, i) => ({ start, offered: shape[i], agents: Math.ceil(shape[i] / 2.9), erlang: Math.ceil(shape[i] / 2.7), service_level: 0.83 })) };
  return answer;
}
