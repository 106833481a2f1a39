package measure

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"santra/internal/routing"
)

// world plays a service centre at random: it tells a Recorder what an engine would, and keeps its own book of what happened,
// from which naive figures are made by other means than the package's.
type world struct {
	t        *rapid.T
	rec      *Recorder
	now      time.Time
	begin    time.Time
	checked  time.Time // the last checkpoint
	starts   int
	made     int
	log      []Record
	work     map[string]*piece
	agents   map[string]*person
	stays    []*stay
	states   []span
	mailing  []span // ready with an e-mail case in hand
	restarts bool
}

// deed is something that an agent did.
type deed struct {
	agent string
	at    time.Time
	AgentFigures
}

// piece is work that is there; stay, one passage of it, as the book knows it.
type piece struct {
	*stay
	id, agent string
	offered   bool
	taken     bool
}

type stay struct {
	queue               string
	kind                routing.Kind
	first               bool
	origin              string
	entered, arrived    time.Time
	answered, ended     time.Time
	left                time.Time
	outcome             string // "" while it waits; "answered", "moved", "diverted" or a reason of Left
	gave                bool
	holding             time.Time
	hold                time.Duration
	offers              int
	noAnswers, declines int
	wrap                time.Duration
	wraps               int
	times               []deed
}

type person struct {
	state routing.State
	since time.Time
	last  *stay // that was in hand last
	mails int
	mark  time.Time // up to when mailing is in the book
}

type span struct {
	agent    string
	state    routing.State
	from, to time.Time
}

const (
	targetWithin = 20 * time.Second
	targetShort  = 5 * time.Second
)

func newWorld(t *rapid.T) *world {
	begin := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 3600e6).Draw(t, "begin")) * time.Microsecond)
	w := &world{t: t, begin: begin, checked: begin, now: begin, work: map[string]*piece{}, agents: map[string]*person{}}
	w.start()
	return w
}

// start begins with a new Recorder, as a process does.
func (w *world) start() {
	w.starts++
	w.rec = NewRecorder(fmt.Sprintf("node%d", w.starts))
	for _, q := range queues() {
		w.tell(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: q, Agency: "agency-" + q, Within: targetWithin}})
		w.rec.Target(q, 0, targetShort)
	}
}

func queues() []string { return []string{"a", "b", "c"} }

func (w *world) tell(ev routing.Event, decisions ...routing.Decision) {
	ev.At = w.now
	w.rec.Record(ev, decisions)
	w.log = append(w.log, w.rec.Take(MaxPending)...)
}

// step lets a random time pass, then something happen.
func (w *world) step() {
	longest := rapid.SampledFrom([]time.Duration{time.Millisecond, 30 * time.Second, 40 * time.Minute}).Draw(w.t, "longest")
	w.now = w.now.Add(time.Duration(rapid.Int64Range(0, longest.Microseconds()).Draw(w.t, "later")) * time.Microsecond)
	if w.now.Sub(w.checked) > MaxPhase/2 {
		w.checkpoint()
	}
	steps := []func(){
		w.arrive, w.arrive, w.offer, w.offer, w.answer, w.answer, w.answer, w.noAnswer, w.end, w.end, w.leave, w.move, w.divert, w.convert,
		w.transfer, w.hold, w.signIn, w.choose, w.wrapUpOver, w.checkpoint, w.refused,
	}
	if w.restarts {
		steps = append(steps, w.restart)
	}
	rapid.SampledFrom(steps).Draw(w.t, "step")()
}

