import { useLingui } from "@lingui/react";
import { useSyncExternalStore } from "react";
import { announce } from "../lib/announce.tsx";
import { Button } from "./controls.tsx";
import { Icon } from "./Icon.tsx";

// What was done, with a way back where there is one. It stays as long as a person needs to read and reach it.

export interface Toast {
  id: number;
  text: string;
  /** The way back; the toast closes when it is taken. */
  undo?: () => void;
  /** Done when the toast goes without undo. */
  onGone?: () => void;
}

/** How long a toast stays, in ms. */
export const toastLife = 8_000;

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(now: readonly Toast[]): void {
  toasts = now;
  listeners.forEach((tell) => tell());
}

export function toast(text: string, more: Pick<Toast, "undo" | "onGone"> = {}): void {
  const id = next++;
  change([...toasts, { id, text, ...more }]);
  announce(text);
  setTimeout(() => dismiss(id), toastLife);
}

function dismiss(id: number, undone = false): void {
  const gone = toasts.find((t) => t.id === id);
  if (!gone) return;
  change(toasts.filter((t) => t.id !== id));
  if (undone) gone.undo?.();
  else gone.onGone?.();
}

const subscribe = (tell: () => void) => (listeners.add(tell), () => void listeners.delete(tell));

export function Toasts() {
  const { i18n } = useLingui();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  if (shown.length === 0) return null;
  return (
    <section className="toasts" aria-label={i18n._("Notices")}>
      {shown.map((t) => (
        <div key={t.id} className="toast">
          <Icon name="check" />
          <span>{t.text}</span>
          {t.undo && (
            <Button look="quiet" onPress={() => dismiss(t.id, true)}>
              {i18n._("Undo")}
            </Button>
          )}
          <Button look="quiet" icon="cross" className="icon-only" aria-label={i18n._("Close the notice")} onPress={() => dismiss(t.id)}>
            {""}
          </Button>
        </div>
      ))}
    </section>
  );
}
