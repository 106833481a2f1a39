// What this machine remembers of its phone: no more than the chosen microphone and kind of phone.

const microphoneKey = "santra.microphone";
const kindKey = "santra.phone";

export type PhoneKind = "browser" | "desk";

export const settings = {
  microphone: (): string => localStorage.getItem(microphoneKey) ?? "",
  setMicrophone: (id: string): void => localStorage.setItem(microphoneKey, id),
  kind: (): PhoneKind => (localStorage.getItem(kindKey) === "desk" ? "desk" : "browser"),
  setKind: (kind: PhoneKind): void => localStorage.setItem(kindKey, kind),
};
