package agency

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Staff is one who takes work, as far as warnings need it.
type Staff struct {
	Skills    map[string]int // skill → level 1–10; "language:sv" gives a language a level
	Languages []Lang         // of level 1 where Skills does not say
	Agencies  []string       // whose work they may do; empty for all
}

// Warning is what can be served and is likely not meant.
type Warning struct {
	Field string // as in an error: "city.queues[2].needs[0]"
	Text  string

	Lack   Lack   // what nobody can; "" for other warnings
	Queue  string // its id, with a Lack
	Agency string // of the queue
	Needs  []Need // what nobody has
}

// Lack is why nobody can serve a queue, or some of its customers.
type Lack string

// The kinds of Lack.
const (
	LackAgency   Lack = "agency"   // nobody may do the agency's work
	LackSkill    Lack = "skill"    // nobody has Needs
	LackLanguage Lack = "language" // customers may choose a language of Needs, and nobody who has the rest speaks it
	LackTogether Lack = "together" // somebody has each of Needs, nobody all
)

// String is the field and the text.
func (w Warning) String() string { return w.Field + ": " + w.Text }

// Warnings lists, for a valid City, what is likely not meant: queues that nobody of the staff can serve, with the skill that
// is missing; hours that are never open, or that nobody uses. With a nil staff, which is one that is not known, what asks for
// it is left out; one that is empty is told as such.
func (c *City) Warnings(staff []Staff) []Warning {
	city := c.WithDefaults()
	w := &warnings{city: &city, staff: staff}
	w.hours()
	w.flows()
	w.places()
	switch {
	case staff == nil:
	case len(staff) == 0:
		w.add("city.queues", "nobody has an account that takes work: no queue can be served")
	default:
		for i := range city.Queues {
			w.queue(fmt.Sprintf("city.queues[%d]", i), &city.Queues[i])
		}
	}
	return w.all
}

type warnings struct {
	city  *City
	staff []Staff
	all   []Warning
}

func (w *warnings) add(field, format string, args ...any) {
	w.all = append(w.all, Warning{Field: field, Text: fmt.Sprintf(format, args...)})
}

// lack adds why nobody can serve a queue.
func (w *warnings) lack(at string, q *Queue, lack Lack, needs []Need, text string) {
	w.all = append(w.all, Warning{Field: at, Text: text, Lack: lack, Queue: q.ID, Agency: q.Agency, Needs: needs})
}

func (w *warnings) hours() {
	for _, name := range slices.Sorted(maps.Keys(w.city.Hours)) {
		h, at := w.city.Hours[name], "city.hours."+name
		if !slices.ContainsFunc(w.city.Queues, func(q Queue) bool { return q.Hours == name }) && !w.inFlow(name) {
			w.add(at, "no queue has these hours")
		}
		if h.never() {
			w.add(at, "are never open")
		} else if h.Holidays == FinnishHolidays && h.Eves == nil && len(h.Week) > 0 {
			w.add(at, "are on the eves of Midsummer and Christmas as on other weekdays: write eves: closed, their spans, or eves: week if that is meant")
		}
	}
}

// flows tells of flows on which nobody can call.
func (w *warnings) flows() {
	for i, f := range w.city.Flows {
		if !slices.ContainsFunc(w.city.Numbers, func(n Number) bool { return n.Flow == f.ID }) {
			w.add(fmt.Sprintf("city.flows[%d]", i), "no number has this flow: nobody can call it")
		}
	}
}

// inFlow tells whether a step asks for these hours.
func (w *warnings) inFlow(hours string) bool {
	return slices.ContainsFunc(w.city.Flows, func(f Flow) bool {
		return slices.ContainsFunc(f.Steps, func(s Step) bool { return s.Hours != nil && s.Hours.Of == hours })
	})
}

// places tells of seats from which 112 could not be told where to come.
func (w *warnings) places() {
	lost := slices.DeleteFunc(slices.Clone(w.city.Seats), func(s Seat) bool { return s.Location != "" })
	if len(lost) > 0 {
		w.add("city.seats", "%d have no location, among them %s: who calls %s there is not told where they sit", len(lost), lost[0].Code, EmergencyNumber)
	}
}

