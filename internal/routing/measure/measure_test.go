package measure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/routing"
)

func nine() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) }

func TestIntervalsBeginAtHalfHours(t *testing.T) {
	helsinki := time.FixedZone("EET", 2*3600)
	for text, want := range map[string]string{
		"2026-11-24T09:00:00Z": "09:00", "2026-11-24T09:29:59.999999Z": "09:00", "2026-11-24T09:30:00Z": "09:30",
		"1969-12-31T23:59:59Z": "23:30", "1969-12-31T23:30:00Z": "23:30", "1970-01-01T00:00:00Z": "00:00",
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Start(at); got.Format("15:04") != want || !Start(at.In(helsinki)).Equal(got) || got.Location() != time.UTC {
			t.Errorf("%s begins at %s", text, got)
		}
	}
}

func TestDaysAreTheCitysWhenClocksChange(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Skip("missing: time zones")
	}
	for day, want := range map[string]int{"2026-03-29": 46, "2026-10-25": 50, "2026-11-24": 48} {
		begin, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil {
			t.Fatal(err)
		}
		var rows Rows
		for at := begin; at.Before(begin.AddDate(0, 0, 1)); at = at.Add(Interval) {
			rows.Agents = append(rows.Agents, AgentRow{AgentKey{at.UTC(), "aino"}, AgentFigures{Offers: 1}})
		}
		got := rows.By(Day(zone)).Agents
		if len(got) != 1 || got[0].Offers != int64(want) || !got[0].Start.Equal(begin) {
			t.Errorf("%s: %+v", day, got)
		}
	}
}

func TestChecksNameTheField(t *testing.T) {
	good := Record{Source: "s", Seq: 1, At: nine(), Type: Queued, Work: "w", Queue: "q", Arrived: nine(), Entered: nine()}
	state := Record{Source: "s", Seq: 1, At: nine(), Type: AgentState, Agent: "a", Since: nine().Add(-MaxPhase)}
	for _, r := range []Record{good, state} {
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
	}
	for field, change := range map[string]func(r, s *Record){
		"source": func(r, _ *Record) { r.Seq = 0 }, "type": func(r, _ *Record) { r.Type = types }, "at": func(r, _ *Record) { r.At = time.Time{} },
		"kind": func(r, _ *Record) { r.Kind = routing.Kinds }, "work": func(r, _ *Record) { r.Queue = "" }, "reason": func(r, _ *Record) { r.Reason = "a\x00b" },
		"queue": func(r, _ *Record) { r.Queue = strings.Repeat("q", MaxIDLen+1) }, "agent": func(_, s *Record) { s.Agent = "" },
		"since": func(_, s *Record) { s.Since = nine().Add(-MaxPhase - 1) },
	} {
		r, s := good, state
		change(&r, &s)
		err := r.Check()
		if err == nil {
			err = s.Check()
		}
		if !errs.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), field+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestEveryTypeHasItsName(t *testing.T) {
	seen := map[string]bool{}
	for k := range types {
		seen[k.String()] = true
	}
	if len(seen) != int(types) || types.String() != "unknown" {
		t.Fatal(seen)
	}
}

func TestBusinessTimeIsTimeInOpeningHours(t *testing.T) {
	// Open from eight to four on weekdays; the clock has no changes here.
	open := func(at time.Time) (bool, time.Time) {
		day := at.Truncate(24 * time.Hour)
		switch {
		case at.Weekday() == time.Saturday || at.Weekday() == time.Sunday || !at.Before(day.Add(16*time.Hour)):
			return false, day.Add(24 * time.Hour)
		case at.Before(day.Add(8 * time.Hour)):
			return false, day.Add(8 * time.Hour)
		}
		return true, day.Add(16 * time.Hour)
	}
	friday := time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	for want, to := range map[time.Duration]time.Time{
		time.Hour: friday.Add(time.Hour), 30 * time.Minute: friday.Add(30 * time.Minute), 3 * time.Hour: friday.Add(67 * time.Hour), 0: friday.Add(-time.Hour),
	} {
		if got := BusinessTime(open, friday, to); got != want {
			t.Errorf("until %s: %s, want %s", to, got, want)
		}
	}
	if got := BusinessTime(nil, friday, friday.Add(67*time.Hour)); got != 67*time.Hour {
		t.Error(got)
	}
	stuck := func(at time.Time) (bool, time.Time) { return true, at }
	if got := BusinessTime(stuck, friday, friday.Add(time.Hour)); got != 0 {
		t.Error(got)
	}
	forever := func(time.Time) (bool, time.Time) { return true, time.Time{} }
	if got := BusinessTime(forever, friday, friday.Add(time.Hour)); got != time.Hour {
		t.Error(got)
	}
}

// Whatever the hours are, business time of two parts is that of the whole.
func TestBusinessTimeAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := []time.Time{nine()}
		for range rapid.IntRange(1, 9).Draw(t, "changes") {
			changes = append(changes, changes[len(changes)-1].Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "h"))*time.Hour))
		}
		open := func(at time.Time) (bool, time.Time) {
			for i, c := range changes {
				if at.Before(c) {
					return i%2 == 1, c
				}
			}
			return false, time.Time{}
		}
		a := nine().Add(time.Duration(rapid.IntRange(-5, 90).Draw(t, "a")) * time.Hour)
		m := a.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "m")) * time.Hour)
		z := m.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "z")) * time.Hour)
		if got, want := BusinessTime(open, a, m)+BusinessTime(open, m, z), BusinessTime(open, a, z); got != want {
			t.Fatal(got, want)
		}
	})
}

