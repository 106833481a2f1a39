// What this machine remembers of its phone: devices and the kind of phone, nothing of calls.

const keys = { microphone: "santra.microphone", speaker: "santra.speaker", ringer: "santra.ringer" } as const;
const kindKey = "santra.phone";
const notesKey = "santra.notes";

export type PhoneKind = "browser" | "desk";
export type Device = keyof typeof keys;

export const settings = {
  /** A device's id; empty for the browser's own choice. */
  device: (device: Device): string => localStorage.getItem(keys[device]) ?? "",
  setDevice: (device: Device, id: string): void => localStorage.setItem(keys[device], id),
  microphone: (): string => settings.device("microphone"),
  /** "desk": the phone of the seat is to ring, here it is only shown; the browser answers when it is told to. */
  kind: (): PhoneKind => (localStorage.getItem(kindKey) === "desk" ? "desk" : "browser"),
  setKind: (kind: PhoneKind): void => localStorage.setItem(kindKey, kind),
  /** Whether the notes stand open during a call. */
  notesOpen: (): boolean => localStorage.getItem(notesKey) === "open",
  setNotesOpen: (open: boolean): void => localStorage.setItem(notesKey, open ? "open" : "closed"),
};
