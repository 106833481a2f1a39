import { useLingui } from "@lingui/react";
import { useId } from "react";
import { clockText } from "../lib/clock.ts";
import { durationText } from "../lib/duration.ts";
import { Button } from "../ui/controls.tsx";
import type { Pause } from "./peaks.ts";

/** Where the agent paused the recording, in words: the gaps are deliberate, and nothing can be heard in them. */
export function Pauses({ pauses, now, onGo }: { pauses: readonly Pause[]; now: Pause | undefined; onGo(seconds: number): void }) {
  const { i18n } = useLingui();
  const id = useId();
  return (
    <section className="pauses" aria-labelledby={id}>
      <h3 id={id}>
        <Swatch />
        {i18n._("{n, plural, one {The agent paused the recording once} other {The agent paused the recording # times}}", { n: pauses.length })}
      </h3>
      <p className="quiet">{i18n._("Nothing was recorded then. The gap is deliberate, and no fault.")}</p>
      <ul>
        {pauses.map((p) => (
          <li key={p.from} className={p === now ? "pause-now" : undefined}>
            <span className="figures">{i18n._("At {from}, for {length}", { from: clockText(p.from), length: durationText(Math.max(1, p.to - p.from)) })}</span>
            <Button look="secondary" onPress={() => onGo(p.to)}>
              {i18n._("Go on after it, at {to}", { to: clockText(p.to) })}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The same hatching as in the drawing. */
function Swatch() {
  return (
    <svg className="pause-swatch" viewBox="0 0 28 16" width="28" height="16" aria-hidden="true" focusable="false">
      <path d="M1 1H27V15H1ZM-3 15L11 1M4 15L18 1M11 15L25 1M18 15L32 1" />
    </svg>
  );
}