func TestServiceLevelsByEveryFormula(t *testing.T) {
	// 100 decided: 70 in time, 5 late, 25 abandoned of which 15 early; 8 short, 2 moved away, 10 still wait.
	f := QueueFigures{Offered: 120, Answered: 75, InTime: 70, Abandoned: 25, AbandonedLate: 10, ShortAbandoned: 8, OverflowedOut: 2}
	want := map[string]Ratio{
		"ours": {70, 100}, "abandoned_ignored": {70, 85}, "abandoned_positive": {85, 100}, "short_count": {70, 108}, "answered_only": {70, 75}, "offered": {70, 120},
	}
	for _, v := range f.ServiceLevels() {
		if v.Ratio != want[v.Name] {
			t.Errorf("%s: %v, want %v", v.Name, v.Ratio, want[v.Name])
		}
		delete(want, v.Name)
	}
	if len(want) > 0 || f.Waiting() != 10 {
		t.Fatal(want, f.Waiting())
	}
}

func TestNothingIsNoFigure(t *testing.T) {
	var q QueueFigures
	var a AgentFigures
	for _, r := range []Ratio{q.ServiceLevel(), q.AbandonRate(), a.Occupancy(), a.OccupancyMail()} {
		if v, ok := r.Value(); ok {
			t.Error(v)
		}
	}
	for _, m := range []Mean{q.ASA(), q.AHT(), q.HandlingEach(), q.FirstResponse(), q.ResolutionTime()} {
		if v, ok := m.Value(); ok {
			t.Error(v)
		}
	}
	if v, ok := (Mean{10 * time.Microsecond, 3}).Value(); !ok || v != 3*time.Microsecond {
		t.Error(v)
	}
}

func TestEveryFigureIsInTheDifferencesAndTheSum(t *testing.T) {
	row := QueueRow{QueueKey: QueueKey{nine(), "q", routing.Call}}
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Make[QueueFigures]().Draw(t, "figures")
		g := rapid.Make[AgentFigures]().Draw(t, "agents")
		var zero QueueFigures
		var none AgentFigures
		if zero.Plus(f) != f && f.LongestWait >= 0 || none.Plus(g) != g {
			t.Fatal("a figure is lost in a sum")
		}
		same := f
		different := row
		different.QueueFigures = f
		n := 0
		for _, x := range same.List() {
			n += int(b(x.Value != 0))
		}
		if got := len(Differences(Rows{Queues: []QueueRow{different}}, Rows{})); got != n {
			t.Fatalf("%d differences, want %d", got, n)
		}
	})
}

func TestFiguresAreWrittenWithSixDecimals(t *testing.T) {
	for want, f := range map[string]Figure{
		"7": count("x", 7), "1.500000": lasting("x", 1500*time.Millisecond), "-0.000001": lasting("x", -time.Microsecond), "0.000000": lasting("x", 0),
	} {
		if f.String() != want {
			t.Errorf("%s, want %s", f, want)
		}
	}
}

// After a restart that nothing survived, what waited is lost, what was in hand has ended with the last that is known.
func TestWhatARestartEnds(t *testing.T) {
	old := newScript()
	for _, line := range []string{
		"09:00:00 aino ready", "09:00:00 A arrives at parking", "09:00:05 A rings at aino", "09:00:10 A answered", "09:04:00 B arrives at parking", "09:05:00 B held",
	} {
		if err := old.play(line); err != nil {
			t.Fatal(err)
		}
	}
	log := old.rec.Take(MaxPending)
	r := NewRecorder("next")
	for _, rec := range openRecords(log) {
		r.Replay(rec)
	}
	r.Settle(nine().Add(time.Hour))
	log = append(log, r.Take(MaxPending)...)
	rows := Rollup(slices.Values(log))
	q := rows.Queues[0]
	if q.Offered != 2 || q.Answered != 1 || q.Lost != 1 || q.Handled != 1 || q.Waiting() != 0 || q.Open() != 0 || q.InHand != 3*time.Minute+50*time.Second {
		t.Fatalf("%+v", q)
	}
	if a := rows.Agents[0]; a.Busy != 3*time.Minute+50*time.Second || a.SignedIn() != 4*time.Minute {
		t.Fatalf("%+v", a)
	}
	if open := openRecords(log); len(open) > 0 {
		t.Fatalf("still open: %+v", open)
	}
}

