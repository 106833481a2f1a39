import { useLingui } from "@lingui/react";
import { useEffect, useRef, useState } from "react";
import type { Call } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { clockText } from "../lib/clock.ts";
import { useTick } from "../lib/useTick.ts";
import { pauseReminder, untilReminder } from "../phone/acts.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";

/** Whether the call is recorded: text, shape and colour. */
export function RecordingTag({ call }: { call: Call }) {
  const { i18n } = useLingui();
  switch (call.recording) {
    case "none":
      return <span className="recording recording-none">{call.emergency ? i18n._("Emergency calls are not recorded") : i18n._("This queue is not recorded")}</span>;
    case "on":
      return (
        <span className="recording recording-on">
          <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
            <circle cx="8" cy="8" r="7" fill="currentColor" />
          </svg>
          {i18n._("Recording is on")}
        </span>
      );
    case "paused":
      return null; // said large by RecordingPaused
    case "off":
      return (
        <span className="recording recording-off">
          <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
            <path d="M2 2l12 12M14 2L2 14" stroke="currentColor" strokeWidth="3" />
          </svg>
          {i18n._("Recording is off")}
        </span>
      );
  }
}

/** The pause, large, with the way to end it; after two minutes it reminds. */
export function RecordingPaused({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  const [since] = useState(Date.now);
  const reminded = useRef(false);
  useTick();
  const now = Date.now();
  const due = untilReminder(since, now) === 0;
  useEffect(() => {
    if (!due || reminded.current) return;
    reminded.current = true;
    announce(i18n._("The recording has been paused for two minutes."), true);
  }, [due, i18n]);
  return (
    <div className={due ? "paused paused-long" : "paused"}>
      <Icon name="hold" size={28} />
      <p className="paused-text">
        <strong>{i18n._("Recording paused")}</strong> <span className="figures">{clockText(Math.floor((now - since) / 1000))}</span>
        <span className="paused-more">
          {due
            ? i18n._("Already {minutes} minutes: resume as soon as the sensitive details are said.", { minutes: Math.floor((now - since) / 60_000) || pauseReminder / 60 })
            : i18n._("What is said now is a gap in the recording.")}
        </span>
      </p>
      <Button icon="recording" hint="e" onPress={phone.toggleRecording}>
        {i18n._("Resume the recording")}
      </Button>
    </div>
  );
}
