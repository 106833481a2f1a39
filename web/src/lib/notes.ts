import { i18n } from "@lingui/core";
import type { City, Lack, SimulatedNote } from "../api/types.ts";
import { listText } from "./duration.ts";
import { dateText, dayClock, inLanguage } from "./format.ts";
import { lackText } from "./lacks.ts";
import { withinPhrase } from "./labels.ts";
import { needText } from "./why.ts";

// What a simulation assumed, from the codes of sim.Note.

/** One sentence. A code that is newer than this page is shown as it is. */
export function noteText(note: SimulatedNote, city?: City): string {
  const queues = queuesText(note, city);
  switch (note.code) {
    case "moved":
      return i18n._("The calls of {of} come on {day}.", { of: dayText(note.of), day: dayText(note.date) });
    case "shared":
      return i18n._("{rate} calls an hour are shared evenly: {queues}.", { rate: i18n.number(note.rate ?? 0), queues });
    case "holiday":
      return i18n._("{day} is a holiday: {name}.", { day: dayText(note.date), name: inLanguage(note.name) });
    case "open":
      return i18n._("{queues}: open {spans}.", { queues, spans: (note.spans ?? []).map((s) => `${dayClock(s.from)}–${dayClock(s.to)}`).join(", ") });
    case "closed":
      return i18n._("{queues}: closed all day.", { queues });
    case "clock":
      return i18n._("The day has {hours} hours: the clock is changed.", { hours: note.hours ?? 24 });
    case "unmeasured":
      return i18n._("{queues}: nothing was measured, so no calls come.", { queues });
    case "past":
      return i18n._("{n, plural, one {Calls as on the same weekday of # past week.} other {Calls as on the same weekday of # past weeks.}}", { n: note.days ?? 0 });
    default:
      return lacking(note, queues, city) ?? note.code;
  }
}

const kinds: Record<string, Lack["kind"]> = { no_agency: "agency", no_skill: "skill", no_language: "language", not_together: "together" };

function lacking(note: SimulatedNote, queues: string, city?: City): string | undefined {
  const needs = (note.needs ?? []).map((n) => ({ ...n, preferred: false }));
  if (note.code === "until_ring") return i18n._("{queues}: nobody has {needs}; callers wait until a ring asks less.", { queues, needs: listText(needs.map((n) => needText(n, city))) });
  const kind = kinds[note.code];
  return kind && `${queues}: ${withinPhrase(lackText({ kind, needs }, city))}.`;
}

const queuesText = (note: SimulatedNote, city?: City) => listText((note.queues ?? []).map((id) => inLanguage(city?.queues.find((q) => q.id === id)?.name) || id));

const dayText = (day: string | undefined) => (day ? dateText(`${day}T12:00:00Z`) : "");
