import { useLingui } from "@lingui/react";
import { useQuery } from "@tanstack/react-query";
import { cityQuery } from "../api/queries.ts";
import type { Call, Me } from "../api/types.ts";
import { inLanguage } from "../lib/format.ts";
import { inConversation, inHand, isPlaced } from "../phone/current.ts";
import { keypad } from "../phone/dtmf.ts";
import { consultFailure, outFailure } from "../phone/failed.ts";
import type { Phone } from "../phone/PhoneProvider.tsx";
import { settings } from "../phone/settings.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Elapsed, Notice } from "../ui/parts.tsx";
import { CallOutButton } from "./CallOutButton.tsx";
import { Consulting } from "./Consulting.tsx";
import { NotesPane } from "./NotesPane.tsx";
import { PhoneProblem } from "./PhoneProblem.tsx";
import { QualityLine } from "./QualityLine.tsx";
import { RecordingPaused } from "./Recording.tsx";
import { useCallNews } from "./useCallNews.ts";
import { Location, Number, Who } from "./Who.tsx";
import { failedText, supervisedText } from "./words.ts";
import { WrapUp } from "./WrapUp.tsx";

/** All that is shown of the telephone: the call in focus, the other one, what stands open beside it. */
export function CallPanel({ me, phone }: { me: Me; phone: Phone }) {
  const { call, can } = phone;
  useCallNews(call);
  const writing = call && can.has("notes") && (phone.notesOpen || call.state === "wrap_up");
  return (
    <>
      <div className="call-inner">
        {call && inHand(call) && <Location call={call} />}
        <Now me={me} phone={phone} />
        {call && inHand(call) && <Strips call={call} phone={phone} />}
        {writing && <NotesPane key={call.id} call={call} phone={phone} />}
      </div>
      {phone.beside && <Beside call={phone.beside} phone={phone} />}
      <Failures phone={phone} />
      {phone.keypadOpen && <Keypad phone={phone} />}
    </>
  );
}

function Now({ me, phone }: { me: Me; phone: Phone }) {
  const { call } = phone;
  if (call?.state === "offered") return <Offered call={call} phone={phone} />;
  if (isPlaced(call)) return <Placed call={call!} phone={phone} />;
  if (inConversation(call)) return <Talking call={call!} phone={phone} />;
  if (me.state === "wrap_up") return <WrapUp me={me} phone={phone} />;
  return <Idle phone={phone} me={me} />;
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
      <div className="call-actions call-actions-end">
        <CallOutButton phone={phone} />
      </div>
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
      <Who call={call} title={call.direction === "inside" ? i18n._("A colleague asks for you") : i18n._("Incoming call")} />
      <div className="call-actions">
        {desk && <p className="call-quiet">{i18n._("Answer with the desk phone, or here:")}</p>}
        <Button look="answer" icon="phone" hint="v" onPress={phone.answer} isPending={phone.answering} isDisabled={phone.ownership !== "owner"}>
          {phone.answering ? i18n._("Connecting") : i18n._("Answer")}
        </Button>
        <Button look="secondary" onPress={() => phone.run("decline")} isDisabled={phone.answering}>
          {i18n._("Decline")}
        </Button>
      </div>
    </>
  );
}

/** A call out on its way: it rings, or the called one hears the announcement. */
function Placed({ call, phone }: { call: Call; phone: Phone }) {
  const { i18n } = useLingui();
  const own = call.state === "dialling" && phone.can.has("answer") && !phone.inBrowser && !phone.answering;
  return (
    <>
      <span className="call-icon">
        <Icon name="phone" />
      </span>
      <Who call={call} title={call.state === "informing" ? i18n._("The customer hears the announcement") : own ? i18n._("Your phone rings first") : i18n._("Calling")} />
      <div className="call-actions">
        {own && (
          <>
            <p className="call-quiet">{i18n._("Pick up the desk phone, or speak here:")}</p>
            <Button look="answer" icon="phone" hint="v" onPress={phone.answer} isDisabled={phone.ownership !== "owner"}>
              {i18n._("Speak here")}
            </Button>
          </>
        )}
        {call.state === "informing" && <p className="call-quiet">{i18n._("You are connected as soon as it has ended.")}</p>}
        {!call.emergency && <CallOutButton phone={phone} />}
      </div>
      <End phone={phone} />
    </>
  );
}

