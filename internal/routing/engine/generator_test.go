package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"santra/internal/routing"
)

// subject is what is tested: engine.Engine and plain.Engine.
type subject interface {
	Apply(routing.Event) []routing.Decision
	Next() (time.Time, bool)
	Agents() []routing.AgentView
	Queues() map[string]routing.QueueView
}

var day = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// choices is where a generated sequence comes from: a seed, a tape of bytes (fuzzing) or rapid. It gives 0 ≤ x < n.
type choices func(n int) int

func dice(seed uint64) choices {
	return rand.New(rand.NewPCG(seed, 0)).IntN
}

// tape reads choices off bytes; at its end all are 0.
func tape(b []byte) choices {
	return func(n int) int {
		if len(b) == 0 {
			return 0
		}
		x := int(b[0]) % n
		b = b[1:]
		return x
	}
}

func of[T any](pick choices, list ...T) T { return list[pick(len(list))] }

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// features of a sequence. Each sequence has a part of them (swarm testing): what is always there hides what needs its absence.
const (
	withMail = iota
	withCallbacks
	withRings
	withAlso
	withOverflow
	withCap
	withClosing
	withPreferred
	withLanguages
	withLevels
	withAgencies
	withPriorities
	withWeights
	withTransfers
	withTakeOver
	withQueueChanges
	withAgentChanges
	withSupervisor
	withBadInput
	withChannels
	features
)

// generator makes events that are plausible for who follows the decisions, and now and then ones that are not.
type generator struct {
	pick   choices
	has    [features]bool
	at     time.Time
	made   int
	agents int
	queues int
	rush   bool              // one queue, call after call: enough for estimates
	long   bool              // hours go by
	wraps  string            // an agent in a wrap-up
	offers map[string]string // work → agent, by the decisions
	hands  map[string]string
	lines  []string        // all work that is known, in order
	known  map[string]bool // agents
}

func newGenerator(pick choices) *generator {
	g := &generator{pick: pick, at: day, offers: map[string]string{}, hands: map[string]string{}, known: map[string]bool{}}
	for f := range g.has {
		g.has[f] = pick(2) == 0
	}
	g.agents, g.queues, g.long = 1+pick(5), 1+pick(4), pick(4) == 3
	if g.rush = pick(8) == 7; g.rush {
		g.agents, g.queues = 1+pick(2), 1+pick(2)
	}
	return g
}

// chance is true once in n.
func (g *generator) chance(n int) bool { return g.pick(n) == n-1 }

func (g *generator) when(f int) bool { return g.has[f] && g.pick(2) == 1 }

func (g *generator) policy() routing.Policy {
	p := routing.Policy{Seed: uint64(g.pick(3)), Choice: routing.Choice(g.pick(2)), Ageing: of(g.pick, 0, seconds(10)), Overtaken: of(g.pick, 3, 3, 1, 2)}
	if g.has[withChannels] {
		p.Channels = &[routing.Kinds]routing.Channel{}
		for i := range p.Channels {
			p.Channels[i] = routing.Channel{Class: uint8(g.pick(2)), Weight: of(g.pick, 0, 0.5, 2)}
		}
	}
	return p
}

// prologue sets the queues and signs the agents in.
func (g *generator) prologue() []routing.Event {
	var evs []routing.Event
	for i := range g.queues {
		evs = append(evs, g.queueSet(fmt.Sprintf("q%d", i)))
	}
	for i := range g.agents {
		evs = append(evs, g.signIn(fmt.Sprintf("a%d", i)), routing.Event{Type: routing.StateSet, AgentID: fmt.Sprintf("a%d", i), State: routing.Ready})
	}
	for i := range evs {
		evs[i].At = g.at
	}
	return evs
}

func (g *generator) agentID() string { return fmt.Sprintf("a%d", g.pick(g.agents)) }
func (g *generator) queueID() string { return fmt.Sprintf("q%d", g.pick(g.queues)) }

