// A day's calls as the command line takes them (docs/simulation.md): a row for each call, or for each half-hour. Read in the
// browser and counted by half-hours; what a file says of single calls beyond their time and handling is left to the command line.

/** A day has so many half-hours. */
export const halfHours = 48;

/** Bounds of what is pasted or chosen. */
export const mostBytes = 2_000_000;
const mostCalls = 10_000; // in a half-hour of a queue: 20,000 an hour
const mostSeconds = 86_400;
const mostFaults = 10;

const columns = ["arrived", "from", "to", "calls", "queue", "language", "priority", "handling_seconds", "patience_seconds"] as const;
type Column = (typeof columns)[number];

/** The calls of a queue. */
export interface Counted {
  queue: string;
  /** By half-hours of the clock. */
  calls: number[];
  /** Mean of the rows that say it, in seconds; undefined where none does. */
  handling?: number;
}

/** What is wrong, where. `text` is what stands there, or what is missing. */
export interface Fault {
  line: number;
  column?: string;
  kind: "too_long" | "empty" | "unknown_column" | "column_twice" | "no_columns" | "both" | "quotes" | "width" | "no_queue" | "unknown_queue" | "number" | "time" | "span" | "full";
  text: string;
}

export interface CallsFile {
  counted: Counted[];
  faults: Fault[];
  /** Faults beyond those that are listed. */
  more: number;
}

/** Reads a file of calls for these queues. With one queue the file need not name it. */
export function readCalls(text: string, queues: readonly string[]): CallsFile {
  if (text.length > mostBytes) return { counted: [], faults: [{ line: 1, kind: "too_long", text: "" }], more: 0 };
  const sheet = new Sheet(text, queues);
  sheet.read();
  return { counted: sheet.faults.length > 0 ? [] : sheet.counted(), faults: sheet.faults.slice(0, mostFaults), more: Math.max(0, sheet.faults.length - mostFaults) };
}

interface Line {
  line: number;
  fields: string[];
}

interface Sum {
  calls: number[];
  handling: number;
  known: number;
}

class Sheet {
  readonly faults: Fault[] = [];
  private readonly by = new Map<string, Sum>();
  private names: Column[] = [];
  private row: Line = { line: 1, fields: [] };
  private readonly comma: string;

  constructor(
    private readonly text: string,
    private readonly queues: readonly string[],
  ) {
    const first = text.split("\n", 1)[0]!;
    this.comma = first.split(";").length > first.split(",").length ? ";" : ",";
  }

  counted(): Counted[] {
    return [...this.by].map(([queue, s]) => ({ queue, calls: s.calls, ...(s.known > 0 ? { handling: s.handling / s.known } : {}) }));
  }

  read(): void {
    const { lines, open } = linesOf(this.text.replace(/^\ufeff/, ""), this.comma);
    const [head, ...rows] = lines;
    if (!head) return this.bad("empty");
    this.row = head;
    if (!this.header(head.fields)) return;
    for (const row of rows) {
      this.row = row;
      if (row.fields.length !== this.names.length) this.bad("width", "", `${row.fields.length} / ${this.names.length}`);
      else this.count();
    }
    if (open) this.bad("quotes");
    if (rows.length === 0) this.bad("empty");
  }

  private bad(kind: Fault["kind"], column = "", text = ""): void {
    this.faults.push({ line: this.row.line, ...(column && { column }), kind, text });
  }

  private header(fields: readonly string[]): boolean {
    const names = fields.map((f) => f.trim().toLowerCase());
    for (const [i, name] of names.entries()) {
      if (!(columns as readonly string[]).includes(name)) this.bad("unknown_column", name, columns.join(", "));
      else if (names.indexOf(name) < i) this.bad("column_twice", name);
    }
    this.names = names as Column[];
    const [single, counted] = [this.has("arrived"), this.has("calls")];
    if (single && counted) this.bad("both");
    else if (!single && !(counted && this.has("from"))) this.bad("no_columns");
    return this.faults.length === 0;
  }

