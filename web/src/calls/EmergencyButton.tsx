import { useLingui } from "@lingui/react";
import { Button } from "../ui/controls.tsx";

/** 112: one press, no question. It stands apart, so that nobody presses it by chance. */
export function EmergencyButton({ onPress, isPending }: { onPress(): void; isPending: boolean }) {
  const { i18n } = useLingui();
  return (
    <div className="emergency">
      <Button look="end" icon="phone" className="emergency-button" onPress={onPress} isPending={isPending}>
        {i18n._("Call 112 now")}
      </Button>
      <p>{i18n._("Emergencies only. It works in every state; the place of your seat is shown to you.")}</p>
    </div>
  );
}
