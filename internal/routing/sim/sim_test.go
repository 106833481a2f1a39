package sim

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/routing"
)

// tuesday is the day of the examples.
var tuesday = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// usual is a day of 120 calls an hour from 8 to 16 for so many agents.
func usual(agents int) Scenario {
	rate := make([]float64, HalfHours)
	for i := 16; i < 32; i++ {
		rate[i] = 120
	}
	return Scenario{
		Day: tuesday, Days: 5, Seed: 1, Queues: []routing.Queue{{ID: "parking"}},
		Agents:  []AgentPlan{{Agent: routing.Agent{ID: "a"}, Count: agents, Shifts: []Span{{8 * time.Hour, 16 * time.Hour}}, Stays: true}},
		Traffic: []Traffic{{Queue: "parking", Rate: rate, Talk: Distribution{Mean: 4 * time.Minute}, Patience: Distribution{Mean: 3 * time.Minute}}},
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheSameSeedGivesTheSameReport(t *testing.T) {
	s := usual(9)
	a, b := asJSON(t, mustRun(t, s)), asJSON(t, mustRun(t, s))
	if a != b {
		t.Fatal("two runs of one scenario differ")
	}
	s.Seed = 2
	if a == asJSON(t, mustRun(t, s)) {
		t.Fatal("another seed gives the same day")
	}
}

func TestEachDayIsAnother(t *testing.T) {
	p, err := newPlan(usual(9))
	if err != nil {
		t.Fatal(err)
	}
	if slices.EqualFunc(p.callsOf(0), p.callsOf(1), func(a, b call) bool { return a.at == b.at }) {
		t.Fatal("two days have the same calls")
	}
}

// TestArrivalsArePoisson compares mean and variance of the calls of a half-hour over many days, which are equal.
func TestArrivalsArePoisson(t *testing.T) {
	p, err := newPlan(usual(1))
	if err != nil {
		t.Fatal(err)
	}
	const days = 2000
	var values []float64
	for day := range days {
		n := 0.0
		for _, c := range p.callsOf(day) {
			if c.at >= 9*time.Hour && c.at < 9*time.Hour+30*time.Minute {
				n++
			}
		}
		values = append(values, n)
	}
	mean, half, _ := meanInterval(values)
	variance := 0.0
	for _, v := range values {
		variance += (v - mean) * (v - mean) / (days - 1)
	}
	t.Logf("calls of a half-hour: mean %.2f ± %.2f, variance %.2f, want 60", mean, half, variance)
	if math.Abs(mean-60) > 2*half || math.Abs(variance-60) > 6 {
		t.Errorf("mean %.2f ± %.2f and variance %.2f are not those of Poisson arrivals of 60", mean, half, variance)
	}
}

func TestCallsOfOneQueueDoNotDependOnAnother(t *testing.T) {
	one := usual(9)
	two := usual(9)
	two.Queues = append([]routing.Queue{{ID: "advice"}}, two.Queues...)
	other := two.Traffic[0]
	other.Queue = "advice"
	two.Traffic = append([]Traffic{other}, two.Traffic...)
	of := func(s Scenario, queue string) (out []call) {
		p, err := newPlan(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.callsOf(0) {
			if p.Queues[c.queue].ID == queue {
				c.queue = 0
				out = append(out, c)
			}
		}
		return out
	}
	same := func(a, b call) bool { return a.at == b.at && a.talk == b.talk && a.patience == b.patience }
	if !slices.EqualFunc(of(one, "parking"), of(two, "parking"), same) {
		t.Fatal("a second queue changes the first one's calls")
	}
	if slices.EqualFunc(of(two, "advice"), of(two, "parking"), same) {
		t.Fatal("two queues have the same calls")
	}
}

// TestTwiceTheRateIsTwiceAsDense: the n-th call of a doubled rate comes in half the time, and is the same call.
func TestTwiceTheRateIsTwiceAsDense(t *testing.T) {
	first := func(rate float64) call {
		s := usual(1)
		s.Traffic[0].Rate = []float64{rate}
		p, err := newPlan(s)
		if err != nil {
			t.Fatal(err)
		}
		return p.callsOf(0)[9]
	}
	slow, fast := first(50), first(100)
	if d := slow.at - 2*fast.at; d.Abs() > time.Microsecond || slow.talk != fast.talk || slow.patience != fast.patience {
		t.Fatalf("the tenth call comes at %v with %v an hour, at %v with twice as many", slow.at, 50, fast.at)
	}
}

func TestDaysOfTheClock(t *testing.T) {
	helsinki, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		day       time.Time
		intervals int
	}{
		{time.Date(2026, 3, 29, 0, 0, 0, 0, helsinki), 46}, {time.Date(2026, 10, 25, 0, 0, 0, 0, helsinki), 50}, {time.Date(2026, 11, 24, 0, 0, 0, 0, helsinki), 48},
	} {
		s := usual(9)
		s.Day = c.day
		r := mustRun(t, s)
		if len(r.Intervals) != c.intervals {
			t.Errorf("%s has %d half-hours, want %d", c.day.Format(time.DateOnly), len(r.Intervals), c.intervals)
		}
		for _, row := range r.Intervals {
			if open := row.Start.Hour() >= 8 && row.Start.Hour() < 16; (row.Offered > 0) != open || open && math.Abs(row.Agents-9) > 1e-9 {
				t.Errorf("%s: %v calls and %v agents", row.Start, row.Offered, row.Agents)
			}
		}
		if math.Abs(r.PaidHours-72) > 1e-9 {
			t.Errorf("%s: %v paid hours", c.day.Format(time.DateOnly), r.PaidHours)
		}
	}
}

// openBetween opens all queues between hours of the day.
func openBetween(from, to time.Duration) func(string, time.Time) (bool, time.Time) {
	return func(_ string, at time.Time) (bool, time.Time) {
		switch d := at.Sub(tuesday); {
		case d < from:
			return false, tuesday.Add(from)
		case d < to:
			return true, tuesday.Add(to)
		default:
			return false, tuesday.AddDate(0, 0, 1).Add(from)
		}
	}
}

func TestCallsComeWhileTheQueueIsOpen(t *testing.T) {
	s := usual(9)
	s.Traffic[0].Rate = []float64{120}
	s.Open = openBetween(9*time.Hour, 11*time.Hour+15*time.Minute)
	r := mustRun(t, s)
	for i, row := range r.Intervals {
		if open := i >= 18 && i <= 22; open != (row.Offered > 0) {
			t.Errorf("%s: %v calls", row.Start, row.Offered)
		}
	}
	if c := r.Intervals[22].Offered; c > 50 {
		t.Errorf("%v calls in a half-hour of which a quarter is open", c)
	}
}

func TestAClosedDayHasNoCalls(t *testing.T) {
	s := usual(9)
	s.Open = func(string, time.Time) (bool, time.Time) { return false, time.Time{} }
	if r := mustRun(t, s); r.Total.Offered != 0 || r.Total.ServiceLevel != nil || r.Total.P90 != nil {
		t.Errorf("%+v", r.Total)
	}
}

func TestWhoStaysServesWhoWaits(t *testing.T) {
	s := usual(4) // far too few
	s.Traffic[0].Patience = Distribution{}
	s.Days = 1
	s.Agents[0].Stays = false
	gone := mustRun(t, s)
	s.Agents[0].Stays = true
	stayed := mustRun(t, s)
	if gone.Total.Waiting <= stayed.Total.Waiting || stayed.Intervals[32].Agents == 0 || gone.Intervals[33].Agents != 0 {
		t.Errorf("%v wait at the end where all go, %v where they stay", gone.Total.Waiting, stayed.Total.Waiting)
	}
	if w := stayed.Intervals[36].Agents; w > 0.01 {
		t.Errorf("%v agents two hours after the end", w)
	}
}

func TestMissedOffers(t *testing.T) {
	s := usual(11)
	good := mustRun(t, s)
	s.Staff = Behaviour{Pickup: Distribution{Shape: Fixed, Mean: 3 * time.Second}, Missed: 0.2}
	bad := mustRun(t, s)
	if *bad.Total.ServiceLevel > *good.Total.ServiceLevel-0.05 || bad.Total.Agents >= good.Total.Agents || *bad.Total.P50 < 3 {
		t.Errorf("with missed offers: service %.3f, %.2f agents, p50 %.1f; without: %.3f, %.2f", *bad.Total.ServiceLevel, bad.Total.Agents, *bad.Total.P50,
			*good.Total.ServiceLevel, good.Total.Agents)
	}
}

// TestWrapUps: fixed by the queue, by the traffic, and until ready, which is then part of the talk.
func TestWrapUps(t *testing.T) {
	aht := func(queue, traffic time.Duration) Row {
		s := usual(20)
		s.Queues[0].WrapUp = queue
		s.Traffic[0].WrapUp, s.Traffic[0].Talk = traffic, Distribution{Shape: Fixed, Mean: 200 * time.Second}
		return mustRun(t, s).Total
	}
	for _, c := range []struct {
		queue, traffic time.Duration
		want           float64
	}{{0, 0, 200}, {30 * time.Second, 0, 230}, {30 * time.Second, time.Minute, 260}, {routing.UntilReady, 0, 200}} {
		r := aht(c.queue, c.traffic)
		if math.Abs(*r.AHT-c.want) > 1e-6 {
			t.Errorf("wrap-up %v, %v: AHT %v, want %v", c.queue, c.traffic, *r.AHT, c.want)
		}
		if want := r.Answered * c.want / (r.Agents * r.Seconds); math.Abs(*r.Occupancy-want) > 0.01 {
			t.Errorf("wrap-up %v, %v: busy %.3f, want %.3f by the calls", c.queue, c.traffic, *r.Occupancy, want)
		}
	}
}

// balance objects to a row whose calls don't add up.
func balance(t interface {
	Helper()
	Fatalf(string, ...any)
}, what string, r Row,
) {
	t.Helper()
	if sum := r.Answered + r.Abandoned + r.ShortAbandoned + r.Overflowed + r.Diverted + r.Lost + r.Waiting; math.Abs(sum-r.Offered) > 1e-6 {
		t.Fatalf("%s: %v calls came, %v have an outcome: %+v", what, r.Offered, sum, r)
	}
	if r.Within > r.Answered || r.Callbacks > r.Overflowed+1e-9 || r.Returned > r.Callbacks+1e-9 {
		t.Fatalf("%s: parts over the whole: %+v", what, r)
	}
	if r.P50 != nil && (*r.P50 > *r.P90 || *r.P90 > *r.P99 || *r.P99 > *r.Longest) {
		t.Fatalf("%s: waits out of order: %v %v %v %v", what, *r.P50, *r.P90, *r.P99, *r.Longest)
	}
	for _, x := range []*float64{r.ServiceLevel, r.Abandonment, r.Occupancy, r.Occupied} {
		if x != nil && (*x < 0 || *x > 1+1e-9) {
			t.Fatalf("%s: a share of %v", what, *x)
		}
	}
	if r.ServiceLow != nil && (*r.ServiceLow > *r.ServiceLevel || *r.ServiceHigh < *r.ServiceLevel) {
		t.Fatalf("%s: service level %v outside [%v, %v]", what, *r.ServiceLevel, *r.ServiceLow, *r.ServiceHigh)
	}
}

// TestEveryCallHasOneOutcome in centres with overflow, callbacks, caps, hours, shifts and agents who miss offers.
func TestEveryCallHasOneOutcome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		r, err := Run(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		balance(t, "day", r.Total)
		sum := Row{}
		for _, row := range r.Intervals {
			balance(t, row.Start.String(), row)
			sum.Offered += row.Offered
			sum.Answered += row.Answered
		}
		if math.Abs(sum.Offered-r.Total.Offered)+math.Abs(sum.Answered-r.Total.Answered) > 1e-6 {
			t.Fatalf("half-hours have %v calls, the day %v", sum.Offered, r.Total.Offered)
		}
		answered := 0.0
		for _, q := range r.Queues {
			answered += q.Total.Answered
			for _, row := range append(q.Intervals, q.Total) {
				row.Returned = min(row.Returned, row.Callbacks) // of a call that came from another queue
				balance(t, q.Queue, row)
			}
		}
		if math.Abs(answered-r.Total.Answered) > 1e-6 {
			t.Fatalf("queues answered %v, the day %v", answered, r.Total.Answered)
		}
	})
}

