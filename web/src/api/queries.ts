import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { noteServerTime } from "../lib/clock.ts";
import { api, take } from "./client.ts";
import { readQuality } from "./media.ts";
import type { Me } from "./types.ts";

// What the pages read. Keys begin with the event kind that tells of a change (see followEvent).

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async (): Promise<Me> => {
    const asked = Date.now();
    const me = await take(api.GET("/api/me"));
    noteServerTime(me.server_time, asked, Date.now());
    return me;
  },
  staleTime: 30_000,
});

export const cityQuery = queryOptions({
  queryKey: ["city"],
  queryFn: () => take(api.GET("/api/city")),
  staleTime: 300_000,
});

export const seatsQuery = queryOptions({ ...cityQuery, staleTime: 0, refetchInterval: 10_000 });

export const queuesQuery = queryOptions({
  queryKey: ["queue"],
  queryFn: () => take(api.GET("/api/queues")),
  refetchInterval: 30_000,
});

export const agentsQuery = queryOptions({
  queryKey: ["agent"],
  queryFn: () => take(api.GET("/api/agents")).then((r) => r.agents ?? []),
  refetchInterval: 60_000,
});

export const callsQuery = queryOptions({
  queryKey: ["call"],
  queryFn: () => take(api.GET("/api/calls")).then((r) => r.calls ?? []),
  refetchInterval: 15_000,
});

/** The caller's number: asked for only while the call lives, and forgotten with it (M3). */
export const callerQuery = (id: string) =>
  queryOptions({
    queryKey: ["caller", id],
    queryFn: () => take(api.GET("/api/calls/{id}/caller", { params: { path: { id } } })),
    gcTime: 0,
    staleTime: Infinity,
    retry: 1,
  });

/** Whom a call can be given to; read while somebody chooses. */
export const targetsQuery = queryOptions({
  queryKey: ["targets"],
  queryFn: () => take(api.GET("/api/calls/targets")),
  refetchInterval: 3_000,
  gcTime: 0,
});

/** The calls that run in the own agencies, for supervisors. */
export const runningQuery = queryOptions({
  queryKey: ["running"],
  queryFn: () => take(api.GET("/api/calls/running")).then((r) => r.calls ?? []),
  refetchInterval: 3_000,
  gcTime: 0,
});

/** What was written down about a call; forgotten with it (M3). */
export const notesQuery = (id: string) =>
  queryOptions({
    queryKey: ["notes", id],
    queryFn: () => take(api.GET("/api/calls/{id}/notes", { params: { path: { id } } })).then((n) => n.text),
    gcTime: 0,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: 1,
  });

/** How the legs of a call sound, each two seconds while it is looked at. */
export const qualityQuery = (id: string) =>
  queryOptions({
    queryKey: ["quality", id],
    queryFn: () => readQuality(id),
    // A centre that does not measure is asked again now and then.
    refetchInterval: (query) => (query.state.data?.length ? 2_000 : 20_000),
    gcTime: 0,
    retry: false,
  });

export const casesQuery = (mine: boolean) =>
  queryOptions({
    queryKey: ["case", "list", mine],
    queryFn: () => take(api.GET("/api/cases", { params: { query: { mine } } })).then((r) => r.cases ?? []),
    refetchInterval: 60_000,
  });

export const caseQuery = (id: string) =>
  queryOptions({
    queryKey: ["case", "one", id],
    queryFn: () => take(api.GET("/api/cases/{id}", { params: { path: { id } } })),
  });

export const messageQuery = (id: string, mid: string) =>
  queryOptions({
    queryKey: ["message", id, mid],
    queryFn: () => take(api.GET("/api/cases/{id}/messages/{mid}", { params: { path: { id, mid } } })),
    staleTime: Infinity,
    gcTime: 60_000,
  });

export const peopleQuery = queryOptions({
  queryKey: ["person"],
  queryFn: () => take(api.GET("/api/people")).then((r) => r.people ?? []),
});

/** What rings at the person who asks, and why. */
export const offerQuery = queryOptions({
  queryKey: ["offer"],
  queryFn: () => take(api.GET("/api/me/offer")).then((r) => r.offer ?? null),
});

/** Why each piece of work of a queue waits; read while somebody looks. */
export const explanationsQuery = (id: string) =>
  queryOptions({
    queryKey: ["queue", "explanations", id],
    queryFn: () => take(api.GET("/api/queues/{id}/explanations", { params: { path: { id } } })).then((r) => r.explanations ?? []),
    refetchInterval: 5_000,
    gcTime: 0,
  });

/** Reads again what an event of this kind may have changed. */
export function followEvent(client: QueryClient, kind: string): void {
  const also: Record<string, string[][]> = {
    agent: [["agent"], ["me"], ["offer"]],
    call: [["call"], ["me"], ["offer"], ["running"]],
    case: [["case"], ["offer"]],
    mail: [["case"]],
    city: [["city"]],
  };
  for (const queryKey of also[kind] ?? [[kind]]) void client.invalidateQueries({ queryKey });
}
