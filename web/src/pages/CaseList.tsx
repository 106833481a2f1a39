import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { cityQuery } from "../api/queries.ts";
import type { Case } from "../api/types.ts";
import { inLanguage, shortMoment } from "../lib/format.ts";
import { caseLabel } from "../lib/labels.ts";
import { useMe } from "../shell/me.ts";
import { Icon } from "../ui/Icon.tsx";
import { Empty } from "../ui/parts.tsx";

/** Cases as a list of links: subject, sender, queue, state in words and shape. */
export function CaseList({ cases, empty, current }: { cases: readonly Case[]; empty: string; current?: string }) {
  if (cases.length === 0) return <Empty icon="mail" title={empty} />;
  return (
    <ul className="cases">
      {cases.map((c) => (
        <li key={c.id}>
          <CaseLink item={c} current={c.id === current} />
        </li>
      ))}
    </ul>
  );
}

function CaseLink({ item, current }: { item: Case; current: boolean }) {
  const { i18n } = useLingui();
  const me = useMe();
  const { data: city } = useQuery(cityQuery);
  const queue = city?.queues.find((q) => q.id === item.queue);
  const others = item.agent && item.agent !== me.person.id;
  return (
    <Link to="/mail/$caseId" params={{ caseId: item.id }} className="case-link" aria-current={current ? "page" : undefined}>
      <span className="case-top">
        <span className="case-subject">{item.subject || i18n._("(no subject)")}</span>
        <time dateTime={item.changed}>{shortMoment(item.changed)}</time>
      </span>
      <span className="case-from">{item.name || item.customer}</span>
      <span className="case-facts">
        <CaseTag state={item.state} others={Boolean(others)} />
        <span>{inLanguage(queue?.name) || item.queue}</span>
        {item.failed && (
          <span className="tag tag-not_answering">
            <Icon name="warning" size={14} />
            {i18n._("Not delivered")}
          </span>
        )}
      </span>
    </Link>
  );
}

export function CaseTag({ state, others = false }: { state: Case["state"]; others?: boolean }) {
  const { i18n } = useLingui();
  return (
    <span className={`tag case-${others ? "others" : state}`}>
      <CaseMark state={state} />
      {others && state === "open" ? i18n._("With a colleague") : caseLabel(state)}
    </span>
  );
}

function CaseMark({ state }: { state: Case["state"] }) {
  const shapes: Record<Case["state"], string> = {
    new: "M8 1a7 7 0 1 0 .01 0ZM8 4a4 4 0 1 1-.01 0Z",
    waiting: "M2 8l4 4 8-9v3L6 15 2 11z",
    offered: "M8 0l8 8-8 8-8-8z",
    open: "M1 1h14v14H1z",
    closed: "M1 6h14v4H1z",
  };
  return (
    <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d={shapes[state]} fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}
