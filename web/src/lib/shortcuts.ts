// Single keys outside text fields (WCAG 2.1.4: they can be switched off). Never with Alt, AltGr, Control or Meta.

export const shortcutKeys = {
  answer: "v",
  hold: "p",
  mute: "m",
  keypad: "n",
  call: "o",
  give: "k",
  notes: "i",
  recording: "e",
  ready: "r",
  break: "t",
  mail: "s",
  desktop: "d",
  help: "?",
} as const;
export type Shortcut = keyof typeof shortcutKeys;

const stored = "santra.shortcuts";

export function shortcutsOn(): boolean {
  return localStorage.getItem(stored) !== "off";
}

export function setShortcutsOn(on: boolean): void {
  localStorage.setItem(stored, on ? "on" : "off");
}

interface Pressed {
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  repeat: boolean;
  defaultPrevented: boolean;
  target: unknown;
}

/** The shortcut that a key press means, if any. */
export function shortcutOf(press: Pressed, on: boolean): Shortcut | undefined {
  if (press.altKey || press.ctrlKey || press.metaKey || press.repeat || press.defaultPrevented) return undefined;
  if (isTextField(press.target)) return undefined;
  const key = press.key.toLowerCase();
  const found = (Object.keys(shortcutKeys) as Shortcut[]).find((name) => shortcutKeys[name] === key);
  return on || found === "help" ? found : undefined;
}

function isTextField(target: unknown): boolean {
  const element = target as { closest?: (selector: string) => unknown } | null;
  return Boolean(element?.closest?.("input, textarea, select, [contenteditable], [role=listbox], [role=menu], [role=dialog], [role=alertdialog]"));
}
