import { useLingui } from "@lingui/react";
import { useEffect, useRef, useState } from "react";
import { ring } from "../phone/ring.ts";
import { type Device, settings } from "../phone/settings.ts";
import { canChooseSpeaker, testTone } from "../phone/sink.ts";
import { openMicrophone, PhoneError } from "../phone/webrtc.ts";
import { Button, Select } from "../ui/controls.tsx";
import { LevelMeter, useLevel } from "../ui/LevelMeter.tsx";
import { Notice } from "../ui/parts.tsx";

type Check = "idle" | "asking" | "listening" | PhoneError["reason"];

/** Above this the microphone has heard a voice, in per cent of the meter. */
const voiceLevel = 18;
/** How long the ring sounds in its test, in ms: one strike. */
const ringTime = 1_500;

/** Microphone, speaker and what rings, each tried before the first call. The microphone is open only for the check. */
export function DeviceCheck({ onDesk }: { onDesk(): void }) {
  const { i18n } = useLingui();
  const [check, setCheck] = useState<Check>("idle");
  const [voice, setVoice] = useState<MediaStream | null>(null);
  const [devices, setDevices] = useState<readonly MediaDeviceInfo[]>([]);
  useEffect(() => () => voice?.getTracks().forEach((t) => t.stop()), [voice]);

  const start = async () => {
    setCheck("asking");
    try {
      setVoice(await openMicrophone(settings.microphone()));
      setCheck("listening");
      setDevices(await navigator.mediaDevices.enumerateDevices()); // their names are told once the microphone is allowed
    } catch (error) {
      setVoice(null);
      setCheck((error as PhoneError).reason ?? "microphone_missing");
    }
  };
  const stop = () => {
    setVoice(null);
    setCheck("idle");
  };

  return (
    <div className="microphone">
      {check !== "idle" && check !== "asking" && check !== "listening" && <Refused reason={check} onDesk={onDesk} />}
      {voice ? (
        <>
          <Level voice={voice} />
          <DeviceSelect device="microphone" label={i18n._("Microphone")} devices={devices} onPick={() => void start()} />
          <Button look="secondary" onPress={stop}>
            {i18n._("End the check")}
          </Button>
        </>
      ) : (
        <Button look="secondary" icon="microphone" onPress={() => void start()} isPending={check === "asking"}>
          {check === "idle" ? i18n._("Check the microphone") : i18n._("Try again")}
        </Button>
      )}
      <p className="quiet">{i18n._("The microphone is open only during this check and during calls.")}</p>
      <Speaker devices={devices} />
      <Ringer devices={devices} />
    </div>
  );
}

function Speaker({ devices }: { devices: readonly MediaDeviceInfo[] }) {
  const { i18n } = useLingui();
  const [tone, setTone] = useState<ReturnType<typeof testTone>>(null);
  const level = useLevel(tone?.stream ?? null);
  useEffect(() => () => tone?.stop(), [tone]);
  const play = () => setTone(testTone(settings.device("speaker"), () => setTone(null)));
  return (
    <div className="device">
      <DeviceSelect device="speaker" label={i18n._("Headphones or loudspeaker")} devices={devices} onPick={play} />
      <Button look="secondary" icon="play" onPress={play}>
        {i18n._("Play a test tone")}
      </Button>
      {tone && (
        <>
          <LevelMeter level={level} label={i18n._("Level of the test tone")} />
          <p role="status">{i18n._("You should hear a tone. If the bar moves and you hear nothing, choose another device or turn the volume up.")}</p>
        </>
      )}
    </div>
  );
}

function Ringer({ devices }: { devices: readonly MediaDeviceInfo[] }) {
  const { i18n } = useLingui();
  const stop = useRef<() => void>(() => undefined);
  useEffect(() => () => stop.current(), []);
  const play = () => {
    stop.current();
    const quiet = ring(settings.device("ringer"));
    const timer = setTimeout(quiet, ringTime);
    stop.current = () => {
      clearTimeout(timer);
      quiet();
      stop.current = () => undefined;
    };
  };
  return (
    <div className="device">
      <DeviceSelect device="ringer" label={i18n._("Calls ring on")} devices={devices} onPick={play} />
      <Button look="secondary" icon="play" onPress={play}>
        {i18n._("Let it ring")}
      </Button>
    </div>
  );
}

interface DeviceSelectProps {
  device: Device;
  label: string;
  devices: readonly MediaDeviceInfo[];
  onPick(): void;
}

/** One of several devices; where there is no choice, none is shown. */
function DeviceSelect({ device, label, devices, onPick }: DeviceSelectProps) {
  const { i18n } = useLingui();
  const [id, setId] = useState(() => settings.device(device));
  const kind = device === "microphone" ? "audioinput" : "audiooutput";
  const known = devices.filter((d) => d.kind === kind && d.deviceId && d.deviceId !== "default");
  if (known.length < 2 || (kind === "audiooutput" && !canChooseSpeaker())) return null;
  const options = [{ id: "", text: i18n._("As the browser chooses") }, ...known.map((d) => ({ id: d.deviceId, text: d.label || d.deviceId.slice(0, 6) }))];
  const pick = (now: string) => {
    settings.setDevice(device, now);
    setId(now);
    onPick();
  };
  return <Select label={label} options={options} value={options.some((o) => o.id === id) ? id : ""} onPick={pick} />;
}

function Refused({ reason, onDesk }: { reason: PhoneError["reason"]; onDesk(): void }) {
  const { i18n } = useLingui();
  const text = () => {
    switch (reason) {
      case "microphone_denied":
        return i18n._("The browser did not allow the microphone. Press the padlock in the address bar, allow the microphone for this page, and try again.");
      case "unsupported":
        return i18n._("This connection is not secure, so the browser keeps the microphone closed. Use the desk phone or tell your administrator.");
      default:
        return i18n._("No microphone was found. Plug in the headset and try again.");
    }
  };
  return (
    <Notice look="warning" live>
      <p>{text()}</p>
      <Button look="quiet" onPress={onDesk}>
        {i18n._("Go on with the desk phone")}
      </Button>
    </Notice>
  );
}

function Level({ voice }: { voice: MediaStream }) {
  const { i18n } = useLingui();
  const level = useLevel(voice);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (level > voiceLevel) setHeard(true);
  }, [level]);
  return (
    <>
      <LevelMeter level={level} label={i18n._("Microphone level")} />
      <p role="status">{heard ? i18n._("Your voice is heard. The microphone works.") : i18n._("Say something: the bar should move.")}</p>
    </>
  );
}
