import { useLingui } from "@lingui/react";
import { useMutation } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import type { Attestation } from "../api/types.ts";
import { useAnnounced } from "../lib/announce.tsx";
import { dateTime } from "../lib/format.ts";
import { Button } from "../ui/controls.tsx";
import { Icon, type IconName } from "../ui/Icon.tsx";
import { ErrorNotice, Loading, Page } from "../ui/parts.tsx";

type Found = NonNullable<Attestation["promises"]>[number];

/** Are the promises kept? Asked of the running system, row by row. */
export function AttestPage() {
  const { i18n } = useLingui();
  const attest = useMutation({ mutationFn: () => take(api.POST("/api/attest")) });
  return (
    <Page title={i18n._("Promises")} lead={i18n._("Checks on the running system whether what the register description promises is kept.")} wide>
      <div className="actions">
        <Button icon="shield" onPress={() => attest.mutate()} isPending={attest.isPending}>
          {i18n._("Check the promises")}
        </Button>
        <a href={`/register?lang=${i18n.locale}`} target="_blank" rel="noreferrer">
          {i18n._("Register description (opens in a new tab)")}
        </a>
      </div>
      <ErrorNotice error={attest.error} />
      {attest.isPending && <Loading />}
      {attest.data && <Outcome found={attest.data} />}
    </Page>
  );
}

function Outcome({ found }: { found: Attestation }) {
  const { i18n } = useLingui();
  const all = found.promises ?? [];
  const count = (state: Found["state"]) => all.filter((p) => p.state === state).length;
  const outcome = i18n._("{holds} hold, {fails} fail, {vouched} only people can vouch for", { holds: count("holds"), fails: count("fails"), vouched: count("vouched") });
  useAnnounced(outcome);
  return (
    <section className="card" aria-labelledby="outcome">
      <h2 id="outcome">{outcome}</h2>
      <p className="quiet">{i18n._("Checked {time}", { time: dateTime(found.at) })}</p>
      <ul className="promises">
        {all.map((p) => (
          <li key={p.id} className={`promise promise-${p.state}`}>
            <strong className="promise-id">{p.id}</strong>
            <PromiseState state={p.state} />
            <span className="promise-evidence" lang="en">
              {p.title && <strong>{p.title}</strong>}
              <span>{p.evidence}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function PromiseState({ state }: { state: Found["state"] }) {
  const { i18n } = useLingui();
  const icons: Record<Found["state"], IconName> = { holds: "check", fails: "cross", vouched: "person" };
  const text = state === "holds" ? i18n._("Holds") : state === "fails" ? i18n._("Fails") : i18n._("People vouch");
  return (
    <span className="promise-state">
      <Icon name={icons[state]} size={16} />
      {text}
    </span>
  );
}
