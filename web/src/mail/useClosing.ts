import { useQueryClient } from "@tanstack/react-query";
import { i18n } from "@lingui/core";
import { useSyncExternalStore } from "react";
import { api, take } from "../api/client.ts";
import { errorText } from "../lib/labels.ts";
import { toast } from "../ui/toast.tsx";
import { closing } from "./closing.ts";

const listeners = new Set<() => void>();
let changes = 0;
const changed = () => (changes++, listeners.forEach((tell) => tell()));
const subscribe = (tell: () => void) => (listeners.add(tell), () => void listeners.delete(tell));

/** Kept outside the pages: the notice outlives navigation. */
const desk = closing((id) => {
  void fetch(`/api/cases/${encodeURIComponent(id)}/close`, { method: "POST", keepalive: true, credentials: "same-origin" });
});
window.addEventListener("pagehide", () => desk.sendAll());

export function useClosing() {
  const client = useQueryClient();
  useSyncExternalStore(subscribe, () => changes);
  const close = (id: string) => {
    desk.close(id);
    changed();
    toast(i18n._("The case was closed."), {
      undo: () => (desk.undo(id), changed()),
      onGone: () => void finish(id),
    });
  };
  const finish = async (id: string) => {
    if (!desk.isClosing(id)) return;
    desk.undo(id);
    await take(api.POST("/api/cases/{id}/close", { params: { path: { id } } })).catch((e) => toast(errorText(e)));
    changed();
    await client.invalidateQueries({ queryKey: ["case"] });
  };
  return { close, isClosing: desk.isClosing };
}
