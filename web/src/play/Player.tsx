import { useLingui } from "@lingui/react";
import { useEffect, useRef, useState } from "react";
import type { Listening, Recording } from "../api/types.ts";
import { clockText } from "../lib/clock.ts";
import { Button, Select } from "../ui/controls.tsx";
import { ErrorNotice, Loading, Notice } from "../ui/parts.tsx";
import { keepRenewed, present, type Tape } from "./listening.ts";
import { pauseAt } from "./peaks.ts";
import { Pauses } from "./Pauses.tsx";
import { Waveform } from "./Waveform.tsx";

const speeds = ["0.75", "1", "1.25", "1.5", "2"];

/** Plays one recording from the recorder, as long as the right to listen lasts. There is no download (M9). */
export function Player({ recording, listening }: { recording: Recording; listening: Listening }) {
  const { i18n } = useLingui();
  const [tape, setTape] = useState<Tape | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [ended, setEnded] = useState(false);
  const presented = useRef("");
  useEffect(() => {
    // A grant is good for one presentation.
    if (presented.current === listening.grant) return;
    presented.current = listening.grant;
    present(listening).then(setTape, setError);
  }, [listening]);
  const renew = tape?.renew;
  useEffect(
    () => (renew ? keepRenewed(recording.id, { grant: listening.grant, renew }, () => setEnded(true)) : undefined),
    [recording.id, listening.grant, renew],
  );
  if (error) return <ErrorNotice error={error} />;
  if (ended) return <Notice look="warning" live>{i18n._("The right to listen has ended. Start again with a purpose.")}</Notice>;
  return tape ? <Deck tape={tape} recording={recording} /> : <Loading />;
}

function Deck({ tape, recording }: { tape: Tape; recording: Recording }) {
  const { i18n } = useLingui();
  const audio = useRef<HTMLAudioElement>(null);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(recording.seconds);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState("1");
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    audio.current!.playbackRate = Number(speed);
  }, [speed]);
  const seek = (seconds: number) => {
    audio.current!.currentTime = seconds;
    setAt(seconds);
  };
  const toggle = () => (playing ? audio.current!.pause() : void audio.current!.play().catch(() => setBroken(true)));
  const position = length > 0 ? at / length : 0;
  const pauses = tape.peaks.pauses;
  const paused = pauseAt(pauses, at);
  const place = i18n._("{at} of {length}", { at: clockText(at), length: clockText(length) });
  return (
    <div className="player">
      <audio
        ref={audio}
        src={tape.src}
        crossOrigin="use-credentials"
        preload="metadata"
        onTimeUpdate={(e) => setAt(e.currentTarget.currentTime)}
        onLoadedMetadata={(e) => Number.isFinite(e.currentTarget.duration) && setLength(e.currentTarget.duration)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={() => setBroken(true)}
      />
      {broken && <Notice look="error" live>{i18n._("The recording can’t be played just now.")}</Notice>}
      <div className="wave-box">
        <span className="wave-side wave-customer">{i18n._("Customer")}</span>
        <Waveform peaks={tape.peaks} position={position} length={length} />
        <span className="wave-side wave-agent">{i18n._("Agent")}</span>
      </div>
      <div className="player-row">
        <Button icon={playing ? "hold" : "play"} onPress={toggle} className="play-button">
          {playing ? i18n._("Pause") : i18n._("Play")}
        </Button>
        <input
          type="range"
          className="range"
          min={0}
          max={Math.max(1, length)}
          step={1}
          value={at}
          onChange={(e) => seek(Number(e.target.value))}
          aria-label={i18n._("Position")}
          aria-valuetext={paused ? i18n._("{place}, the recording was paused", { place }) : place}
        />
        <span className="figures player-time">
          {clockText(at)} / {clockText(length)}
        </span>
        <Select label={i18n._("Speed")} className="speed" options={speeds.map((s) => ({ id: s, text: `${i18n.number(Number(s))}×` }))} value={speed} onPick={setSpeed} />
      </div>
      {pauses.length > 0 && <Pauses pauses={pauses} now={paused} onGo={seek} />}
    </div>
  );
}
