import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { api, isStatus, take } from "../api/client.ts";
import { callsQuery, meQuery } from "../api/queries.ts";
import type { Call, Whom } from "../api/types.ts";
import { may } from "../lib/rights.ts";
import { useEvents } from "../live/useLive.tsx";
import { useMe } from "../shell/me.ts";
import { type Act, acts, holdAct, recordingAct } from "./acts.ts";
import { callBeside, currentCall, inHand, isLive, ownRing } from "./current.ts";
import { keySender } from "./dtmf.ts";
import { isEmergency } from "./number.ts";
import { type Failure, failureIn } from "./failed.ts";
import type { Path } from "./mend.ts";
import { phoneOwner, type Owner, type Ownership } from "./owner.ts";
import { ring } from "./ring.ts";
import { settings } from "./settings.ts";
import { type Talks, useTalks } from "./useTalks.ts";

/** Commands that need no more than the call. */
export type Command = Extract<Act, "decline" | "hold" | "resume" | "mute" | "unmute" | "hangup" | "complete" | "swap" | "join" | "cancel-consult" | "pause-recording" | "resume-recording">;

/** Which of the telephone's dialogs is open. */
export type PhoneDialog = "" | "call" | "give";

export interface Phone {
  /** The call that is heard and shown. */
  call: Call | undefined;
  /** Another one at the same time. */
  beside: Call | undefined;
  can: ReadonlySet<Act>;
  ownership: Ownership;
  /** The call's sound runs through this tab. */
  inBrowser: boolean;
  path: Path;
  answering: boolean;
  /** Why the last thing failed; a device that failed is no missed call. */
  problem: unknown;
  /** Why the last call out came to nothing; it stays until the next call. */
  failure: Failure | null;
  keypadOpen: boolean;
  notesOpen: boolean;
  dialog: PhoneDialog;
  open(dialog: PhoneDialog): void;
  answer(): void;
  run(command: Command): void;
  toggleHold(): void;
  toggleMute(): void;
  toggleRecording(): void;
  toggleKeypad(): void;
  toggleNotes(): void;
  press(key: string): void;
  /** Shows and hears the other call. */
  change(): void;
  /** Throws the refusal. */
  callOut(queue: string, number: string): Promise<void>;
  consult(whom: Whom): Promise<void>;
  transfer(whom: Whom): Promise<void>;
  /** What is to be done before the customer leaves: the notes go along. */
  beforeLeaving: React.RefObject<() => Promise<void>>;
  takeOver(): void;
}

const PhoneContext = createContext<Phone | null>(null);

export function usePhone(): Phone {
  const phone = use(PhoneContext);
  if (!phone) throw new Error("no phone here");
  return phone;
}

const noCalls: readonly Call[] = [];

/** The own calls and the browser phone; mounted above the router's pages, so that no navigation ends a call. */
export function PhoneProvider({ children }: { children: ReactNode }) {
  const me = useMe();
  const active = may(me, "call.handle") && me.seat !== "";
  const { data } = useQuery({ ...callsQuery, enabled: active });
  const phone = useBrowserPhone(active ? (data ?? noCalls) : noCalls, active);
  return <PhoneContext value={phone}>{children}</PhoneContext>;
}

function useBrowserPhone(calls: readonly Call[], active: boolean): Phone {
  const [call, beside, change] = useFocus(calls);
  const id = call?.id ?? "";
  const talks = useTalks(calls, id);
  const [problem, setProblem] = useState<unknown>(null);
  const [ownership, owner] = useOwnership(talks.any, active);
  const [failure, setFailure] = useFailure(call);
  const panes = usePanes(call);
  const beforeLeaving = useRef(async () => {});
  const command = useCommand(setProblem);
  useEffect(() => setProblem(null), [id]);
  useLeaveWarning(inHand(call) || inHand(beside));
  useRinging(calls.some((c) => c.state === "offered" && c.id !== talks.opening && !talks.ids.includes(c.id)) && ownership === "owner");
  useOwnRing(calls, talks, ownership, command);

  const can = useMemo(() => acts(call), [call]);
  const send = (name: Command) => take(api.POST(`/api/calls/{id}/${name}`, { params: { path: { id } } }));
  const run = (name: Command) => {
    if (can.has(name)) void command(() => (leaves.includes(name) ? beforeLeaving.current().then(() => send(name)) : send(name)));
  };
  const toggle = (name: Act | undefined) => name && run(name as Command);
  const press = useMemo(() => keySender((digits) => take(api.POST("/api/calls/{id}/dtmf", { params: { path: { id } }, body: { digits } })), setProblem), [id]);
  const towards = (path: "consult" | "transfer") => async (whom: Whom) => {
    await beforeLeaving.current();
    await command(() => take(api.POST(`/api/calls/{id}/${path}`, { params: { path: { id } }, body: whom })), true);
  };

  return {
    ...panes,
    call,
    beside,
    can,
    ownership,
    inBrowser: talks.ids.includes(id),
    path: talks.paths[id] ?? "up",
    answering: id !== "" && (talks.opening === id || (talks.ids.includes(id) && call?.state === "offered")),
    problem,
    failure,
    beforeLeaving,
    answer: () => can.has("answer") && !talks.opening && !talks.ids.includes(id) && void command(() => talks.open(id)),
    run,
    toggleHold: () => toggle(holdAct(call)),
    toggleMute: () => toggle(can.has("mute") ? "mute" : can.has("unmute") ? "unmute" : undefined),
    toggleRecording: () => toggle(recordingAct(call)),
    press,
    change,
    callOut: async (queue, number) => {
      setFailure(null);
      if (isEmergency(number) && can.has("hold")) void send("hold").catch(() => undefined); // and waits for nothing
      await command(() => take(api.POST("/api/calls", { body: { queue, number } })), true);
    },
    consult: towards("consult"),
    transfer: towards("transfer"),
    takeOver: () => owner.current?.takeOver(),
  };
}

