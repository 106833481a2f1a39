import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useRef, useState, type ReactNode } from "react";
import { followEvent } from "../api/queries.ts";
import { coalesce } from "./coalesce.ts";
import { openStream, type Line, type StreamEvent } from "./sse.ts";

const LineContext = createContext<Line>("connecting");

/** Whether what is shown follows the centre now. */
export const useLine = (): Line => use(LineContext);

type Hearer = (event: StreamEvent) => void;
const hearers = new Set<Hearer>();

/** Hears each event as it comes, for what no later look can tell: why a call that is gone came to nothing. */
export function useEvents(hear: Hearer): void {
  const newest = useRef(hear);
  newest.current = hear;
  useEffect(() => {
    const tell: Hearer = (event) => newest.current(event);
    hearers.add(tell);
    return () => void hearers.delete(tell);
  }, []);
}

/** Keeps what is shown true: follows the event stream and reads again what an event names. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [line, setLine] = useState<Line>("connecting");
  useEffect(() => {
    const follow = coalesce(300, (kind) => followEvent(client, kind));
    return openStream({
      url: "/api/events",
      onEvent: (event) => {
        hearers.forEach((hear) => hear(event));
        follow(event.kind);
      },
      onReset: () => void client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "caller" && q.queryKey[0] !== "message" }),
      onLine: (now) => {
        setLine(now);
        if (now === "logged_out") void client.resetQueries({ queryKey: ["me"] });
      },
    });
  }, [client]);
  return <LineContext value={line}>{children}</LineContext>;
}
