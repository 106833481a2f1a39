package engine_test

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
	"santra/internal/routing/plain"

	"pgregory.net/rapid"
)

// offered checks an offer from outside: may this agent be offered this work now, and is it its turn?
func (m *model) offered(w *workModel, d routing.Decision) {
	a := m.agents[d.AgentID]
	switch {
	case w.agent != "":
		m.object("%s is offered to %s and is with %s", w.ID, d.AgentID, w.agent)
	case a == nil || a.left:
		m.object("%s is offered to %s, who is not there", w.ID, d.AgentID)
		return
	case m.queues[w.Queue] == nil:
		m.object("%s is offered and its queue is gone", w.ID)
		return
	case m.parked(w):
		m.object("%s is offered and is parked", w.ID)
	case w.Kind == routing.Callback && !w.Expires.IsZero() && w.Expires.Before(m.now): // at the same time agents come first
		m.object("%s is offered and has expired", w.ID)
	}
	m.roomFor(a, w)
	m.rightLine(a, w, d.Why)
	w.protected = d.Why.Overdue || w.disturbed >= m.overtaken || d.Why.Freed && m.callWaitsFor(a)
	m.count(a, w, d.Why)
	w.agent, a.offer = a.ID, w.ID
}

// roomFor holds the offer against the agent's capacity and state.
func (m *model) roomFor(a *agentModel, w *workModel) {
	inCall := a.state == routing.Busy
	switch {
	case a.offer != "":
		m.object("%s is offered to %s, who is offered %s", w.ID, a.ID, a.offer)
	case w.Kind != routing.Mail && (a.call != "" || inCall):
		m.object("%s is offered to %s, who is in a call", w.ID, a.ID)
	case inCall && !a.Capacity.MailDuringCall:
		m.object("%s is offered to %s during a call", w.ID, a.ID)
	case !inCall && a.state != routing.Offered:
		m.object("%s is offered to %s, who is %s", w.ID, a.ID, a.state)
	case !inCall && a.before != routing.Ready && a.before != routing.Offered:
		m.object("%s is offered to %s, who was %s", w.ID, a.ID, a.before)
	}
	m.capacity(a, w)
}

func (m *model) capacity(a *agentModel, w *workModel) {
	c := a.Capacity
	switch {
	case w.Kind == routing.Mail && a.mails >= mailCapacity(c):
		m.object("%s is offered to %s, who has %d e-mails", w.ID, a.ID, a.mails)
	case w.Kind == routing.Mail && a.paused.After(m.now):
		m.object("%s is offered to %s, whose e-mails are paused", w.ID, a.ID)
	case w.Kind != routing.Mail && (c.NoCalls || c.Undisturbed && a.mails > 0):
		m.object("%s is offered to %s, who takes no call", w.ID, a.ID)
	}
}

func mailCapacity(c routing.Capacity) int {
	if c.Mails == 0 {
		return routing.DefaultMails
	}
	return max(c.Mails, 0)
}

// rightLine asks that the agent is able, and that nothing which asks the same waits before.
func (m *model) rightLine(a *agentModel, w *workModel, why *routing.Why) {
	if why.Preferred {
		w.entered = w.entered.Add(1) // at the very end agents come first
		if w.Preferred != a.ID || !m.mayBeKept(w) {
			m.object("%s is offered to %s as kept", w.ID, a.ID)
		}
		w.entered = w.entered.Add(-1)
		return
	}
	since, in := m.waitsIn(w)[why.Queue]
	if !in || !m.able(a, w, why.Queue, since) {
		m.object("%s is offered to %s from %s: not able", w.ID, a.ID, why.Queue)
		return
	}
	line := m.linesOf(w)[why.Queue]
	if w.lines != nil && w.lines[why.Queue] != line {
		return // a ring of it opens at this very instant, and agents come first: it may be taken from the line before
	}
	for _, o := range m.work {
		if o != w && o.agent == "" && o.lines[why.Queue] == line && m.queues[o.Queue] != nil && m.linesOf(o)[why.Queue] == line && w.after(o) {
			m.object("%s is offered before %s, which asks the same", w.ID, o.ID)
		}
	}
}

// count counts from outside how often the first of each line is overtaken; only what waited unchanged since the last event.
func (m *model) count(a *agentModel, w *workModel, why *routing.Why) {
	own := ""
	if !why.Preferred {
		own = m.linesOf(w)[why.Queue]
	}
	for line, first := range m.firsts(a, w) {
		if line == own || !why.Freed || !w.after(first) {
			continue
		}
		if m.passed[line]++; m.passed[line] > m.overtaken {
			m.object("%s is overtaken for the %d. time, by %s at %s", first.ID, m.passed[line], w.ID, a.ID)
		}
	}
	delete(m.passed, own)
}

