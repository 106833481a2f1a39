package routing

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model follows an engine by its decisions alone, as dispatch and the desktop do, and objects to what must never happen.
type model struct {
	t      *rapid.T
	e      *Engine
	at     time.Time
	n      int
	offers map[string]string // work → agent
	hands  map[string]string // work → agent
	known  map[string]Work   // all that has neither finished nor been removed
	states map[string]State
}

func (m *model) apply(ev Event) {
	ev.At = m.at
	for _, d := range m.e.Apply(ev) {
		m.take(d)
	}
	m.check()
}

func (m *model) take(d Decision) {
	switch d.Type {
	case Offer:
		if m.offers[d.WorkID] != "" || m.hands[d.WorkID] != "" {
			m.t.Fatalf("%s is offered twice", d.WorkID)
		}
		if _, ok := m.known[d.WorkID]; !ok {
			m.t.Fatalf("%s is offered and not known", d.WorkID)
		}
		m.offers[d.WorkID] = d.AgentID
	case Withdraw:
		if m.offers[d.WorkID] != d.AgentID {
			m.t.Fatalf("%s is withdrawn from %s, who was not offered it", d.WorkID, d.AgentID)
		}
		delete(m.offers, d.WorkID)
	case StateChange:
		m.states[d.AgentID] = d.State
	}
}

// check holds after each event: nobody has two offers or two calls, and nothing waits while somebody ready could take it.
func (m *model) check() {
	offered, calls := map[string]int{}, map[string]int{}
	for _, a := range m.offers {
		offered[a]++
	}
	for w, a := range m.hands {
		if m.known[w].Kind == Call {
			calls[a]++
		}
	}
	for a := range m.states {
		if offered[a] > 1 || calls[a] > 1 {
			m.t.Fatalf("%s has %d offers and %d calls", a, offered[a], calls[a])
		}
	}
	for id, w := range m.known {
		if m.offers[id] == "" && m.hands[id] == "" {
			m.nobodyIsFree(w)
		}
	}
}

func (m *model) nobodyIsFree(w Work) {
	for _, a := range m.e.agents {
		if a.left || !(&group{kind: w.Kind, skills: w.Skills, language: w.Language, agency: w.Agency}).serves(a) {
			continue
		}
		if m.e.can(a, w.Kind) {
			m.t.Fatalf("%s waits while %s is %s", w.ID, a.ID, a.state)
		}
	}
}

func (m *model) someWork(in map[string]string) (string, string) {
	ids := make([]string, 0, len(in))
	for id := range in {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return "nothing", "nobody"
	}
	slices.Sort(ids)
	id := rapid.SampledFrom(ids).Draw(m.t, "work")
	return id, in[id]
}

func (m *model) step() {
	m.at = m.at.Add(time.Duration(rapid.IntRange(0, 25).Draw(m.t, "seconds")) * time.Second)
	m.apply(Event{Type: Tick}) // what the passing of time decides comes first, so that the world below is up to date
	agentID := fmt.Sprintf("a%d", rapid.IntRange(0, 4).Draw(m.t, "agent"))
	switch rapid.IntRange(0, 9).Draw(m.t, "event") {
	case 0:
		skills := map[string]int{}
		for _, s := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 1, 3, rapid.ID).Draw(m.t, "skills") {
			skills[s] = 1
		}
		m.apply(Event{Type: SignedIn, Agent: &Agent{ID: agentID, Skills: skills, Languages: []string{"fi"}, Capacity: Capacity{Mails: 2}}})
	case 1, 2:
		m.apply(Event{Type: StateSet, AgentID: agentID, State: rapid.SampledFrom([]State{Ready, Ready, Break, Offline}).Draw(m.t, "state")})
	case 3, 4:
		m.arrive()
	case 5:
		id, a := m.someWork(m.offers)
		m.accept(id, a)
	case 6:
		id, a := m.someWork(m.offers)
		m.apply(Event{Type: Declined, WorkID: id, AgentID: a})
	case 7:
		id, a := m.someWork(m.hands)
		delete(m.hands, id)
		delete(m.known, id)
		m.apply(Event{Type: Finished, WorkID: id, AgentID: a})
	case 8:
		m.removeAny()
	default:
		m.apply(Event{Type: Tick})
	}
}

func (m *model) arrive() {
	m.n++
	w := Work{
		ID: fmt.Sprintf("w%d", m.n), Kind: Kind(rapid.IntRange(0, 1).Draw(m.t, "kind")), Queue: "q",
		Skills:   rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 2, rapid.ID).Draw(m.t, "needs"),
		Priority: rapid.IntRange(0, 1).Draw(m.t, "priority"), WrapUp: 10 * time.Second,
	}
	m.known[w.ID] = w
	m.apply(Event{Type: Arrived, Work: &w})
}

func (m *model) accept(id, a string) {
	if m.offers[id] == a {
		delete(m.offers, id)
		m.hands[id] = a
	}
	m.apply(Event{Type: Accepted, WorkID: id, AgentID: a})
}

func (m *model) removeAny() {
	all := map[string]string{}
	for id := range m.known {
		all[id] = ""
	}
	id, _ := m.someWork(all)
	delete(m.known, id)
	delete(m.hands, id)
	m.apply(Event{Type: Removed, WorkID: id})
}

// TestNothingIsLostDoubledOrLeftWaiting is the engine's contract under any sequence of events.
func TestNothingIsLostDoubledOrLeftWaiting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, e: New(Policy{}), at: start, offers: map[string]string{}, hands: map[string]string{}, known: map[string]Work{}, states: map[string]State{}}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			m.step()
		}
		if got := len(m.e.work); got != len(m.known) {
			t.Fatalf("the engine knows %d pieces of work, the world %d", got, len(m.known))
		}
	})
}

// TestSameEventsGiveTheSameDecisions replays a load on a second engine.
func TestSameEventsGiveTheSameDecisions(t *testing.T) {
	run := func() (lines []string) {
		e, at := loaded(50, 20, 500)
		for i := range 500 {
			at = at.Add(time.Second)
			offerAndFinish(e, at, i%50)
			for _, d := range e.Apply(Event{Type: Tick, At: at}) {
				lines = append(lines, line(d))
			}
		}
		for _, a := range e.Agents() {
			lines = append(lines, fmt.Sprintf("%+v", a))
		}
		return lines
	}
	if a, b := run(), run(); !slices.Equal(a, b) {
		t.Fatal("two runs differ")
	}
}
