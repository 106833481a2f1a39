package simulate

import (
	"fmt"
	"io"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/routing/sim"
)

// The columns of a file of calls: one row for each call (arrived), or one for each half-hour (from, calls).
const (
	colArrived  = "arrived"
	colFrom     = "from"
	colTo       = "to"
	colCalls    = "calls"
	colQueue    = "queue"
	colLanguage = "language"
	colPriority = "priority"
	colHandling = "handling_seconds"
	colPatience = "patience_seconds"
)

// calls is what a file says of a day's calls.
type calls struct {
	each   []sim.Call            // with the handling time where the file says, else zero
	counts map[string]*halfHours // by queue
	day    string                // of the first row with a date; "" without dates
	dated  int                   // its line
}

// halfHours is calls by half-hour of the clock.
type halfHours struct {
	calls    [sim.HalfHours]float64
	handling float64 // seconds of those calls whose row says, together
	known    float64 // how many these are
}

// readCalls reads a file of calls for the centre's day.
func (e *centre) readCalls(name string, in io.Reader) (*calls, error) {
	known := []string{colArrived, colFrom, colTo, colCalls, colQueue, colLanguage, colPriority, colHandling, colPatience}
	s, err := openSheet(name, in, known, nil)
	if err != nil {
		return nil, err
	}
	c := &calls{counts: map[string]*halfHours{}}
	row := c.call
	switch {
	case s.has(colArrived) && s.has(colCalls):
		s.line = 1
		s.bad("", "has both %s (a row for each call) and %s (a row for each half-hour): want one of them", colArrived, colCalls)
		return nil, s.err()
	case s.has(colFrom) && s.has(colCalls):
		row = c.halfHour
	case !s.has(colArrived):
		s.line = 1
		s.bad("", "want a column %s (a row for each call), or %s and %s (a row for each half-hour)", colArrived, colFrom, colCalls)
		return nil, s.err()
	}
	for s.next() {
		if q := e.rowQueue(s); q != nil {
			row(e, s, q)
		}
	}
	if err := s.err(); err != nil {
		return nil, err
	}
	if len(c.each) == 0 && len(c.counts) == 0 {
		s.bad("", "has no calls")
	}
	return c, s.err()
}

// rowQueue finds the row's queue. In a city with one queue for calls the file need not say.
func (e *centre) rowQueue(s *sheet) *agency.Queue {
	id := s.text(colQueue)
	if ids := e.ids(); id == "" && len(ids) == 1 {
		id = ids[0]
	}
	q := e.queue(id)
	switch {
	case id == "":
		s.bad(colQueue, "is missing: one of %s", strings.Join(e.ids(), ", "))
	case q == nil:
		s.bad(colQueue, "%q is no queue of the configuration: want one of %s", id, strings.Join(e.ids(), ", "))
	}
	return q
}

// call reads a row for one call.
func (c *calls) call(e *centre, s *sheet, q *agency.Queue) {
	at, ok := c.time(e, s, colArrived)
	handling, ok2 := s.seconds(colHandling)
	patience, ok3 := s.seconds(colPatience)
	priority, ok4 := s.whole(colPriority, agency.MaxPriority)
	language := s.text(colLanguage)
	if !ok || !ok2 || !ok3 || !ok4 || !speaks(s, language) {
		return
	}
	if s.text(colPriority) == "" {
		priority = q.Priority
	}
	one := sim.Call{At: at, Queue: q.ID, Language: language, Priority: priority}
	if patience > 0 {
		one.Patience = sim.Distribution{Shape: sim.Fixed, Mean: patience}
	}
	if handling > 0 {
		one.Talk, ok = talk(q, sim.Distribution{Shape: sim.Fixed, Mean: handling})
		if !ok { // shorter than the wrap-up: all but nothing was said
			one.Talk.Mean = time.Second
		}
	}
	c.each = append(c.each, one)
}

func speaks(s *sheet, language string) bool {
	for _, l := range agency.Langs() {
		if language == string(l) {
			return true
		}
	}
	if language != "" {
		s.bad(colLanguage, "want fi, sv or en; have %q", language)
	}
	return language == ""
}

