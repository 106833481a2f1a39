package dialplan

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
)

func time0() time.Time { return time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC) }

func out(country string) *Allowed {
	kind := National
	if country != "358" {
		kind = International
	}
	return &Allowed{Kind: kind, Country: country, Group: GroupOutside}
}

// generous has no cap that a test meets.
func generous() agency.Caps {
	c := agency.Cap{Hour: agency.MaxCalls, Day: agency.MaxCalls, AtOnce: agency.MaxCalls}
	return agency.Caps{Agent: c, Seat: c, Queue: c, Agency: c, Country: c}
}

func TestEachCapRefuses(t *testing.T) {
	from := Caller{Agent: "p1", Seat: "A12", Queue: "advice", Agency: "social"}
	for i, named := range (&agency.Caps{}).Each() {
		for _, window := range []string{WindowHour, WindowDay, WindowAtOnce} {
			caps := generous()
			limited := caps.Each()[i]
			map[string]func(){WindowHour: func() { limited.Hour = 2 }, WindowDay: func() { limited.Day = 2 }, WindowAtOnce: func() { limited.AtOnce = 2 }}[window]()
			var m Meter
			m.SetCaps(caps)
			var tickets []Ticket
			for range 2 {
				ticket, refused := m.Take(out("46"), from, time0())
				if refused != nil {
					t.Fatal(named.Name, window, refused)
				}
				tickets = append(tickets, ticket)
			}
			_, refused := m.Take(out("46"), from, time0())
			if refused == nil || refused.Reason != CapReached || refused.Scope != named.Name || refused.Window != window || refused.Limit != 2 {
				t.Errorf("%s %s: %+v", named.Name, window, refused)
				continue
			}
			if (refused.Country == "46") != (named.Name == "country") || refused.Until.IsZero() != (window == WindowAtOnce) {
				t.Errorf("%s %s: %+v", named.Name, window, refused)
			}
			m.Done(&tickets[0])
			m.Done(&tickets[0]) // again: nothing
			_, refused = m.Take(out("46"), from, time0())
			if (refused == nil) != (window == WindowAtOnce) {
				t.Errorf("%s %s after an end: %+v", named.Name, window, refused)
			}
			if _, again := m.Take(out("46"), from, time0()); again == nil {
				t.Errorf("%s %s: one end freed two", named.Name, window)
			}
		}
	}
}

func TestOthersAreNotTouched(t *testing.T) {
	caps := generous()
	caps.Agent.Hour, caps.Country.Hour = 1, 1
	var m Meter
	m.SetCaps(caps)
	take := func(agent, country string) bool {
		_, refused := m.Take(out(country), Caller{Agent: agent}, time0())
		return refused == nil
	}
	if !take("p1", "46") || take("p1", "358") || take("p2", "46") || !take("p2", "372") || !take("p3", "358") || !take("p4", "358") {
		t.Error("caps of one hold another")
	}
}

func TestDefaultsHoldWithoutSetCaps(t *testing.T) {
	var m Meter
	for range agency.DefaultCaps().Agent.AtOnce {
		if _, refused := m.Take(out("358"), Caller{Agent: "p"}, time0()); refused != nil {
			t.Fatal(refused)
		}
	}
	if _, refused := m.Take(out("358"), Caller{Agent: "p"}, time0()); refused == nil {
		t.Error("no cap at all")
	}
	if _, refused := m.Take(nil, Caller{Agent: "p"}, time0()); refused != nil {
		t.Error(refused)
	}
	if _, refused := m.Take(&Allowed{Kind: Internal}, Caller{Agent: "p"}, time0()); refused != nil {
		t.Error(refused)
	}
}

// model remembers every call's beginning exactly.
type model struct{ begun []time.Time }

func (m *model) within(now time.Time, window time.Duration) (n int) {
	for _, at := range m.begun {
		if at.After(now.Add(-window)) {
			n++
		}
	}
	return n
}

// TestWindowsSlide: against an exact memory of all calls, no more than the caps are ever within an hour or a day; what is
// refused is free at the instant that was named, and a call is refused only where the cap was reached, to the minute.
func TestWindowsSlide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		caps := generous()
		caps.Agent.Hour, caps.Agent.Day = rapid.IntRange(1, 6).Draw(t, "hour"), rapid.IntRange(1, 15).Draw(t, "day")
		var m Meter
		m.SetCaps(caps)
		var exact model
		now := time0()
		from := Caller{Agent: "p"}
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5400).Draw(t, "pause")) * time.Second)
			_, refused := m.Take(out("358"), from, now)
			if refused == nil {
				exact.begun = append(exact.begun, now)
			}
			if n := exact.within(now, time.Hour); n > caps.Agent.Hour {
				t.Fatalf("%d calls within an hour, cap %d", n, caps.Agent.Hour)
			}
			if n := exact.within(now, day); n > caps.Agent.Day {
				t.Fatalf("%d calls within a day, cap %d", n, caps.Agent.Day)
			}
			if refused == nil {
				continue
			}
			if exact.within(now, time.Hour+grain) < caps.Agent.Hour && exact.within(now, day+grain) < caps.Agent.Day {
				t.Fatalf("refused without a reason: %+v", refused)
			}
			if !refused.Until.After(now) || refused.Until.After(now.Add(day+grain)) {
				t.Fatalf("frees at %v, now is %v", refused.Until, now)
			}
			now = refused.Until
			if _, still := m.Take(out("358"), from, now); still != nil {
				t.Fatalf("not free when it was to be: %+v then %+v", refused, still)
			}
			exact.begun = append(exact.begun, now)
		}
	})
}

func TestTimeDoesNotGoBack(t *testing.T) {
	caps := generous()
	caps.Agent.Hour = 1
	var m Meter
	m.SetCaps(caps)
	from := Caller{Agent: "p"}
	_, first := m.Take(out("358"), from, time0())
	_, back := m.Take(out("358"), from, time0().Add(-2*time.Hour))
	if first != nil || back == nil {
		t.Error(first, back)
	}
}

// TestMemoryIsBounded: keys that are idle for a day are forgotten, and over MaxCounted nothing is let through uncounted.
func TestMemoryIsBounded(t *testing.T) {
	var m Meter
	m.SetCaps(generous())
	var tickets []Ticket
	for i := range MaxCounted {
		ticket, refused := m.Take(out("358"), Caller{Agent: fmt.Sprint(i)}, time0())
		if refused != nil {
			t.Fatal(i, refused)
		}
		tickets = append(tickets, ticket)
	}
	if _, refused := m.Take(out("358"), Caller{Agent: "more"}, time0()); refused == nil || refused.Reason != MeterFull {
		t.Fatal(refused)
	}
	for i := range tickets[:10] {
		m.Done(&tickets[i])
	}
	if _, refused := m.Take(out("358"), Caller{Agent: "more"}, time0().Add(day+grain)); refused != nil {
		t.Fatal(refused)
	}
	if n := len(m.kept); n != MaxCounted-10+1 {
		t.Errorf("%d are kept", n)
	}
}

func TestAWeekOfCallsIsForgotten(t *testing.T) {
	var m Meter
	m.SetCaps(generous())
	for i := range 7 * 24 * 60 {
		ticket, refused := m.Take(out("358"), Caller{Agent: fmt.Sprint(i % 500)}, time0().Add(time.Duration(i)*grain))
		if refused != nil {
			t.Fatal(refused)
		}
		m.Done(&ticket)
	}
	held := 0
	for _, c := range m.kept {
		held += len(c.minutes)
	}
	if held > 24*60+1+500*3 {
		t.Errorf("%d minutes are kept", held)
	}
}