// drawn is a centre of two queues with all that may happen to a call.
func drawn(t *rapid.T) Scenario {
	seconds := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Second
	}
	target := func(name string) routing.Target {
		return rapid.SampledFrom([]routing.Target{
			{Kind: routing.ToQueue, Name: "advice"}, {Kind: routing.ToAnnouncement, Name: "busy"}, {Kind: routing.ToCallback}, {Kind: routing.ToNumber, Name: "+358912345678"},
		}).Draw(t, name)
	}
	parking := routing.Queue{
		ID: "parking", Cap: rapid.IntRange(0, 3).Draw(t, "cap"), WrapUp: seconds("wrap-up", 60), Evict: rapid.Bool().Draw(t, "evict"),
		Strategy: rapid.SampledFrom(routing.Strategies()).Draw(t, "strategy"), CallbackSpread: seconds("spread", 30), Full: target("full"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "overflows") {
		parking.Overflow = append(parking.Overflow, routing.Overflow{
			When:  rapid.SampledFrom([]routing.Condition{routing.WhenWaited, routing.WhenLong, routing.WhenNobody, routing.WhenClosed}).Draw(t, "when"),
			After: seconds("after", 90), Length: rapid.IntRange(0, 3).Draw(t, "length"), To: target("to"),
		})
	}
	from, length := seconds("opens", 7200), seconds("lasts", 7200)
	s := Scenario{
		Day: tuesday, Length: 3 * time.Hour, Days: rapid.IntRange(1, 2).Draw(t, "days"), Seed: rapid.Uint64().Draw(t, "seed"),
		Queues: []routing.Queue{parking, {ID: "advice"}}, ShortAbandon: map[string]time.Duration{"parking": 5 * time.Second},
		Staff: Behaviour{Missed: rapid.Float64Range(0, 0.3).Draw(t, "missed"), Pickup: Distribution{Mean: seconds("pickup", 30)}},
		Open:  openBetween(from, from+length+time.Second),
	}
	for _, q := range s.Queues {
		s.Traffic = append(s.Traffic, Traffic{
			Queue: q.ID, Rate: []float64{rapid.Float64Range(0, 60).Draw(t, "rate")}, Talk: Distribution{Mean: time.Second + seconds("talk", 300)},
			Patience: Distribution{Mean: seconds("patience", 200)}, Priority: rapid.IntRange(0, 9).Draw(t, "priority"),
		})
	}
	for range rapid.IntRange(0, 3).Draw(t, "plans") {
		at := seconds("shift", 5000)
		s.Agents = append(s.Agents, AgentPlan{
			Agent: routing.Agent{ID: strings.Repeat("a", len(s.Agents)+1)}, Count: rapid.IntRange(0, 2).Draw(t, "count"), Stays: rapid.Bool().Draw(t, "stays"),
			Shifts: []Span{{at, at + time.Second + seconds("long", 9000)}},
		})
	}
	s.Calls = []Call{{At: seconds("call", 10799), Queue: "parking", Talk: Distribution{Shape: Fixed, Mean: time.Minute}}}
	return s
}

