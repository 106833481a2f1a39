import { useCallback, useEffect, useRef, useState } from "react";
import { iceServers, restartMedia } from "../api/media.ts";
import { api, take } from "../api/client.ts";
import type { Call } from "../api/types.ts";
import { isLive } from "./current.ts";
import type { Path } from "./mend.ts";
import { settings } from "./settings.ts";
import { sendTo } from "./sink.ts";
import { converse, type Conversation } from "./webrtc.ts";

export interface Talks {
  /** Calls whose sound runs through this tab. */
  ids: readonly string[];
  /** The call that is being answered; empty without. */
  opening: string;
  paths: Readonly<Record<string, Path>>;
  /** Answers a call here. */
  open(id: string): Promise<void>;
  any(): boolean;
}

/** The sound of the calls that this tab has answered: at most two, as 112 may be called beside another. Only the one in focus is heard and hears. */
export function useTalks(calls: readonly Call[], focus: string): Talks {
  const talks = useRef(new Map<string, Conversation>());
  const [ids, setIds] = useState<readonly string[]>([]);
  const [opening, setOpening] = useState("");
  const [paths, setPaths] = useState<Record<string, Path>>({});
  const tell = useCallback(() => setIds([...talks.current.keys()]), []);

  // The centre says when a call is over; then the microphone closes.
  useEffect(() => {
    const over = ids.filter((id) => id !== opening && !isLive(calls.find((c) => c.id === id)));
    for (const id of over) {
      talks.current.get(id)?.end();
      talks.current.delete(id);
    }
    if (over.length) tell();
  }, [calls, ids, opening, tell]);
  useEffect(() => {
    for (const [id, talk] of talks.current) {
      talk.mute(id !== focus || (calls.find((c) => c.id === id)?.muted ?? false));
      talk.play(id === focus);
    }
  }, [calls, focus, ids]);
  useEffect(() => {
    const all = talks.current;
    return () => all.forEach((talk) => talk.end());
  }, []);

  const open = useCallback(
    async (id: string) => {
      setOpening(id);
      try {
        talks.current.set(id, await answerHere(id, (now) => setPaths((before) => ({ ...before, [id]: now }))));
        tell();
      } finally {
        setOpening("");
      }
    },
    [tell],
  );
  return { ids, opening, paths, open, any: () => talks.current.size > 0 };
}

function answerHere(id: string, onPath: (now: Path) => void): Promise<Conversation> {
  const audio = new Audio();
  void sendTo(audio, settings.device("speaker"));
  onPath("up");
  return converse({
    audio,
    microphone: settings.microphone(),
    servers: iceServers,
    signal: async (sdp) => (await take(api.POST("/api/calls/{id}/answer", { params: { path: { id } }, body: { sdp } }))).sdp,
    restart: (sdp) => restartMedia(id, sdp),
    onPath,
  });
}
