import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery, explanationsQuery, queuesQuery } from "../api/queries.ts";
import type { City, Explanation, QueueLive } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { clockText, serverNow } from "../lib/clock.ts";
import { localOf, momentOf } from "../lib/days.ts";
import { durationText } from "../lib/duration.ts";
import { explain, noEstimateText } from "../lib/explain.ts";
import { weekdayMoment } from "../lib/format.ts";
import { kindLabel } from "../lib/labels.ts";
import { estimateText, openingText } from "../lib/opening.ts";
import { may } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { Button, TextField } from "../ui/controls.tsx";
import { ErrorNotice, Loading, Notice } from "../ui/parts.tsx";

/** A queue for its supervisor: how it stands, why what waits waits, and the emergency closing. */
export function QueueDetails({ queue, name }: { queue: QueueLive; name: string }) {
  const { i18n } = useLingui();
  const me = useMe();
  return (
    <div className="stack">
      <Facts queue={queue} />
      <section className="stack" aria-labelledby="waiting-title">
        <h3 id="waiting-title">{i18n._("What waits, and why")}</h3>
        <Waiting queue={queue} />
      </section>
      {may(me, "queue.close") && (
        <section className="stack" aria-labelledby="closing-title">
          <h3 id="closing-title">{i18n._("Emergency closing")}</h3>
          {queue.closing ? <Closed queue={queue} /> : <Close queue={queue} name={name} />}
        </section>
      )}
    </div>
  );
}

function Facts({ queue }: { queue: QueueLive }) {
  const { i18n } = useLingui();
  const estimate = estimateText(queue.estimate);
  return (
    <dl className="facts">
      <Fact name={i18n._("Opening")}>{openingText(queue, serverNow())}</Fact>
      <Fact name={i18n._("Agents at work")}>{queue.staffed === 0 ? i18n._("Nobody who could serve") : queue.staffed}</Fact>
      <Fact name={i18n._("Wait for a new call")}>{estimate || noEstimateText(queue.estimate)}</Fact>
      {queue.callbacks > 0 && <Fact name={i18n._("Callbacks waiting")}>{queue.callbacks}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Waiting({ queue }: { queue: QueueLive }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const { data, error, isPending } = useQuery(explanationsQuery(queue.id));
  if (isPending) return <Loading />;
  if (error) return <ErrorNotice error={error} />;
  if (data.length === 0) return <p className="quiet">{i18n._("Nothing waits.")}</p>;
  return (
    <ol className="waiting">
      {data.map((x) => (
        <One key={x.work} x={x} city={city} />
      ))}
    </ol>
  );
}

function One({ x, city }: { x: Explanation; city: City | undefined }) {
  const { i18n } = useLingui();
  return (
    <li>
      <p className="waiting-head">
        <strong>{kindLabel(x.kind)}</strong>
        <span className="figures">{i18n._("has waited {time}", { time: durationText(x.waited_seconds) })}</span>
        {x.place > 0 && <span className="quiet">{i18n._("place {place}", { place: x.place })}</span>}
      </p>
      <ul className="plain">
        {explain(x, serverNow(), city).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </li>
  );
}

/** What both changes have in common: the answer is the queue as it is now. */
function useClosing(ask: () => Promise<QueueLive>, said: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ask,
    onSuccess: () => announce(said),
    onSettled: () => client.invalidateQueries({ queryKey: queuesQuery.queryKey }),
  });
}

function Closed({ queue }: { queue: QueueLive }) {
  const { i18n } = useLingui();
  const { closing } = queue;
  const path = { id: queue.id };
  const open = useClosing(() => take(api.DELETE("/api/queues/{id}/closing", { params: { path } })), i18n._("The queue follows its opening hours again."));
  return (
    <>
      <Notice look="warning">
        <p>
          <strong>{openingText(queue, serverNow())}</strong>
        </p>
        <p>{i18n._("Reason: {reason}", { reason: closing!.reason })}</p>
        <p className="quiet">{i18n._("Closed by {name} {time}", { name: closing!.display, time: weekdayMoment(closing!.since, serverNow()) })}</p>
      </Notice>
      <ErrorNotice error={open.error} />
      <div className="actions">
        <Button look="secondary" onPress={() => open.mutate()} isPending={open.isPending}>
          {i18n._("Open the queue again")}
        </Button>
      </div>
    </>
  );
}

/** How long the field proposes, and how long the server allows at most. */
const proposed = 2 * 3_600_000;
const longest = 31 * 86_400_000;

function Close({ queue, name }: { queue: QueueLive; name: string }) {
  const { i18n } = useLingui();
  const [form, set] = useState(() => ({ reason: "", until: localOf(Math.ceil((serverNow() + proposed) / 1_800_000) * 1_800_000) }));
  const [asking, setAsking] = useState(false);
  const until = momentOf(form.until);
  const ahead = until ? Date.parse(until) - serverNow() : 0;
  const wrong = ahead <= 0 ? i18n._("Give a time that is still to come.") : ahead > longest ? i18n._("At most 31 days. Change the opening hours for longer.") : "";
  if (asking) return <Confirm queue={queue} name={name} reason={form.reason} until={until!} onBack={() => setAsking(false)} />;
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (!wrong) setAsking(true);
      }}
    >
      <p className="quiet">{i18n._("Calls that come hear that the queue is closed. It is written in the log before it is done.")}</p>
      <div className="filters filters-top">
        <TextField label={i18n._("Reason")} help={i18n._("For the log and the team. Nothing about customers.")} isRequired maxLength={200} value={form.reason} onChange={(reason) => set({ ...form, reason })} />
        <TextField label={i18n._("Closed until")} type="datetime-local" isRequired value={form.until} error={wrong} onChange={(v) => set({ ...form, until: v })} />
      </div>
      <div className="actions">
        <Button type="submit" look="secondary" icon="lock">
          {i18n._("Close the queue …")}
        </Button>
      </div>
    </Form>
  );
}

function Confirm({ queue, name, reason, until, onBack }: { queue: QueueLive; name: string; reason: string; until: string; onBack(): void }) {
  const { i18n } = useLingui();
  const path = { id: queue.id };
  const close = useClosing(() => take(api.PUT("/api/queues/{id}/closing", { params: { path }, body: { reason, until } })), i18n._("The queue was closed."));
  return (
    <>
      <Notice look="warning" live>
        <p>
          <strong>{i18n._("Close {queue} until {time}?", { queue: name, time: weekdayMoment(until, serverNow()) })}</strong>
        </p>
        <p>{i18n._("{n, plural, =0 {No calls are waiting.} one {# call is waiting.} other {# calls are waiting.}}", { n: queue.waiting_calls })}</p>
        {queue.longest_call_since && <p>{i18n._("The longest has waited {time}.", { time: clockText((serverNow() - Date.parse(queue.longest_call_since)) / 1000) })}</p>}
      </Notice>
      <ErrorNotice error={close.error} />
      <div className="actions">
        <Button look="end" icon="lock" onPress={() => close.mutate()} isPending={close.isPending}>
          {i18n._("Close the queue")}
        </Button>
        <Button look="secondary" onPress={onBack} autoFocus>
          {i18n._("Don’t close")}
        </Button>
      </div>
    </>
  );
}
