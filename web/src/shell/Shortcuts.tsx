import { useLingui } from "@lingui/react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Switch } from "react-aria-components";
import type { Me } from "../api/types.ts";
import { may } from "../lib/rights.ts";
import { setShortcutsOn, type Shortcut, shortcutKeys, shortcutOf, shortcutsOn } from "../lib/shortcuts.ts";
import { usePhone } from "../phone/PhoneProvider.tsx";
import { Dialog } from "../ui/parts.tsx";
import { useSetState } from "./useSetState.ts";

const openHelp = "santra:help";

/** Opens the list of shortcuts from anywhere. */
export function showHelp(): void {
  window.dispatchEvent(new Event(openHelp));
}

/** Listens for single keys outside text fields, and lists them under `?`. */
export function Shortcuts({ me }: { me: Me }) {
  const { i18n } = useLingui();
  const [help, setHelp] = useState(false);
  const [on, setOn] = useState(shortcutsOn);
  const act = useShortcutActions(me, () => setHelp(true));
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const shortcut = shortcutOf(e, on);
      if (!shortcut) return;
      e.preventDefault();
      act(shortcut);
    };
    const open = () => setHelp(true);
    window.addEventListener("keydown", press);
    window.addEventListener(openHelp, open);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener(openHelp, open);
    };
  }, [on, act]);
  const turn = (now: boolean) => {
    setOn(now);
    setShortcutsOn(now);
  };
  return (
    <Dialog title={i18n._("Keyboard shortcuts")} isOpen={help} onClose={() => setHelp(false)}>
      <Switch className="switch" isSelected={on} onChange={turn}>
        <span className="switch-track" aria-hidden="true" />
        {i18n._("Single keys are in use")}
      </Switch>
      <dl className="keys">
        {(Object.keys(shortcutKeys) as Shortcut[]).map((name) => (
          <div key={name}>
            <dt>
              <kbd>{shortcutKeys[name].toUpperCase()}</kbd>
            </dt>
            <dd>
              <ShortcutName name={name} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="quiet">{i18n._("The keys work everywhere but in text fields, menus and dialogs.")}</p>
    </Dialog>
  );
}

function useShortcutActions(me: Me, help: () => void) {
  const phone = usePhone();
  const navigate = useNavigate();
  const set = useSetState();
  return (shortcut: Shortcut) => {
    const actions: Record<Shortcut, () => void> = {
      answer: phone.answer,
      hold: phone.toggleHold,
      mute: phone.toggleMute,
      keypad: phone.toggleKeypad,
      call: () => may(me, "call.handle") && me.seat && phone.open("call"),
      give: () => phone.can.has("consult") && phone.open("give"),
      notes: phone.toggleNotes,
      recording: phone.toggleRecording,
      ready: () => me.seat && set.mutate({ state: "ready" }),
      break: () => me.seat && set.mutate({ state: "break" }),
      mail: () => may(me, "case.work") && void navigate({ to: "/mail" }),
      desktop: () => void navigate({ to: "/" }),
      help,
    };
    actions[shortcut]();
  };
}

function ShortcutName({ name }: { name: Shortcut }) {
  const { i18n } = useLingui();
  switch (name) {
    case "answer":
      return i18n._("Answer the call");
    case "hold":
      return i18n._("Hold or resume");
    case "mute":
      return i18n._("Microphone off or on");
    case "keypad":
      return i18n._("Keypad");
    case "call":
      return i18n._("Call a number, or 112");
    case "give":
      return i18n._("Ask a colleague or transfer");
    case "notes":
      return i18n._("Notes");
    case "recording":
      return i18n._("Pause or resume the recording");
    case "ready":
      return i18n._("Change to ready");
    case "break":
      return i18n._("Change to break");
    case "mail":
      return i18n._("To e-mail");
    case "desktop":
      return i18n._("To the desktop");
    case "help":
      return i18n._("This list");
  }
}
