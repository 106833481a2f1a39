import { useLingui } from "@lingui/react";
import type { Me } from "../api/types.ts";
import { Button } from "../ui/controls.tsx";
import { ErrorNotice, StateMark } from "../ui/parts.tsx";
import { useSetState } from "./useSetState.ts";

/** A call went by unanswered: said plainly, with the one click back. */
export function NotAnswering({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const set = useSetState();
  if (me.state !== "not_answering") return null;
  return (
    <div className="not-answering" role="alert">
      <StateMark state="not_answering" />
      <div>
        <p className="not-answering-title">{i18n._("You are marked as not answering")}</p>
        <p>{i18n._("A call was offered to you and went on to the next agent. You get no new calls or e-mails until you return.")}</p>
        <ErrorNotice error={set.error} />
      </div>
      <Button onPress={() => set.mutate({ state: "ready" })} isPending={set.isPending} hint="r">
        {i18n._("Back to ready")}
      </Button>
    </div>
  );
}
