package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"santra/internal/routing"
)

// model is the world outside an engine: it knows the events and follows the decisions, as dispatch and the rooms do, and
// objects to what must never happen. It shares no code with an engine. It expects a Tick before each event, until nothing is
// due, and works with one placing at a time; what it can't know from outside it leaves alone.
type model struct {
	now       time.Time
	overtaken int
	agents    map[string]*agentModel
	queues    map[string]*queueModel
	work      map[string]*workModel
	order     []string          // of arrival
	over      map[string]string // ended work → outcome
	passed    map[string]int    // line → later arrivals since its last offer
	wrong     []string
}

type agentModel struct {
	routing.Agent
	state, before routing.State
	offer, call   string
	mails         int
	paused        time.Time
	left          bool
}

type queueModel struct {
	routing.Queue
	closed bool
}

type workModel struct {
	routing.Work
	seq       int
	entered   time.Time
	agent     string // offered to or in the hands of
	taken     bool
	protected bool
	placed    bool              // it has waited in its queue, if only for a moment
	disturbed int               // times that a call interrupted its offer
	unkept    bool              // the preferred agent did not take it, went, or was waited for long enough
	lines     map[string]string // queue → line, as the last event left them
	ending    string            // the outcome that must come in this event
}

func newModel(p routing.Policy) *model {
	m := &model{
		overtaken: p.Overtaken, agents: map[string]*agentModel{}, queues: map[string]*queueModel{}, work: map[string]*workModel{},
		over: map[string]string{}, passed: map[string]int{},
	}
	if m.overtaken == 0 {
		m.overtaken = routing.DefaultOvertaken
	}
	return m
}