// pass lets time go on: often not at all, at times long.
func (g *generator) pass() time.Time {
	switch {
	case g.rush:
		g.at = g.at.Add(seconds(of(g.pick, 0, 0, 1, 2, 3, 5)))
	case g.long && g.chance(8):
		g.at = g.at.Add(seconds(600 * (1 + g.pick(6))))
	default:
		g.at = g.at.Add(seconds(of(g.pick, 0, 0, 0, 1, 2, 5, 10, 20, 40, 90)))
	}
	return g.at
}

// next makes the next event at the time where the generator is.
func (g *generator) next() routing.Event {
	ev := g.event()
	ev.At = g.at
	if g.has[withBadInput] && g.chance(12) {
		g.spoil(&ev)
	}
	return ev
}

func (g *generator) event() routing.Event {
	if g.rush && g.pick(10) > 0 {
		return g.rushed()
	}
	if g.wraps != "" && g.chance(6) {
		return routing.Event{Type: routing.Extended, AgentID: g.wraps, By: seconds(1 + g.pick(20))}
	}
	switch n := g.pick(40); {
	case n < 10:
		return g.arrival()
	case n < 17:
		return g.answer()
	case n < 22:
		id, a := g.one(g.hands)
		return routing.Event{Type: routing.Finished, WorkID: id, AgentID: a}
	case n < 26:
		return g.state()
	case n < 28:
		return routing.Event{Type: routing.Removed, WorkID: g.any(), Reason: of(g.pick, "", "elsewhere")}
	case n < 29:
		return routing.Event{Type: routing.Extended, AgentID: g.agentID(), By: seconds(5 + g.pick(20))}
	case n < 31:
		return routing.Event{Type: routing.Tick}
	default:
		return g.rarer(n)
	}
}

// rushed keeps everybody in calls and some callers waiting.
func (g *generator) rushed() routing.Event {
	if len(g.offers) > 0 && g.pick(8) > 0 {
		id, a := g.one(g.offers)
		return routing.Event{Type: routing.Accepted, WorkID: id, AgentID: a}
	}
	if len(g.lines) < 3+g.pick(4) {
		g.made++
		return routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: fmt.Sprintf("w%d", g.made), Queue: "q0"}}
	}
	if len(g.hands) == 0 || g.pick(4) == 0 {
		return routing.Event{Type: routing.StateSet, AgentID: g.agentID(), State: routing.Ready}
	}
	id, a := g.one(g.hands)
	return routing.Event{Type: routing.Finished, WorkID: id, AgentID: a}
}

func (g *generator) rarer(n int) routing.Event {
	switch {
	case n == 31 && g.has[withAgentChanges]:
		return g.signIn(g.agentID())
	case n == 32 && g.has[withAgentChanges]:
		return routing.Event{Type: routing.SignedOut, AgentID: g.agentID()}
	case n == 33 && g.has[withQueueChanges]:
		return g.queueSet(g.queueID())
	case n == 34 && g.has[withQueueChanges] && g.chance(2):
		return routing.Event{Type: routing.QueueRemoved, QueueID: g.queueID()}
	case n <= 36 && g.has[withClosing]:
		return routing.Event{Type: of(g.pick, routing.QueueOpened, routing.QueueClosed), QueueID: g.queueID()}
	case n == 37 && g.has[withTransfers]:
		return g.transfer()
	case n == 38 && g.has[withCallbacks]:
		w := g.callback(routing.Work{})
		return routing.Event{Type: routing.Converted, WorkID: g.any(), Work: &w}
	case n == 39 && g.has[withTakeOver]:
		w := g.work()
		w.Past = g.past()
		return routing.Event{Type: of(g.pick, routing.Restored, routing.Reoffered), AgentID: g.agentID(), Work: &w, Until: g.at.Add(seconds(g.pick(20)))}
	default:
		return g.answer()
	}
}

