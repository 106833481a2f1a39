package sim

import (
	"strings"
	"testing"
)

// Every code has a sentence of its own, and one that nobody knows is at least named.
func TestNotesInEnglish(t *testing.T) {
	n := Note{
		Queues: []string{"parking", "advice"}, Date: "2026-12-06", Of: "2026-11-24", Name: map[string]string{"en": "Independence Day"},
		Spans: []NoteSpan{{"08:00", "12:00"}, {"13:00", "16:00"}}, Hours: 25, Days: 3, Weekday: 2, Rate: 120, Agency: "water",
		Needs: []NoteNeed{{"parking", 3}, {"language:sv", 2}},
	}
	for code, want := range map[NoteCode]string{
		NoteMoved:       "The calls of 2026-11-24 come on 2026-12-06.",
		NoteShared:      "120 calls/h, shared evenly by parking, advice; --rate parking=… says otherwise.",
		NoteHoliday:     "2026-12-06 is Independence Day.",
		NoteOpen:        "parking, advice: open 08:00–12:00, 13:00–16:00.",
		NoteClosed:      "parking, advice: closed all day.",
		NoteClock:       "The day has 25 hours: the clock is changed.",
		NoteUnmeasured:  "parking, advice: nothing was measured; it gets no calls.",
		NotePast:        "Calls as on 3 past Tuesdays.",
		NoteNoAgency:    "nobody may do the work of agency water: queue parking, advice can't be served.",
		NoteNoSkill:     "queue parking, advice needs skill parking of level 3 and skill language:sv of level 2 that nobody has.",
		NoteNoLanguage:  "queue parking, advice offers callers a language that nobody speaks: skill parking of level 3 and skill language:sv of level 2.",
		NoteNotTogether: "queue parking, advice needs skill parking of level 3 and skill language:sv of level 2 of one person: somebody has each, nobody all.",
		NoteUntilRing:   "nobody has skill parking of level 3 and skill language:sv of level 2, which parking, advice asks until a ring relaxes it.",
		"new":           "new",
	} {
		n.Code = code
		if got := n.String(); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
		if empty := (Note{Code: code}).String(); strings.TrimSpace(empty) == "" {
			t.Errorf("%s without parameters says nothing", code)
		}
	}
}