func (w *world) pick(what string, f func(*piece) bool) *piece {
	var ids []string
	for id, p := range w.work {
		if f(p) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	return w.work[rapid.SampledFrom(ids).Draw(w.t, what)]
}

func (w *world) pickAgent(what string, f func(*person) bool) string {
	var ids []string
	for id, a := range w.agents {
		if f(a) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(w.t, what)
}

func (w *world) enter(id string, s stay) *stay {
	s.entered = w.now
	w.stays = append(w.stays, &s)
	w.work[id] = &piece{stay: &s, id: id}
	return &s
}

func (w *world) routed(p *piece) *routing.Work {
	return &routing.Work{ID: p.id, Kind: p.kind, Queue: p.queue, Arrived: p.arrived}
}

func (w *world) arrive() {
	w.made++
	id := fmt.Sprint("w", w.made)
	s := stay{
		queue: rapid.SampledFrom(queues()).Draw(w.t, "queue"), kind: routing.Kind(rapid.IntRange(0, routing.Kinds-1).Draw(w.t, "kind")), first: true,
		arrived: w.now.Add(-time.Duration(rapid.IntRange(0, 25).Draw(w.t, "already")) * time.Second),
	}
	w.enter(id, s)
	ev := routing.Event{Type: routing.Arrived, Work: w.routed(w.work[id])}
	if s.kind == routing.Call { // so far it heard an announcement
		w.work[id].arrived = w.now
	}
	w.tell(ev)
}

func waits(p *piece) bool { return !p.taken && !p.offered }
func rings(p *piece) bool { return p.offered }
func taken(p *piece) bool { return p.taken }

func (w *world) offer() {
	p := w.pick("offered", waits)
	agent := w.pickAgent("to", func(a *person) bool { return a.state == routing.Ready })
	if p == nil || agent == "" {
		return
	}
	p.offered, p.agent = true, agent
	p.offers++
	w.count(p.stay, agent, AgentFigures{Offers: 1})
	w.tell(routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Offer, WorkID: p.id, AgentID: agent}, w.become(agent, routing.Offered))
}

// become changes a state in the book and gives the engine's decision.
func (w *world) become(agent string, s routing.State) routing.Decision {
	a := w.agents[agent]
	w.closeState(agent)
	if a.state == routing.WrapUp {
		a.last.wrap += w.now.Sub(a.since)
		a.last.wraps++
	}
	a.state, a.since = s, w.now
	return routing.Decision{Type: routing.StateChange, AgentID: agent, State: s}
}

// closeState writes into the book what has passed of somebody's state.
func (w *world) closeState(agent string) {
	w.states = append(w.states, span{agent, w.agents[agent].state, w.agents[agent].since, w.now})
	w.mailed(agent)
}

// mailed writes into the book what has passed of time with an e-mail case in hand.
func (w *world) mailed(agent string) {
	a := w.agents[agent]
	if a.state == routing.Ready && a.mails > 0 {
		w.mailing = append(w.mailing, span{agent, a.state, a.mark, w.now})
	}
	a.mark = w.now
}

func (w *world) count(s *stay, agent string, f AgentFigures) {
	s.times = append(s.times, deed{agent, w.now, f})
}

func (w *world) answer() {
	p := w.pick("answered", rings)
	if p == nil {
		return
	}
	p.offered, p.taken, p.answered, p.outcome = false, true, w.now, "answered"
	did := AgentFigures{Answered: 1}
	state := routing.Busy
	if p.kind == routing.Mail {
		w.mailed(p.agent)
		w.agents[p.agent].mails++
		state, did = routing.Ready, AgentFigures{Mails: 1}
	}
	w.count(p.stay, p.agent, did)
	w.tell(routing.Event{Type: routing.Accepted, WorkID: p.id, AgentID: p.agent}, w.become(p.agent, state))
}

func (w *world) noAnswer() {
	p := w.pick("not answered", rings)
	if p == nil {
		return
	}
	reason, next := routing.NoAnswer, routing.NotAnswering
	if rapid.Bool().Draw(w.t, "declined") {
		reason = routing.WasDeclined
		p.declines++
		w.count(p.stay, p.agent, AgentFigures{Declines: 1})
	} else {
		p.noAnswers++
		w.count(p.stay, p.agent, AgentFigures{NoAnswers: 1})
	}
	agent := p.agent
	p.offered, p.agent = false, ""
	w.tell(routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Withdraw, WorkID: p.id, AgentID: agent, Reason: reason}, w.become(agent, next))
}