func (g *generator) arrival() routing.Event {
	w := g.work()
	if g.has[withTakeOver] && g.chance(8) {
		w.Past = g.past()
	}
	return routing.Event{Type: routing.Arrived, Work: &w}
}

func (g *generator) past() *routing.Placement {
	return &routing.Placement{
		AlsoPassed: []int{g.pick(4), g.pick(4)}[:g.pick(3)], Invited: g.chance(4), Unkept: g.chance(4), Guarded: g.chance(4), Disturbed: g.pick(3),
		Entered: g.at.Add(-seconds(g.pick(60))), Hops: g.pick(9), Fired: uint16(g.pick(4)), Passed: g.pick(4),
	}
}

func (g *generator) history() *routing.History {
	h := &routing.History{
		State: of(g.pick, routing.Offline, routing.Ready, routing.Ready, routing.Break, routing.WrapUp, routing.NotAnswering), Since: g.at.Add(-seconds(g.pick(60))),
		Idle: g.at.Add(-seconds(g.pick(60))), Handled: g.pick(3), Turn: uint64(g.pick(20)), Occupied: of(g.pick, 0, 0.25, 0.5),
		Measured: g.at.Add(-seconds(g.pick(60))),
	}
	if h.State == routing.WrapUp {
		h.Until = g.at.Add(seconds(g.pick(20)))
	}
	return h
}

func (g *generator) work() routing.Work {
	g.made++
	w := routing.Work{ID: fmt.Sprintf("w%d", g.made), Queue: g.queueID(), Ring: of(g.pick, 0, 0, seconds(7)), WrapUp: of(g.pick, 0, 0, seconds(3), routing.UntilReady)}
	if g.when(withMail) {
		w.Kind = routing.Mail
	}
	g.demands(&w)
	if g.has[withAgencies] && g.chance(3) {
		w.Agency = of(g.pick, "A", "B")
	}
	if g.chance(4) {
		w.Arrived = g.at.Add(-seconds(g.pick(30)))
	}
	if g.has[withCallbacks] && w.Kind == routing.Call && g.chance(3) {
		w = g.callback(w)
	}
	return w
}

// demands gives the work what it asks of an agent.
func (g *generator) demands(w *routing.Work) {
	if g.when(withLanguages) {
		w.Language = of(g.pick, "fi", "sv")
	}
	if g.chance(3) {
		w.Skills = g.some("x", "y", "z")
	}
	if g.when(withPriorities) {
		w.Priority = g.pick(4)
	}
	if g.when(withPreferred) {
		w.Preferred, w.PreferredFor = g.agentID(), of(g.pick, 0, seconds(15), seconds(60))
	}
}

func (g *generator) callback(w routing.Work) routing.Work {
	w.Kind, w.Once = routing.Callback, of(g.pick, "", "", "n1", "n2")
	if g.chance(3) {
		w.Expires = g.at.Add(seconds(g.pick(120)))
	}
	if g.chance(3) {
		w.NotBefore = g.at.Add(seconds(g.pick(60)))
	}
	return w
}

func (g *generator) some(list ...string) (some []string) {
	for _, s := range list {
		if g.pick(3) == 0 {
			some = append(some, s)
		}
	}
	return some
}

func (g *generator) answer() routing.Event {
	id, a := g.one(g.offers)
	return routing.Event{Type: of(g.pick, routing.Accepted, routing.Accepted, routing.Declined), WorkID: id, AgentID: a}
}

func (g *generator) state() routing.Event {
	ev := routing.Event{Type: routing.StateSet, AgentID: g.agentID(), State: of(g.pick, routing.Ready, routing.Ready, routing.Ready, routing.Break, routing.Offline)}
	if ev.State == routing.Break {
		ev.Reason = of(g.pick, "", "lunch")
	}
	ev.Forced = g.has[withSupervisor] && g.chance(2)
	return ev
}

