import { useLingui } from "@lingui/react";
import type { Call } from "../api/types.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useNames } from "./useNames.ts";
import { stageText } from "./words.ts";

/** Who is there beside the customer, how far it has come, and what leads on. */
export function Consulting({ call, phone }: { call: Call; phone: Phone }) {
  const { i18n } = useLingui();
  const { consulted: name } = useNames(call);
  const { consult } = call;
  if (!consult) return null;
  const { can } = phone;
  const withCustomer = consult.stage === "waiting";
  return (
    <div className={`consulting consulting-${consult.stage}`} role="group" aria-label={i18n._("Consultation")}>
      <Icon name="people" />
      <p className="consulting-stage">{stageText(consult.stage, name)}</p>
      <div className="call-actions">
        {can.has("complete") && (
          <Button icon="arrow" onPress={() => phone.run("complete")}>
            {i18n._("Give the customer")}
          </Button>
        )}
        {can.has("swap") && (
          <Button look="secondary" icon="swap" hint="p" onPress={() => phone.run("swap")}>
            {withCustomer ? i18n._("Talk to the consulted") : i18n._("Talk to the customer")}
          </Button>
        )}
        {can.has("join") && (
          <Button look="secondary" icon="people" onPress={() => phone.run("join")}>
            {i18n._("Conference")}
          </Button>
        )}
        {can.has("cancel-consult") && (
          <Button look="secondary" icon="back" onPress={() => phone.run("cancel-consult")}>
            {consult.stage === "ringing" ? i18n._("Back to the customer") : i18n._("End the consultation")}
          </Button>
        )}
      </div>
    </div>
  );
}
