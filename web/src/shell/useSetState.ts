import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client.ts";
import { meQuery } from "../api/queries.ts";
import { announce } from "../lib/announce.tsx";
import { stateLabel } from "../lib/labels.ts";

export type Choice = { state: "ready" | "break" | "offline"; reason?: string };

/** Changes the own state. */
export function useSetState() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (choice: Choice) => take(api.PUT("/api/me/state", { body: choice })),
    onSuccess: (me) => {
      client.setQueryData(meQuery.queryKey, me);
      announce(stateLabel(me.state));
    },
  });
}

export function useWrapUp() {
  const client = useQueryClient();
  const onSuccess = (me: Parameters<typeof client.setQueryData>[1]) => void client.setQueryData(meQuery.queryKey, me as never);
  const done = useMutation({ mutationFn: () => take(api.POST("/api/me/wrapup/done")), onSuccess });
  const extend = useMutation({
    mutationFn: (seconds: number) => take(api.POST("/api/me/wrapup/extend", { body: { seconds } })),
    onSuccess,
  });
  return { done, extend };
}