// firsts gives the first of each line that the agent is free for and able to, beside the work that is offered.
func (m *model) firsts(a *agentModel, offered *workModel) map[string]*workModel {
	firsts := map[string]*workModel{}
	for _, w := range m.waiting(func(w *workModel) bool { return w != offered && w.lines != nil && m.queues[w.Queue] != nil }) {
		if m.parked(w) || !m.couldTake(a, w, offered) {
			continue
		}
		now := m.linesOf(w)
		for queue, since := range m.waitsIn(w) {
			if l := now[queue]; l == w.lines[queue] && firsts[l] == nil && m.able(a, w, queue, since) {
				firsts[l] = w
			}
		}
	}
	return firsts
}

// couldTake tells whether an agent who was offered something could have been offered this instead.
func (m *model) couldTake(a *agentModel, w, offered *workModel) bool {
	if w.Kind != routing.Mail {
		return a.state != routing.Busy && !a.Capacity.NoCalls && !(a.Capacity.Undisturbed && a.mails > 0)
	}
	return offered.Kind == routing.Mail && a.mails < mailCapacity(a.Capacity) && !a.paused.After(m.now)
}

// callWaitsFor tells whether a call waits that the agent, who is Offered or in a call now, could have taken instead.
func (m *model) callWaitsFor(a *agentModel) bool {
	if a.state == routing.Busy || a.Capacity.NoCalls || a.Capacity.Undisturbed && a.mails > 0 {
		return false
	}
	return len(m.waiting(func(w *workModel) bool { return w.Kind != routing.Mail && m.takes(a, w) })) > 0
}

// takes tells whether the agent is able for the work where it waits now.
func (m *model) takes(a *agentModel, w *workModel) bool {
	if m.queues[w.Queue] == nil || m.parked(w) {
		return false
	}
	if m.mayBeKept(w) {
		return w.Preferred == a.ID
	}
	for queue, since := range m.waitsIn(w) {
		if m.able(a, w, queue, since) {
			return true
		}
	}
	return false
}

// able is the needs of a line, from the configuration alone.
func (m *model) able(a *agentModel, w *workModel, queue string, since time.Time) bool {
	if !m.worksFor(a, w, queue) {
		return false
	}
	for skill, level := range m.needs(w, queue, since) {
		if a.Skills[skill] < level {
			return false
		}
	}
	return true
}

func (m *model) worksFor(a *agentModel, w *workModel, queue string) bool {
	return len(a.Agencies) == 0 || slices.Contains(a.Agencies, orElse(m.queues[queue].Agency, w.Agency))
}

func (m *model) needs(w *workModel, queue string, since time.Time) map[string]int {
	q, needs := m.queues[queue], map[string]int{}
	for _, n := range q.Needs {
		if !n.Preferred {
			needs[n.Skill] = max(needs[n.Skill], n.Level, 1)
		}
	}
	if w.Language != "" {
		l := routing.Language(w.Language)
		needs[l] = max(needs[l], q.LanguageLevel, 1)
	}
	for _, s := range w.Skills {
		needs[s] = max(needs[s], 1)
	}
	for skill, level := range needs {
		for _, r := range q.Rings {
			lower, relaxed := r.Levels[skill]
			if skill == routing.Language(w.Language) && !relaxed {
				lower, relaxed = r.Levels[routing.CallerLanguage]
			}
			if relaxed && !since.Add(r.After).After(m.now) {
				level = min(level, lower)
			}
		}
		needs[skill] = level
	}
	return needs
}

// check holds after each event.
func (m *model) check() {
	for _, w := range m.waiting(func(*workModel) bool { return true }) {
		if m.queues[w.Queue] == nil {
			m.object("%s waits in %s, which is gone", w.ID, w.Queue)
			continue
		}
		if !m.parked(w) && !m.mayBeKept(w) {
			w.unkept = true
		}
		for _, a := range m.agents {
			if m.idleFor(a, w.Kind) && m.takes(a, w) {
				m.object("%s waits while %s is %s", w.ID, a.ID, a.state)
			}
		}
	}
}

// idleFor tells whether the agent has room for the kind at this moment.
func (m *model) idleFor(a *agentModel, k routing.Kind) bool {
	c := a.Capacity
	switch {
	case a.left:
		return false
	case k == routing.Mail:
		free := a.state == routing.Ready || a.state == routing.Busy && c.MailDuringCall
		return free && a.offer == "" && a.mails < mailCapacity(c) && !a.paused.After(m.now)
	case c.NoCalls || c.Undisturbed && (a.mails > 0 || a.offer != ""):
		return false
	case a.state == routing.Offered && a.offer != "":
		o := m.work[a.offer]
		return o.Kind == routing.Mail && !o.protected
	default:
		return a.state == routing.Ready
	}
}

