import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client.ts";
import { agentsQuery, cityQuery } from "../api/queries.ts";
import type { OwedCall } from "../api/types.ts";
import { noteServerTime, serverNow } from "../lib/clock.ts";
import { inLanguage, shortMoment, weekdayMoment } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { byPromise, standing, type Standing } from "../lib/owed.ts";
import { may } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Dialog, Empty, ErrorNotice, Loading, Notice, Page, Table } from "../ui/parts.tsx";
import { toast } from "../ui/toast.tsx";

const key = ["callbacks"];
/** How often the list is read: a queue’s events tell of no callback by itself. */
const every = 10_000;

/** The calls that are owed: by when, and what has come of them. Nobody sees whose they are. */
export function CallbacksPage() {
  const { i18n } = useLingui();
  const [chosen, choose] = useState<OwedCall>();
  const { data, error, isPending } = useQuery({
    queryKey: key,
    queryFn: async () => {
      const asked = Date.now();
      const answer = await take(api.GET("/api/callbacks"));
      noteServerTime(answer.server_time, asked, Date.now());
      return answer;
    },
    refetchInterval: every,
  });
  return (
    <Page title={i18n._("Callbacks")} lead={i18n._("Calls that callers were promised. A number is shown only to the agent who calls; it is erased when the customer was reached, or in time.")} wide>
      <ErrorNotice error={error} />
      {isPending && <Loading />}
      {data && (
        <>
          <section className="card" aria-labelledby="owed">
            <h2 id="owed">{i18n._("Owed now")}</h2>
            <dl className="sums">
              <Sum name={i18n._("Waiting")} n={data.counts.waiting} />
              <Sum name={i18n._("Being called")} n={data.counts.opened} />
              <Sum name={i18n._("Past the promised time")} n={data.counts.overdue} />
            </dl>
          </section>
          {data.callbacks.length === 0 ? <Empty icon="phone" title={i18n._("No callbacks are owed")} /> : <List calls={byPromise(data.callbacks)} onCancel={choose} />}
        </>
      )}
      <Dialog title={i18n._("Cancel the callback?")} isOpen={Boolean(chosen)} onClose={() => choose(undefined)} firm>
        {chosen && <Cancel call={chosen} onDone={() => choose(undefined)} />}
      </Dialog>
    </Page>
  );
}

function Sum({ name, n }: { name: string; n: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="figures">{n}</dd>
    </div>
  );
}

function useQueueName(): (id: string) => string {
  const { data: city } = useQuery(cityQuery);
  return (id) => inLanguage(city?.queues.find((q) => q.id === id)?.name) || id;
}

function List({ calls, onCancel }: { calls: readonly OwedCall[]; onCancel(c: OwedCall): void }) {
  const { i18n } = useLingui();
  const me = useMe();
  const queue = useQueueName();
  const { data: agents } = useQuery({ ...agentsQuery, enabled: may(me, "agent.watch") });
  const now = serverNow();
  const who = (c: OwedCall) => agents?.find((a) => a.person === c.agent)?.display;
  const columns: Column<OwedCall>[] = [
    { head: i18n._("Queue"), names: true, cell: (c) => queue(c.queue) },
    { head: i18n._("Promised by"), cell: (c) => <span className="figures">{weekdayMoment(c.until, now)}</span> },
    {
      head: i18n._("State"),
      cell: (c) => (
        <>
          <StandingText is={standing(c, now)} />
          {who(c) && <span className="cell-more">{who(c)}</span>}
        </>
      ),
    },
    { head: i18n._("Language"), cell: (c) => languageLabel(c.language) },
    { head: i18n._("Asked for"), cell: (c) => <span className="figures">{shortMoment(c.requested, now)}</span> },
    { head: i18n._("Tries"), figures: true, cell: (c) => <span className="figures">{c.tries}</span> },
    {
      head: i18n._("Change"),
      cell: (c) => (
        <Button
          look="secondary"
          isDisabled={c.state !== "waiting"}
          onPress={() => onCancel(c)}
          aria-label={i18n._("Cancel the callback of {queue}, promised by {time}", { queue: queue(c.queue), time: weekdayMoment(c.until, now) })}
        >
          {i18n._("Cancel it")}
        </Button>
      ),
    },
  ];
  return (
    <section className="card">
      <Table caption={i18n._("Callbacks, what was promised first first")} columns={columns} rows={calls} rowKey={(c) => c.id} />
    </section>
  );
}

function StandingText({ is }: { is: Standing }) {
  const text = standingText(is);
  if (is !== "overdue") return <>{text}</>;
  return (
    <span className="whole whole-not">
      <Icon name="warning" size={16} />
      {text}
    </span>
  );
}

function standingText(is: Standing): string {
  switch (is) {
    case "overdue":
      return i18n._("Past its time");
    case "calling":
      return i18n._("An agent calls");
    case "later":
      return i18n._("Is tried again soon");
    case "waiting":
      return i18n._("Waits for an agent");
    case "ending":
      return i18n._("Is being erased");
  }
}

function Cancel({ call, onDone }: { call: OwedCall; onDone(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const queue = useQueueName();
  const cancel = useMutation({
    mutationFn: () => take(api.DELETE("/api/callbacks/{id}", { params: { path: { id: call.id } } })),
    onSuccess: () => {
      toast(i18n._("The callback was cancelled, the number erased"));
      onDone();
    },
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });
  return (
    <div className="stack">
      <p>{i18n._("{queue}: promised by {time}.", { queue: queue(call.queue), time: weekdayMoment(call.until, serverNow()) })}</p>
      <Notice look="warning">{i18n._("The customer is not called and hears nothing of it. The number is erased and can’t be brought back. It is logged in your name.")}</Notice>
      <ErrorNotice error={cancel.error} />
      <div className="actions">
        <Button look="end" isPending={cancel.isPending} onPress={() => cancel.mutate()}>
          {i18n._("Cancel the callback")}
        </Button>
        <Button look="secondary" onPress={onDone}>
          {i18n._("Keep it")}
        </Button>
      </div>
    </div>
  );
}
