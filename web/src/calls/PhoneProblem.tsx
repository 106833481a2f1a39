import { useLingui } from "@lingui/react";
import { errorText } from "../lib/labels.ts";
import { PhoneError } from "../phone/webrtc.ts";
import { Notice } from "../ui/parts.tsx";
import { refusedText } from "./words.ts";

/** Why the telephone did not do what was asked. */
export function PhoneProblem({ problem }: { problem: unknown }) {
  const { i18n } = useLingui();
  const text = () => {
    switch (problem instanceof PhoneError ? problem.reason : "") {
      case "microphone_denied":
        return i18n._("The browser was not allowed to use the microphone. Allow it in the address bar and answer again; the call still waits for you.");
      case "microphone_missing":
        return i18n._("No working microphone was found. Plug in the headset and answer again; the call still waits for you.");
      case "unsupported":
        return i18n._("This browser can’t be used as a phone here. Answer with the desk phone.");
      default:
        return (problem as { kind?: string }).kind === "conflict" ? i18n._("The call has changed meanwhile. What you see now is how it stands.") : errorText(problem);
    }
  };
  return (
    <Notice look="error" live>
      {text()}
    </Notice>
  );
}

/** The same within a dialog that calls or gives away. */
export function Refusal({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Notice look="error" live>
      {refusedText(error)}
    </Notice>
  );
}