// over ends what is in hand in the book and gives the engine's decisions.
func (w *world) over(p *piece) (out []routing.Decision) {
	p.ended = w.now
	if !p.holding.IsZero() {
		p.stay.hold += w.now.Sub(p.holding)
	}
	delete(w.work, p.id)
	if p.kind == routing.Mail {
		w.mailed(p.agent)
		w.agents[p.agent].mails--
		return nil
	}
	w.count(p.stay, p.agent, AgentFigures{Handled: 1, Transfers: b(p.gave)})
	w.agents[p.agent].last = p.stay
	return []routing.Decision{w.become(p.agent, rapid.SampledFrom([]routing.State{routing.WrapUp, routing.Ready}).Draw(w.t, "after"))}
}

func (w *world) end() {
	p := w.pick("ended", taken)
	if p == nil {
		return
	}
	decisions := w.over(p)
	ended := routing.Decision{Type: routing.Ended, WorkID: p.id, Reason: routing.Handled}
	if rapid.Bool().Draw(w.t, "hung up") {
		w.tell(routing.Event{Type: routing.Removed, WorkID: p.id}, append(decisions, ended)...)
		return
	}
	w.tell(routing.Event{Type: routing.Finished, WorkID: p.id, AgentID: p.agent}, append(decisions, ended)...)
}

// gone ends a stay that nobody answered, and the offer that rings.
func (w *world) gone(p *piece, outcome string) (out []routing.Decision) {
	p.left, p.outcome = w.now, outcome
	delete(w.work, p.id)
	if p.offered {
		out = append(out, routing.Decision{Type: routing.Withdraw, WorkID: p.id, AgentID: p.agent, Reason: routing.Gone}, w.become(p.agent, routing.Ready))
	}
	return out
}

func (w *world) leave() {
	p := w.pick("left", func(p *piece) bool { return !p.taken })
	if p == nil {
		return
	}
	reason := rapid.SampledFrom([]string{routing.Abandoned, routing.Abandoned, routing.Expired, routing.Closed}).Draw(w.t, "outcome")
	out := append(w.gone(p, reason), routing.Decision{Type: routing.Ended, WorkID: p.id, Reason: reason})
	if reason == routing.Abandoned {
		w.tell(routing.Event{Type: routing.Removed, WorkID: p.id}, out...)
		return
	}
	w.tell(routing.Event{Type: routing.Tick}, out...)
}

func (w *world) move() {
	p := w.pick("moved", waits)
	if p == nil {
		return
	}
	to := rapid.SampledFrom(queues()).Draw(w.t, "to queue")
	w.gone(p, "moved")
	w.enter(p.id, stay{queue: to, kind: p.kind, first: p.first, origin: Overflow, arrived: p.arrived})
	w.tell(routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Moved, WorkID: p.id, To: routing.Target{Kind: routing.ToQueue, Name: to}, Reason: "waited"})
}

func (w *world) divert() {
	p := w.pick("diverted", waits)
	if p == nil {
		return
	}
	to := routing.TargetKind(rapid.IntRange(1, 3).Draw(w.t, "target"))
	divert := routing.Decision{Type: routing.Divert, WorkID: p.id, To: routing.Target{Kind: to}, Reason: "length"}
	if to == routing.ToCallback { // it goes on waiting
		w.tell(routing.Event{Type: routing.Tick}, divert)
		return
	}
	w.gone(p, "diverted")
	w.tell(routing.Event{Type: routing.Tick}, divert, routing.Decision{Type: routing.Ended, WorkID: p.id, Reason: routing.Overflowed})
}

func (w *world) convert() {
	p := w.pick("converted", func(p *piece) bool { return waits(p) && p.kind == routing.Call })
	if p == nil {
		return
	}
	w.gone(p, "moved")
	w.enter(p.id, stay{queue: p.queue, kind: routing.Callback, first: p.first, origin: Conversion, arrived: p.arrived})
	w.tell(routing.Event{Type: routing.Converted, WorkID: p.id, Work: &routing.Work{}})
}

func (w *world) transfer() {
	p := w.pick("transferred", taken)
	if p == nil {
		return
	}
	to := rapid.SampledFrom(queues()).Draw(w.t, "to queue")
	agent := p.agent
	p.gave = true
	decisions := w.over(p)
	w.enter(p.id, stay{queue: to, kind: p.kind, origin: Transfer, arrived: p.arrived})
	w.tell(routing.Event{Type: routing.Transferred, WorkID: p.id, AgentID: agent, Work: &routing.Work{Queue: to}}, decisions...)
}