func (g *generator) transfer() routing.Event {
	id, a := g.one(g.hands)
	w := routing.Work{Queue: g.queueID()}
	g.demands(&w)
	return routing.Event{Type: routing.Transferred, WorkID: id, AgentID: a, Work: &w}
}

func (g *generator) level() int {
	if g.has[withLevels] {
		return 1 + g.pick(3)
	}
	return 1
}

func (g *generator) signIn(id string) routing.Event {
	a := routing.Agent{ID: id, Seat: "S" + id, Skills: map[string]int{}}
	for _, s := range []string{"x", "y", "z"} {
		if g.pick(4) > 0 {
			a.Skills[s] = g.level()
		}
	}
	a.Languages = []string{"fi"}
	if g.chance(2) {
		a.Languages = append(a.Languages, "sv")
		if g.chance(2) {
			a.Skills[routing.Language("sv")] = g.level()
		}
	}
	if g.when(withAgencies) {
		a.Agencies = of(g.pick, []string{"A"}, []string{"A", "B"}, []string{"B"})
	}
	if g.has[withPreferred] && g.known[id] && g.chance(2) {
		a.Agencies = []string{"C"} // what was kept for the agent is so no more
	}
	if g.when(withWeights) {
		a.Weights = map[string]float64{"A": of(g.pick, 0.5, 2, 4)}
	}
	a.Tiers = of(g.pick, nil, nil, map[string]int{"q0": 2, "q1": 3})
	if g.has[withTakeOver] && !g.known[id] && g.chance(3) {
		a.Past = g.history()
	}
	a.Capacity = routing.Capacity{Mails: of(g.pick, 0, 1, 2, -1), NoCalls: g.chance(8), Undisturbed: g.chance(5), MailDuringCall: g.chance(4)}
	return routing.Event{Type: routing.SignedIn, Agent: &a}
}

func (g *generator) queueSet(id string) routing.Event {
	q := routing.Queue{
		ID: id, Strategy: routing.Strategy(g.pick(7)), Ring: of(g.pick, 0, seconds(10)), WrapUp: of(g.pick, 0, seconds(5), seconds(20), routing.UntilReady),
		MaxWrapUp: of(g.pick, 0, seconds(15), seconds(30)),
	}
	if g.when(withAgencies) {
		q.Agency = of(g.pick, "A", "B")
	}
	for _, s := range g.some("x", "y") {
		q.Needs = append(q.Needs, routing.Need{Skill: s, Level: of(g.pick, 0, g.level()), Preferred: g.chance(2)})
	}
	if g.has[withLevels] {
		q.LanguageLevel = g.pick(3)
	}
	if g.when(withWeights) {
		q.Weight, q.Within = of(g.pick, 0, 0.5, 2, 4), of(g.pick, 0, seconds(5), seconds(60))
	}
	if g.when(withPreferred) {
		q.Preferred = seconds(20)
	}
	g.relations(&q)
	return routing.Event{Type: routing.QueueSet, Queue: &q}
}

// relations gives a queue its rings, other queues and rules.
func (g *generator) relations(q *routing.Queue) {
	for i := 0; g.has[withRings] && i < 3 && g.pick(2) == 1; i++ {
		q.Rings = append(q.Rings, routing.Ring{After: seconds(10 * (i + g.pick(2))), Levels: map[string]int{of(g.pick, "x", "y", routing.CallerLanguage): g.pick(3)}})
	}
	for range 2 {
		if g.when(withAlso) {
			q.Also = append(q.Also, routing.Also{Queue: g.queueID(), After: of(g.pick, 0, seconds(10), seconds(30))})
		}
	}
	if g.when(withCap) {
		q.Cap, q.Full = 1+g.pick(3), of(g.pick, routing.Target{}, g.target())
	}
	for range 3 {
		if g.when(withOverflow) {
			q.Overflow = append(q.Overflow, g.rule())
		}
	}
	if g.has[withClosing] {
		q.CallbackSpread, q.Evict = of(g.pick, 0, seconds(10)), g.chance(2)
	}
}

