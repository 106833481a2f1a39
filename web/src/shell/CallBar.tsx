import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { callerQuery, cityQuery, offerQuery } from "../api/queries.ts";
import type { Call, Me } from "../api/types.ts";
import { clockText, secondsUntil } from "../lib/clock.ts";
import { inLanguage, phoneText } from "../lib/format.ts";
import { errorText, languageLabel } from "../lib/labels.ts";
import { useTick } from "../lib/useTick.ts";
import { whySentence } from "../lib/why.ts";
import { inConversation } from "../phone/current.ts";
import { keypad } from "../phone/dtmf.ts";
import { usePhone, type Phone } from "../phone/PhoneProvider.tsx";
import { settings } from "../phone/settings.ts";
import { PhoneError } from "../phone/webrtc.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Elapsed, Notice, StateMark } from "../ui/parts.tsx";
import { useWrapUp } from "./useSetState.ts";

/** The telephone: always at the same place, through navigation and language changes. */
export function CallBar({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const phone = usePhone();
  const { call } = phone;
  const state = inConversation(call) ? "talking" : call?.state === "offered" ? "offered" : me.state === "wrap_up" ? "wrap_up" : "idle";
  return (
    <section className={`call-bar call-${state}`} aria-label={i18n._("Telephone")}>
      <div className="call-inner">
        {state === "offered" && <Offered call={call!} phone={phone} />}
        {state === "talking" && <Talking call={call!} phone={phone} />}
        {state === "wrap_up" && <WrapUp me={me} />}
        {state === "idle" && <Idle phone={phone} me={me} />}
      </div>
      {phone.problem != null && <PhoneProblem problem={phone.problem} />}
      {phone.keypadOpen && <Keypad phone={phone} />}
    </section>
  );
}

function Idle({ phone, me }: { phone: Phone; me: Me }) {
  const { i18n } = useLingui();
  const mine = phone.ownership === "owner";
  return (
    <>
      <span className="call-icon">
        <Icon name="phone" />
      </span>
      <p className="call-quiet">{me.state === "ready" ? i18n._("No call. The next one comes here.") : i18n._("No call.")}</p>
      {!mine && phone.ownership !== "waiting" && (
        <div className="call-other">
          <span>
            {phone.ownership === "other_tab"
              ? i18n._("The browser phone is in another tab.")
              : i18n._("The other tab has a call; the phone can’t be moved now.")}
          </span>
          <Button look="secondary" onPress={phone.takeOver}>
            {i18n._("Take the phone here")}
          </Button>
        </div>
      )}
    </>
  );
}

function Offered({ call, phone }: { call: Call; phone: Phone }) {
  const { i18n } = useLingui();
  const desk = settings.kind() === "desk";
  return (
    <>
      <span className="call-icon call-icon-ringing">
        <Icon name="phone" />
      </span>
      <Who call={call} title={i18n._("Incoming call")} />
      <div className="call-actions">
        {desk && <p className="call-quiet">{i18n._("Answer with the desk phone, or here:")}</p>}
        <Button look="answer" icon="phone" hint="v" onPress={phone.answer} isPending={phone.answering} isDisabled={phone.ownership !== "owner"}>
          {phone.answering ? i18n._("Connecting") : i18n._("Answer")}
        </Button>
        <Button look="secondary" onPress={phone.decline} isDisabled={phone.answering}>
          {i18n._("Decline")}
        </Button>
      </div>
    </>
  );
}

function Talking({ call, phone }: { call: Call; phone: Phone }) {
  const { i18n } = useLingui();
  const held = call.state === "held";
  return (
    <>
      <span className="call-icon">
        <Icon name={held ? "hold" : "phone"} />
      </span>
      <Who call={call} title={held ? i18n._("On hold") : i18n._("Call in progress")} />
      <div className="call-actions">
        <Button look="secondary" icon={held ? "play" : "hold"} hint="p" onPress={phone.toggleHold} className="toggle" data-on={held || undefined}>
          {held ? i18n._("Resume") : i18n._("Hold")}
        </Button>
        <Button look="secondary" icon={call.muted ? "mute" : "microphone"} hint="m" onPress={phone.toggleMute} data-on={call.muted || undefined}>
          {call.muted ? i18n._("Microphone is off") : i18n._("Mute")}
        </Button>
        <Button look="secondary" icon="keypad" hint="n" onPress={phone.toggleKeypad} aria-expanded={phone.keypadOpen}>
          {i18n._("Keypad")}
        </Button>
      </div>
      <div className="call-end">
        <Button look="end" icon="end" onPress={phone.hangUp}>
          {i18n._("End call")}
        </Button>
      </div>
    </>
  );
}

/** Number, queue, language and why: what an agent needs before the first word. */
function Who({ call, title }: { call: Call; title: string }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const { data: caller } = useQuery(callerQuery(call.id));
  const queue = city?.queues.find((q) => q.id === call.queue);
  const agency = city?.agencies.find((a) => a.id === call.agency);
  const number = caller?.number ? phoneText(caller.number) : caller ? i18n._("Number withheld") : "…";
  return (
    <div className="call-who">
      <p className="call-title">
        {title}
        <span aria-hidden="true"> · </span>
        <Elapsed since={call.state === "offered" ? call.arrived : call.since} />
      </p>
      <p className="call-number">{number}</p>
      <p className="call-facts">
        <strong>{inLanguage(queue?.name) || call.queue}</strong>
        <span>{inLanguage(agency?.name)}</span>
        {call.language && call.language !== "mul" && <span className="language-tag">{languageLabel(call.language)}</span>}
        {call.state !== "offered" && <RecordingTag recording={call.recording} />}
      </p>
      {call.state === "offered" && <WhyMe work={call.id} />}
    </div>
  );
}

/** Why this came to me, in one sentence. */
export function WhyMe({ work }: { work: string }) {
  const { data: offer } = useQuery(offerQuery);
  const { data: city } = useQuery(cityQuery);
  if (offer?.work !== work) return null;
  return <p className="call-why">{whySentence(offer.why, city)}</p>;
}

function RecordingTag({ recording }: { recording: Call["recording"] }) {
  const { i18n } = useLingui();
  if (recording === "none") return <span className="recording recording-none">{i18n._("This queue is not recorded")}</span>;
  return recording === "on" ? (
    <span className="recording recording-on">
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
        <circle cx="8" cy="8" r="7" fill="currentColor" />
      </svg>
      {i18n._("Recording is on")}
    </span>
  ) : (
    <span className="recording recording-off">
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
        <path d="M2 2l12 12M14 2L2 14" stroke="currentColor" strokeWidth="3" />
      </svg>
      {i18n._("Recording is off")}
    </span>
  );
}

function WrapUp({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const { done, extend } = useWrapUp();
  useTick();
  const left = me.wrap_up_until ? secondsUntil(me.wrap_up_until) : 0;
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
        <Button look="secondary" icon="plus" onPress={() => extend.mutate(60)} isPending={extend.isPending}>
          {i18n._("One minute more")}
        </Button>
        <Button icon="check" onPress={() => done.mutate()} isPending={done.isPending}>
          {i18n._("Done, ready")}
        </Button>
      </div>
    </>
  );
}

function PhoneProblem({ problem }: { problem: unknown }) {
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
        return (problem as Error).message === "lost" ? i18n._("The sound connection broke. The call may still be on: try again or end it.") : errorText(problem);
    }
  };
  return (
    <Notice look="error" live>
      {text()}
    </Notice>
  );
}

function Keypad({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  return (
    <div className="keypad" role="group" aria-label={i18n._("Keypad")}>
      {keypad.map((key) => (
        <Button key={key} look="secondary" onPress={() => phone.press(key)}>
          {key}
        </Button>
      ))}
    </div>
  );
}
