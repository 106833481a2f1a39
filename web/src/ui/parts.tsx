import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { AgentState } from "../api/types.ts";
import { clockText, secondsSince } from "../lib/clock.ts";
import { errorText, stateLabel } from "../lib/labels.ts";
import { useTick } from "../lib/useTick.ts";
import { Button } from "./controls.tsx";
import { Icon, type IconName } from "./Icon.tsx";

/** Shapes tell states apart without colour: disc, bars, square, triangle, ring. */
export function StateMark({ state }: { state: AgentState }) {
  return (
    <svg className={`mark mark-${state}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {markOf(state)}
    </svg>
  );
}

function markOf(state: AgentState): ReactNode {
  switch (state) {
    case "ready":
      return <circle cx="8" cy="8" r="7" />;
    case "break":
      return <path d="M2 1h4v14H2zM10 1h4v14h-4z" />;
    case "not_answering":
      return <path d="M8 0l8 15H0z" />;
    case "offered":
      return <path d="M8 0l8 8-8 8-8-8z" />;
    case "busy":
      return <path d="M1 1h14v14H1z" />;
    case "wrap_up":
      return <path d="M8 1a7 7 0 1 0 7 7H8z" />;
    case "offline":
      return <circle cx="8" cy="8" r="5.500" fill="none" stroke="currentColor" strokeWidth="3" />;
  }
}

export function StateTag({ state, text }: { state: AgentState; text?: string }) {
  return (
    <span className={`tag tag-${state}`}>
      <StateMark state={state} />
      {text ?? stateLabel(state)}
    </span>
  );
}

/** Time since a moment, by the server's clock. Never in a live region: it ticks. */
export function Elapsed({ since }: { since: string | undefined }) {
  useTick(Boolean(since));
  if (!since) return <span className="quiet">–</span>;
  return (
    <time dateTime={since} className="figures">
      {clockText(secondsSince(since))}
    </time>
  );
}

type NoticeLook = "info" | "warning" | "error" | "success";
const noticeIcon: Record<NoticeLook, IconName> = { info: "info", warning: "warning", error: "warning", success: "check" };

export function Notice({ look = "info", children, live = false }: { look?: NoticeLook; children: ReactNode; live?: boolean }) {
  return (
    <div className={`notice notice-${look}`} role={live ? (look === "error" ? "alert" : "status") : undefined}>
      <Icon name={noticeIcon[look]} />
      <div>{children}</div>
    </div>
  );
}

export function ErrorNotice({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Notice look="error" live>
      {errorText(error)}
    </Notice>
  );
}

export function Loading() {
  const { i18n } = useLingui();
  return (
    <p className="loading" role="status">
      <span className="loading-wave" aria-hidden="true" />
      {i18n._("Loading")}
    </p>
  );
}

/** What a page says when a list has nothing. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} size={32} />
      <p className="empty-title">{title}</p>
      {children && <p>{children}</p>}
    </div>
  );
}

export function Page({ title, lead, children, wide = false }: { title: string; lead?: string; children: ReactNode; wide?: boolean }) {
  return (
    <div className={wide ? "page page-wide" : "page"}>
      <title>{`${title} – Santra`}</title>
      <div className="page-head">
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p className="lead">{lead}</p>}
      </div>
      {children}
    </div>
  );
}

interface DialogProps {
  title: string;
  isOpen: boolean;
  onClose(): void;
  children: ReactNode;
  /** A dialog that asks for a decision is not closed by a click beside it. */
  firm?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, firm = false }: DialogProps) {
  const { i18n } = useLingui();
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable={!firm}>
      <Modal className="modal">
        <AriaDialog className="dialog">
          <div className="dialog-head">
            <Heading slot="title">{title}</Heading>
            <Button look="quiet" icon="cross" className="icon-only" onPress={onClose} aria-label={i18n._("Close the dialog")}>
              {""}
            </Button>
          </div>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface Column<Row> {
  head: string;
  cell(row: Row): ReactNode;
  /** Figures stand to the right. */
  figures?: boolean;
  /** The column that names the row. */
  names?: boolean;
  className?: string;
}

interface TableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  rowClass?(row: Row): string;
}

/** A plain table; on a narrow screen each row is a card. Roles are spelt out, as changing `display` drops them. */
export function Table<Row>({ caption, columns, rows, rowKey, rowClass }: TableProps<Row>) {
  return (
    <table className="table" role="table">
      <caption className="only-heard">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((c) => (
            <th key={c.head} scope="col" role="columnheader" className={c.figures ? "to-right" : undefined}>
              {c.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row" className={rowClass?.(row)}>
            {columns.map((c) => (
              <Cell key={c.head} column={c} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const className = [column.figures ? "to-right" : "", column.className ?? ""].join(" ").trim() || undefined;
  const inside = (
    <>
      <span className="cell-head" aria-hidden="true">
        {column.head}
      </span>
      <span className="cell-body">{column.cell(row)}</span>
    </>
  );
  if (column.names) {
    return (
      <th scope="row" role="rowheader" className={className}>
        {inside}
      </th>
    );
  }
  return (
    <td role="cell" className={className}>
      {inside}
    </td>
  );
}
