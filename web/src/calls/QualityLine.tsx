import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { qualityQuery } from "../api/queries.ts";
import { locale } from "../i18n.ts";
import { causeOf, type LegQuality, type Sound, soundOf, worst } from "../phone/quality.ts";
import { Icon } from "../ui/Icon.tsx";
import { causeText, legText, soundText } from "./words.ts";

/** How the call sounds, in one word and shape; the figures of each leg open below, and what helps when it is bad. */
export function QualityLine({ id }: { id: string }) {
  const { i18n } = useLingui();
  const { data: legs } = useQuery(qualityQuery(id));
  if (!legs?.length) return null;
  const sound = worst(legs);
  const hint = causeText(causeOf(legs));
  return (
    <div className="quality">
      <details>
        <summary>
          <Bars sound={sound} />
          {soundText(sound)}
        </summary>
        <ul>
          {legs.map((leg) => (
            <li key={leg.leg}>
              <Bars sound={soundOf(leg)} />
              <strong>{legText(leg.leg)}</strong> {soundText(soundOf(leg))}
              <span className="figures quality-figures">{figures(leg)}</span>
            </li>
          ))}
        </ul>
      </details>
      {hint && (
        <p className="quality-hint">
          <Icon name="info" size={16} />
          {hint}
        </p>
      )}
    </div>
  );

  function figures(leg: LegQuality): string {
    const number = (value: number, digits = 0) => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
    const parts = [i18n._("lost {share} %", { share: number(100 * leg.loss, 1) }), i18n._("jitter {ms} ms", { ms: number(leg.jitter_ms) })];
    if (leg.rtt_ms > 0) parts.push(i18n._("round trip {ms} ms", { ms: number(leg.rtt_ms) }));
    if (leg.mos >= 1) parts.push(i18n._("MOS {score} of 4.5", { score: number(leg.mos, 1) }));
    return parts.join(" · ");
  }
}

const bars: Record<Sound, number> = { good: 3, fair: 2, poor: 1, unknown: 0 };

/** One to three bars: the shape tells it without colour. */
function Bars({ sound }: { sound: Sound }) {
  return (
    <svg className={`bars bars-${sound}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {[0, 1, 2].map((i) => (
        <rect key={i} x={1 + i * 5} y={11 - i * 5} width="4" height={5 + i * 5} fill={i < bars[sound] ? "currentColor" : "none"} stroke="currentColor" />
      ))}
    </svg>
  );
}
