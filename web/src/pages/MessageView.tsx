import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { messageQuery } from "../api/queries.ts";
import type { Attachment, Message, MessageHead } from "../api/types.ts";
import { dateTime, party, shortMoment, sizeText } from "../lib/format.ts";
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
        <span className="message-from">{out ? i18n._("Our reply") : head.from.name || head.from.address}</span>
        {out && <Delivery state={head.delivery} reply={head.reply} />}
        <time dateTime={head.at}>{shortMoment(head.at)}</time>
        <Icon name="down" size={14} />
      </button>
      {open && <Body caseId={caseId} id={head.id} />}
    </section>
  );
}

function Delivery({ state, reply }: { state: MessageHead["delivery"]; reply: string }) {
  const { i18n } = useLingui();
  switch (state) {
    case "sent":
      return <span className="tag tag-ready">{i18n._("Sent")}</span>;
    case "failed":
    case "bounced":
      return (
        <span className="tag tag-not_answering">
          <Icon name="warning" size={14} />
          {i18n._("Refused by the recipient’s server")} {reply}
        </span>
      );
    case "unsure":
      return <span className="tag tag-break">{i18n._("Sending uncertain")}</span>;
    case "queued":
      return <span className="tag">{i18n._("Being sent")}</span>;
    case "received":
      return null;
  }
}

function Body({ caseId, id }: { caseId: string; id: string }) {
  const { data, error, isPending } = useQuery(messageQuery(caseId, id));
  if (isPending) return <Loading />;
  if (!data) return <ErrorNotice error={error} />;
  return <MessageBody message={data} base={`/api/cases/${encodeURIComponent(caseId)}/messages/${encodeURIComponent(id)}`} />;
}

/** A message as it may safely be read; under `base` are its files and the bytes as the customer sent them. */
export function MessageBody({ message, base }: { message: Message; base?: string }) {
  const { i18n } = useLingui();
  const [plain, setPlain] = useState(!message.html);
  const files = message.files ?? [];
  return (
    <div className="message-body">
      <dl className="message-facts">
        <div>
          <dt>{i18n._("From")}</dt>
          <dd>{party(message.from)}</dd>
        </div>
        <div>
          <dt>{i18n._("To")}</dt>
          <dd>{(message.to ?? []).map(party).join(", ")}</dd>
        </div>
        <div>
          <dt>{i18n._("Time")}</dt>
          <dd>{dateTime(message.at)}</dd>
        </div>
      </dl>
      {message.raw && <Notice look="warning">{i18n._("The message could not be interpreted. It is shown as it was received.")}</Notice>}
      {message.blocked_images > 0 && !plain && (
        <Notice>{i18n._("{n, plural, one {# remote image was blocked} other {# remote images were blocked}} to protect privacy.", { n: message.blocked_images })}</Notice>
      )}
      {plain ? <pre className="message-text">{message.text || i18n._("(empty message)")}</pre> : <Frame message={message} />}
      {files.length > 0 && <Files files={files} base={base} />}
      <div className="actions message-actions">
        {message.html && message.text && (
          <Button look="quiet" onPress={() => setPlain(!plain)}>
            {plain ? i18n._("Show formatted") : i18n._("Show as plain text")}
          </Button>
        )}
        {base && (
          <a href={`${base}/raw`} target="_blank" rel="noreferrer">
            {i18n._("As received (opens in a new tab)")}
          </a>
        )}
      </div>
    </div>
  );
}

function Files({ files, base }: { files: readonly Attachment[]; base?: string }) {
  const { i18n } = useLingui();
  return (
    <ul className="files" aria-label={i18n._("Attachments")}>
      {files.map((f) => {
        const name = f.name || i18n._("Unnamed attachment");
        return (
          <li key={f.index}>
            <Icon name="attach" size={16} />
            {base ? (
              <a href={`${base}/files/${f.index}`} download={f.name || true}>
                {name}
              </a>
            ) : (
              name
            )}
            <span className="quiet">{sizeText(f.size)}</span>
          </li>
        );
      })}
    </ul>
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
