import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { messageQuery } from "../api/queries.ts";
import type { Message, MessageHead } from "../api/types.ts";
import { dateTime, shortMoment, sizeText } from "../lib/format.ts";
import { frameHeight, mailFrame } from "../mail/frame.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { ErrorNotice, Loading, Notice } from "../ui/parts.tsx";

/** One message of a thread, folded until wanted. */
export function MessageView({ caseId, head, startsOpen }: { caseId: string; head: MessageHead; startsOpen: boolean }) {
  const { i18n } = useLingui();
  const [open, setOpen] = useState(startsOpen);
  const out = head.direction === "out";
  return (
    <section className={out ? "message message-out" : "message"}>
      <button type="button" className="message-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={out ? "send" : "mail"} size={18} />
        <span className="message-from">{out ? i18n._("Our reply") : head.from}</span>
        {out && <Delivery state={head.delivery} note={head.note} />}
        <time dateTime={head.at}>{shortMoment(head.at)}</time>
        <Icon name="down" size={14} />
      </button>
      {open && <Body caseId={caseId} id={head.id} />}
    </section>
  );
}

function Delivery({ state, note }: { state: string; note: string }) {
  const { i18n } = useLingui();
  switch (state) {
    case "sent":
    case "delivered":
      return <span className="tag tag-ready">{i18n._("Sent")}</span>;
    case "refused":
    case "failed":
      return (
        <span className="tag tag-not_answering" title={note}>
          <Icon name="warning" size={14} />
          {i18n._("Refused by the recipient’s server")}
        </span>
      );
    case "":
      return null;
    default:
      return <span className="tag">{i18n._("Being sent")}</span>;
  }
}

function Body({ caseId, id }: { caseId: string; id: string }) {
  const { data, error, isPending } = useQuery(messageQuery(caseId, id));
  if (isPending) return <Loading />;
  if (!data) return <ErrorNotice error={error} />;
  return <MessageBody message={data} rawUrl={`/api/cases/${encodeURIComponent(caseId)}/messages/${encodeURIComponent(id)}/raw`} />;
}

/** A message as it may safely be read; `rawUrl` shows the bytes as the customer sent them. */
export function MessageBody({ message, rawUrl }: { message: Message; rawUrl?: string }) {
  const { i18n } = useLingui();
  const [plain, setPlain] = useState(!message.html);
  const files = message.files ?? [];
  return (
    <div className="message-body">
      <dl className="message-facts">
        <div>
          <dt>{i18n._("From")}</dt>
          <dd>{message.from}</dd>
        </div>
        <div>
          <dt>{i18n._("To")}</dt>
          <dd>{(message.to ?? []).join(", ")}</dd>
        </div>
        <div>
          <dt>{i18n._("Time")}</dt>
          <dd>{dateTime(message.at)}</dd>
        </div>
      </dl>
      {message.note && <Notice look="warning">{message.note}</Notice>}
      {!message.parsed && <Notice look="warning">{i18n._("The message could not be interpreted. It is shown as it was received.")}</Notice>}
      {message.blocked_images > 0 && !plain && (
        <Notice>{i18n._("{n, plural, one {# remote image was blocked} other {# remote images were blocked}} to protect privacy.", { n: message.blocked_images })}</Notice>
      )}
      {plain ? <pre className="message-text">{message.text || i18n._("(empty message)")}</pre> : <Frame message={message} />}
      {files.length > 0 && (
        <ul className="files" aria-label={i18n._("Attachments")}>
          {files.map((f, i) => (
            <li key={i}>
              <Icon name="attach" size={16} />
              {f.name || i18n._("Unnamed attachment")} <span className="quiet">{sizeText(f.size)}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="actions message-actions">
        {message.html && message.text && (
          <Button look="quiet" onPress={() => setPlain(!plain)}>
            {plain ? i18n._("Show formatted") : i18n._("Show as plain text")}
          </Button>
        )}
        {rawUrl && (
          <a href={rawUrl} target="_blank" rel="noreferrer">
            {i18n._("As received (opens in a new tab)")}
          </a>
        )}
      </div>
    </div>
  );
}

function Frame({ message }: { message: Message }) {
  const { i18n } = useLingui();
  const frame = useRef<HTMLIFrameElement>(null);
  const title = i18n._("Message");
  useEffect(() => {
    frame.current!.srcdoc = mailFrame(message.html, i18n.locale, title);
  }, [message.html, i18n.locale, title]);
  return <iframe ref={frame} title={title} sandbox="" referrerPolicy="no-referrer" className="message-frame" style={{ height: `${frameHeight(message.text)}rem` }} />;
}