// views holds what the engine shows against what was decided.
func (m *model) views(s subject) {
	for _, v := range s.Agents() {
		a := m.agents[v.ID]
		if a == nil || a.left && a.call == "" && a.mails == 0 {
			m.object("%s is shown and not there", v.ID)
			continue
		}
		if v.State != a.state || v.Mails != a.mails || v.Work != orElse(a.offer, a.call) {
			m.object("%s is shown as %+v; decided %s, %d e-mails, work %q", v.ID, v, a.state, a.mails, orElse(a.offer, a.call))
		}
	}
	shown := s.Queues()
	counts := map[string][5]int{}
	for _, w := range m.work {
		c := counts[w.Queue]
		switch {
		case w.taken && w.Kind == routing.Mail:
			c[4]++
		case w.taken:
			c[3]++
		default:
			c[w.Kind]++
		}
		counts[w.Queue] = c
	}
	for id, c := range counts {
		if m.queues[id] == nil {
			continue
		}
		if v := shown[id]; c != [5]int{v.Calls, v.Mails, v.Callbacks, v.Talking, v.Open} {
			m.object("%s is shown as %+v; there are %v", id, v, c)
		}
	}
}

// engines are what the properties hold for.
var engines = map[string]func(routing.Policy) subject{
	"engine": func(p routing.Policy) subject { return engine.New(p) },
	"plain":  func(p routing.Policy) subject { return plain.New(p) },
}

// play generates a sequence of steps against s and watches it from outside; it gives the events so far where that objects.
func play(s subject, g *generator, m *model, steps int) (evs []routing.Event, wrong []string) {
	do := func(ev routing.Event) bool {
		evs = append(evs, ev)
		ds := s.Apply(copied(ev))
		m.apply(ev, ds)
		g.follow(ev, ds)
		m.views(s)
		return len(m.wrong) == 0
	}
	for _, ev := range g.prologue() {
		if !do(ev) {
			return evs, m.wrong
		}
	}
	for range steps {
		if !settle(s, m, g.pass(), do) || !do(g.next()) {
			return evs, m.wrong
		}
	}
	m.drain(do)
	return evs, m.wrong
}

// settle sends the Ticks that the engine wants, as dispatch does, up to a time.
func settle(s subject, m *model, to time.Time, do func(routing.Event) bool) bool {
	for at, due := s.Next(); due && !at.After(to); at, due = s.Next() {
		if at.Before(m.now) {
			at = m.now
		}
		if !do(routing.Event{Type: routing.Tick, At: at}) {
			return false
		}
	}
	return do(routing.Event{Type: routing.Tick, At: to})
}

// replay tells whether the model objects to what a new engine does with the events, and to what.
func replay(s subject, m *model, evs []routing.Event) []string {
	do := func(ev routing.Event) bool {
		m.apply(ev, s.Apply(copied(ev)))
		m.views(s)
		return len(m.wrong) == 0
	}
	for _, ev := range evs {
		to := ev.At
		if to.Before(m.now) {
			to = m.now
		}
		if !settle(s, m, to, do) || !do(ev) {
			break
		}
	}
	return m.wrong
}

// shrunk leaves out of a sequence what it still fails without.
func shrunk(evs []routing.Event, fails func([]routing.Event) bool) []routing.Event {
	for n := len(evs) / 2; n > 0; n /= 2 {
		for i := 0; i+n <= len(evs); {
			if without := slices.Delete(slices.Clone(evs), i, i+n); fails(without) {
				evs = without
				continue
			}
			i += n
		}
	}
	return evs
}

// smallest gives the shortest sequence found to which the model objects, with the objections.
func smallest(start func(routing.Policy) subject, p routing.Policy, evs []routing.Event) string {
	last := evs[len(evs)-1]
	evs = append(slices.DeleteFunc(slices.Clone(evs), func(ev routing.Event) bool { return ev.Type == routing.Tick }), last)
	small := shrunk(evs, func(evs []routing.Event) bool { return len(replay(start(p), newModel(p), evs)) > 0 })
	return told(small) + strings.Join(replay(start(p), newModel(p), small), "\n")
}

// drain ends everything, and asks that each piece of work had its one outcome and that nothing is left.
func (m *model) drain(do func(routing.Event) bool) {
	for _, id := range slices.Clone(m.order) {
		if m.work[id] != nil && !do(routing.Event{Type: routing.Removed, At: m.now, WorkID: id}) {
			return
		}
	}
	if len(m.work) != 0 || len(m.over) != len(m.order) {
		m.object("%d pieces of work came, %d ended, %d are left", len(m.order), len(m.over), len(m.work))
	}
}

