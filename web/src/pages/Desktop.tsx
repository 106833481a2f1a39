import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { agentsQuery, casesQuery, cityQuery, queuesQuery } from "../api/queries.ts";
import type { AgentLive, City, QueueLive } from "../api/types.ts";
import { withOffice } from "../i18n.ts";
import { serverNow } from "../lib/clock.ts";
import { inLanguage } from "../lib/format.ts";
import { stateLabel, stateText } from "../lib/labels.ts";
import { estimateText, openingText } from "../lib/opening.ts";
import { may } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Dialog, Elapsed, Empty, ErrorNotice, Loading, Notice, Page, StateTag, Table } from "../ui/parts.tsx";
import { CaseList } from "./CaseList.tsx";

// What only supervisors open is loaded when they do.
const QueueDetails = lazy(() => withOffice(import("./QueueDialog.tsx")).then((m) => ({ default: m.QueueDetails })));
const ForceState = lazy(() => withOffice(import("./ForceState.tsx")).then((m) => ({ default: m.ForceState })));

/** What waits, what is mine, and for supervisors who serves. */
export function Desktop() {
  const { i18n } = useLingui();
  const me = useMe();
  return (
    <Page title={i18n._("Desktop")} wide>
      {may(me, "call.handle") && !me.seat && (
        <Notice>
          {i18n._("You have no seat, so you get no calls.")} <Link to="/seat">{i18n._("Choose a seat")}</Link>
        </Notice>
      )}
      {!me.person.training_valid && (
        <Notice look="warning">{i18n._("Your training record is not valid, so your roles are not in use. Talk to your supervisor.")}</Notice>
      )}
      <div className="desk">
        <div className="desk-main">
          {may(me, "queue.watch") && <Queues />}
          {may(me, "agent.watch") && <Team />}
        </div>
        {may(me, "case.work") && <MyCases />}
      </div>
    </Page>
  );
}

function Queues() {
  const { i18n } = useLingui();
  const { data, error, isPending } = useQuery(queuesQuery);
  const { data: city } = useQuery(cityQuery);
  const me = useMe();
  const [chosen, choose] = useState("");
  if (isPending) return <Loading />;
  const rows = data?.queues ?? [];
  const queue = rows.find((q) => q.id === chosen);
  const details = may(me, "agent.watch") ? choose : undefined;
  return (
    <section className="card" aria-labelledby="queues-title">
      <div className="card-head">
        <h2 id="queues-title">{i18n._("Queues")}</h2>
        <p className="totals">
          <Total icon="phone" count={sum(rows, "waiting_calls")} text={i18n._("calls waiting")} />
          <Total icon="mail" count={sum(rows, "waiting_mails")} text={i18n._("e-mails waiting")} />
        </p>
      </div>
      <ErrorNotice error={error} />
      {rows.length === 0 ? (
        <Empty icon="phone" title={i18n._("No queues to show")} />
      ) : (
        <Table caption={i18n._("Queues now")} columns={queueColumns(city, details)} rows={rows} rowKey={(q) => q.id} rowClass={(q) => (q.waiting_calls > 0 ? "row-waiting" : "")} />
      )}
      <Dialog title={queueName(city, queue)} isOpen={queue !== undefined} onClose={() => choose("")} firm>
        <Suspense fallback={<Loading />}>{queue && <QueueDetails queue={queue} name={queueName(city, queue)} />}</Suspense>
      </Dialog>
    </section>
  );
}

const sum = (rows: readonly QueueLive[], key: "waiting_calls" | "waiting_mails") => rows.reduce((n, q) => n + q[key], 0);

function Total({ icon, count, text }: { icon: "phone" | "mail"; count: number; text: string }) {
  return (
    <span className="total">
      <Icon name={icon} size={18} />
      <strong className="figures">{count}</strong> {text}
    </span>
  );
}

const queueName = (city: City | undefined, q: QueueLive | undefined) => inLanguage(city?.queues.find((c) => c.id === q?.id)?.name) || q?.id || "";

function queueColumns(city: City | undefined, onDetails?: (id: string) => void): Column<QueueLive>[] {
  const agency = (q: QueueLive) => inLanguage(city?.agencies.find((a) => a.id === q.agency)?.name);
  return [
    {
      head: i18n._("Queue"),
      names: true,
      cell: (q) => (
        <>
          {queueName(city, q)}
          <span className="cell-more">{agency(q)}</span>
          <OpenMark queue={q} />
        </>
      ),
    },
    { head: i18n._("Calls"), figures: true, cell: (q) => <Count n={q.waiting_calls} urgent /> },
    { head: i18n._("Longest wait"), figures: true, cell: (q) => <Elapsed since={q.longest_call_since ?? undefined} /> },
    { head: i18n._("E-mails"), figures: true, cell: (q) => <Count n={q.waiting_mails} /> },
    { head: i18n._("Agents ready"), figures: true, cell: (q) => <Count n={q.ready} /> },
    { head: i18n._("Agents serving"), figures: true, cell: (q) => <Count n={q.busy} /> },
    ...(onDetails ? [{ head: i18n._("Look"), cell: (q: QueueLive) => <DetailsButton name={queueName(city, q)} onPress={() => onDetails(q.id)} /> }] : []),
  ];
}

