package routing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// script drives an engine and writes its decisions as short lines: "offer c1 a" "withdraw c1 a no_answer" "a ready".
type script struct {
	t *testing.T
	e *Engine
	s int // seconds since start
}

func (s *script) do(ev Event) string {
	ev.At = start.Add(time.Duration(s.s) * time.Second)
	var lines []string
	for _, d := range s.e.Apply(ev) {
		lines = append(lines, said(d))
	}
	return strings.Join(lines, "; ")
}

func said(d Decision) string {
	switch d.Type {
	case Offer:
		return fmt.Sprintf("offer %s %s", d.WorkID, d.AgentID)
	case Withdraw:
		return fmt.Sprintf("withdraw %s %s %s", d.WorkID, d.AgentID, d.Reason)
	case Refuse:
		return "refuse " + d.Reason
	case Ended:
		return fmt.Sprintf("%s %s", d.WorkID, d.Reason)
	case Moved:
		return fmt.Sprintf("%s to %s %s", d.WorkID, d.To.Name, d.Reason)
	case Divert:
		return fmt.Sprintf("%s to %s %s %s", d.WorkID, d.To.Kind, d.To.Name, d.Reason)
	default:
		return fmt.Sprintf("%s %s", d.AgentID, d.State)
	}
}

func (s *script) expect(want string, ev Event) {
	s.t.Helper()
	if got := s.do(ev); got != want {
		s.t.Fatalf("at %d s: got %q, want %q", s.s, got, want)
	}
}

func (s *script) agent(id string, skills ...string) {
	a := Agent{ID: id, Seat: "S-" + id, Skills: map[string]int{}, Languages: []string{"fi"}}
	for _, k := range skills {
		a.Skills[k] = 1
	}
	s.do(Event{Type: SignedIn, Agent: &a})
	s.do(Event{Type: StateSet, AgentID: id, State: Ready})
}

func call(id string, skills ...string) Event {
	return Event{Type: Arrived, Work: &Work{ID: id, Queue: "q", Skills: skills, Ring: 20 * time.Second, WrapUp: 10 * time.Second}}
}

func mail(id string) Event {
	return Event{Type: Arrived, Work: &Work{ID: id, Kind: Mail, Queue: "m", Ring: 60 * time.Second}}
}

func newScript(t *testing.T) *script {
	s := &script{t: t, e: New(Policy{})}
	for _, q := range []Queue{{ID: "q"}, {ID: "m"}, {ID: "parking"}} {
		s.do(Event{Type: QueueSet, Queue: &q})
	}
	return s
}

func TestLongestIdleIsOfferedFirst(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.s = 1
	s.agent("b")
	s.expect("a offered; offer c1 a", call("c1"))
	s.expect("b offered; offer c2 b", call("c2"))
	s.expect("", call("c3"))
	s.expect("a busy", Event{Type: Accepted, WorkID: "c1", AgentID: "a"})
	s.s = 30 // b let it ring: it goes back before c3, whoever frees up first gets it
	s.expect("withdraw c2 b no_answer; b not_answering", Event{Type: Tick})
	s.expect("c1 handled; a wrap_up", Event{Type: Finished, WorkID: "c1", AgentID: "a"})
	s.s = 40
	s.expect("a ready; a offered; offer c2 a", Event{Type: Tick})
	s.expect("b ready; b offered; offer c3 b", Event{Type: StateSet, AgentID: "b", State: Ready})
}

func TestSkillsAndLanguagesAreRequired(t *testing.T) {
	s := newScript(t)
	s.agent("a", "parking")
	s.agent("b", "parking", "health")
	s.expect("b offered; offer c1 b", call("c1", "health", "parking"))
	sv := call("c2")
	sv.Work.Language = "sv"
	s.expect("", sv)
}

func TestACallerWhoLeavesIsWithdrawn(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.do(call("c1"))
	s.expect("withdraw c1 a gone; c1 abandoned; a ready", Event{Type: Removed, WorkID: "c1"})
	s.expect("refuse not_offered", Event{Type: Accepted, WorkID: "c1", AgentID: "a"})
	s.expect("refuse unknown", Event{Type: Removed, WorkID: "c1"})
}

