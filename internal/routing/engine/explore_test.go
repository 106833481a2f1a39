package engine_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/routing"
	"santra/internal/routing/engine"
)

// The explorer walks through every interleaving of a small world, breadth first, and holds each state against the invariants.
// As one would write it in TLA+:
//
//	VARIABLES engine,      \* what engine.Engine holds: a value, as it announces it
//	          epoch,       \* of the owner of routing; offers and answers carry it
//	          toAgent,     \* [Agent → Seq({offer, withdraw, connected, refused, over} × Work)]: under way to the telephones, in order
//	          toEngine,    \* [Agent → Seq({accept(w, e), decline(w, e)})]: answers under way
//	          phone,       \* [Agent → {idle, rings(w, e), answering(w, e), talks(w)}], and the e-mail that is open there
//	          outcome      \* [Work → {unborn, alive} ∪ Outcome]
//
//	Next == ∨ ∃ w: Arrive(w) ∨ HangUp(w)                  \* the customer comes, and leaves at any moment
//	        ∨ ∃ a: Deliver(a)                             \* head of toAgent[a] reaches the telephone
//	        ∨ ∃ a: Answer(a) ∨ Push(a)                    \* the agent accepts or declines what rings: into toEngine[a]
//	        ∨ ∃ a: Decide(a)                              \* head of toEngine[a] reaches the owner: refused if its epoch is over
//	        ∨ ∃ a: Finish(a) ∨ ∃ s: Set(a, s)             \* the call ends; the agent is Ready, has a break
//	        ∨ Time                                        \* up to engine.Next: no answer, end of a wrap-up
//	        ∨ FailOver                                    \* engine' = what engine announces; epoch' = epoch + 1; answers under way keep theirs;
//	                                                      \* what rings is offered again, with the new epoch
//
//	Inv ==  ∧ ∀ w: at most one telephone talks with w, and then engine has w in the hands of that agent, or over(w) is under way
//	        ∧ ∀ w: engine knows w ⇔ outcome[w] = alive; an outcome comes once
//	        ∧ ∀ a: engine offers a at most one, has given a at most one call, and offers nothing to who has a break or a call
//	        ∧ nothing waits while an agent is ready who is able
//	        ∧ toAgent[a] and toEngine[a] empty ⇒ phone[a] is what engine says of a
//
// Times are kept as their order only, so that the states are finite: with one queue, strategy LongestIdle and no rings nothing
// else of them matters. What is under way to one telephone is at most three messages; work of one kind comes in one order. Every
// state is built anew from the announcements of the one before: a take-over at every step; FailOver adds the epoch.
//
// An answer may meet a later offer of the same work to the same agent (offered, answered, break, ready, offered again). It is
// taken as meant: the telephone hears offer, then connected.
type universe struct {
	queue    routing.Queue
	works    []routing.Work
	skills   []string // of the agents a0, a1, …: one letter each
	failures int      // fail-overs at most
	depth    int      // steps at most
}

// message is under way between the owner and a telephone.
type message struct {
	what  string // to the agent: offer, withdraw, connected, refused, over; to the engine: accept, decline
	work  string
	epoch int
}

// telephone is what an agent sees.
type telephone struct {
	does  string // "", rings, answering, talks
	work  string
	epoch int
	mail  string // that is open
}

// cosmos is one state of a universe.
type cosmos struct {
	engine   []routing.Event // its announcements
	now      time.Time
	epoch    int
	toAgent  [][]message
	toEngine [][]message
	phones   []telephone
	outcome  map[string]string // "" unborn, "alive", or how it ended
}

const alive = "alive"

func (u *universe) start() *cosmos {
	n := len(u.skills)
	c := &cosmos{now: day, toAgent: make([][]message, n), toEngine: make([][]message, n), phones: make([]telephone, n), outcome: map[string]string{}}
	e := engine.New(routing.Policy{})
	e.Apply(routing.Event{Type: routing.QueueSet, At: day, Queue: &u.queue})
	for i, s := range u.skills {
		a := &routing.Agent{ID: agentName(i), Skills: map[string]int{s: 1}}
		e.Apply(routing.Event{Type: routing.SignedIn, At: day, Agent: a})
		e.Apply(routing.Event{Type: routing.StateSet, At: day, AgentID: a.ID, State: routing.Ready})
	}
	c.engine = announced(e)
	return c
}

