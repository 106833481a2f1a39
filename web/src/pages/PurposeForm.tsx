import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Form } from "react-aria-components";
import { cityQuery } from "../api/queries.ts";
import type { Purpose } from "../api/types.ts";
import { inLanguage } from "../lib/format.ts";
import { agenciesOf } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { Button, Select, TextArea } from "../ui/controls.tsx";
import { Dialog, Notice } from "../ui/parts.tsx";

/** Why somebody looks: without it nothing opens (M8, M13). */
export interface Stated {
  agency: string;
  purpose: string;
  reason: string;
}

interface PurposeDialogProps {
  kind: "audio" | "mail";
  /** Of what is opened; without it the person chooses among the own. */
  agency?: string;
  isOpen: boolean;
  onClose(): void;
  onState(stated: Stated): void;
  first?: Stated;
}

export function PurposeDialog({ kind, agency, isOpen, onClose, onState, first }: PurposeDialogProps) {
  const { i18n } = useLingui();
  return (
    <Dialog title={i18n._("What is it for?")} isOpen={isOpen} onClose={onClose} firm>
      <PurposeForm kind={kind} agency={agency} first={first} onState={onState} onClose={onClose} />
    </Dialog>
  );
}

export function PurposeForm({ kind, agency: given, first, onState, onClose }: Omit<PurposeDialogProps, "isOpen">) {
  const { i18n } = useLingui();
  const me = useMe();
  const { data: city } = useQuery(cityQuery);
  const agencies = agenciesOf(me, (city?.agencies ?? []).map((a) => a.id));
  const purposes: readonly Purpose[] = city?.purposes[kind] ?? [];
  const [stated, set] = useState<Stated>(first ?? { agency: "", purpose: "", reason: "" });
  const agency = given || stated.agency || (agencies.length === 1 ? agencies[0]! : "");
  const needsReason = purposes.find((p) => p.id === stated.purpose)?.needs_reason ?? false;
  const complete = agency && stated.purpose && (!needsReason || stated.reason.trim());
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (complete) onState({ ...stated, agency });
      }}
    >
      <Notice>{i18n._("Each search, listening and reading is logged with its purpose before it happens.")}</Notice>
      {!given && <Select
        label={i18n._("Agency (client)")}
        isRequired
        options={agencies.map((id) => ({ id, text: inLanguage(city?.agencies.find((a) => a.id === id)?.name) || id }))}
        value={agency}
        onPick={(id) => set({ ...stated, agency: id })}
      />}
      <Select label={i18n._("Purpose")} isRequired options={purposes.map((p) => ({ id: p.id, text: inLanguage(p.name) }))} value={stated.purpose} onPick={(id) => set({ ...stated, purpose: id })} />
      <TextArea
        label={i18n._("Reason")}
        help={i18n._("For example the number of the agency’s request. Don’t write names or other personal data.")}
        isRequired={needsReason}
        rows={2}
        value={stated.reason}
        onChange={(reason) => set({ ...stated, reason })}
      />
      <div className="actions">
        <Button type="submit" isDisabled={!complete}>
          {i18n._("Continue")}
        </Button>
        <Button look="quiet" onPress={onClose}>
          {i18n._("Cancel")}
        </Button>
      </div>
    </Form>
  );
}

/** The stated purpose above what it opens, with the way to change it. */
export function StatedPurpose({ kind, stated, onChange }: { kind: "audio" | "mail"; stated: Stated; onChange(): void }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const purpose = city?.purposes[kind]?.find((p) => p.id === stated.purpose);
  return (
    <div className="stated">
      <dl>
        <div>
          <dt>{i18n._("Agency (client)")}</dt>
          <dd>{inLanguage(city?.agencies.find((a) => a.id === stated.agency)?.name)}</dd>
        </div>
        <div>
          <dt>{i18n._("Purpose")}</dt>
          <dd>{inLanguage(purpose?.name)}</dd>
        </div>
        {stated.reason && (
          <div>
            <dt>{i18n._("Reason")}</dt>
            <dd>{stated.reason}</dd>
          </div>
        )}
      </dl>
      <Button look="secondary" onPress={onChange}>
        {i18n._("Change")}
      </Button>
    </div>
  );
}

/** The gate of a page: nothing is asked for before the purpose is stated. */
export function PurposeGate({ kind, onState }: { kind: "audio" | "mail"; onState(stated: Stated): void }) {
  const { i18n } = useLingui();
  const [open, setOpen] = useState(false);
  return (
    <section className="card gate">
      <h2>{i18n._("State the purpose first")}</h2>
      <p>
        {kind === "audio"
          ? i18n._("Recordings are listened to for quality, or at an agency’s request to clear up a contact. They are not handed out.")
          : i18n._("Archived messages are read only by experts and the agency’s managers, in the form in which they were sent.")}
      </p>
      <div className="actions">
        <Button onPress={() => setOpen(true)}>{i18n._("State the purpose")}</Button>
      </div>
      <PurposeDialog
        kind={kind}
        isOpen={open}
        onClose={() => setOpen(false)}
        onState={(s) => {
          setOpen(false);
          onState(s);
        }}
      />
    </section>
  );
}