  private has(column: Column): boolean {
    return this.names.includes(column);
  }

  private field(column: Column): string {
    return this.row.fields[this.names.indexOf(column)]?.trim() ?? "";
  }

  /** Counts the row, or says all that is wrong with it. */
  private count(): void {
    const queue = this.queue();
    const single = this.has("arrived");
    const from = this.clock(single ? "arrived" : "from");
    const to = this.has("to") && !single ? this.clock("to") : from === undefined ? undefined : from + 1800;
    const calls = single ? 1 : this.number("calls", halfHours * mostCalls);
    const handling = this.number("handling_seconds", mostSeconds);
    if (queue === undefined || from === undefined || to === undefined || calls === undefined || handling === undefined) return;
    if (single) return this.add(queue, Math.floor(from / 1800), 1, 1, handling);
    if (from % 1800 !== 0 || to % 1800 !== 0 || to <= from) return this.bad("span", "from", [this.field("from"), this.field("to")].filter(Boolean).join("–"));
    this.add(queue, from / 1800, (to - from) / 1800, calls, handling);
  }

  private add(queue: string, first: number, slots: number, calls: number, handling: number): void {
    const sum = this.by.get(queue) ?? { calls: Array.from({ length: halfHours }, () => 0), handling: 0, known: 0 };
    this.by.set(queue, sum);
    for (let i = first; i < first + slots; i++) {
      sum.calls[i]! += calls / slots;
      if (sum.calls[i]! > mostCalls) return this.bad("full", "calls", String(mostCalls));
    }
    if (handling > 0) {
      sum.handling += calls * handling;
      sum.known += calls;
    }
  }

  private queue(): string | undefined {
    const name = this.field("queue") || (this.queues.length === 1 ? this.queues[0]! : "");
    if (this.queues.includes(name)) return name;
    this.bad(name ? "unknown_queue" : "no_queue", "queue", name || this.queues.join(", "));
    return undefined;
  }

  /** 0 where the field is empty. */
  private number(column: Column, limit: number): number | undefined {
    const text = this.field(column);
    const plain = this.comma === ";" ? text.replace(",", ".") : text;
    const n = plain === "" ? 0 : /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
    if (n >= 0 && n <= limit) return n;
    this.bad("number", column, text);
    return undefined;
  }

  /** Seconds since midnight; a date in front of the clock is left out. */
  private clock(column: Column): number | undefined {
    const text = this.field(column);
    const parts = /^(?:(?:\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})[ T])?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?$/.exec(text);
    const [hour, minute, second] = (parts?.slice(1) ?? []).map((p) => Number(p ?? 0));
    const at = hour! * 3600 + minute! * 60 + second!;
    const last = column === "to" ? 86_400 : 86_399;
    if (parts && minute! < 60 && second! < 60 && at <= last) return at;
    this.bad("time", column, text);
    return undefined;
  }
}

/** Fields by RFC 4180; lines that are empty or begin with # are left out. `open`: a quote does not close. */
function linesOf(text: string, comma: string): { lines: Line[]; open: boolean } {
  const lines: Line[] = [];
  let row: Line = { line: 1, fields: [] };
  let field = "";
  let quoted = false;
  let line = 1;
  const endRow = () => {
    row.fields.push(field);
    const first = row.fields[0]!;
    if (row.fields.length > 1 || (first.trim() !== "" && !first.startsWith("#"))) {
      if (!first.startsWith("#")) lines.push(row);
    }
    [field, row] = ["", { line: line + 1, fields: [] }];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted && c === '"' && text[i + 1] === '"') {
      field += c;
      i++;
    } else if (c === '"' && (quoted || field.trim() === "")) quoted = !quoted;
    else if (!quoted && c === comma) {
      row.fields.push(field);
      field = "";
    } else if (!quoted && c === "\n") endRow();
    else if (c !== "\r") field += c;
    if (c === "\n") line++;
  }
  if (field !== "" || row.fields.length > 0) endRow();
  return { lines, open: quoted };
}
