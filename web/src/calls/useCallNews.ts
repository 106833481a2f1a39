import { i18n } from "@lingui/core";
import { useEffect, useRef } from "react";
import type { Call } from "../api/types.ts";
import { announce } from "../lib/announce.tsx";
import { type CallEvent, callEvent } from "../phone/current.ts";
import { supervisedText } from "./words.ts";

/** What interrupts: what one must act on at once. */
const urgent: readonly CallEvent[] = ["offered", "recording_off", "supervised"];

/** Says each event of the call once to screen readers. */
export function useCallNews(call: Call | undefined): void {
  const before = useRef<Call | undefined>(undefined);
  useEffect(() => {
    const news = callEvent(before.current, call);
    before.current = call;
    if (news) announce(newsText(news, call), urgent.includes(news));
  }, [call]);
}

function newsText(news: CallEvent, call: Call | undefined): string {
  switch (news) {
    case "offered":
      return call?.direction === "inside" ? i18n._("A colleague asks for you") : i18n._("A call is offered to you");
    case "dialling":
      return i18n._("Calling");
    case "informing":
      return i18n._("The customer hears the announcement");
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
    case "recording_paused":
      return i18n._("Recording paused");
    case "recording_on":
      return i18n._("Recording is on");
    case "supervised":
      return supervisedText(call?.supervised ?? "");
    case "unsupervised":
      return i18n._("The supervisor has left");
    default:
      return consultText(news);
  }
}

function consultText(news: CallEvent): string {
  switch (news) {
    case "consult_ringing":
      return i18n._("Who is consulted is being called");
    case "consult_talking":
      return i18n._("You talk with who is consulted");
    case "consult_announcing":
      return i18n._("Who joins hears the announcement");
    case "consult_joined":
      return i18n._("Conference: all hear each other");
    default:
      return i18n._("The consultation has ended");
  }
}