// never tells whether no span is there at all.
func (h *Hours) never() bool {
	weeks := []Week{h.Week}
	days := []Spans{h.HolidaySpans, h.Eves}
	for _, e := range h.Exceptions {
		weeks, days = append(weeks, e.Week), append(days, e.Spans)
	}
	for _, w := range weeks {
		days = slices.AppendSeq(days, maps.Values(w))
	}
	return !slices.ContainsFunc(days, func(s Spans) bool { return len(s) > 0 && !s.is(ClosedAllDay) && !s.is(AsTheWeek) })
}

// queue tells what nobody has of what the queue asks in its widest ring.
func (w *warnings) queue(at string, q *Queue) {
	able := w.of(q.Agency)
	if len(able) == 0 {
		w.lack(at, q, LackAgency, nil, fmt.Sprintf("nobody may do the work of agency %s: queue %s can't be served", q.Agency, q.ID))
		return
	}
	needs, before := q.widest(), len(w.all)
	for _, n := range needs {
		if !slices.ContainsFunc(able, func(s Staff) bool { return s.has(n) }) {
			w.lack(at, q, LackSkill, []Need{n}, fmt.Sprintf("queue %s needs %s that nobody has", q.ID, n.words()))
		}
	}
	w.languages(at, q, able)
	all := func(s Staff) bool { return !slices.ContainsFunc(needs, func(n Need) bool { return !s.has(n) }) }
	if len(w.all) == before && !slices.ContainsFunc(able, all) {
		w.lack(at, q, LackTogether, needs, fmt.Sprintf("queue %s needs %s of one person: somebody has each, nobody all", q.ID, wordsOf(needs)))
	}
}

// of gives those who may do an agency's work.
func (w *warnings) of(agency string) []Staff {
	return slices.DeleteFunc(slices.Clone(w.staff), func(s Staff) bool {
		return len(s.Agencies) > 0 && !slices.Contains(s.Agencies, agency)
	})
}

// languages tells which language that a caller can choose nobody speaks who has the rest.
func (w *warnings) languages(at string, q *Queue, able []Staff) {
	level := q.widestLanguage()
	if !q.LanguageMenu || level == 0 {
		return
	}
	for _, l := range q.Languages {
		n := Need{Skill: LanguagePrefix + string(l), Level: level}
		if !slices.ContainsFunc(able, func(s Staff) bool { return s.has(n) }) {
			w.lack(at, q, LackLanguage, []Need{n}, fmt.Sprintf("queue %s offers callers %s, and nobody speaks it at level %d", q.ID, l, level))
		}
	}
}

// widest gives what the queue asks when all its rings are open.
func (q *Queue) widest() (needs []Need) {
	for _, n := range q.AllNeeds() {
		n.Level = or(n.Level, DefaultLevel)
		for _, r := range q.Rings {
			if level, ok := r.Levels[n.Skill]; ok {
				n.Level = level
			}
		}
		if !n.Preferred && n.Level > 0 {
			needs = append(needs, n)
		}
	}
	return needs
}

// widestLanguage is the level of the customer's language when all rings are open; 0 where it is not asked any more.
func (q *Queue) widestLanguage() int {
	level := q.LanguageLevel
	for _, r := range q.Rings {
		if l, ok := r.Levels[CallerLanguage]; ok {
			level = l
		}
	}
	return level
}

// has tells whether somebody meets a need.
func (s Staff) has(n Need) bool {
	level := s.Skills[n.Skill]
	if code, ok := strings.CutPrefix(n.Skill, LanguagePrefix); ok && slices.Contains(s.Languages, Lang(code)) {
		level = max(level, DefaultLevel)
	}
	return level >= n.Level
}

// words says a need as "skill parking of level 3".
func (n Need) words() string { return fmt.Sprintf("skill %s of level %d", n.Skill, n.Level) }

func wordsOf(needs []Need) string {
	all := make([]string, 0, len(needs))
	for _, n := range needs {
		all = append(all, n.words())
	}
	return strings.Join(all, " and ")
}