func (g *generator) rule() routing.Overflow {
	return routing.Overflow{
		When: routing.Condition(g.pick(5)), After: seconds(of(g.pick, 0, 0, 10, 30)), Length: g.pick(3), Estimate: seconds(10 * g.pick(4)), To: g.target(),
	}
}

func (g *generator) target() routing.Target {
	switch g.pick(6) {
	case 0:
		return routing.Target{Kind: routing.ToAnnouncement, Name: "sorry"}
	case 1:
		return routing.Target{Kind: routing.ToCallback}
	case 2:
		return routing.Target{Kind: routing.ToNumber, Name: "+358100"}
	default:
		return routing.Target{Kind: routing.ToQueue, Name: g.queueID()}
	}
}

// spoil makes an event that nobody should send.
func (g *generator) spoil(ev *routing.Event) {
	switch g.pick(8) {
	case 0:
		ev.WorkID = "nothing"
	case 1:
		ev.AgentID = "nobody"
	case 2:
		ev.QueueID = "nowhere"
	case 3:
		ev.Work, ev.Agent, ev.Queue = nil, nil, nil
	case 4:
		ev.At = ev.At.Add(-time.Hour)
	case 5:
		ev.Type = routing.EventType(g.pick(24))
	case 6:
		ev.WorkID, ev.AgentID = g.any(), g.agentID()
	default:
		if ev.Work != nil {
			ev.Work.ID, ev.Work.Queue = of(g.pick, append(slices.Clone(g.lines), "")...), of(g.pick, ev.Work.Queue, "nowhere")
		}
	}
}

// one picks a piece of work with who has it; of nothing, something unknown.
func (g *generator) one(in map[string]string) (work, agent string) {
	var ids []string
	for _, id := range g.lines {
		if in[id] != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "nothing", "nobody"
	}
	id := of(g.pick, ids...)
	return id, in[id]
}

func (g *generator) any() string {
	if len(g.lines) == 0 {
		return "nothing"
	}
	return of(g.pick, g.lines...)
}

// follow keeps what the generator knows up to date by the decisions.
func (g *generator) follow(ev routing.Event, ds []routing.Decision) {
	refused := len(ds) > 0 && ds[len(ds)-1].Type == routing.Refuse
	if !refused {
		g.happened(ev)
	}
	for _, d := range ds {
		switch d.Type {
		case routing.Offer:
			g.offers[d.WorkID] = d.AgentID
		case routing.Withdraw:
			delete(g.offers, d.WorkID)
		case routing.StateChange:
			if d.State == routing.WrapUp {
				g.wraps = d.AgentID
			} else if d.AgentID == g.wraps {
				g.wraps = ""
			}
		case routing.Ended:
			delete(g.offers, d.WorkID)
			delete(g.hands, d.WorkID)
			g.lines = slices.DeleteFunc(g.lines, func(id string) bool { return id == d.WorkID })
		}
	}
}

func (g *generator) happened(ev routing.Event) {
	switch ev.Type {
	case routing.SignedIn:
		g.known[ev.Agent.ID] = true
	case routing.SignedOut:
		g.known[ev.AgentID] = slices.Contains(slices.Collect(maps.Values(g.hands)), ev.AgentID)
	case routing.Arrived:
		g.lines = append(g.lines, ev.Work.ID)
	case routing.Accepted:
		delete(g.offers, ev.WorkID)
		g.hands[ev.WorkID] = ev.AgentID
	case routing.Transferred:
		delete(g.hands, ev.WorkID)
	case routing.Restored:
		g.lines, g.hands[ev.Work.ID] = append(g.lines, ev.Work.ID), ev.AgentID
	case routing.Reoffered:
		g.lines, g.offers[ev.Work.ID] = append(g.lines, ev.Work.ID), ev.AgentID
	}
}
