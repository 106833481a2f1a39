import type { I18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { cityQuery } from "../api/queries.ts";
import type { Listening, Recording, RecordingQuery } from "../api/types.ts";
import { useAnnounced } from "../lib/announce.tsx";
import { clockText } from "../lib/clock.ts";
import { minutesPattern, secondsOf } from "../lib/minutes.ts";
import { dayStart } from "../lib/days.ts";
import { dateText, dateTime, inLanguage } from "../lib/format.ts";
import { Player } from "../play/Player.tsx";
import { Button, Select, TextField } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { type Column, Dialog, Empty, ErrorNotice, Page, Table } from "../ui/parts.tsx";
import { PurposeDialog, PurposeGate, type Stated, StatedPurpose } from "./PurposeForm.tsx";

export function RecordingsPage() {
  const { i18n } = useLingui();
  const [stated, setStated] = useState<Stated | null>(null);
  return (
    <Page title={i18n._("Recordings")} lead={i18n._("A recording is known by its date, the seat code and the last digits of the customer’s number.")} wide>
      {stated ? <Search key={stated.agency} stated={stated} onState={setStated} /> : <PurposeGate kind="audio" onState={setStated} />}
    </Page>
  );
}

interface Filter {
  from: string;
  to: string;
  seat: string;
  queue: string;
  fragment: string;
  least: string;
  most: string;
  state: string;
}
const noFilter: Filter = { from: "", to: "", seat: "", queue: "", fragment: "", least: "", most: "", state: "" };

function Search({ stated, onState }: { stated: Stated; onState(s: Stated): void }) {
  const { i18n } = useLingui();
  const [changing, setChanging] = useState(false);
  const [filter, set] = useState(noFilter);
  const [heard, setHeard] = useState<Recording | null>(null);
  const search = useMutation({ mutationFn: () => take(api.POST("/api/recordings/search", { body: query(stated, filter) })).then((r) => r.rows ?? []) });
  return (
    <>
      <StatedPurpose kind="audio" stated={stated} onChange={() => setChanging(true)} />
      <PurposeDialog kind="audio" isOpen={changing} first={stated} onClose={() => setChanging(false)} onState={(s) => (setChanging(false), onState(s))} />
      <section className="card">
        <FilterForm agency={stated.agency} filter={filter} onChange={set} onSearch={() => search.mutate()} searching={search.isPending} />
      </section>
      <ErrorNotice error={search.error} />
      {search.data && <Results rows={search.data} onListen={setHeard} />}
      <Dialog title={heard ? i18n._("Recording {name}", { name: heard.name }) : ""} isOpen={heard !== null} onClose={() => setHeard(null)} firm>
        {heard && <Listen recording={heard} stated={stated} />}
      </Dialog>
    </>
  );
}

function query(stated: Stated, f: Filter) {
  return {
    agency: stated.agency,
    purpose: stated.purpose,
    reason: stated.reason || undefined,
    from: dayStart(f.from),
    to: dayStart(f.to, 1),
    seat: f.seat.trim() || undefined,
    queue: f.queue || undefined,
    fragment: f.fragment || undefined,
    min_seconds: secondsOf(f.least),
    max_seconds: secondsOf(f.most),
    state: (f.state || undefined) as RecordingQuery["state"],
  };
}

/** What the recorder knows of how a recording ended. */
function states(i18n: I18n) {
  return [
    { id: "", text: i18n._("All") },
    { id: "complete", text: i18n._("Ended as it should") },
    { id: "recovered", text: i18n._("The last second may be missing") },
    { id: "broken", text: i18n._("Cut off by a fault") },
    { id: "recording", text: i18n._("Going on") },
  ];
}

function FilterForm(props: { agency: string; filter: Filter; onChange(f: Filter): void; onSearch(): void; searching: boolean }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const { filter, onChange } = props;
  const put = (key: keyof Filter) => (value: string) => onChange({ ...filter, [key]: value });
  const queues = (city?.queues ?? []).filter((q) => q.agency === props.agency);
  return (
    <Form
      className="filters"
      onSubmit={(e) => {
        e.preventDefault();
        props.onSearch();
      }}
    >
      <TextField label={i18n._("From day")} type="date" value={filter.from} onChange={put("from")} />
      <TextField label={i18n._("To day")} type="date" value={filter.to} onChange={put("to")} />
      <TextField label={i18n._("Seat code")} value={filter.seat} onChange={put("seat")} maxLength={16} />
      <Select label={i18n._("Queue")} options={[{ id: "", text: i18n._("All") }, ...queues.map((q) => ({ id: q.id, text: inLanguage(q.name) }))]} value={filter.queue} onPick={put("queue")} />
      <TextField label={i18n._("Last digits of the number")} inputMode="numeric" maxLength={4} pattern="[0-9]{2,4}" value={filter.fragment} onChange={(v) => put("fragment")(v.replace(/\D/g, ""))} />
      <TextField label={i18n._("Length at least, min")} inputMode="decimal" maxLength={6} pattern={minutesPattern} placeholder="0" value={filter.least} onChange={put("least")} />
      <TextField label={i18n._("Length at most, min")} inputMode="decimal" maxLength={6} pattern={minutesPattern} value={filter.most} onChange={put("most")} />
      <Select label={i18n._("Completeness")} options={states(i18n)} value={filter.state} onPick={put("state")} />
      <Button type="submit" icon="search" isPending={props.searching} className="filter-go">
        {i18n._("Search")}
      </Button>
    </Form>
  );
}

function Results({ rows, onListen }: { rows: readonly Recording[]; onListen(r: Recording): void }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const found = i18n._("{n, plural, one {# recording} other {# recordings}}", { n: rows.length });
  useAnnounced(found);
  if (rows.length === 0) return <Empty icon="recording" title={i18n._("No recordings were found")} />;
  const columns: Column<Recording>[] = [
    { head: i18n._("Recording"), names: true, cell: (r) => <span className="figures">{r.name}</span> },
    { head: i18n._("Started"), cell: (r) => dateTime(r.started) },
    { head: i18n._("Length"), figures: true, cell: (r) => <span className="figures">{clockText(r.seconds)}</span> },
    { head: i18n._("Queue"), cell: (r) => inLanguage(city?.queues.find((q) => q.id === r.queue)?.name) || r.queue },
    { head: i18n._("State"), cell: (r) => <Whole recording={r} /> },
    { head: i18n._("Destroyed on"), cell: (r) => (r.hold ? i18n._("Kept by decision") : dateText(r.destroys)) },
    {
      head: i18n._("Listening"),
      cell: (r) => (
        <Button look="secondary" icon="play" onPress={() => onListen(r)} aria-label={i18n._("Listen to {name}", { name: r.name })}>
          {i18n._("Listen")}
        </Button>
      ),
    },
  ];
  return (
    <section className="card" aria-labelledby="found">
      <h2 id="found">{found}</h2>
      <Table caption={i18n._("Recordings found")} columns={columns} rows={rows} rowKey={(r) => r.id} />
    </section>
  );
}

function Whole({ recording }: { recording: Recording }) {
  const { i18n } = useLingui();
  if (recording.state === "recording") return <span className="whole">{i18n._("Going on")}</span>;
  return recording.state === "complete" && recording.gaps === 0 ? (
    <span className="whole">
      <Icon name="check" size={16} />
      {i18n._("Whole")}
    </span>
  ) : (
    <span className="whole whole-not">
      <Icon name="warning" size={16} />
      {i18n._("Has gaps")}
    </span>
  );
}

function Listen({ recording, stated }: { recording: Recording; stated: Stated }) {
  const { i18n } = useLingui();
  const body = { agency: stated.agency, purpose: stated.purpose, reason: stated.reason || undefined };
  const listen = useMutation({
    mutationFn: (): Promise<Listening> => take(api.POST("/api/recordings/{id}/listen", { params: { path: { id: recording.id } }, body })),
  });
  return (
    <div className="stack">
      <dl className="message-facts">
        <div>
          <dt>{i18n._("Started")}</dt>
          <dd>{dateTime(recording.started)}</dd>
        </div>
        <div>
          <dt>{i18n._("Length")}</dt>
          <dd>{clockText(recording.seconds)}</dd>
        </div>
        <div>
          <dt>{i18n._("Announcement")}</dt>
          <dd>
            {recording.announcement} ({recording.language})
          </dd>
        </div>
      </dl>
      <ErrorNotice error={listen.error} />
      {listen.data ? (
        <Player recording={recording} listening={listen.data} />
      ) : (
        <>
          <p className="quiet">{i18n._("The listening is written in the log when you open the recording.")}</p>
          <div className="actions">
            <Button icon="play" onPress={() => listen.mutate()} isPending={listen.isPending}>
              {i18n._("Open the recording")}
            </Button>
          </div>
        </>
      )}
    </div>
  );
}