function Talking({ call, phone }: { call: Call; phone: Phone }) {
  const { i18n } = useLingui();
  const { can } = phone;
  const held = call.state === "held";
  return (
    <>
      <span className="call-icon">
        <Icon name={held ? "hold" : "phone"} />
      </span>
      <Who call={call} title={held ? i18n._("Customer on hold") : call.emergency ? i18n._("Emergency call") : call.direction === "inside" ? i18n._("Consultation") : i18n._("Call in progress")} />
      <div className="call-actions">
        {(can.has("resume") || can.has("hold")) && (
          <Button look="secondary" icon={can.has("resume") ? "play" : "hold"} hint="p" onPress={phone.toggleHold} className="toggle" data-on={can.has("resume") || undefined}>
            {can.has("resume") ? i18n._("Resume") : i18n._("Hold")}
          </Button>
        )}
        <Button look="secondary" icon={call.muted ? "mute" : "microphone"} hint="m" onPress={phone.toggleMute} data-on={call.muted || undefined}>
          {call.muted ? i18n._("Microphone is off") : i18n._("Mute")}
        </Button>
        {can.has("consult") && (
          <Button look="secondary" icon="arrow" hint="k" onPress={() => phone.open("give")}>
            {i18n._("Transfer")}
          </Button>
        )}
        {can.has("dtmf") && (
          <Button look="secondary" icon="keypad" hint="n" onPress={phone.toggleKeypad} aria-expanded={phone.keypadOpen}>
            {i18n._("Keypad")}
          </Button>
        )}
        {can.has("notes") && (
          <Button look="secondary" icon="note" hint="i" onPress={phone.toggleNotes} aria-expanded={phone.notesOpen}>
            {i18n._("Notes")}
          </Button>
        )}
        {can.has("pause-recording") && (
          <Button look="secondary" icon="hold" hint="e" onPress={phone.toggleRecording}>
            {i18n._("Pause the recording")}
          </Button>
        )}
        {!call.emergency && <CallOutButton phone={phone} />}
      </div>
      <End phone={phone} />
    </>
  );
}

function End({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  if (!phone.can.has("hangup")) return null;
  return (
    <div className="call-end">
      <Button look="end" icon="end" onPress={() => phone.run("hangup")}>
        {phone.call?.direction === "inside" ? i18n._("Leave the consultation") : i18n._("End call")}
      </Button>
    </div>
  );
}

/** What holds of the call besides: where one is, who is consulted, a pause of the recording, a supervisor, the sound. */
function Strips({ call, phone }: { call: Call; phone: Phone }) {
  const supervised = supervisedText(call.supervised);
  return (
    <div className="call-strips">
      {call.consult && <Consulting call={call} phone={phone} />}
      {call.recording === "paused" && <RecordingPaused phone={phone} />}
      {supervised && (
        <p className={`supervised supervised-${call.supervised}`}>
          <Icon name="ear" />
          {supervised}
        </p>
      )}
      {inConversation(call) && <QualityLine id={call.id} />}
    </div>
  );
}

/** The call that is not heard now: 112 beside a customer's, or the customer's beside 112. */
function Beside({ call, phone }: { call: Call; phone: Phone }) {
  const { i18n } = useLingui();
  const { data: city } = useQuery(cityQuery);
  const queue = inLanguage(city?.queues.find((q) => q.id === call.queue)?.name) || call.queue;
  return (
    <div className="beside">
      <Icon name="hold" />
      <div>
        <p className="call-title">
          {i18n._("Your other call: it does not hear you now")} <Elapsed since={call.since} />
        </p>
        {call.direction === "inside" ? null : <Number call={call} />}
        <p className="call-facts">{queue}</p>
      </div>
      <Button look="secondary" icon="swap" onPress={phone.change}>
        {i18n._("To this call")}
      </Button>
    </div>
  );
}

function Failures({ phone }: { phone: Phone }) {
  const { i18n } = useLingui();
  const unreached = consultFailure(phone.call);
  const unconnected = outFailure(phone.failure, phone.call);
  return (
    <>
      {phone.problem != null && <PhoneProblem problem={phone.problem} />}
      {phone.path !== "up" && phone.inBrowser && (
        <Notice look={phone.path === "lost" ? "error" : "warning"} live>
          {phone.path === "lost"
            ? i18n._("The sound connection broke. The call may still be on: try again or end it.")
            : i18n._("The network changed. The sound is being brought back; the call stays.")}
        </Notice>
      )}
      {unconnected && (
        <Notice look="warning" live>
          {failedText(unconnected)}
        </Notice>
      )}
      {unreached && (
        <Notice look="warning" live>
          {failedText(unreached)} {i18n._("The customer is still on hold with you.")}
        </Notice>
      )}
    </>
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
