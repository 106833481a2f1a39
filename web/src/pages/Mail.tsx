import { useLingui } from "@lingui/react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { api, take } from "../api/client.ts";
import { caseQuery, casesQuery, cityQuery } from "../api/queries.ts";
import type { Case } from "../api/types.ts";
import { inLanguage, party } from "../lib/format.ts";
import { useClosing } from "../mail/useClosing.ts";
import { WhyMe } from "../shell/WhyMe.tsx";
import { useMe } from "../shell/me.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Empty, ErrorNotice, Loading, Notice, Page } from "../ui/parts.tsx";
import { CaseList, CaseTag } from "./CaseList.tsx";
import { Composer } from "./Composer.tsx";
import { MessageView } from "./MessageView.tsx";

/** Cases at the left, the chosen one at the right; on a narrow screen one after the other. */
export function MailPage() {
  const { i18n } = useLingui();
  const { caseId } = useParams({ strict: false });
  return (
    <Page title={i18n._("E-mail")} wide>
      <div className={caseId ? "mail mail-chosen" : "mail"}>
        <Cases current={caseId} />
        <div className="mail-case">
          {caseId ? <CaseView key={caseId} id={caseId} /> : <Empty icon="mail" title={i18n._("Choose an e-mail from the list")} />}
        </div>
      </div>
    </Page>
  );
}

function Cases({ current }: { current?: string }) {
  const { i18n } = useLingui();
  const [mine, setMine] = useState(true);
  const { data, error, isPending } = useQuery(casesQuery(mine));
  const { isClosing } = useClosing();
  const cases = (data ?? []).filter((c) => !isClosing(c.id));
  return (
    <section className="mail-list" aria-label={i18n._("Cases")}>
      <ToggleButtonGroup
        className="segments"
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[mine ? "mine" : "all"]}
        onSelectionChange={(keys) => setMine(keys.has("mine"))}
        aria-label={i18n._("Which e-mails")}
      >
        <ToggleButton id="mine">{i18n._("Mine")}</ToggleButton>
        <ToggleButton id="all">{i18n._("All open")}</ToggleButton>
      </ToggleButtonGroup>
      <ErrorNotice error={error} />
      {isPending ? <Loading /> : <CaseList cases={cases} current={current} empty={i18n._("No e-mail is waiting for you")} />}
    </section>
  );
}

function CaseView({ id }: { id: string }) {
  const { i18n } = useLingui();
  const { data: one, error, isPending } = useQuery(caseQuery(id));
  const { isClosing } = useClosing();
  if (isPending) return <Loading />;
  if (!one) return <ErrorNotice error={error} />;
  if (isClosing(id)) return <Empty icon="check" title={i18n._("The case was closed.")} />;
  return (
    <article className="case">
      <CaseHead one={one} />
      <Thread one={one} />
      <CaseWork one={one} />
    </article>
  );
}

function CaseHead({ one }: { one: Case }) {
  const { i18n } = useLingui();
  const me = useMe();
  const { data: city } = useQuery(cityQuery);
  const queue = city?.queues.find((q) => q.id === one.queue);
  return (
    <header className="case-head">
      <Link to="/mail" className="case-back">
        <Icon name="back" size={18} />
        {i18n._("Back to the list")}
      </Link>
      <h2>{one.subject || i18n._("(no subject)")}</h2>
      <p className="case-facts">
        <CaseTag state={one.state} others={Boolean(one.agent) && one.agent !== me.person.id} />
        <span>{inLanguage(queue?.name) || one.queue}</span>
        <span className="case-address">{party({ name: one.name, address: one.customer })}</span>
      </p>
    </header>
  );
}

function Thread({ one }: { one: Case }) {
  const { i18n } = useLingui();
  const messages = one.messages ?? [];
  return (
    <ol className="thread" aria-label={i18n._("Messages")}>
      {messages.map((m, i) => (
        <li key={m.id}>
          <MessageView caseId={one.id} head={m} startsOpen={i === messages.length - 1 || messages.length < 3} />
        </li>
      ))}
    </ol>
  );
}

/** What can be done now: take or push away an offer; reply and close an own case. */
function CaseWork({ one }: { one: Case }) {
  const { i18n } = useLingui();
  const me = useMe();
  const { close } = useClosing();
  const navigate = useNavigate();
  if (one.state === "closed") return <Notice>{i18n._("The case is closed. It can be found in the archive only.")}</Notice>;
  if ((one.state === "open" || one.state === "waiting") && one.agent === me.person.id) {
    const closeAndGo = () => {
      close(one.id);
      void navigate({ to: "/mail" });
    };
    return <Composer one={one} onClose={closeAndGo} />;
  }
  if (one.state === "offered" && one.agent === me.person.id) return <Offer one={one} />;
  if (one.state === "new") return <Notice>{i18n._("The case is waiting to be offered to an agent.")}</Notice>;
  return <Notice>{i18n._("A colleague is working on this case.")}</Notice>;
}

function Offer({ one }: { one: Case }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const onSettled = () => client.invalidateQueries({ queryKey: ["case"] });
  const accept = useMutation({ mutationFn: () => take(api.POST("/api/cases/{id}/accept", { params: { path: { id: one.id } } })), onSettled });
  const decline = useMutation({ mutationFn: () => take(api.POST("/api/cases/{id}/decline", { params: { path: { id: one.id } } })), onSettled });
  return (
    <div className="case-offer">
      <ErrorNotice error={accept.error ?? decline.error} />
      <WhyMe work={one.id} />
      <div className="actions">
        <Button icon="check" onPress={() => accept.mutate()} isPending={accept.isPending}>
          {i18n._("Take the case")}
        </Button>
        <Button look="secondary" onPress={() => decline.mutate()} isPending={decline.isPending}>
          {i18n._("Pass it on")}
        </Button>
      </div>
    </div>
  );
}
