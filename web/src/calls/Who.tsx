import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { callerQuery, cityQuery } from "../api/queries.ts";
import type { Call } from "../api/types.ts";
import { inLanguage, phoneText } from "../lib/format.ts";
import { languageLabel } from "../lib/labels.ts";
import { inConversation } from "../phone/current.ts";
import { WhyMe } from "../shell/WhyMe.tsx";
import { Elapsed } from "../ui/parts.tsx";
import { Icon } from "../ui/Icon.tsx";
import { RecordingTag } from "./Recording.tsx";
import { useNames } from "./useNames.ts";

/** Number, queue, language and why: what an agent needs before the first word. */
export function Who({ call, title }: { call: Call; title: string }) {
  const { data: city } = useQuery(cityQuery);
  const queue = city?.queues.find((q) => q.id === call.queue);
  const agency = city?.agencies.find((a) => a.id === call.agency);
  return (
    <div className="call-who">
      <p className="call-title">
        {title}
        <span aria-hidden="true"> · </span>
        <Elapsed since={call.state === "offered" ? call.arrived : call.since} />
      </p>
      {call.direction === "inside" ? <Asker call={call} /> : <Number call={call} />}
      <p className="call-facts">
        <strong>{inLanguage(queue?.name) || call.queue}</strong>
        <span>{inLanguage(agency?.name)}</span>
        {call.language && call.language !== "mul" && <span className="language-tag">{languageLabel(call.language)}</span>}
        {inConversation(call) && call.direction !== "inside" && <RecordingTag call={call} />}
      </p>
      {call.state === "offered" && call.direction !== "inside" && <WhyMe work={call.id} />}
    </div>
  );
}

/** The customer's number: read while the call lives, kept nowhere (M3). */
export function Number({ call }: { call: Call }) {
  const { i18n } = useLingui();
  const { data: caller } = useQuery(callerQuery(call.id));
  if (call.emergency) return <p className="call-number">112</p>;
  return <p className="call-number">{caller?.number ? phoneText(caller.number) : caller ? i18n._("Number withheld") : "…"}</p>;
}

/** Who asks: a colleague, whose customer hears music meanwhile. */
function Asker({ call }: { call: Call }) {
  const { i18n } = useLingui();
  const { asker } = useNames(call);
  return <p className="call-number call-asker">{i18n._("{name} consults you", { name: asker })}</p>;
}

/** Where the agent's seat is, to tell the emergency services. */
export function Location({ call }: { call: Call }) {
  const { i18n } = useLingui();
  if (!call.emergency && !call.consult?.emergency) return null;
  return (
    <div className="call-location" role="status">
      <Icon name="place" size={28} />
      <p>
        <span>{i18n._("You are here. Tell it to 112:")}</span>
        <strong>{call.location || i18n._("no place is recorded for seat {code}: say where you are", { code: call.seat })}</strong>
      </p>
    </div>
  );
}