func (w *world) hold() {
	p := w.pick("held", taken)
	if p == nil {
		return
	}
	on := p.holding.IsZero()
	if on {
		p.holding = w.now
	} else {
		p.stay.hold += w.now.Sub(p.holding)
		p.holding = time.Time{}
	}
	w.rec.Hold(p.id, on, w.now)
	w.log = append(w.log, w.rec.Take(MaxPending)...)
}

func (w *world) signIn() {
	id := rapid.SampledFrom([]string{"aino", "bo", "eino"}).Draw(w.t, "agent")
	if w.agents[id] != nil {
		return
	}
	w.agents[id] = &person{state: routing.Offline, since: w.now, mark: w.now}
	w.tell(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: id}}, routing.Decision{Type: routing.StateChange, AgentID: id, State: routing.Offline})
}

func (w *world) choose() {
	id := w.pickAgent("chooses", func(a *person) bool {
		return a.state != routing.Offered && a.state != routing.Busy && a.state != routing.WrapUp
	})
	if id == "" {
		return
	}
	next := rapid.SampledFrom([]routing.State{routing.Ready, routing.Ready, routing.Break, routing.Offline, ""}).Draw(w.t, "state")
	if next != "" {
		w.tell(routing.Event{Type: routing.StateSet, AgentID: id}, w.become(id, next))
		return
	}
	if w.agents[id].mails > 0 {
		return
	}
	out := w.become(id, routing.Offline)
	delete(w.agents, id)
	w.tell(routing.Event{Type: routing.SignedOut, AgentID: id}, out)
}

func (w *world) wrapUpOver() {
	if id := w.pickAgent("wrapped up", func(a *person) bool { return a.state == routing.WrapUp }); id != "" {
		w.tell(routing.Event{Type: routing.StateSet, AgentID: id}, w.become(id, routing.Ready))
	}
}

func (w *world) checkpoint() {
	w.checked = w.now
	w.rec.Checkpoint(w.now)
	w.log = append(w.log, w.rec.Take(MaxPending)...)
}

// refused tells events that the engine refused: they change nothing.
func (w *world) refused() {
	for _, ev := range []routing.Event{
		{Type: routing.Arrived, Work: &routing.Work{ID: "nothing", Queue: "a"}},
		{Type: routing.Accepted, WorkID: "w1", AgentID: "aino"},
		{Type: routing.Finished, WorkID: "w1"},
		{Type: routing.Removed, WorkID: "w1"},
		{Type: routing.SignedOut, AgentID: "aino"},
	} {
		w.tell(ev, routing.Decision{Type: routing.Refuse, Reason: routing.Unknown})
	}
}

// restart is a take-over: a new Recorder reads what the journal has open, and everybody announces what there is.
func (w *world) restart() {
	w.start()
	kept := rapid.IntRange(0, len(w.log)).Draw(w.t, "kept")
	for _, r := range openRecords(w.log[:kept]) {
		w.rec.Replay(r)
	}
	for _, r := range w.log[kept:] { // not in the journal yet
		w.rec.Replay(r)
	}
	for id, a := range w.agents {
		w.tell(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: id, Past: &routing.History{State: a.state, Since: a.since}}})
	}
	for _, p := range w.work {
		switch {
		case p.taken:
			w.tell(routing.Event{Type: routing.Restored, Work: w.routed(p), AgentID: p.agent})
		case p.offered:
			w.tell(routing.Event{Type: routing.Reoffered, Work: w.routed(p), AgentID: p.agent})
		default:
			w.tell(routing.Event{Type: routing.Arrived, Work: w.routed(p)})
		}
	}
	w.rec.Settle(w.now)
	w.log = append(w.log, w.rec.Take(MaxPending)...)
}

// openRecords is what Journal.Open gives of a log.
func openRecords(log []Record) (open []Record) {
	by := map[string]Record{}
	for _, r := range log {
		for _, o := range r.Openings() {
			delete(by, o.Key)
			if o.Open {
				by[o.Key] = r
			}
		}
	}
	for _, r := range by {
		open = append(open, r)
	}
	slices.SortFunc(open, ByTime)
	return open
}