func TestOverflowAndCallbacks(t *testing.T) {
	s := usual(5)
	s.Queues[0].Overflow = []routing.Overflow{{When: routing.WhenWaited, After: time.Minute, To: routing.Target{Kind: routing.ToCallback}}}
	r := mustRun(t, s)
	if r.Total.Callbacks < 100 || r.Total.Returned < 1 || r.Total.Abandoned == 0 || *r.Total.Longest > 61 {
		t.Errorf("callbacks: %+v", r.Total)
	}
	s.Queues = append(s.Queues, routing.Queue{ID: "advice"})
	s.Queues[0].Overflow[0].To = routing.Target{Kind: routing.ToQueue, Name: "advice"}
	r = mustRun(t, s)
	parking, advice := r.Queues[0].Total, r.Queues[1].Total
	if parking.Overflowed < 100 || advice.Offered != parking.Overflowed || r.Total.Overflowed != 0 || r.Total.Offered != parking.Offered {
		t.Errorf("parking %+v, advice %+v, all %+v", parking, advice, r.Total)
	}
	s.Queues[0].Cap, s.Queues[0].Full = 1, routing.Target{Kind: routing.ToAnnouncement, Name: "busy"}
	if r = mustRun(t, s); r.Total.Diverted < 100 {
		t.Errorf("a queue for one: %+v", r.Total)
	}
}

