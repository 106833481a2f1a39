import { useLingui } from "@lingui/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Form } from "react-aria-components";
import { api, take } from "../api/client.ts";
import type { Prompt, PromptKept } from "../api/types.ts";
import { upload } from "../api/upload.ts";
import { sizeText } from "../lib/format.ts";
import { isPromptName, mostBytes, uploadPath } from "../lib/promptName.ts";
import { asWav } from "../lib/wav.ts";
import { Button, TextArea, TextField } from "../ui/controls.tsx";
import { ErrorNotice, Notice } from "../ui/parts.tsx";

export const promptsKey = ["prompts"];

/** The longest that is recorded here; the server takes no more. */
const mostMs = 120_000;

interface Props {
  lang: string;
  /** "" for a new prompt. */
  name: string;
  /** A speech command is configured. */
  speaks: boolean;
  onDone(): void;
}

/** A WAV file, a recording made here, or words for the machine to speak, as a new version of a prompt. */
export function NewVersion({ lang, name: given, speaks, onDone }: Props) {
  const { i18n } = useLingui();
  const client = useQueryClient();
  const [name, setName] = useState(given);
  const [words, setWords] = useState("");
  const [file, setFile] = useState<Blob>();
  const [share, setShare] = useState(0);
  const path = { lang: lang as Prompt["lang"], name };
  const done = (kept: PromptKept) => {
    void client.invalidateQueries({ queryKey: promptsKey });
    if (!kept.limited) onDone();
  };
  const send = useMutation({ mutationFn: () => upload<PromptKept>(uploadPath(lang, name, words), file!, "audio/wav", setShare), onSuccess: done });
  const speak = useMutation({ mutationFn: () => take(api.POST("/api/prompts/{lang}/{name}/speak", { params: { path }, body: { words } })), onSuccess: done });
  const kept = send.data ?? speak.data;
  const big = (file?.size ?? 0) > mostBytes;
  if (kept?.limited) return <Quiet onDone={onDone} />;
  return (
    <Form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (file && !big) send.mutate();
      }}
    >
      <ErrorNotice error={send.error ?? speak.error} />
      {given ? (
        <p>
          <code>{given}</code>
        </p>
      ) : (
        <TextField label={i18n._("Name")} help={i18n._("a–z, 0–9 and -, as the flow names it")} isRequired value={name} onChange={setName} error={name && !isPromptName(name) ? i18n._("Only a–z, 0–9 and -") : undefined} />
      )}
      <TextArea label={i18n._("What it says")} rows={3} value={words} onChange={setWords} maxLength={1000} />
      <Sound file={file} onFile={setFile} />
      {big && <Notice look="error">{i18n._("The file is over {size}.", { size: sizeText(mostBytes) })}</Notice>}
      {send.isPending && <progress className="progress" value={share} max={1} aria-label={i18n._("Sending the file")} />}
      <div className="actions">
        <Button type="submit" isPending={send.isPending} isDisabled={!file || big || !isPromptName(name)}>
          {i18n._("Hand in")}
        </Button>
        {speaks && (
          <Button look="secondary" isPending={speak.isPending} isDisabled={!words.trim() || !isPromptName(name)} onPress={() => speak.mutate()}>
            {i18n._("Let the machine speak it")}
          </Button>
        )}
      </div>
      <p className="quiet">{i18n._("It is not heard before you have listened to it and chosen it. It is logged in your name.")}</p>
    </Form>
  );
}

function Quiet({ onDone }: { onDone(): void }) {
  const { i18n } = useLingui();
  return (
    <div className="stack">
      <Notice look="warning" live>
        {i18n._("It was handed in, but stayed quieter than the others: it has peaks, or is very quiet. Record it again if you can.")}
      </Notice>
      <div className="actions">
        <Button onPress={onDone}>{i18n._("Close")}</Button>
      </div>
    </div>
  );
}

/** Takes a file, or records one with the microphone. */
function Sound({ file, onFile }: { file: Blob | undefined; onFile(f: Blob | undefined): void }) {
  const { i18n } = useLingui();
  const recorder = useRef<MediaRecorder>(null);
  const [recording, setRecording] = useState(false);
  const [error, setError] = useState("");
  const record = async () => {
    setError("");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      recorder.current = listen(stream, (blob) => {
        setRecording(false);
        asWav(blob).then(onFile, () => setError(i18n._("The recording could not be read: hand in a file.")));
      });
      setRecording(true);
    } catch {
      setError(i18n._("There is no microphone, or the browser may not use it."));
    }
  };
  return (
    <>
      <label className="field">
        <span className="field-label">{i18n._("WAV file, at most two minutes")}</span>
        <input type="file" accept=".wav,audio/wav,audio/x-wav" onChange={(e) => onFile(e.target.files?.[0])} />
      </label>
      <div className="actions">
        <Button look="secondary" icon="microphone" onPress={() => (recording ? recorder.current?.stop() : void record())}>
          {recording ? i18n._("Stop the recording") : i18n._("Record with the microphone")}
        </Button>
        <span role="status">{recording ? i18n._("Recording…") : file && i18n._("A sound of {size} is ready", { size: sizeText(file.size) })}</span>
      </div>
      {error && <Notice look="error">{error}</Notice>}
    </>
  );
}

/** Records a stream until it is stopped or too long, then frees the microphone. */
function listen(stream: MediaStream, onEnd: (all: Blob) => void): MediaRecorder {
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  const limit = setTimeout(() => recorder.stop(), mostMs);
  recorder.ondataavailable = (e) => parts.push(e.data);
  recorder.onstop = () => {
    clearTimeout(limit);
    stream.getTracks().forEach((t) => t.stop());
    onEnd(new Blob(parts, { type: recorder.mimeType }));
  };
  recorder.start();
  return recorder;
}