func agentName(i int) string { return fmt.Sprintf("a%d", i) }

func agentIndex(id string) int { return int(id[1] - '0') }

func announced(e *engine.Engine) (evs []routing.Event) {
	for ev := range e.Announce {
		evs = append(evs, copied(ev))
	}
	return evs
}

func (c *cosmos) build() *engine.Engine {
	e := engine.New(routing.Policy{})
	for _, ev := range c.engine {
		e.Apply(copied(ev))
	}
	return e
}

// next copies the state, to be changed.
func (c *cosmos) next() *cosmos {
	n := *c
	n.toAgent, n.toEngine, n.phones = slices.Clone(c.toAgent), slices.Clone(c.toEngine), slices.Clone(c.phones)
	n.outcome = map[string]string{}
	maps.Copy(n.outcome, c.outcome)
	return &n
}

// send puts a message at the end of a line, without touching the lines of other states.
func send(line []message, m message) []message { return append(slices.Clone(line), m) }

// apply lets the engine decide, and sends what it decides on its way.
func (c *cosmos) apply(e *engine.Engine, ev routing.Event) (refused bool, wrong string) {
	if ev.At.IsZero() {
		ev.At = c.now
	}
	c.now = ev.At
	for _, d := range e.Apply(ev) {
		switch d.Type {
		case routing.Offer:
			i := agentIndex(d.AgentID)
			c.toAgent[i] = send(c.toAgent[i], message{"offer", d.WorkID, c.epoch})
		case routing.Withdraw:
			i := agentIndex(d.AgentID)
			c.toAgent[i] = send(c.toAgent[i], message{"withdraw", d.WorkID, c.epoch})
		case routing.Ended:
			if d.AgentID != "" && d.Reason != routing.Handled {
				i := agentIndex(d.AgentID)
				c.toAgent[i] = send(c.toAgent[i], message{"over", d.WorkID, c.epoch})
			}
			if c.outcome[d.WorkID] != alive {
				wrong += fmt.Sprintf("%s ends as %s after %q\n", d.WorkID, d.Reason, c.outcome[d.WorkID])
			}
			c.outcome[d.WorkID] = d.Reason
		case routing.Refuse:
			refused = true
		}
	}
	c.engine = announced(e)
	return refused, wrong
}

// step is one transition: what it is called, and the state after it.
type step struct {
	name string
	to   *cosmos
}

// steps gives all transitions of a state, and what is wrong in any.
func (u *universe) steps(c *cosmos) (all []step, wrong string) {
	try := func(name string, can bool, do func(n *cosmos, e *engine.Engine) string) {
		if !can {
			return
		}
		n := c.next()
		if what := do(n, n.build()); what != "" {
			wrong += name + ": " + what
		}
		all = append(all, step{name, n})
	}
	for i, w := range u.works {
		first := i == 0 || c.outcome[u.works[i-1].ID] != ""
		u.customer(c, w, first, try)
	}
	for i := range c.phones {
		u.agentSteps(c, i, try)
	}
	at, due := c.build().Next()
	roomy := !slices.ContainsFunc(c.toAgent, func(line []message) bool { return len(line) >= 3 })
	try("time", due && roomy, func(n *cosmos, e *engine.Engine) string {
		_, what := n.apply(e, routing.Event{Type: routing.Tick, At: at})
		return what
	})
	try("failover", c.epoch < u.failures, func(n *cosmos, _ *engine.Engine) string {
		n.epoch++
		for _, ev := range n.engine {
			if ev.Type == routing.Reoffered {
				i := agentIndex(ev.AgentID)
				n.toAgent[i] = send(n.toAgent[i], message{"offer", ev.Work.ID, n.epoch})
			}
		}
		return ""
	})
	return all, wrong
}

type trier func(name string, can bool, do func(*cosmos, *engine.Engine) string)