/** After these the customer, or the notes, are somebody else's. */
const leaves: readonly Command[] = ["complete", "hangup"];

/** The call in focus, the other one, and the change between the two. */
function useFocus(calls: readonly Call[]): [Call | undefined, Call | undefined, () => void] {
  const [picked, pick] = useState("");
  const live = calls.filter(isLive).map((c) => c.id).join();
  useEffect(() => pick(""), [live]); // whatever comes or goes, the order of currentCall says first what is to be seen
  const call = calls.find((c) => c.id === picked && isLive(c)) ?? currentCall(calls);
  const beside = callBeside(calls, call);
  return [call, beside, () => beside && pick(beside.id)];
}

/** Runs a command, keeps why it failed, and looks again. With `strict` the failure is the asker's. */
function useCommand(setProblem: (problem: unknown) => void) {
  const client = useQueryClient();
  return useCallback(
    async (work: () => Promise<unknown>, strict = false) => {
      setProblem(null);
      try {
        await work();
      } catch (error) {
        if (strict) throw error;
        setProblem(error);
      } finally {
        void client.invalidateQueries({ queryKey: meQuery.queryKey });
        await client.invalidateQueries({ queryKey: callsQuery.queryKey });
      }
    },
    [client, setProblem],
  );
}

/** Answers the own call out at once, unless the desk phone is to ring. Once for each call: what failed is pressed again by hand. */
function useOwnRing(calls: readonly Call[], talks: Talks, ownership: Ownership, command: (work: () => Promise<unknown>) => Promise<void>): void {
  const tried = useRef(new Set<string>());
  const id = ownRing(calls)?.id ?? "";
  const free = talks.opening === "" && !talks.ids.includes(id);
  const { open } = talks;
  useEffect(() => {
    if (!id || !free || ownership !== "owner" || settings.kind() === "desk" || tried.current.has(id)) return;
    tried.current.add(id);
    // Answered at the desk phone meanwhile: then it has the call.
    void command(() => open(id).catch((error: unknown) => (isStatus(error, 409) ? undefined : Promise.reject(error))));
  }, [id, free, ownership, command, open]);
}

function useFailure(call: Call | undefined): [Failure | null, (failure: Failure | null) => void] {
  const [failure, setFailure] = useState<Failure | null>(null);
  useEvents((event) => {
    const heard = failureIn(event);
    if (heard) setFailure(heard);
  });
  const next = isLive(call) ? call!.id : "";
  useEffect(() => {
    if (next) setFailure((before) => (before?.call === next ? before : null));
  }, [next]);
  return [failure, setFailure];
}

type Panes = Pick<Phone, "dialog" | "open" | "keypadOpen" | "toggleKeypad" | "notesOpen" | "toggleNotes">;

/** What stands open beside the call. A dialog to give it away goes with it. */
function usePanes(call: Call | undefined): Panes {
  const [dialog, open] = useState<PhoneDialog>("");
  const [keypadOpen, setKeypad] = useState(false);
  const [notesOpen, setNotes] = useState(settings.notesOpen);
  const can = acts(call);
  const id = call?.id ?? "";
  useEffect(() => setKeypad(false), [id]);
  useEffect(() => settings.setNotesOpen(notesOpen), [notesOpen]);
  return {
    dialog: dialog === "give" && !can.has("consult") ? "" : dialog,
    open,
    keypadOpen: keypadOpen && can.has("dtmf"),
    toggleKeypad: () => setKeypad((was) => !was && can.has("dtmf")),
    notesOpen,
    toggleNotes: () => setNotes((was) => !was),
  };
}

function useOwnership(busy: () => boolean, active: boolean): [Ownership, React.RefObject<Owner | null>] {
  const [ownership, setOwnership] = useState<Ownership>("waiting");
  const owner = useRef<Owner | null>(null);
  const isBusy = useRef(busy);
  isBusy.current = busy;
  useEffect(() => {
    if (!active) return;
    const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("santra-phone");
    owner.current = phoneOwner({
      busy: () => isBusy.current(),
      onChange: setOwnership,
      locks: navigator.locks,
      channel: channel as never,
    });
    return () => owner.current?.stop();
  }, [active]);
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
  useEffect(() => (on ? ring(settings.device("ringer")) : undefined), [on]);
}
