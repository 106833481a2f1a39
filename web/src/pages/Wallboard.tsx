import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { cityQuery, queuesQuery } from "../api/queries.ts";
import type { City, QueueLive } from "../api/types.ts";
import { ageOf, boardOf } from "../lib/board.ts";
import { clockText, secondsSince, serverNow } from "../lib/clock.ts";
import { durationText } from "../lib/duration.ts";
import { inLanguage } from "../lib/format.ts";
import { lackText } from "../lib/lacks.ts";
import { estimateText, openingText } from "../lib/opening.ts";
import { levelTarget, levelTargetText, withinOf, withinText } from "../lib/targets.ts";
import { useTick } from "../lib/useTick.ts";
import { Icon } from "../ui/Icon.tsx";
import { Koros } from "../ui/Koros.tsx";

/** How often the board asks by itself: an event only tells of changes, and the age shown must be the data's. */
const askEvery = 10_000;

/** For the wall: six measures about the team, the age of the data, nothing when they are old. */
export function WallboardPage() {
  const { i18n } = useLingui();
  useTick();
  const { data: city } = useQuery(cityQuery);
  const queues = useQuery({ ...queuesQuery, refetchInterval: askEvery, refetchIntervalInBackground: true });
  const age = ageOf(queues.dataUpdatedAt, Date.now());
  const live = queues.data?.queues ?? [];
  const watched = (city?.queues ?? []).filter((q) => q.number && live.some((l) => l.id === q.id));
  const board = boardOf(live, watched, serverNow());
  const within = withinText(watched);
  const wait = board.longestSince ? secondsSince(board.longestSince) : 0;
  const shown = (value: ReactNode) => (age.stale ? "–" : value);
  return (
    <div className="board">
      <title>{`${i18n._("Wallboard")} – Santra`}</title>
      <header className="board-head">
        <h1>{inLanguage(city?.name) || "Santra"}</h1>
        <p className={age.stale ? "board-age board-stale" : "board-age"}>
          {age.stale && <Icon name="warning" size={20} />}
          {age.stale ? i18n._("No fresh data") : i18n._("Data {n, plural, one {# second} other {# seconds}} old", { n: age.seconds })}
        </p>
        <Link to="/" className="board-out">
          {i18n._("To the desktop")}
        </Link>
        <Koros />
      </header>
      <main className="board-main">
        <Measure name={i18n._("Calls waiting")} value={shown(board.waitingCalls)} />
        <Measure
          name={i18n._("Longest wait")}
          value={shown(clockText(wait))}
          target={within && i18n._("Target at most {time}", { time: within })}
          breach={!age.stale && board.late.length > 0}
        />
        <Measure name={i18n._("E-mails waiting")} value={shown(board.waitingMails)} />
        <Measure name={i18n._("Agents ready")} value={shown(board.ready)} breach={!age.stale && board.ready === 0 && board.waitingCalls > 0} />
        <Measure
          name={i18n._("Service level today")}
          value={shown(board.level === undefined ? "–" : i18n.number(board.level, { style: "percent" }))}
          target={levelTargetText(levelTarget, within)}
          breach={!age.stale && (board.level ?? 1) < levelTarget}
        />
        <Measure name={i18n._("Abandoned today")} value={shown(board.abandoned)} />
        {!age.stale && <Openings queues={live} late={board.late} city={city} />}
      </main>
    </div>
  );
}

/** Each queue: open or closed with the next change, whether anybody can serve, and how long a new call waits where that is known. */
function Openings({ queues, late, city }: { queues: readonly QueueLive[]; late: readonly string[]; city: City | undefined }) {
  const { i18n } = useLingui();
  if (queues.length === 0) return null;
  return (
    <section className="board-queues" aria-labelledby="board-queues">
      <h2 id="board-queues">{i18n._("Queues")}</h2>
      <ul>
        {queues.map((q) => (
          <li key={q.id} className={q.open ? "" : "board-closed"}>
            <strong>{inLanguage(city?.queues.find((c) => c.id === q.id)?.name) || q.id}</strong>
            <span>
              <Icon name={q.open ? "clock" : "lock"} size={18} />
              {openingText(q, serverNow())}
            </span>
            {q.closing && <span>{q.closing.reason}</span>}
            {q.open && q.staffed === 0 && (
              <span className="board-nobody">
                <Icon name="warning" size={18} />
                {i18n._("Nobody to serve")}
              </span>
            )}
            {q.lacks.map((l, i) => (
              <span key={i} className="board-nobody">
                <Icon name="warning" size={18} />
                {lackText(l, city)}
              </span>
            ))}
            {late.includes(q.id) && (
              <span className="board-nobody">
                <Icon name="clock" size={18} />
                {i18n._("Longest wait {time}, target {target}", { time: clockText(secondsSince(q.longest_call_since!)), target: durationText(withinOf(city?.queues ?? [], q.id) ?? 0) })}
              </span>
            )}
            {q.open && q.estimate.known && <span>{i18n._("A new call waits {time}", { time: estimateText(q.estimate) })}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Measure({ name, value, target, breach = false }: { name: string; value: ReactNode; target?: string; breach?: boolean }) {
  const { i18n } = useLingui();
  return (
    <section className={breach ? "measure measure-breach" : "measure"}>
      <h2>{name}</h2>
      <p className="measure-value figures">{value}</p>
      <p className="measure-target">
        {breach && (
          <strong>
            <Icon name="warning" size={20} /> {i18n._("Needs attention")}
          </strong>
        )}{" "}
        {target}
      </p>
    </section>
  );
}