// customer comes, and leaves at any moment.
func (u *universe) customer(c *cosmos, w routing.Work, may bool, try trier) {
	try("arrive "+w.ID, may && c.outcome[w.ID] == "", func(n *cosmos, e *engine.Engine) string {
		n.outcome[w.ID] = alive
		_, what := n.apply(e, routing.Event{Type: routing.Arrived, Work: &w})
		return what
	})
	try("hang up "+w.ID, c.outcome[w.ID] == alive, func(n *cosmos, e *engine.Engine) string {
		_, what := n.apply(e, routing.Event{Type: routing.Removed, WorkID: w.ID, Reason: routing.Abandoned})
		if n.outcome[w.ID] == alive {
			what += w.ID + " has no outcome\n"
		}
		return what
	})
}

func (u *universe) agentSteps(c *cosmos, i int, try trier) {
	id, p := agentName(i), c.phones[i]
	try("deliver "+id, len(c.toAgent[i]) > 0, func(n *cosmos, _ *engine.Engine) string {
		n.deliver(i)
		return ""
	})
	for _, what := range []string{"accept", "decline"} {
		try(what+" "+id, p.does == "rings" && len(c.toEngine[i]) == 0, func(n *cosmos, _ *engine.Engine) string {
			n.toEngine[i] = send(n.toEngine[i], message{what, p.work, p.epoch})
			n.phones[i].does = "answering"
			return ""
		})
	}
	try("decide "+id, len(c.toEngine[i]) > 0, func(n *cosmos, e *engine.Engine) string { return n.decide(e, i) })
	try("finish "+id, p.does == "talks", func(n *cosmos, e *engine.Engine) string {
		n.phones[i].does, n.phones[i].work = "", ""
		return n.finish(e, p.work, id)
	})
	try("finish mail "+id, p.mail != "", func(n *cosmos, e *engine.Engine) string {
		n.phones[i].mail = ""
		return n.finish(e, p.mail, id)
	})
	for _, s := range []routing.State{routing.Ready, routing.Break} {
		try(fmt.Sprintf("%s %s", s, id), len(c.toAgent[i]) < 3, func(n *cosmos, e *engine.Engine) string {
			_, what := n.apply(e, routing.Event{Type: routing.StateSet, AgentID: id, State: s})
			return what
		})
	}
}

// finish ends what the agent has in hand; it may have ended by itself, with the word of it under way.
func (n *cosmos) finish(e *engine.Engine, work, agent string) string {
	refused, what := n.apply(e, routing.Event{Type: routing.Finished, WorkID: work, AgentID: agent})
	if refused == (n.outcome[work] == routing.Handled) {
		what += fmt.Sprintf("%s finishes %s (%s): refused %v\n", agent, work, n.outcome[work], refused)
	}
	return what
}

// deliver lets the first message reach the telephone.
func (n *cosmos) deliver(i int) {
	m := n.toAgent[i][0]
	n.toAgent[i] = n.toAgent[i][1:]
	p := &n.phones[i]
	mine := p.work == m.work
	switch {
	case m.what == "offer":
		p.does, p.work, p.epoch = "rings", m.work, m.epoch
	case m.what == "connected" && isMail(m.work):
		p.does, p.work, p.mail = "", "", m.work
	case m.what == "connected":
		p.does, p.work = "talks", m.work
	case m.what == "over" && p.mail == m.work:
		p.mail = ""
	case mine && (m.what == "withdraw" || m.what == "over" || m.what == "refused" && p.does == "answering"):
		p.does, p.work = "", ""
	}
}

func isMail(work string) bool { return strings.HasPrefix(work, "m") }

// decide lets the first answer reach the owner of routing. An answer of an epoch that is over is refused before the engine.
func (n *cosmos) decide(e *engine.Engine, i int) string {
	m := n.toEngine[i][0]
	n.toEngine[i] = n.toEngine[i][1:]
	t := map[string]routing.EventType{"accept": routing.Accepted, "decline": routing.Declined}[m.what]
	refused, what := m.epoch != n.epoch, ""
	if !refused {
		refused, what = n.apply(e, routing.Event{Type: t, WorkID: m.work, AgentID: agentName(i)})
	}
	switch {
	case refused:
		n.toAgent[i] = send(n.toAgent[i], message{"refused", m.work, n.epoch})
	case m.what == "accept":
		// what the acceptance led to (an e-mail on offer during the call) follows it
		n.toAgent[i] = send(n.toAgent[i], message{"connected", m.work, n.epoch})
	}
	return what
}