// time reads when a call came, since the day began. A date, where there is one, is the same in all rows.
func (c *calls) time(e *centre, s *sheet, column string) (time.Duration, bool) {
	text := s.text(column)
	day, clock, dated := cutDate(text, e.zone)
	at, ok := parseClock(clock)
	if !ok {
		s.bad(column, "want a time like 08:15:30 or %s 08:15:30; have %q", e.day.Format(time.DateOnly), text)
		return 0, false
	}
	switch {
	case dated && c.day == "":
		c.day, c.dated = day, s.line
	case dated && day != c.day:
		s.bad(column, "is of %s, line %d of %s: one file is one day", day, c.dated, c.day)
		return 0, false
	}
	end := e.day.AddDate(0, 0, 1)
	since := time.Date(e.day.Year(), e.day.Month(), e.day.Day(), 0, 0, int(at/time.Second), 0, e.zone)
	if !since.Before(end) {
		s.bad(column, "is not within the day; have %q", text)
		return 0, false
	}
	return since.Sub(e.day), true
}

// cutDate splits "2026-11-24 08:15:30", "24.11.2026 8.15" and RFC 3339 into day and time of the zone's clock.
func cutDate(text string, zone *time.Location) (day, clock string, dated bool) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		t = t.In(zone)
		return t.Format(time.DateOnly), t.Format(time.TimeOnly), true
	}
	first, rest, found := strings.Cut(strings.Replace(text, "T", " ", 1), " ")
	if !found {
		return "", text, false
	}
	for _, layout := range []string{time.DateOnly, "2.1.2006"} {
		if t, err := time.Parse(layout, first); err == nil {
			return t.Format(time.DateOnly), rest, true
		}
	}
	return "", text, false
}

// halfHour reads a row of counted calls. Without a column "to" it is a half-hour.
func (c *calls) halfHour(e *centre, s *sheet, q *agency.Queue) {
	_, clock, _ := cutDate(s.text(colFrom), e.zone)
	if _, ok := c.time(e, s, colFrom); !ok {
		return
	}
	from, _ := parseClock(clock)
	to, ok := from+30*time.Minute, true
	if s.has(colTo) {
		to, ok = s.clock(colTo)
	}
	n, ok2 := s.number(colCalls, sim.MaxCalls)
	handling, ok3 := s.seconds(colHandling)
	if !ok || !ok2 || !ok3 {
		return
	}
	if from%(30*time.Minute) != 0 || to%(30*time.Minute) != 0 || to <= from {
		s.bad(colFrom, "want whole half-hours, the end after the beginning: 08:00 to 08:30; have %s to %s", clockText(from), clockText(to))
		return
	}
	h := c.counts[q.ID]
	if h == nil {
		h = &halfHours{}
		c.counts[q.ID] = h
	}
	slots := int((to - from) / (30 * time.Minute))
	for i := range slots {
		h.calls[int(from/(30*time.Minute))+i] += n / float64(slots)
	}
	if handling > 0 {
		h.handling += n * handling.Seconds()
		h.known += n
	}
}

// clockText writes a time of the day as 08:00.
func clockText(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// readShifts reads who works: agents,from,to and perhaps skills ("parking:3 advice"), languages ("fi sv").
func (e *centre) readShifts(name string, in io.Reader) ([]sim.AgentPlan, error) {
	s, err := openSheet(name, in, []string{"agents", "from", "to", "skills", "languages"}, []string{"agents", "from", "to"})
	if err != nil {
		return nil, err
	}
	var plans []sim.AgentPlan
	for s.next() {
		if p, ok := e.shift(s, fmt.Sprintf("line%d", s.line)); ok {
			plans = append(plans, p)
		}
	}
	if len(plans) == 0 && len(s.errors) == 0 {
		s.bad("", "has no shifts")
	}
	return plans, s.err()
}

func (e *centre) shift(s *sheet, id string) (sim.AgentPlan, bool) {
	n, ok := s.whole("agents", sim.MaxAgents)
	from, ok2 := s.clock("from")
	to, ok3 := s.clock("to")
	if !ok || !ok2 || !ok3 {
		return sim.AgentPlan{}, false
	}
	if n == 0 || to <= from {
		s.bad("", "want at least one agent and a shift that ends after it begins; have %d from %s to %s", n, s.text("from"), s.text("to"))
		return sim.AgentPlan{}, false
	}
	skills, err := e.skills(s.text("skills"))
	if err != nil {
		s.bad("skills", "%v", err)
		return sim.AgentPlan{}, false
	}
	spoken := strings.Fields(s.text("languages"))
	for _, l := range spoken {
		if !speaks(s, l) {
			return sim.AgentPlan{}, false
		}
	}
	return sim.AgentPlan{Agent: e.agent(id, skills, spoken), Count: n, Shifts: []sim.Span{{From: from, To: to}}, Stays: true}, true
}