function DetailsButton({ name, onPress }: { name: string; onPress(): void }) {
  const { i18n } = useLingui();
  return (
    <Button look="secondary" className="button-small" onPress={onPress} aria-label={i18n._("Details of {name}", { name })}>
      {i18n._("Details")}
    </Button>
  );
}

/** Open or closed with the next change, nobody to serve, and how long a new call waits where that is known. */
export function OpenMark({ queue }: { queue: QueueLive }) {
  const { i18n } = useLingui();
  const estimate = estimateText(queue.estimate);
  return (
    <span className="open-marks">
      <span className={queue.open ? "open-mark" : "open-mark open-mark-closed"}>
        <Icon name={queue.open ? "clock" : "lock"} size={14} />
        {openingText(queue, serverNow())}
      </span>
      {queue.open && queue.staffed === 0 && (
        <span className="open-mark open-mark-nobody">
          <Icon name="warning" size={14} />
          {i18n._("Nobody to serve")}
        </span>
      )}
      {queue.open && estimate && <span className="open-mark">{i18n._("A new call waits {time}", { time: estimate })}</span>}
    </span>
  );
}

function Count({ n, urgent = false }: { n: number; urgent?: boolean }) {
  if (n === 0) return <span className="figures quiet">0</span>;
  return <strong className={urgent ? "figures count-urgent" : "figures"}>{n}</strong>;
}

function Team() {
  const { i18n } = useLingui();
  const me = useMe();
  const { data: city } = useQuery(cityQuery);
  const { data: agents, error, isPending } = useQuery(agentsQuery);
  const [forced, force] = useState<AgentLive | null>(null);
  if (isPending) return <Loading />;
  const columns: Column<AgentLive>[] = [
    { head: i18n._("Agent"), names: true, cell: (a) => a.display },
    { head: i18n._("Seat"), cell: (a) => a.seat || "–" },
    { head: i18n._("State"), cell: (a) => <AgentStateCell agent={a} city={city} /> },
    { head: i18n._("In this state"), figures: true, cell: (a) => <Elapsed since={a.since} /> },
    { head: i18n._("Served"), figures: true, cell: (a) => <span className="figures">{a.handled}</span> },
    ...(may(me, "agent.force")
      ? [
          {
            head: i18n._("Change"),
            cell: (a: AgentLive) => (
              <Button look="secondary" className="button-small" onPress={() => force(a)} aria-label={i18n._("Change the state of {name}", { name: a.display })}>
                {i18n._("Change state")}
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <section className="card" aria-labelledby="team-title">
      <h2 id="team-title">{i18n._("Team")}</h2>
      <ErrorNotice error={error} />
      {agents?.length ? (
        <Table caption={i18n._("Agents now")} columns={columns} rows={agents} rowKey={(a) => a.person} />
      ) : (
        <Empty icon="people" title={i18n._("Nobody is at work")} />
      )}
      <Dialog title={i18n._("Change the state of {name}", { name: forced?.display ?? "" })} isOpen={forced !== null} onClose={() => force(null)} firm>
        <Suspense fallback={<Loading />}>{forced && <ForceState agent={forced} onDone={() => force(null)} />}</Suspense>
      </Dialog>
    </section>
  );
}

/** The state, a break's reason, and what comes after the work in hand. */
function AgentStateCell({ agent, city }: { agent: AgentLive; city: City | undefined }) {
  const { i18n } = useLingui();
  return (
    <>
      <StateTag state={agent.state} text={stateText(agent.state, agent.reason, city?.break_reasons)} />
      {agent.next && <span className="cell-more">{i18n._("then {state}", { state: stateLabel(agent.next as AgentLive["state"]).toLocaleLowerCase(i18n.locale) })}</span>}
    </>
  );
}

function MyCases() {
  const { i18n } = useLingui();
  const { data: cases, error, isPending } = useQuery(casesQuery(true));
  return (
    <section className="card desk-side" aria-labelledby="mine-title">
      <div className="card-head">
        <h2 id="mine-title">{i18n._("My e-mails")}</h2>
        <Link to="/mail">{i18n._("All e-mails")}</Link>
      </div>
      <ErrorNotice error={error} />
      {isPending ? <Loading /> : <CaseList cases={cases ?? []} empty={i18n._("No e-mail is waiting for you")} />}
    </section>
  );
}