// invariants says what is wrong in a state.
func (u *universe) invariants(c *cosmos) (wrong string) {
	e := c.build()
	known, hands, offers, ready := map[string]bool{}, map[string]string{}, map[string]string{}, map[string]bool{}
	var waiting []*routing.Work
	for _, ev := range c.engine {
		if ev.Work == nil {
			continue
		}
		known[ev.Work.ID] = true
		switch ev.Type {
		case routing.Restored:
			hands[ev.Work.ID] = ev.AgentID
		case routing.Reoffered:
			offers[ev.Work.ID] = ev.AgentID
		default:
			waiting = append(waiting, ev.Work)
		}
	}
	for _, w := range u.works {
		if known[w.ID] != (c.outcome[w.ID] == alive) {
			wrong += fmt.Sprintf("%s: known %v, outcome %q\n", w.ID, known[w.ID], c.outcome[w.ID])
		}
	}
	for _, v := range e.Agents() {
		ready[v.ID] = v.State == routing.Ready
		if v.State == routing.Break && v.Work != "" && hands[v.Work] == "" {
			wrong += v.ID + " has a break and rings\n"
		}
		wrong += c.telephoneFits(v, hands, offers)
	}
	return wrong + u.nobodyWaits(waiting, ready)
}

// telephoneFits holds a telephone against what the engine says of its agent.
func (c *cosmos) telephoneFits(v routing.AgentView, hands, offers map[string]string) (wrong string) {
	i := agentIndex(v.ID)
	p := c.phones[i]
	call, mail, rings := of1(hands, v.ID, false), of1(hands, v.ID, true), of1(offers, v.ID, false)+of1(offers, v.ID, true)
	if len(call) > 2 || len(rings) > 2 {
		wrong += fmt.Sprintf("%s has %q in hand and is offered %q\n", v.ID, call, rings)
	}
	over := slices.ContainsFunc(c.toAgent[i], func(m message) bool { return m.what == "over" && m.work == p.work })
	if p.does == "talks" && p.work != call && !over {
		wrong += fmt.Sprintf("%s talks with %s, the engine says %q\n", v.ID, p.work, call)
	}
	for j, o := range c.phones {
		if j < i && p.does == "talks" && o.does == "talks" && p.work == o.work {
			wrong += p.work + " talks with two\n"
		}
	}
	quiet := len(c.toAgent[i]) == 0 && len(c.toEngine[i]) == 0
	if busy := call + rings; quiet && (p.work != busy || p.mail != mail) {
		wrong += fmt.Sprintf("%s %q %q (%q), the engine says %q (%q)\n", v.ID, p.does, p.work, p.mail, busy, mail)
	}
	return wrong
}

// of1 gives the work that is with an agent, calls or e-mails.
func of1(with map[string]string, agent string, mails bool) (all string) {
	for w, a := range with {
		if a == agent && isMail(w) == mails {
			all += w
		}
	}
	return all
}

// nobodyWaits asks that nothing waits which somebody who is ready could take.
func (u *universe) nobodyWaits(waiting []*routing.Work, ready map[string]bool) (wrong string) {
	for _, w := range waiting {
		for i, s := range u.skills {
			if w.Kind == routing.Mail || !ready[agentName(i)] || w.Preferred != "" {
				continue
			}
			if !slices.ContainsFunc(w.Skills, func(need string) bool { return need != s }) {
				wrong += fmt.Sprintf("%s waits and %s is ready\n", w.ID, agentName(i))
			}
		}
	}
	return wrong
}

