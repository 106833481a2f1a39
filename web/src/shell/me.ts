import { createContext, use } from "react";
import type { Me } from "../api/types.ts";

export const MeContext = createContext<Me | null>(null);

/** The person who is logged in; pages are drawn only for one. */
export function useMe(): Me {
  const me = use(MeContext);
  if (!me) throw new Error("no one is logged in");
  return me;
}
