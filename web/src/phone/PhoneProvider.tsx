import { useLingui } from "@lingui/react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { api, take } from "../api/client.ts";
import { callsQuery, meQuery } from "../api/queries.ts";
import type { Call } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { may } from "../lib/rights.ts";
import { useMe } from "../shell/me.ts";
import { type CallEvent, callEvent, currentCall, inConversation, liveId } from "./current.ts";
import { keySender } from "./dtmf.ts";
import { phoneOwner, type Owner, type Ownership } from "./owner.ts";
import { ring } from "./ring.ts";
import { settings } from "./settings.ts";
import { converse, type Conversation } from "./webrtc.ts";

export interface Phone {
  call: Call | undefined;
  ownership: Ownership;
  /** The conversation's sound runs through this tab. */
  inBrowser: boolean;
  answering: boolean;
  /** Why the last thing failed; a device that failed is no missed call. */
  problem: unknown;
  keypadOpen: boolean;
  answer(): void;
  decline(): void;
  hangUp(): void;
  toggleHold(): void;
  toggleMute(): void;
  toggleKeypad(): void;
  press(key: string): void;
  takeOver(): void;
}

const PhoneContext = createContext<Phone | null>(null);

export function usePhone(): Phone {
  const phone = use(PhoneContext);
  if (!phone) throw new Error("no phone here");
  return phone;
}

/** The own calls and the browser phone; mounted above the router's pages, so that no navigation ends a call. */
export function PhoneProvider({ children }: { children: ReactNode }) {
  const me = useMe();
  const active = may(me, "call.handle") && me.seat !== "";
  const { data: calls } = useQuery({ ...callsQuery, enabled: active });
  const call = active ? currentCall(calls ?? []) : undefined;
  const audio = useRef<HTMLAudioElement>(null);
  const phone = useBrowserPhone(call, audio, active);
  useCallNews(call);
  return (
    <PhoneContext value={phone}>
      {children}
      <audio ref={audio} className="none" />
    </PhoneContext>
  );
}

function useBrowserPhone(call: Call | undefined, audio: React.RefObject<HTMLAudioElement | null>, active: boolean): Phone {
  const client = useQueryClient();
  const talk = useRef<{ id: string; conversation: Conversation } | null>(null);
  const [talking, setTalking] = useState("");
  const [answering, setAnswering] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [keypadOpen, setKeypad] = useState(false);
  const [ownership, owner] = useOwnership(talk, active);

  const over = useCallback(() => {
    talk.current?.conversation.end();
    talk.current = null;
    setTalking("");
    setKeypad(false);
  }, []);

  // The centre says when a call is over; then the microphone closes. An answered call stays offered until it is connected.
  const live = liveId(call);
  useEffect(() => {
    if (talking && !answering && live !== talking) over();
  }, [talking, answering, live, over]);
  useEffect(() => over, [over]);
  useEffect(() => setProblem(null), [call?.id]);
  useEffect(() => talk.current?.conversation.mute(call?.muted ?? false), [call?.muted]);
  useLeaveWarning(inConversation(call));
  useRinging(call?.state === "offered" && !answering && !talking && ownership === "owner");

  const refresh = useCallback(
    () => Promise.all([client.invalidateQueries({ queryKey: callsQuery.queryKey }), client.invalidateQueries({ queryKey: meQuery.queryKey })]),
    [client],
  );
  const command = useCallback(
    async (work: () => Promise<unknown>) => {
      setProblem(null);
      try {
        await work();
      } catch (error) {
        setProblem(error);
      }
      await refresh();
    },
    [refresh],
  );

  const id = call?.id ?? "";
  const press = useMemo(
    () => keySender((digits) => take(api.POST("/api/calls/{id}/dtmf", { params: { path: { id } }, body: { digits } })), setProblem),
    [id],
  );

  const answer = () => {
    if (call?.state !== "offered" || answering || talking) return;
    setAnswering(true);
    void command(async () => {
      const conversation = await converse({
        audio: audio.current!,
        microphone: settings.microphone(),
        signal: async (sdp) => (await take(api.POST("/api/calls/{id}/answer", { params: { path: { id } }, body: { sdp } }))).sdp,
        onLost: () => setProblem(new Error("lost")),
      });
      talk.current = { id, conversation };
      setTalking(id);
    }).finally(() => setAnswering(false));
  };
  const simple = (path: "/api/calls/{id}/decline" | "/api/calls/{id}/hangup" | "/api/calls/{id}/hold" | "/api/calls/{id}/resume" | "/api/calls/{id}/mute" | "/api/calls/{id}/unmute") =>
    void command(() => take(api.POST(path, { params: { path: { id } } })));

  return {
    call,
    ownership,
    inBrowser: talking !== "" && talking === id,
    answering: answering || (talking !== "" && call?.state === "offered"),
    problem,
    keypadOpen: keypadOpen && inConversation(call),
    answer,
    decline: () => call?.state === "offered" && simple("/api/calls/{id}/decline"),
    hangUp: () => inConversation(call) && simple("/api/calls/{id}/hangup"),
    toggleHold: () => inConversation(call) && simple(call!.state === "held" ? "/api/calls/{id}/resume" : "/api/calls/{id}/hold"),
    toggleMute: () => inConversation(call) && simple(call!.muted ? "/api/calls/{id}/unmute" : "/api/calls/{id}/mute"),
    toggleKeypad: () => setKeypad((open) => !open && inConversation(call)),
    press,
    takeOver: () => owner.current?.takeOver(),
  };
}

function useOwnership(talk: React.RefObject<unknown>, active: boolean): [Ownership, React.RefObject<Owner | null>] {
  const [ownership, setOwnership] = useState<Ownership>("waiting");
  const owner = useRef<Owner | null>(null);
  useEffect(() => {
    if (!active) return;
    const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("santra-phone");
    owner.current = phoneOwner({
      busy: () => talk.current !== null,
      onChange: setOwnership,
      locks: navigator.locks,
      channel: channel as never,
    });
    return () => owner.current?.stop();
  }, [active, talk]);
  return [ownership, owner];
}

function useLeaveWarning(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [on]);
}

function useRinging(on: boolean): void {
  useEffect(() => (on ? ring() : undefined), [on]);
}

/** Says each event of the call once: to screen readers, and by the page's title in another tab. */
function useCallNews(call: Call | undefined): void {
  const { i18n } = useLingui();
  const before = useRef<Call | undefined>(undefined);
  const event = callEvent(before.current, call);
  useEffect(() => {
    const news = callEvent(before.current, call);
    before.current = call;
    if (news) announce(newsText(news), news === "offered" || news === "recording_off");
  }, [call, event, i18n]);

  function newsText(news: CallEvent): string {
    switch (news) {
      case "offered":
        return i18n._("A call is offered to you");
      case "connected":
        return i18n._("Call connected");
      case "held":
        return i18n._("Call on hold");
      case "resumed":
        return i18n._("Call resumed");
      case "ended":
        return i18n._("Call ended");
      case "withdrawn":
        return i18n._("The offered call went elsewhere");
      case "recording_off":
        return i18n._("Recording is off");
    }
  }
}
