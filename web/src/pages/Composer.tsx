import { useLingui } from "@lingui/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, isStatus, take } from "../api/client.ts";
import { caseQuery } from "../api/queries.ts";
import type { Case } from "../api/types.ts";
import { shortMoment } from "../lib/format.ts";
import { DraftKeeper, type DraftState, type DraftText } from "../mail/draft.ts";
import { Button, TextArea, TextField } from "../ui/controls.tsx";
import { ErrorNotice, Notice } from "../ui/parts.tsx";
import { toast } from "../ui/toast.tsx";
import { Icon } from "../ui/Icon.tsx";

/** The reply. What is written is on the server within two seconds, and it says so. */
export function Composer({ one, onClose }: { one: Case; onClose(): void }) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const draft = useDraft(one);
  const send = useMutation({
    mutationFn: async () => {
      const version = await draft.flush();
      return take(api.POST("/api/cases/{id}/send", { params: { path: { id: one.id } }, body: { version } }));
    },
    onSuccess: () => {
      toast(i18n._("The reply is being sent."));
      draft.reset();
      void client.invalidateQueries({ queryKey: ["case"] });
    },
  });
  const empty = draft.text.text.trim() === "";
  return (
    <section className="composer" aria-label={i18n._("Reply")}>
      <h3>{i18n._("Reply")}</h3>
      <p className="composer-to">
        {i18n._("To")}: <strong>{one.draft?.to?.join(", ") || one.customer}</strong>
      </p>
      <TextField label={i18n._("Subject")} value={draft.text.subject} onChange={(subject) => draft.edit({ ...draft.text, subject })} />
      <TextArea label={i18n._("Message")} rows={9} value={draft.text.text} onChange={(text) => draft.edit({ ...draft.text, text })} />
      {draft.state === "conflict" && <Conflict draft={draft} />}
      {send.error != null && draft.state !== "conflict" && <ErrorNotice error={send.error} />}
      <div className="actions composer-actions">
        <Button icon="send" onPress={() => send.mutate()} isPending={send.isPending} isDisabled={empty || draft.state === "conflict"}>
          {i18n._("Send")}
        </Button>
        <SavedMark state={draft.state} at={draft.savedAt} />
        <Button look="secondary" icon="check" className="to-end" onPress={onClose} isDisabled={send.isPending}>
          {i18n._("Close the case")}
        </Button>
      </div>
    </section>
  );
}

interface DraftView {
  text: DraftText;
  state: DraftState;
  savedAt: string;
  edit(text: DraftText): void;
  flush(): Promise<number>;
  reset(): void;
  takeTheirs(): Promise<void>;
  keepMine(): Promise<void>;
}

function firstText(one: Case): DraftText {
  const subject = one.subject ?? "";
  const reply = /^(re|vs|sv):/i.test(subject) ? subject : `Re: ${subject}`;
  return { subject: one.draft?.subject || reply, text: one.draft?.text ?? "" };
}

function useDraft(one: Case): DraftView {
  const client = useQueryClient();
  const [text, setText] = useState(() => firstText(one));
  const [shown, setShown] = useState<{ state: DraftState; at: string }>({ state: one.draft ? "saved" : "clean", at: one.draft?.saved_at ?? "" });
  const [round, setRound] = useState(0);
  const version = useRef(one.draft?.version ?? 0);
  const keeper = useRef<DraftKeeper>(null!);
  useEffect(() => {
    const path = { id: one.id };
    keeper.current = new DraftKeeper({
      version: version.current,
      save: (body, known) => take(api.PUT("/api/cases/{id}/draft", { params: { path }, body: { ...body, version: known } })),
      isConflict: (e) => isStatus(e, 409),
      onState: (state, at) => setShown({ state, at }),
    });
    const warn = (e: BeforeUnloadEvent) => keeper.current.unsaved && e.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => {
      keeper.current.stop();
      window.removeEventListener("beforeunload", warn);
    };
  }, [one.id, round]);
  const fresh = () => client.fetchQuery({ ...caseQuery(one.id), staleTime: 0 });
  const startAgain = (known: number, now: DraftText, state: DraftState) => {
    version.current = known;
    setText(now);
    setShown({ state, at: "" });
    setRound((n) => n + 1);
  };
  return {
    text,
    state: shown.state,
    savedAt: shown.at,
    edit: (now) => (setText(now), keeper.current.edit(now)),
    flush: () => keeper.current.flush(),
    reset: () => startAgain(0, { subject: firstText({ ...one, draft: undefined }).subject, text: "" }, "clean"),
    takeTheirs: async () => {
      const theirs = await fresh();
      startAgain(theirs.draft?.version ?? 0, firstText(theirs), "saved");
    },
    keepMine: async () => keeper.current.overwrite((await fresh()).draft?.version ?? 0),
  };
}

function Conflict({ draft }: { draft: DraftView }) {
  const { i18n } = useLingui();
  return (
    <Notice look="warning" live>
      <p>{i18n._("Another version of this draft was saved elsewhere. Yours has not been saved.")}</p>
      <div className="actions">
        <Button look="secondary" onPress={() => void draft.keepMine()}>
          {i18n._("Keep my version")}
        </Button>
        <Button look="quiet" onPress={() => void draft.takeTheirs()}>
          {i18n._("Take the other version")}
        </Button>
      </div>
    </Notice>
  );
}

/** Whether the draft is safe, in words and shape. Not a live region: it changes with each pause of the typing. */
function SavedMark({ state, at }: { state: DraftState; at: string }) {
  const { i18n } = useLingui();
  switch (state) {
    case "saved":
      return (
        <span className="saved saved-yes">
          <Icon name="check" size={16} />
          {at ? i18n._("Draft saved at {time}", { time: shortMoment(at) }) : i18n._("Draft saved")}
        </span>
      );
    case "unsaved":
    case "saving":
      return <span className="saved">{i18n._("Saving the draft…")}</span>;
    case "failed":
      return (
        <span className="saved saved-no" role="alert">
          <Icon name="warning" size={16} />
          {i18n._("The draft is not saved; trying again")}
        </span>
      );
    default:
      return null;
  }
}