func TestMailIsMeasuredInBusinessHours(t *testing.T) {
	r := NewRecorder("node")
	r.Record(routing.Event{Type: routing.QueueSet, At: nine(), Queue: &routing.Queue{ID: "q", Agency: "streets"}}, nil)
	w := routing.Work{ID: "case", Queue: "q"}
	r.Mail(FirstResponse, w, "aino", nine(), nine().Add(20*time.Hour), 4*time.Hour)
	r.Mail(Resolved, w, "aino", nine(), nine().Add(30*time.Hour), 6*time.Hour)
	r.Mail(Reopened, w, "", nine(), nine().Add(40*time.Hour), 0)
	r.Mail(Resolved, w, "aino", nine(), nine().Add(50*time.Hour), 14*time.Hour)
	r.Mail(Queued, w, "aino", nine(), nine(), 0)
	rows := Rollup(slices.Values(r.Take(MaxPending)))
	q := rows.Queues[0]
	if len(rows.Queues) != 1 || !q.Start.Equal(nine()) || q.Agency != "streets" || q.Responded != 1 || q.Resolved != 2 || q.Reopened != 1 {
		t.Fatalf("%+v", rows)
	}
	first, _ := q.FirstResponse().Value()
	resolution, _ := q.ResolutionTime().Value()
	if first != 4*time.Hour || resolution != 10*time.Hour {
		t.Fatal(first, resolution)
	}
}

func TestARecorderHasABound(t *testing.T) {
	r := NewRecorder("node")
	for i := range MaxPending + 10 {
		r.Record(routing.Event{Type: routing.Arrived, At: nine(), Work: &routing.Work{ID: fmt.Sprint(i), Queue: "q"}}, nil)
	}
	if r.Dropped() != 10 || len(r.Take(7)) != 7 || len(r.Take(math.MaxInt)) != MaxPending-7 || len(r.Take(1)) != 0 {
		t.Fatal(r.Dropped())
	}
}

func TestAMachineThatStoodStillCountsADay(t *testing.T) {
	r := NewRecorder("node")
	r.Record(routing.Event{Type: routing.SignedIn, At: nine(), Agent: &routing.Agent{ID: "aino"}}, nil)
	r.Checkpoint(nine().AddDate(50, 0, 0))
	records := r.Take(MaxPending)
	if len(records) > 50 {
		t.Fatal(len(records))
	}
	var sum time.Duration
	for _, row := range Rollup(slices.Values(records)).Agents {
		sum += row.SignedIn()
	}
	if sum != MaxPhase {
		t.Fatal(sum)
	}
}

// Events of every type with nothing in them, in any state of the recorder, do no harm.
func TestEmptyEventsAreNone(t *testing.T) {
	p := newScript()
	for _, line := range []string{"09:00:00 aino ready", "09:00:00 A arrives at parking", "09:00:05 A rings at aino", "09:00:10 A answered"} {
		if err := p.play(line); err != nil {
			t.Fatal(err)
		}
	}
	p.rec.Take(MaxPending)
	for k := range routing.EventType(30) {
		for d := range routing.DecisionType(10) {
			p.rec.Record(routing.Event{Type: k}, []routing.Decision{{Type: d, WorkID: "unknown"}})
		}
		p.rec.Record(routing.Event{Type: k}, nil)
	}
	p.rec.Hold("unknown", true, time.Time{})
	if records := p.rec.Take(MaxPending); len(records) > 0 {
		t.Fatalf("%+v", records)
	}
}

// A record that the journal refuses would hold up all after it.
func TestNoRecordIsMadeThatNoJournalTakes(t *testing.T) {
	r := NewRecorder("node")
	for _, w := range []routing.Work{{ID: "a"}, {Queue: "q"}, {ID: strings.Repeat("a", MaxIDLen+1), Queue: "q"}} {
		r.Record(routing.Event{Type: routing.Arrived, At: nine(), Work: &w}, nil)
	}
	if records := r.Take(MaxPending); len(records) > 0 || r.Dropped() != 3 {
		t.Fatal(records, r.Dropped())
	}
}
