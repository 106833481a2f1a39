import { i18n } from "@lingui/core";
import type { City, Lack } from "../api/types.ts";
import { listText } from "./duration.ts";
import { needText } from "./why.ts";

/** What nobody with an account can: "Kukaan ei osaa: pysäköinti ≥ 3". */
export function lackText(lack: Pick<Lack, "kind" | "needs">, city?: City): string {
  const needs = listText(lack.needs.map((n) => needText(n, city)));
  switch (lack.kind) {
    case "agency":
      return i18n._("Nobody may work for this agency");
    case "language":
      return i18n._("Nobody serves in: {needs}", { needs });
    case "together":
      return i18n._("Nobody can all of: {needs}", { needs });
    default:
      return i18n._("Nobody can: {needs}", { needs });
  }
}
