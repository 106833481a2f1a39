package sim

import (
	"fmt"
	"strings"
)

// Note is something that was assumed, or that is special about the day: a code with what it speaks of. Readers say it in their
// language; String says it in English.
type Note struct {
	Code    NoteCode          `json:"code"`
	Queues  []string          `json:"queues,omitempty"`  // ids
	Date    string            `json:"date,omitempty"`    // 2026-11-27
	Of      string            `json:"of,omitempty"`      // another date
	Name    map[string]string `json:"name,omitempty"`    // by language: fi, sv, en
	Spans   []NoteSpan        `json:"spans,omitempty"`   // opening hours
	Hours   float64           `json:"hours,omitempty"`   // of the day
	Days    int               `json:"days,omitempty"`    // in the past
	Weekday int               `json:"weekday,omitempty"` // of them: 1 Monday to 7 Sunday
	Rate    float64           `json:"rate,omitempty"`    // calls per hour
	Agency  string            `json:"agency,omitempty"`
	Needs   []NoteNeed        `json:"needs,omitempty"`
}

// NoteSpan is from and to on the clock: 08:00, 24:00.
type NoteSpan struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// NoteNeed is a skill at a level; a language is the skill "language:sv".
type NoteNeed struct {
	Skill string `json:"skill"`
	Level int    `json:"level"`
}

// NoteCode says which fields of a Note mean what.
type NoteCode string

// The codes; in brackets what they use.
const (
	NoteMoved       NoteCode = "moved"        // calls of another day (Of) come on the day (Date)
	NoteShared      NoteCode = "shared"       // Rate is shared evenly by Queues
	NoteHoliday     NoteCode = "holiday"      // Date is Name
	NoteOpen        NoteCode = "open"         // Queues are open in Spans
	NoteClosed      NoteCode = "closed"       // Queues are closed all day
	NoteClock       NoteCode = "clock"        // the day has so many Hours
	NoteUnmeasured  NoteCode = "unmeasured"   // nothing was measured of Queues: they get no calls
	NotePast        NoteCode = "past"         // calls as on so many Days of the Weekday
	NoteNoAgency    NoteCode = "no_agency"    // nobody may do the work of Agency: Queues can't be served
	NoteNoSkill     NoteCode = "no_skill"     // nobody has Needs, which Queues ask
	NoteNoLanguage  NoteCode = "no_language"  // Queues offer callers a language that nobody speaks at the level of Needs
	NoteNotTogether NoteCode = "not_together" // somebody has each of Needs, nobody all, and Queues ask all of one person
	NoteUntilRing   NoteCode = "until_ring"   // nobody has Needs, which Queues ask until a ring relaxes it
)

// Weekdays by Note.Weekday.
func weekdays() []string {
	return []string{"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

// String is the note in English, one sentence.
func (n Note) String() string {
	queues := strings.Join(n.Queues, ", ")
	switch n.Code {
	case NoteMoved:
		return fmt.Sprintf("The calls of %s come on %s.", n.Of, n.Date)
	case NoteShared:
		return fmt.Sprintf("%g calls/h, shared evenly by %s; --rate %s=… says otherwise.", n.Rate, queues, strings.Join(n.Queues[:min(1, len(n.Queues))], ""))
	case NoteHoliday:
		return fmt.Sprintf("%s is %s.", n.Date, n.Name["en"])
	case NoteOpen:
		return fmt.Sprintf("%s: open %s.", queues, n.spans())
	case NoteClosed:
		return queues + ": closed all day."
	case NoteClock:
		return fmt.Sprintf("The day has %g hours: the clock is changed.", n.Hours)
	case NoteUnmeasured:
		return queues + ": nothing was measured; it gets no calls."
	case NotePast:
		return fmt.Sprintf("Calls as on %d past %ss.", n.Days, weekdays()[min(max(n.Weekday, 0), 7)])
	default:
		return n.lack()
	}
}

// lack says what nobody can.
func (n Note) lack() string {
	queues := strings.Join(n.Queues, ", ")
	switch n.Code {
	case NoteNoAgency:
		return fmt.Sprintf("nobody may do the work of agency %s: queue %s can't be served.", n.Agency, queues)
	case NoteNoSkill:
		return fmt.Sprintf("queue %s needs %s that nobody has.", queues, n.needs())
	case NoteNoLanguage:
		return fmt.Sprintf("queue %s offers callers a language that nobody speaks: %s.", queues, n.needs())
	case NoteNotTogether:
		return fmt.Sprintf("queue %s needs %s of one person: somebody has each, nobody all.", queues, n.needs())
	case NoteUntilRing:
		return fmt.Sprintf("nobody has %s, which %s asks until a ring relaxes it.", n.needs(), queues)
	default:
		return string(n.Code)
	}
}

func (n Note) spans() string {
	out := make([]string, 0, len(n.Spans))
	for _, s := range n.Spans {
		out = append(out, s.From+"–"+s.To)
	}
	return strings.Join(out, ", ")
}

func (n Note) needs() string {
	out := make([]string, 0, len(n.Needs))
	for _, need := range n.Needs {
		out = append(out, fmt.Sprintf("skill %s of level %d", need.Skill, need.Level))
	}
	return strings.Join(out, " and ")
}
