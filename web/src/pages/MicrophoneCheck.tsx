import { useLingui } from "@lingui/react";
import { useEffect, useRef, useState } from "react";
import { Meter } from "react-aria-components";
import { levelOf } from "../phone/level.ts";
import { settings } from "../phone/settings.ts";
import { openMicrophone, PhoneError } from "../phone/webrtc.ts";
import { Button, Select } from "../ui/controls.tsx";
import { Notice } from "../ui/parts.tsx";

type Check = "idle" | "asking" | "listening" | PhoneError["reason"];

/** Above this the microphone has heard a voice, in per cent of the meter. */
const voiceLevel = 18;

/** Opens the microphone only for the check, shows its level, and says what to do when it can't be used. */
export function MicrophoneCheck({ onDesk }: { onDesk(): void }) {
  const { i18n } = useLingui();
  const [check, setCheck] = useState<Check>("idle");
  const [voice, setVoice] = useState<MediaStream | null>(null);
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [device, setDevice] = useState(settings.microphone);
  useEffect(() => () => voice?.getTracks().forEach((t) => t.stop()), [voice]);

  const start = async (id: string) => {
    setCheck("asking");
    try {
      setVoice(await openMicrophone(id));
      setCheck("listening");
      const all = await navigator.mediaDevices.enumerateDevices();
      setDevices(all.filter((d) => d.kind === "audioinput" && d.deviceId));
    } catch (error) {
      setVoice(null);
      setCheck((error as PhoneError).reason ?? "microphone_missing");
    }
  };
  const stop = () => {
    setVoice(null);
    setCheck("idle");
  };
  const pick = (id: string) => {
    settings.setMicrophone(id);
    setDevice(id);
    void start(id);
  };

  return (
    <div className="microphone">
      {check !== "idle" && check !== "asking" && check !== "listening" && <Refused reason={check} onDesk={onDesk} />}
      {voice ? (
        <>
          <Level voice={voice} />
          {devices.length > 1 && (
            <Select label={i18n._("Microphone")} options={devices.map((d) => ({ id: d.deviceId, text: d.label || d.deviceId.slice(0, 6) }))} value={devices.some((d) => d.deviceId === device) ? device : devices[0]!.deviceId} onPick={pick} />
          )}
          <Button look="secondary" onPress={stop}>
            {i18n._("End the check")}
          </Button>
        </>
      ) : (
        <Button look="secondary" icon="microphone" onPress={() => void start(device)} isPending={check === "asking"}>
          {check === "idle" ? i18n._("Check the microphone") : i18n._("Try again")}
        </Button>
      )}
      <p className="quiet">{i18n._("The microphone is open only during this check and during calls.")}</p>
    </div>
  );
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
  const [level, setLevel] = useState(0);
  const [heard, setHeard] = useState(false);
  const frame = useRef(0);
  useEffect(() => {
    const sound = new AudioContext();
    const listener = sound.createAnalyser();
    listener.fftSize = 1024;
    sound.createMediaStreamSource(voice).connect(listener);
    const wave = new Uint8Array(listener.fftSize);
    const draw = () => {
      listener.getByteTimeDomainData(wave);
      const now = levelOf(wave);
      setLevel((before) => Math.max(now, before * 0.9));
      if (now > voiceLevel) setHeard(true);
      frame.current = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame.current);
      void sound.close();
    };
  }, [voice]);
  return (
    <>
      <Meter value={Math.round(level)} className="meter" aria-label={i18n._("Microphone level")}>
        {({ percentage }) => (
          <div className="meter-track">
            <div className="meter-fill" style={{ width: `${percentage}%` }} />
          </div>
        )}
      </Meter>
      <p role="status">{heard ? i18n._("Your voice is heard. The microphone works.") : i18n._("Say something: the bar should move.")}</p>
    </>
  );
}
