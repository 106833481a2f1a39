import { useEffect, useState } from "react";

// One place speaks to screen readers: events, never ticks.

type Listener = (text: string, urgent: boolean) => void;
const listeners = new Set<Listener>();

/** Says an event aloud; an urgent one interrupts. */
export function announce(text: string, urgent = false): void {
  for (const tell of listeners) tell(text, urgent);
}

/** Says a text when it is first drawn and when it changes: how many were found, how a check ended. */
export function useAnnounced(text: string): void {
  useEffect(() => announce(text), [text]);
}

/** The two live regions; mounted once, always there. */
export function Announcer() {
  const [polite, setPolite] = useState("");
  const [urgent, setUrgent] = useState("");
  useEffect(() => {
    const hear: Listener = (text, now) => {
      const set = now ? setUrgent : setPolite;
      // The same words twice are two events.
      set((before) => (before === text ? `${text}\u00a0` : text));
    };
    listeners.add(hear);
    return () => void listeners.delete(hear);
  }, []);
  return (
    <div className="only-heard">
      <div aria-live="polite">{polite}</div>
      <div aria-live="assertive">{urgent}</div>
    </div>
  );
}
