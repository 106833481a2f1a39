package measure

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/routing"
	"santra/internal/routing/engine"
)

// floor is the engine itself with a Recorder beside it, driven at random.
type floor struct {
	t      *rapid.T
	engine *engine.Engine
	rec    *Recorder
	log    []Record
	now    time.Time
	made   int
	rings  map[string]string // work → agent
	taken  map[string]string
}

func newFloor(t *rapid.T) *floor {
	f := &floor{t: t, engine: engine.New(routing.Policy{}), rec: NewRecorder("node"), now: nine(), rings: map[string]string{}, taken: map[string]string{}}
	busy := []routing.Overflow{
		{When: routing.WhenWaited, After: time.Minute, To: routing.Target{Kind: routing.ToQueue, Name: "b"}},
		{When: routing.WhenWaited, After: 5 * time.Minute, To: routing.Target{Kind: routing.ToAnnouncement, Name: "busy"}},
	}
	f.apply(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "a", Agency: "x", Overflow: busy, WrapUp: 10 * time.Second, Cap: 5}})
	f.apply(routing.Event{Type: routing.QueueSet, Queue: &routing.Queue{ID: "b", Agency: "x", Also: []routing.Also{{Queue: "a", After: time.Minute}}}})
	return f
}

func (f *floor) apply(ev routing.Event) {
	ev.At = f.now
	decisions := f.engine.Apply(ev)
	for _, d := range decisions {
		switch d.Type {
		case routing.Offer:
			f.rings[d.WorkID] = d.AgentID
		case routing.Withdraw:
			delete(f.rings, d.WorkID)
		}
	}
	f.rec.Record(ev, decisions)
	f.log = append(f.log, f.rec.Take(MaxPending)...)
}

func (f *floor) any(of map[string]string, name string) (work, agent string) {
	if len(of) == 0 {
		return "", ""
	}
	var ids []string
	for id := range of {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	work = rapid.SampledFrom(ids).Draw(f.t, name)
	return work, of[work]
}

func (f *floor) work(name string) string {
	return fmt.Sprint("w", rapid.IntRange(1, f.made+1).Draw(f.t, name))
}

func (f *floor) step() {
	f.now = f.now.Add(time.Duration(rapid.Int64Range(0, 40e6).Draw(f.t, "later")) * time.Microsecond)
	agent := rapid.SampledFrom([]string{"aino", "bo", "eino"}).Draw(f.t, "agent")
	switch rapid.IntRange(0, 11).Draw(f.t, "step") {
	case 0:
		f.apply(routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: agent}})
	case 1, 2:
		state := rapid.SampledFrom([]routing.State{routing.Ready, routing.Ready, routing.Break}).Draw(f.t, "state")
		f.apply(routing.Event{Type: routing.StateSet, AgentID: agent, State: state})
	case 3, 4, 5:
		f.made++
		kind := routing.Kind(rapid.IntRange(0, routing.Kinds-1).Draw(f.t, "kind"))
		queue := rapid.SampledFrom([]string{"a", "b"}).Draw(f.t, "queue")
		f.apply(routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: fmt.Sprint("w", f.made), Kind: kind, Queue: queue, Agency: "x", Arrived: f.now}})
	case 6, 7, 8:
		if work, to := f.any(f.rings, "accepted"); work != "" {
			delete(f.rings, work)
			f.apply(routing.Event{Type: routing.Accepted, WorkID: work, AgentID: to})
			f.taken[work] = to
		}
	case 9:
		if work, by := f.any(f.taken, "finished"); work != "" {
			delete(f.taken, work)
			f.apply(routing.Event{Type: routing.Finished, WorkID: work, AgentID: by})
		}
	case 10:
		work := f.work("removed")
		f.apply(routing.Event{Type: routing.Removed, WorkID: work})
		delete(f.rings, work)
		delete(f.taken, work)
	case 11:
		f.away(agent)
	}
}

// away is what happens seldom.
func (f *floor) away(agent string) {
	switch rapid.IntRange(0, 3).Draw(f.t, "seldom") {
	case 0:
		f.apply(routing.Event{Type: routing.SignedOut, AgentID: agent})
	case 1:
		if work, by := f.any(f.taken, "transferred"); work != "" {
			delete(f.taken, work)
			f.apply(routing.Event{Type: routing.Transferred, WorkID: work, AgentID: by, Work: &routing.Work{ID: work, Queue: "b"}})
		}
	case 2:
		f.apply(routing.Event{Type: routing.Converted, WorkID: f.work("converted"), Work: &routing.Work{}})
	case 3:
		f.apply(routing.Event{Type: routing.Declined, WorkID: f.work("declined"), AgentID: agent})
	}
}

// What the figures say that waits and is in hand is what the engine has.
func TestFiguresAgreeWithTheEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFloor(t)
		for range 120 {
			f.step()
		}
		type held struct{ waiting, open int }
		got := map[string]map[routing.Kind]held{"a": {}, "b": {}}
		for _, r := range Rollup(slices.Values(f.log)).Queues {
			h := got[r.Queue][r.Kind]
			got[r.Queue][r.Kind] = held{h.waiting + int(r.Waiting()+r.TransferWaiting()), h.open + int(r.Open())}
		}
		views := f.engine.Queues()
		for id, by := range got {
			v := views[id]
			waiting := []int{by[routing.Call].waiting + by[routing.Outgoing].waiting, by[routing.Mail].waiting, by[routing.Callback].waiting}
			if want := []int{v.Calls, v.Mails, v.Callbacks}; !slices.Equal(waiting, want) {
				t.Fatalf("%s: %v wait by the figures, %v by the engine", id, waiting, want)
			}
			if talking := by[routing.Call].open + by[routing.Callback].open + by[routing.Outgoing].open; talking != v.Talking || by[routing.Mail].open != v.Open {
				t.Fatalf("%s: %d talk and %d are open by the figures, %d and %d by the engine", id, talking, by[routing.Mail].open, v.Talking, v.Open)
			}
		}
		for _, a := range f.engine.Agents() {
			s := f.rec.agents[a.ID]
			gone := a.State == routing.Offline && s != nil && s.state == SignedOut // with e-mail cases in hand
			if s == nil || s.state != a.State && !gone || s.mails != a.Mails {
				t.Fatalf("%s is %s by the engine, with %d e-mails: %+v", a.ID, a.State, a.Mails, s)
			}
		}
	})
}