func TestSkillsAndLanguages(t *testing.T) {
	s := usual(10)
	s.Traffic[0].Languages = []Share{{"fi", 80}, {"sv", 20}}
	s.Agents[0].Agent.Languages = []string{"fi"}
	r := mustRun(t, s)
	if share := r.Total.Answered / r.Total.Offered; share > 0.82 || share < 0.7 {
		t.Errorf("%.2f answered where four of five speak what the agents do", share)
	}
	s.Agents[0].Agent.Languages = []string{"fi", "sv"}
	if r = mustRun(t, s); r.Total.Answered/r.Total.Offered < 0.9 {
		t.Errorf("%+v", r.Total)
	}
}

func TestRefusedScenarios(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*Scenario)
	}{
		{"day", func(s *Scenario) { s.Day = time.Time{} }},
		{"day", func(s *Scenario) { s.Day = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }},
		{"day", func(s *Scenario) { s.Day = time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC) }},
		{"days", func(s *Scenario) { s.Days = MaxDays + 1 }},
		{"length", func(s *Scenario) { s.Length = -1 }},
		{"length", func(s *Scenario) { s.Interval = time.Millisecond }},
		{"warmup", func(s *Scenario) { s.Warmup = time.Minute }},
		{"staff.missed", func(s *Scenario) { s.Staff.Missed = 1 }},
		{"staff.pickup", func(s *Scenario) { s.Staff.Pickup.Mean = -1 }},
		{"queues", func(s *Scenario) { s.Queues = nil }},
		{"queues[1]", func(s *Scenario) { s.Queues = append(s.Queues, s.Queues[0]) }},
		{"traffic[0].queue", func(s *Scenario) { s.Traffic[0].Queue = "nowhere" }},
		{"traffic[0].rate", func(s *Scenario) { s.Traffic[0].Rate = []float64{1, 2} }},
		{"traffic[0].rate", func(s *Scenario) { s.Traffic[0].Rate = []float64{math.NaN()} }},
		{"traffic[0].talk", func(s *Scenario) { s.Traffic[0].Talk = Distribution{} }},
		{"traffic[0].patience", func(s *Scenario) { s.Traffic[0].Patience.CV = -1 }},
		{"traffic[0].wrap_up", func(s *Scenario) { s.Traffic[0].WrapUp = -1 }},
		{"traffic[0].languages[0].part", func(s *Scenario) { s.Traffic[0].Languages = []Share{{"fi", 0}} }},
		{"traffic", func(s *Scenario) { s.Traffic[0].Rate = []float64{1e9} }},
		{"days", func(s *Scenario) { s.Traffic[0].Rate, s.Days = []float64{50_000}, MaxDays }},
		{"calls[0].queue", func(s *Scenario) { s.Calls = []Call{{Queue: "nowhere"}} }},
		{"calls[0].at", func(s *Scenario) { s.Calls = []Call{{Queue: "parking", At: 25 * time.Hour}} }},
		{"agents[0].count", func(s *Scenario) { s.Agents[0].Count = MaxAgents + 1 }},
		{"agents[1].id", func(s *Scenario) { s.Agents = append(s.Agents, s.Agents[0]) }},
		{"agents[0].shifts", func(s *Scenario) { s.Agents[0].Shifts = []Span{{2, 1}} }},
		{"agents[0].shifts", func(s *Scenario) { s.Agents[0].Shifts = []Span{{0, 2 * time.Hour}, {time.Hour, 3 * time.Hour}} }},
	} {
		s := usual(3)
		c.change(&s)
		_, err := Run(t.Context(), s)
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != c.field {
			t.Errorf("want an error of %s, have %v", c.field, err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, usual(9)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestProgressIsTold(t *testing.T) {
	s := usual(9)
	var told []int
	s.Progress = func(_ string, done, of int) { told = append(told, done*10+of) }
	mustRun(t, s)
	if !slices.Equal(told, []int{15, 25, 35, 45, 55}) {
		t.Fatal(told)
	}
}

// BenchmarkDay is a day of 10,000 calls with 100 agents.
func BenchmarkDay(b *testing.B) {
	s := usual(100)
	s.Days = 1
	s.Agents[0].Shifts = nil
	s.Traffic[0].Rate, s.Traffic[0].Talk = []float64{10_000. / 24}, Distribution{Mean: 800 * time.Second}
	for b.Loop() {
		r, err := Run(b.Context(), s)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Events), "events/day")
	}
}
