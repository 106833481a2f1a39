import { useLingui } from "@lingui/react";
import { i18n } from "@lingui/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { agentsQuery, cityQuery, runningQuery } from "../api/queries.ts";
import type { Call, City, SuperviseMode } from "../api/types.ts";
import { inLanguage } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { LevelMeter, useLevel } from "../ui/LevelMeter.tsx";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Dialog, Elapsed, Empty, ErrorNotice, Loading, Notice, Page, Table } from "../ui/parts.tsx";
import { directionText, modeText, modes, modeWhat, mayHear, stateOfCallText, watchRefusedText } from "./callsWords.ts";
import { PurposeForm, type Stated } from "./PurposeForm.tsx";
import { useWatch, type Watch } from "./useWatch.ts";

/** The calls that run in the own agencies, and taking part in one: listening, whispering, barging in. */
export function CallsPage() {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const { data: agents } = useQuery(agentsQuery);
  const { data: calls, error, isPending } = useQuery(runningQuery);
  const [asked, ask] = useState<{ call: Call; mode: SuperviseMode } | null>(null);
  const watch = useWatch(calls);
  const person = (id: string) => agents?.find((a) => a.person === id)?.display || (id ? i18n._("A colleague") : "–");
  const purpose = watch.stated;
  return (
    <Page title={i18n._("Calls")} lead={i18n._("Calls that run now. Who calls is not shown. Taking part is logged with its purpose before a sound is heard, and the agent sees it.")} wide>
      {watch.call && <Taking watch={watch} city={city} agent={person(watch.call.agent)} />}
      <ErrorNotice error={error} />
      {watch.error != null && (
        <Notice look="error" live>
          {watchRefusedText(watch.error)}
        </Notice>
      )}
      <section className="card" aria-labelledby="running-title">
        <h2 id="running-title">{i18n._("Running now")}</h2>
        {isPending ? (
          <Loading />
        ) : calls?.length ? (
          <Table caption={i18n._("Calls that run now")} columns={columns(city, person, watch, (call, mode) => ask({ call, mode }))} rows={calls} rowKey={(c) => c.id} />
        ) : (
          <Empty icon="phone" title={i18n._("No call is running")} />
        )}
      </section>
      <Dialog title={asked ? modeText(asked.mode) : ""} isOpen={asked !== null} onClose={() => ask(null)} firm>
        {asked && (
          <PurposeForm
            kind="audio"
            agency={asked.call.agency}
            first={purpose}
            onClose={() => ask(null)}
            onState={(stated: Stated) => {
              void watch.begin(asked.call, asked.mode, stated);
              ask(null);
            }}
          />
        )}
      </Dialog>
    </Page>
  );
}

function columns(city: City | undefined, person: (id: string) => string, watch: Watch, onAsk: (call: Call, mode: SuperviseMode) => void): Column<Call>[] {
  const queue = (c: Call) => inLanguage(city?.queues.find((q) => q.id === c.queue)?.name) || c.queue;
  return [
    {
      head: i18n._("Queue"),
      names: true,
      cell: (c) => (
        <>
          {queue(c)}
          <span className="cell-more">{inLanguage(city?.agencies.find((a) => a.id === c.agency)?.name)}</span>
        </>
      ),
    },
    { head: i18n._("Kind"), cell: (c) => directionText(c) },
    { head: i18n._("Agent"), cell: (c) => <Agent call={c} name={person(c.agent)} /> },
    { head: i18n._("State"), cell: (c) => stateOfCallText(c) },
    { head: i18n._("In this state"), figures: true, cell: (c) => <Elapsed since={c.since} /> },
    { head: i18n._("Language"), cell: (c) => (c.language && c.language !== "mul" ? languageLabel(c.language) : "–") },
    { head: i18n._("Take part"), cell: (c) => <Ways call={c} queue={queue(c)} watch={watch} onAsk={onAsk} /> },
  ];
}

function Agent({ call, name }: { call: Call; name: string }) {
  return (
    <>
      {name}
      {call.seat && <span className="cell-more">{call.seat}</span>}
    </>
  );
}

function Ways({ call, queue, watch, onAsk }: { call: Call; queue: string; watch: Watch; onAsk: (call: Call, mode: SuperviseMode) => void }) {
  const { i18n } = useLingui();
  if (watch.call?.id === call.id) return <span className="tag">{i18n._("You take part")}</span>;
  if (!mayHear(call)) return <span className="quiet">–</span>;
  return (
    <span className="ways">
      {modes.map((mode) => (
        <Button key={mode} look="secondary" className="button-small" isDisabled={watch.call !== undefined || watch.opening} onPress={() => onAsk(call, mode)} aria-label={`${modeText(mode)}: ${queue}, ${call.seat}`}>
          {modeText(mode)}
        </Button>
      ))}
    </span>
  );
}

/** The call that is heard: how one takes part, what comes in, and the way out. */
function Taking({ watch, city, agent }: { watch: Watch; city: City | undefined; agent: string }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const call = watch.call!;
  const level = useLevel(watch.sound);
  const leave = () => void watch.leave().then(() => client.invalidateQueries({ queryKey: runningQuery.queryKey }));
  return (
    <section className={`card taking taking-${watch.mode}`} aria-labelledby="taking-title">
      <div className="card-head">
        <h2 id="taking-title">
          <Icon name="ear" /> {modeText(watch.mode)}: {agent}
        </h2>
        <Button look="end" icon="end" onPress={leave}>
          {i18n._("Leave the call")}
        </Button>
      </div>
      <p>
        {inLanguage(city?.queues.find((q) => q.id === call.queue)?.name)} · {stateOfCallText(call)} · <Elapsed since={call.since} />
      </p>
      <p role="status">{modeWhat(watch.mode)}</p>
      <LevelMeter level={level} label={i18n._("Level of what you hear")} />
      <div className="actions" role="group" aria-label={i18n._("How you take part")}>
        {modes.map((mode) => (
          <Button key={mode} look={mode === watch.mode ? "primary" : "secondary"} aria-pressed={mode === watch.mode} isDisabled={watch.opening} onPress={() => mode !== watch.mode && void watch.change(mode)}>
            {modeText(mode)}
          </Button>
        ))}
      </div>
      {watch.problem && <Notice look="error" live>{watch.problem}</Notice>}
      <p className="quiet">{i18n._("Changing how you take part is logged with the same purpose. When you go to another page you leave the call.")}</p>
    </section>
  );
}
