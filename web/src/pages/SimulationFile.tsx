import { i18n } from "@lingui/core";
import { useLingui } from "@lingui/react";
import { FileTrigger } from "react-aria-components";
import type { City } from "../api/types.ts";
import { type Fault, mostBytes } from "../lib/callsCsv.ts";
import { inLanguage } from "../lib/format.ts";
import { fileOf } from "../lib/simulation.ts";
import { figureText } from "../plot/text.ts";
import { Button, TextArea, TextField } from "../ui/controls.tsx";
import { Notice } from "../ui/parts.tsx";
import type { PartProps } from "./simulationPart.ts";

/** Calls by half-hours, pasted or from a file that never leaves the browser as such: its counts are sent. */
export function CallsFile({ plan, put, fault, city }: PartProps & { city: City | undefined }) {
  const { i18n } = useLingui();
  const queues = plan.traffic.map((t) => t.queue);
  const take = (text: string) => put({ file: fileOf(text, queues) });
  const pick = async (files: FileList | null) => {
    const file = files?.[0];
    // One that is too large is not read at all: a text of that length says the same.
    if (file) take(file.size > mostBytes ? " ".repeat(mostBytes + 1) : await file.text());
  };
  const { text, read } = plan.file;
  const shown = text.length > mostBytes ? "" : text;
  return (
    <>
      <TextArea
        label={i18n._("Calls as CSV")}
        help={i18n._("Columns: from, calls, queue; also to and handling_seconds. Or a row for each call: arrived, queue.")}
        rows={8}
        spellCheck="false"
        className="csv-text"
        placeholder={`from,calls,queue\n08:00,12,${queues[0] ?? "queue"}\n08:30,20,${queues[0] ?? "queue"}`}
        value={shown}
        error={text === "" ? fault("file") : ""}
        onChange={take}
      />
      <div className="actions">
        <FileTrigger acceptedFileTypes={[".csv", "text/csv", "text/plain"]} onSelect={(files) => void pick(files)}>
          <Button look="secondary">{i18n._("Choose a file")}</Button>
        </FileTrigger>
      </div>
      {text !== "" && (read.faults.length > 0 ? <Faults faults={read.faults} more={read.more} /> : <Counts plan={plan} city={city} />)}
      <div className="filters filters-top">
        <TextField label={i18n._("Handling time, s")} help={i18n._("Where the file does not say.")} inputMode="numeric" value={plan.fileAht} error={fault("fileAht")} onChange={(fileAht) => put({ fileAht })} />
        <TextField label={i18n._("Patience, s")} inputMode="numeric" value={plan.filePatience} error={fault("filePatience")} onChange={(filePatience) => put({ filePatience })} />
      </div>
    </>
  );
}

/** What was read: calls by queue. */
function Counts({ plan, city }: Pick<PartProps, "plan"> & { city: City | undefined }) {
  const { i18n } = useLingui();
  return (
    <Notice look="success">
      <ul className="plain">
        {plan.file.read.counted.map((c) => {
          const queue = inLanguage(city?.queues.find((q) => q.id === c.queue)?.name) || c.queue;
          const calls = c.calls.reduce((a, b) => a + b, 0);
          return <li key={c.queue}>{i18n._("{queue}: {calls} calls", { queue, calls: figureText("count", calls) })}</li>;
        })}
      </ul>
    </Notice>
  );
}

function Faults({ faults, more }: { faults: readonly Fault[]; more: number }) {
  const { i18n } = useLingui();
  return (
    <Notice look="error">
      <p>{i18n._("The calls can’t be read:")}</p>
      <ul className="plain">
        {faults.map((f, i) => (
          <li key={i}>{i18n._("Row {line}: {fault}", { line: f.line, fault: (f.column ? `${f.column}: ` : "") + faultText(f) })}</li>
        ))}
      </ul>
      {more > 0 && <p>{i18n._("{n, plural, one {# further error} other {# further errors}}", { n: more })}</p>}
    </Notice>
  );
}

/** What is wrong and what would be right. */
function faultText({ kind, text }: Fault): string {
  switch (kind) {
    case "too_long":
      return i18n._("the file is larger than 2 MB");
    case "empty":
      return i18n._("there are no calls");
    case "unknown_column":
      return i18n._("unknown column; the columns are {text}", { text });
    case "column_twice":
      return i18n._("the column is there twice");
    case "no_columns":
      return i18n._("the columns from and calls are needed, or arrived");
    case "both":
      return i18n._("both arrived and calls are there; only one of them can be");
    case "quotes":
      return i18n._("a quotation mark does not close");
    case "width":
      return i18n._("as many columns as in the first row are needed ({text})", { text });
    case "no_queue":
      return i18n._("the queue is missing: one of {text}", { text });
    case "unknown_queue":
      return i18n._("“{text}” is no queue of yours", { text });
    case "number":
      return i18n._("“{text}” is no number that can be", { text });
    case "time":
      return i18n._("“{text}” is no time of a day, such as 08:15", { text });
    case "span":
      return i18n._("{text}: whole half-hours are needed, the end after the beginning", { text });
    case "full":
      return i18n._("over {text} calls in a half-hour", { text });
  }
}
