import { useLingui } from "@lingui/react";
import type { Me } from "../api/types.ts";
import { clockText, secondsUntil } from "../lib/clock.ts";
import { useTick } from "../lib/useTick.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { useWrapUp } from "../shell/useSetState.ts";
import { Button } from "../ui/controls.tsx";
import { StateMark } from "../ui/parts.tsx";
import { CallOutButton } from "./CallOutButton.tsx";

/** The time to write up; notes and outcome stand below in the same pane. */
export function WrapUp({ me, phone }: { me: Me; phone: Phone }) {
  const { i18n } = useLingui();
  const { done, extend } = useWrapUp();
  useTick();
  const left = me.wrap_up_until ? secondsUntil(me.wrap_up_until) : 0;
  const ready = () => void phone.beforeLeaving.current().then(() => done.mutate());
  return (
    <>
      <span className="call-icon">
        <StateMark state="wrap_up" />
      </span>
      <div className="call-who">
        <p className="call-title">{i18n._("Wrap-up")}</p>
        <p className="call-number figures" role="timer">
          {clockText(left)}
        </p>
        <p className="call-facts">{i18n._("Then you are ready for the next one.")}</p>
      </div>
      <div className="call-actions">
        <CallOutButton phone={phone} />
        <Button look="secondary" icon="plus" onPress={() => extend.mutate(60)} isPending={extend.isPending}>
          {i18n._("One minute more")}
        </Button>
        <Button icon="check" onPress={ready} isPending={done.isPending}>
          {phone.can.has("outcome") ? i18n._("Save and ready") : i18n._("Done, ready")}
        </Button>
      </div>
    </>
  );
}