// key names a state: times by their order only, and nothing that grows.
func (c *cosmos) key() string {
	var s strings.Builder
	var times []time.Time
	for _, ev := range c.engine {
		times = append(times, ordering(ev)...)
	}
	slices.SortFunc(times, time.Time.Compare)
	times = slices.CompactFunc(times, time.Time.Equal)
	rank := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(times, t, time.Time.Compare)
		return i
	}
	for _, ev := range c.engine {
		fmt.Fprintf(&s, "%d %s", ev.Type, ev.AgentID)
		if ev.Agent != nil {
			p := ev.Agent.Past
			fmt.Fprintf(&s, " %s %s %s", ev.Agent.ID, p.State, p.Next)
		}
		if w := ev.Work; w != nil {
			fmt.Fprintf(&s, " %s %v %v %d", w.ID, w.Past.Unkept, w.Past.Guarded, min(w.Past.Disturbed, 2))
		}
		for _, t := range ordering(ev) {
			fmt.Fprintf(&s, " %d", rank(t))
		}
		s.WriteByte('\n')
	}
	now := rank(c.now)
	fmt.Fprintf(&s, "%d %d %v %v %v %v", now, c.epoch, c.toAgent, c.toEngine, c.phones, c.outcome)
	return s.String()
}

// ordering gives the times of an announcement on which what is decided depends.
func ordering(ev routing.Event) (times []time.Time) {
	if ev.Agent != nil {
		times = append(times, ev.Agent.Past.Until, ev.Agent.Past.Paused)
		if ev.Agent.Past.State == routing.Ready || ev.Agent.Past.State == routing.Offered {
			times = append(times, ev.Agent.Past.Idle)
		}
	}
	if ev.Work != nil {
		times = append(times, ev.Work.Arrived)
	}
	return append(times, ev.Until)
}

// explore walks the universe and gives the number of states and transitions, or the way to the first state that is wrong.
func (u *universe) explore() (states, transitions int, wrong string) {
	type node struct {
		c    *cosmos
		from int
		name string
	}
	nodes := []node{{c: u.start(), from: -1}}
	seen := map[string]bool{nodes[0].c.key(): true}
	way := func(i int) (s string) {
		for ; i > 0; i = nodes[i].from {
			s = nodes[i].name + "\n" + s
		}
		return s
	}
	for i, depth, last := 0, 0, 1; i < len(nodes) && depth < u.depth; i++ {
		all, what := u.steps(nodes[i].c)
		for _, st := range all {
			transitions++
			if key := st.to.key(); !seen[key] {
				seen[key] = true
				nodes = append(nodes, node{st.to, i, st.name})
				what += u.invariants(st.to)
			}
			if what != "" {
				return len(nodes), transitions, way(i) + st.name + "\n" + what
			}
		}
		nodes[i].c = nil
		if i+1 == last {
			depth, last = depth+1, len(nodes)
		}
	}
	return len(nodes), transitions, ""
}

// TestEveryInterleaving explores small worlds to a depth; with SANTRA_NIGHTLY deeper.
func TestEveryInterleaving(t *testing.T) {
	call := func(id string, skills ...string) routing.Work {
		return routing.Work{ID: id, Queue: "q", Skills: skills, Ring: seconds(10)}
	}
	mail := routing.Work{ID: "m", Kind: routing.Mail, Queue: "q", Ring: seconds(10)}
	kept := call("k")
	kept.Preferred, kept.PreferredFor = "a0", seconds(15)
	more := 0
	if os.Getenv("SANTRA_NIGHTLY") != "" {
		more = 5
	}
	for name, u := range map[string]*universe{
		"three calls":         {works: []routing.Work{call("c0"), call("c1"), call("c2")}, failures: 1, depth: 5 + more},
		"a skill":             {works: []routing.Work{call("c0"), call("c1", "y")}, failures: 2, depth: 5 + more},
		"a call and a mail":   {works: []routing.Work{call("c0"), mail}, failures: 1, depth: 5 + more},
		"kept for a0":         {works: []routing.Work{kept, call("c1")}, failures: 1, depth: 5 + more},
		"a wrap-up, one call": {queue: routing.Queue{WrapUp: seconds(5)}, works: []routing.Work{call("c0")}, failures: 2, depth: 6 + more},
	} {
		t.Run(name, func(t *testing.T) {
			u.queue.ID, u.skills = "q", []string{"x", "y"}
			states, transitions, wrong := u.explore()
			if wrong != "" {
				t.Fatal(wrong)
			}
			t.Logf("%d states, %d transitions, depth %d", states, transitions, u.depth)
		})
	}
}