func TestACallInterruptsTheOfferOfAMail(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.expect("a offered; offer m1 a", mail("m1"))
	s.expect("withdraw m1 a interrupted; a offered; offer c1 a", call("c1"))
	s.expect("a busy", Event{Type: Accepted, WorkID: "c1", AgentID: "a"})
	s.expect("c1 handled; a wrap_up", Event{Type: Finished, WorkID: "c1", AgentID: "a"})
	s.expect("a ready; a offered; offer m1 a", Event{Type: StateSet, AgentID: "a", State: Ready})
}

func TestMailsFillTheCapacityAndLeaveRoomForACall(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	for i := range DefaultMails + 1 {
		s.do(mail(fmt.Sprintf("m%d", i)))
	}
	for i := range DefaultMails {
		s.do(Event{Type: Accepted, WorkID: fmt.Sprintf("m%d", i), AgentID: "a"})
	}
	if v, _ := s.e.Agent("a"); v.Mails != DefaultMails || v.State != Ready {
		t.Fatalf("%+v", v)
	}
	s.expect("a offered; offer c1 a", call("c1"))
	s.expect("withdraw c1 a gone; c1 abandoned; a ready", Event{Type: Removed, WorkID: "c1"})
	s.expect("m0 handled; a offered; offer m5 a", Event{Type: Finished, WorkID: "m0", AgentID: "a"})
}

func TestAnUnansweredMailPausesMailOnly(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.do(mail("m1"))
	s.s = 60
	s.expect("withdraw m1 a no_answer; a ready", Event{Type: Tick})
	s.expect("a offered; offer c1 a", call("c1"))
	s.expect("withdraw c1 a gone; c1 abandoned; a ready", Event{Type: Removed, WorkID: "c1"})
	s.s = 120
	s.expect("a offered; offer m1 a", Event{Type: Tick})
}

func TestABreakAskedForInACallComesAfterTheWrapUp(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.do(call("c1"))
	s.do(Event{Type: Accepted, WorkID: "c1", AgentID: "a"})
	s.expect("", Event{Type: StateSet, AgentID: "a", State: Break})
	s.expect("c1 handled; a wrap_up", Event{Type: Finished, WorkID: "c1", AgentID: "a"})
	s.s = 5
	s.expect("a wrap_up", Event{Type: Extended, AgentID: "a", By: 10 * time.Second})
	s.s = 19
	s.expect("", Event{Type: Tick})
	s.s = 20
	s.expect("a break", Event{Type: Tick})
}

func TestSigningOutGivesTheOfferBack(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.do(call("c1"))
	s.expect("withdraw c1 a forced; a offline", Event{Type: SignedOut, AgentID: "a"})
	s.agent("b")
	if v := s.e.Queues()["q"]; v.Calls != 1 || !v.OldestCall.Equal(start) {
		t.Fatalf("%+v", v)
	}
	if _, known := s.e.Agent("a"); known {
		t.Fatal("a is gone")
	}
}

func TestTakeOverRestoresWhatIsInHand(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.expect("a busy", Event{Type: Restored, AgentID: "a", Work: call("c1").Work})
	s.expect("", call("c2"))
	s.expect("c1 handled; a wrap_up", Event{Type: Finished, WorkID: "c1", AgentID: "a"})
}

func TestPriorityComesBeforeAge(t *testing.T) {
	s := newScript(t)
	s.do(call("c1"))
	s.s = 1
	urgent := call("c2")
	urgent.Work.Priority = 1
	s.do(urgent)
	s.do(Event{Type: SignedIn, Agent: &Agent{ID: "a"}})
	s.expect("a ready; a offered; offer c2 a", Event{Type: StateSet, AgentID: "a", State: Ready})
}

func TestWhyNamesTheRule(t *testing.T) {
	s := newScript(t)
	s.agent("a")
	s.s = 42
	ds := s.e.Apply(Event{Type: Arrived, At: start.Add(42 * time.Second), Work: &Work{ID: "c1", Queue: "parking", Language: "fi"}})
	i := slices.IndexFunc(ds, func(d Decision) bool { return d.Type == Offer })
	if got := ds[i].Why.String(); got != "queue parking: only ready agent, idle 42s; fi ≥ 1; waited 0s" {
		t.Fatal(got)
	}
}