// TestNothingIsLostDoubledOrLeftWaiting is the contract under any sequence of events, for both engines.
func TestNothingIsLostDoubledOrLeftWaiting(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(engines)) {
		t.Run(name, func(t *testing.T) {
			seeds(t, 150, func(seed uint64) {
				g := newGenerator(dice(seed))
				p := g.policy()
				if evs, wrong := play(engines[name](p), g, newModel(p), 150); len(wrong) > 0 {
					t.Fatalf("seed %d, %+v: %s\n%s", seed, p, wrong[0], smallest(engines[name], p, evs))
				}
			})
		})
	}
}

// TestPropertiesShrunk is the same from rapid's choices, so that what fails comes out small.
func TestPropertiesShrunk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGenerator(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") })
		p := g.policy()
		if evs, wrong := play(engine.New(p), g, newModel(p), rapid.IntRange(1, 60).Draw(t, "steps")); len(wrong) > 0 {
			t.Fatalf("%+v:\n%s\n%s", p, told(evs), strings.Join(wrong, "\n"))
		}
	})
}

// seeds runs f for so many seeds: the same ones each time, or, for SANTRA_NIGHTLY=n, for n times as many from SANTRA_SEED or the clock.
func seeds(t *testing.T, n int, f func(seed uint64)) {
	from := uint64(1)
	if times, err := strconv.Atoi(os.Getenv("SANTRA_NIGHTLY")); err == nil {
		n *= times
		from = uint64(time.Now().UnixNano())
		if s, err := strconv.ParseUint(os.Getenv("SANTRA_SEED"), 10, 64); err == nil {
			from = s
		}
		t.Logf("%d sequences from seed %d", n, from)
	}
	for i := range uint64(n) {
		f(from + i)
		if t.Failed() {
			return
		}
	}
}

// told writes events a line each.
func told(evs []routing.Event) string {
	var s strings.Builder
	for _, ev := range evs {
		fmt.Fprintf(&s, "%4.0f s %s%s\n", ev.At.Sub(day).Seconds(), ev.Type, fields(ev))
	}
	return s.String()
}

// fields writes what is set in an event.
func fields(ev routing.Event) string {
	var s strings.Builder
	v := reflect.ValueOf(ev)
	for i := range v.NumField() {
		name, f := v.Type().Field(i).Name, v.Field(i)
		if name == "Type" || name == "At" || f.IsZero() {
			continue
		}
		if f.Kind() == reflect.Pointer {
			f = f.Elem()
		}
		fmt.Fprintf(&s, " %s=%+v", name, short(f))
	}
	return s.String()
}

// short writes a value without its zero fields, times as seconds of the day.
func short(v reflect.Value) string {
	if t, ok := v.Interface().(time.Time); ok {
		return fmt.Sprintf("%.0f s", t.Sub(day).Seconds())
	}
	if v.Kind() != reflect.Struct {
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct {
			var parts []string
			for i := range v.Len() {
				parts = append(parts, short(v.Index(i)))
			}
			return "[" + strings.Join(parts, " ") + "]"
		}
		if v.Kind() == reflect.Pointer {
			return short(v.Elem())
		}
		return fmt.Sprintf("%+v", v.Interface())
	}
	var parts []string
	for i := range v.NumField() {
		if !v.Field(i).IsZero() {
			parts = append(parts, v.Type().Field(i).Name+":"+short(v.Field(i)))
		}
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// copied gives an event whose pointed-to data nobody else has.
func copied(ev routing.Event) routing.Event {
	if ev.Work != nil {
		w := *ev.Work
		w.Skills = slices.Clone(w.Skills)
		ev.Work = &w
	}
	if ev.Agent != nil {
		a := *ev.Agent
		a.Skills, a.Weights, a.Tiers = maps.Clone(a.Skills), maps.Clone(a.Weights), maps.Clone(a.Tiers)
		a.Languages, a.Agencies = slices.Clone(a.Languages), slices.Clone(a.Agencies)
		ev.Agent = &a
	}
	if ev.Queue != nil {
		q := *ev.Queue
		q.Needs, q.Also, q.Overflow, q.Rings = slices.Clone(q.Needs), slices.Clone(q.Also), slices.Clone(q.Overflow), slices.Clone(q.Rings)
		for i := range q.Rings {
			q.Rings[i].Levels = maps.Clone(q.Rings[i].Levels)
		}
		ev.Queue = &q
	}
	return ev
}