func (m *model) object(format string, args ...any) {
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

// apply takes in an event with its decisions.
func (m *model) apply(ev routing.Event, ds []routing.Decision) {
	if ev.At.After(m.now) {
		m.now = ev.At
	}
	for _, a := range m.agents {
		a.before = a.state
	}
	refused := len(ds) > 0 && ds[len(ds)-1].Type == routing.Refuse
	m.shouldRefuse(ev, refused)
	if !refused {
		m.happened(ev)
	}
	for i, d := range ds {
		m.decided(d, ds[i+1:])
	}
	if !refused {
		m.afterwards(ev)
	}
	m.check()
	m.remember()
}

// shouldRefuse holds the races against what the model knows.
func (m *model) shouldRefuse(ev routing.Event, refused bool) {
	w := m.work[ev.WorkID]
	fits := true
	switch ev.Type {
	case routing.Accepted, routing.Declined:
		fits = w != nil && ev.AgentID != "" && w.agent == ev.AgentID && !w.taken
	case routing.Finished:
		fits = w != nil && ev.AgentID != "" && w.agent == ev.AgentID && w.taken
	case routing.Removed:
		fits = w != nil
	default:
		return
	}
	if fits == refused {
		m.object("%s of %s by %s: refused %v", ev.Type, ev.WorkID, ev.AgentID, refused)
	}
}

// happened is what the event itself changes in the world.
func (m *model) happened(ev routing.Event) {
	switch ev.Type {
	case routing.SignedIn:
		m.signedIn(*ev.Agent)
	case routing.SignedOut:
		m.agents[ev.AgentID].left = true
	case routing.StateSet:
		if ev.State == routing.Ready {
			m.agents[ev.AgentID].paused = time.Time{}
		}
	case routing.Arrived:
		m.arrived(*ev.Work)
	case routing.Restored, routing.Reoffered:
		m.tookOver(ev)
	case routing.Accepted:
		m.accepted(m.work[ev.WorkID])
	case routing.Removed:
		w := m.work[ev.WorkID]
		w.ending = orElse(ev.Reason, routing.Abandoned)
		if w.taken {
			w.ending = orElse(ev.Reason, routing.Handled)
		}
	case routing.Finished:
		m.work[ev.WorkID].ending = routing.Handled
	case routing.QueueSet:
		m.queueSet(*ev.Queue)
	case routing.QueueRemoved:
		delete(m.queues, ev.QueueID)
	case routing.QueueClosed:
		m.queues[ev.QueueID].closed = true
	case routing.QueueOpened:
		m.opened(m.queues[ev.QueueID])
	case routing.Transferred:
		m.transferred(ev)
	case routing.Converted:
		w := m.work[ev.WorkID]
		w.Kind, w.Once, w.Expires, w.NotBefore = routing.Callback, ev.Work.Once, ev.Work.Expires, ev.Work.NotBefore
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (m *model) signedIn(in routing.Agent) {
	in.Skills, in.Agencies = maps.Clone(in.Skills), slices.Clone(in.Agencies)
	for _, l := range in.Languages {
		if _, said := in.Skills[routing.Language(l)]; !said {
			in.Skills[routing.Language(l)] = 1
		}
	}
	a := m.agents[in.ID]
	if a == nil || a.left && a.call == "" && a.mails == 0 {
		a = &agentModel{state: routing.Offline}
		if in.Past != nil {
			a.state = in.Past.State
		}
		m.agents[in.ID] = a
	}
	a.Agent, a.left = in, false
}

func (m *model) queueSet(in routing.Queue) {
	maps.DeleteFunc(m.passed, func(line string, _ int) bool { return strings.HasPrefix(line, in.ID+" ") })
	q := m.queues[in.ID]
	if q == nil {
		q = &queueModel{}
		m.queues[in.ID] = q
	}
	q.Queue = in
	q.Needs, q.Rings, q.Also, q.Overflow = slices.Clone(in.Needs), slices.Clone(in.Rings), slices.Clone(in.Also), slices.Clone(in.Overflow)
}

func (m *model) arrived(in routing.Work) *workModel {
	if m.over[in.ID] != "" || m.work[in.ID] != nil {
		m.object("%s arrives a second time", in.ID)
	}
	in.Skills = slices.Clone(in.Skills)
	w := &workModel{Work: in, seq: len(m.order), entered: m.now}
	if w.Arrived.IsZero() || w.Arrived.After(m.now) {
		w.Arrived = m.now
	}
	if in.Past != nil {
		w.placed, w.unkept, w.disturbed = true, in.Past.Unkept, in.Past.Disturbed
		if !in.Past.Entered.IsZero() {
			w.entered = in.Past.Entered
		}
	}
	m.work[in.ID] = w
	m.order = append(m.order, in.ID)
	return w
}

func (m *model) tookOver(ev routing.Event) {
	w, a := m.arrived(*ev.Work), m.agents[ev.AgentID]
	w.agent = a.ID
	switch {
	case ev.Type == routing.Reoffered:
		a.offer, w.protected = w.ID, true
	case w.Kind == routing.Mail:
		a.mails++
		w.taken = true
	default:
		a.call, w.taken = w.ID, true
	}
}

func (m *model) accepted(w *workModel) {
	a := m.agents[w.agent]
	a.offer, w.taken = "", true
	if w.Kind == routing.Mail {
		a.mails++
		return
	}
	a.call = w.ID
}

func (m *model) opened(q *queueModel) {
	if !q.closed {
		return
	}
	q.closed = false
	for i, w := range m.waiting(func(w *workModel) bool { return w.Queue == q.ID && w.Kind == routing.Callback }) {
		if t := m.now.Add(time.Duration(i) * q.CallbackSpread); t.After(w.NotBefore) {
			w.NotBefore = t
		}
	}
}

func (m *model) transferred(ev routing.Event) {
	w, to := m.work[ev.WorkID], ev.Work
	m.release(w)
	w.Queue, w.Language = orElse(to.Queue, w.Queue), orElse(to.Language, w.Language)
	if to.Skills != nil {
		w.Skills = slices.Clone(to.Skills)
	}
	if to.Priority > 0 {
		w.Priority = to.Priority
	}
	w.Preferred, w.PreferredFor, w.entered, w.unkept, w.placed, w.lines = to.Preferred, to.PreferredFor, m.now, false, false, nil
}

// release takes the work out of the agent's hands.
func (m *model) release(w *workModel) {
	if a := m.agents[w.agent]; a != nil && w.taken {
		if w.Kind == routing.Mail {
			a.mails--
		} else {
			a.call = ""
		}
	}
	w.agent, w.taken = "", false
}

// waiting gives what waits and holds, by Arrived, then arrival.
func (m *model) waiting(holds func(*workModel) bool) []*workModel {
	var list []*workModel
	for _, id := range m.order {
		if w := m.work[id]; w != nil && w.agent == "" && holds(w) {
			list = append(list, w)
		}
	}
	slices.SortStableFunc(list, func(a, b *workModel) int { return a.Arrived.Compare(b.Arrived) })
	return list
}

func (w *workModel) after(o *workModel) bool {
	return w.Arrived.After(o.Arrived) || w.Arrived.Equal(o.Arrived) && w.seq > o.seq
}

func (m *model) decided(d routing.Decision, then []routing.Decision) {
	if d.Type == routing.StateChange {
		if a := m.agents[d.AgentID]; a != nil {
			a.before, a.state = a.state, d.State
		}
		return
	}
	w := m.work[d.WorkID]
	if d.Type == routing.Refuse {
		return
	}
	if w == nil {
		m.object("%s of %s, which is unknown or over", d.Type, d.WorkID)
		return
	}
	if d.Kind != w.Kind {
		m.object("%s says that %s is a %s", d.Type, w.ID, d.Kind)
	}
	switch d.Type {
	case routing.Offer:
		m.offered(w, d)
	case routing.Withdraw:
		m.withdrawn(w, d)
	case routing.Moved:
		m.moved(w, d)
	case routing.Divert:
		m.diverted(w, d, then)
	case routing.Ended:
		m.ended(w, d)
	}
}

func (m *model) withdrawn(w *workModel, d routing.Decision) {
	if w.agent != d.AgentID || w.taken {
		m.object("%s is withdrawn from %s, who was not offered it", w.ID, d.AgentID)
		return
	}
	a := m.agents[d.AgentID]
	a.offer, w.agent, w.placed = "", "", true
	if d.Reason == routing.Interrupted {
		w.disturbed++
		a.before = routing.Offered // and stays, with no StateChange where the end is the same
	}
	if d.Reason == routing.NoAnswer || d.Reason == routing.WasDeclined {
		if w.Preferred == a.ID {
			w.unkept = true
		}
		if w.Kind == routing.Mail {
			a.paused = m.now.Add(routing.MailPause)
		}
	}
}

func (m *model) moved(w *workModel, d routing.Decision) {
	if w.agent != "" {
		m.object("%s is moved and does not wait", w.ID)
	}
	if m.queues[d.To.Name] == nil || d.To.Name == w.Queue {
		m.object("%s is moved from %s to %s", w.ID, w.Queue, d.To.Name)
	}
	if m.queues[w.Queue] != nil && w.placed && !m.parked(w) && !m.mayBeKept(w) {
		w.unkept = true
	}
	w.Queue, w.entered, w.placed = d.To.Name, m.now, false
}

func (m *model) diverted(w *workModel, d routing.Decision, then []routing.Decision) {
	if w.agent != "" {
		m.object("%s is diverted and does not wait", w.ID)
	}
	if w.Kind != routing.Call && d.Reason != routing.ConditionRemoved {
		m.object("%s, a %s, is diverted", w.ID, w.Kind)
	}
	if over := len(then) > 0 && then[0].Type == routing.Ended && then[0].WorkID == w.ID; over == (d.To.Kind == routing.ToCallback) {
		m.object("%s is diverted to a %s: ended %v", w.ID, d.To.Kind, over)
	}
}

func (m *model) ended(w *workModel, d routing.Decision) {
	switch {
	case w.agent != "" && w.ending == "":
		m.object("%s ends (%s) and does not wait", w.ID, d.Reason)
	case w.ending != "" && w.ending != d.Reason:
		m.object("%s ends as %s, not %s", w.ID, d.Reason, w.ending)
	case d.Reason == routing.Expired && (w.Kind != routing.Callback || w.Expires.After(m.now)):
		m.object("%s expires", w.ID)
	}
	m.release(w)
	m.over[w.ID] = d.Reason
	delete(m.work, w.ID)
}

// afterwards is what must have been decided by the end of the event.
func (m *model) afterwards(ev routing.Event) {
	for _, w := range m.work {
		if w.ending != "" {
			m.object("%s of %s without an outcome", ev.Type, w.ID)
		}
	}
	if a := m.agents[ev.AgentID]; ev.Type == routing.SignedOut && a.offer != "" {
		m.object("%s left and %s rings", a.ID, a.offer)
	}
}

// remember notes in which lines everything waits as the event leaves it.
func (m *model) remember() {
	live := map[string]bool{}
	for _, w := range m.work {
		w.lines, w.placed = nil, true
		if w.agent == "" && !m.parked(w) && !m.mayBeKept(w) {
			w.lines = m.linesOf(w)
			for _, l := range w.lines {
				live[l] = true
			}
		}
	}
	maps.DeleteFunc(m.passed, func(l string, _ int) bool { return !live[l] })
}

// linesOf names the lines in which the work is as of now, by queue.
func (m *model) linesOf(w *workModel) map[string]string {
	lines := map[string]string{}
	for queue, since := range m.waitsIn(w) {
		q, ring := m.queues[queue], 0
		for _, r := range q.Rings {
			if !since.Add(r.After).After(m.now) {
				ring++
			}
		}
		skills := slices.Sorted(slices.Values(w.Skills))
		agency := orElse(q.Agency, w.Agency)
		lines[queue] = fmt.Sprintf("%s %s %d %q %q %q ring %d", queue, w.Kind, w.Priority, w.Language, agency, strings.Join(slices.Compact(skills), ","), ring)
	}
	return lines
}

// waitsIn gives the queues in which the work waits as of now, with since when.
func (m *model) waitsIn(w *workModel) map[string]time.Time {
	in := map[string]time.Time{w.Queue: w.entered}
	for _, also := range m.queues[w.Queue].Also {
		if _, twice := in[also.Queue]; twice || m.queues[also.Queue] == nil {
			continue
		}
		in[also.Queue] = w.entered.Add(also.After)
	}
	maps.DeleteFunc(in, func(_ string, since time.Time) bool { return since.After(m.now) })
	return in
}

func (m *model) parked(w *workModel) bool {
	return w.Kind == routing.Callback && (m.queues[w.Queue].closed || w.NotBefore.After(m.now))
}

// mayBeKept tells whether the work waits for its preferred agent.
func (m *model) mayBeKept(w *workModel) bool {
	a := m.agents[w.Preferred]
	window := w.PreferredFor
	if q := m.queues[w.Queue]; window == 0 {
		window = q.Preferred
	}
	return a != nil && !a.left && a.state != routing.Offline && !w.unkept && m.now.Before(w.entered.Add(window)) && m.worksFor(a, w, w.Queue)
}
