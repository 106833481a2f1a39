import { i18n } from "@lingui/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, take } from "../api/client.ts";
import { iceServers } from "../api/media.ts";
import type { Call, SuperviseMode } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { settings } from "../phone/settings.ts";
import { sendTo } from "../phone/sink.ts";
import { converse, type Conversation } from "../phone/webrtc.ts";
import type { Stated } from "./PurposeForm.tsx";

export interface Watch {
  /** The call in which the supervisor takes part, as it stands. */
  call: Call | undefined;
  mode: SuperviseMode;
  opening: boolean;
  stated: Stated | undefined;
  sound: MediaStream | null;
  error: unknown;
  problem: string;
  begin(call: Call, mode: SuperviseMode, stated: Stated): Promise<void>;
  change(mode: SuperviseMode): Promise<void>;
  leave(): Promise<void>;
}

interface Part {
  call: string;
  watch: string;
  talk: Conversation;
}

/** Taking part in one call. The microphone opens only to speak; leaving the page ends it. */
export function useWatch(calls: readonly Call[] | undefined): Watch {
  const part = useRef<Part | null>(null);
  const [id, setId] = useState("");
  const [mode, setMode] = useState<SuperviseMode>("listen");
  const [stated, setStated] = useState<Stated>();
  const [opening, setOpening] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [problem, setProblem] = useState("");

  const end = useCallback(() => {
    const was = part.current;
    part.current = null;
    was?.talk.end();
    setId("");
    return was;
  }, []);
  const leave = useCallback(async () => {
    const was = end();
    if (!was) return;
    // Whose call is over has left already.
    await take(api.DELETE("/api/calls/{id}/supervise/{watch}", { params: { path: { id: was.call, watch: was.watch } } })).catch(() => undefined);
  }, [end]);
  useEffect(() => () => void leave(), [leave]);

  const call = calls?.find((c) => c.id === id);
  useEffect(() => {
    if (!id || !calls || (call && call.state !== "wrap_up")) return;
    end();
    announce(i18n._("The call has ended"), true);
  }, [id, calls, call, end]);

  const attempt = async (work: () => Promise<void>) => {
    setError(null);
    setOpening(true);
    try {
      await work();
    } catch (failed) {
      setError(failed);
    }
    setOpening(false);
  };
  return {
    call: call && part.current ? call : undefined,
    mode,
    opening,
    stated,
    sound: part.current?.talk.heard() ?? null,
    error,
    problem,
    begin: (wanted, how, why) =>
      attempt(async () => {
        setProblem("");
        setStated(why);
        part.current = await join(wanted, how, why, () => setProblem(i18n._("The sound connection broke. Leave the call and begin again.")));
        setMode(how);
        setId(wanted.id);
      }),
    change: (how) =>
      attempt(async () => {
        const { current } = part;
        if (!current || !stated) return;
        if (how !== "listen") await current.talk.speak();
        const body = { mode: how, purpose: stated.purpose, reason: stated.reason || undefined };
        await take(api.PUT("/api/calls/{id}/supervise/{watch}", { params: { path: { id: current.call, watch: current.watch } }, body }));
        current.talk.mute(how === "listen");
        setMode(how);
      }),
    leave,
  };
}

async function join(call: Call, mode: SuperviseMode, why: Stated, onLost: () => void): Promise<Part> {
  const audio = new Audio();
  void sendTo(audio, settings.device("speaker"));
  let watch = "";
  const talk = await converse({
    audio,
    microphone: settings.microphone(),
    silent: mode === "listen",
    servers: iceServers,
    signal: async (sdp) => {
      const body = { mode, purpose: why.purpose, reason: why.reason || undefined, sdp };
      const answer = await take(api.POST("/api/calls/{id}/supervise", { params: { path: { id: call.id } }, body }));
      watch = answer.watch;
      return answer.sdp;
    },
    restart: async (sdp) => (await take(api.POST("/api/calls/{id}/supervise/{watch}/restart", { params: { path: { id: call.id, watch } }, body: { sdp } }))).sdp,
    onPath: (now) => now === "lost" && onLost(),
  });
  return { call: call.id, watch, talk };
}
