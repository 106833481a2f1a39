package sim

import (
	"math"
	"testing"
	"time"

	"santra/internal/routing"
)

// The steady states below run for many batches of simulated time; a batch is one interval of the report, the first is thrown away.
// A test prints each figure beside the formula's with the confidence interval of the batch means, and fails where the formula's is
// outside. All intervals of one test hold together with 95 % (Bonferroni).
const (
	batches = 51
	service = 240 * time.Second // mean talk time
	within  = 20 * time.Second
)

// steady is a centre that runs for ever at a load in erlangs.
func steady(servers int, load float64, queues ...routing.Queue) Scenario {
	perHour := load * float64(time.Hour) / float64(service)
	batch := time.Duration(callsABatch / perHour * float64(time.Hour)).Round(time.Second)
	return Scenario{
		Day: tuesday, Length: batches * batch, Interval: batch, Warmup: batch, Seed: 20261124, Queues: queues,
		Agents: []AgentPlan{{Agent: routing.Agent{ID: "a"}, Count: servers}},
		Policy: routing.Policy{Ageing: 10_000 * time.Hour, Overtaken: math.MaxInt32}, // strict priorities
	}
}

func poissonTo(queue string, load float64, patience Distribution) Traffic {
	return Traffic{Queue: queue, Rate: []float64{load * float64(time.Hour) / float64(service)}, Talk: Distribution{Mean: service}, Patience: patience}
}

// compared is one figure of the simulation and its formula.
type compared struct {
	name    string
	of      func(Row) float64
	formula float64
}

// agree prints and checks figures of several steady states.
func agree(t *testing.T, rows []Row, what string, all int, figures ...compared) {
	t.Helper()
	for _, f := range figures {
		var values []float64
		for _, r := range rows[1:] {
			values = append(values, f.of(r))
		}
		mean, half, _ := meanInterval(values)
		half *= quantileZ(1-0.05/float64(2*all)) / quantileZ(0.975) // from one interval to all at once
		t.Logf("%-34s %-22s simulated %9.4f, interval [%9.4f, %9.4f], formula %9.4f", what, f.name, mean, mean-half, mean+half, f.formula)
		if math.Abs(mean-f.formula) > half {
			t.Errorf("%s: %s is %.4f by the formula and %.4f ± %.4f simulated", what, f.name, f.formula, mean, half)
		}
	}
}

// quantileZ is that of the normal distribution.
func quantileZ(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }

func level(r Row) float64     { return *r.ServiceLevel }
func wait(r Row) float64      { return *r.Wait }
func abandoned(r Row) float64 { return *r.Abandonment }
func occupied(r Row) float64  { return *r.Occupancy }

func mustRun(t *testing.T, s Scenario) Report {
	t.Helper()
	r, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestErlangC: all wait for ever.
func TestErlangC(t *testing.T) {
	for _, c := range []struct {
		name    string
		servers int
		load    float64
	}{{"M/M/1, load 0.7", 1, 0.7}, {"M/M/10, load 8.5", 10, 8.5}, {"M/M/50, load 46", 50, 46}} {
		s := steady(c.servers, c.load, routing.Queue{ID: "q", Within: within})
		s.Traffic = []Traffic{poissonTo("q", c.load, Distribution{})}
		r := mustRun(t, s)
		agree(t, r.Intervals, c.name, 9,
			compared{"mean wait, s", wait, ErlangCWait(c.servers, c.load) * service.Seconds()},
			compared{"answered within 20 s", level, ErlangCService(c.servers, c.load, within.Seconds()/service.Seconds())},
			compared{"occupancy", occupied, c.load / float64(c.servers)},
		)
	}
}

// TestErlangB: nobody waits. A patience of a nanosecond is no queue.
func TestErlangB(t *testing.T) {
	for _, c := range []struct {
		name    string
		servers int
		load    float64
	}{{"M/M/5/5, load 4", 5, 4}, {"M/M/30/30, load 33", 30, 33}} {
		s := steady(c.servers, c.load, routing.Queue{ID: "q", Within: within})
		s.Traffic = []Traffic{poissonTo("q", c.load, Distribution{Shape: Fixed, Mean: 1})}
		r := mustRun(t, s)
		b := ErlangB(c.servers, c.load)
		agree(t, r.Intervals, c.name, 4,
			compared{"lost", abandoned, b}, compared{"occupancy", occupied, c.load * (1 - b) / float64(c.servers)})
	}
}

// TestErlangA: callers hang up after an exponential patience; also where the load is over the servers.
func TestErlangA(t *testing.T) {
	for _, c := range []struct {
		name     string
		servers  int
		load     float64
		patience time.Duration
	}{{"M/M/14+M, load 12, 180 s", 14, 12, 180 * time.Second}, {"M/M/20+M, load 24, 60 s", 20, 24, time.Minute}, {"M/M/3+M, load 2, 600 s", 3, 2, 10 * time.Minute}} {
		s := steady(c.servers, c.load, routing.Queue{ID: "q", Within: within})
		s.Traffic = []Traffic{poissonTo("q", c.load, Distribution{Mean: c.patience})}
		r := mustRun(t, s)
		a := SolveErlangA(c.servers, c.load, c.patience.Seconds()/service.Seconds(), within.Seconds()/service.Seconds())
		agree(t, r.Intervals, c.name, 9,
			compared{"abandoned", abandoned, a.Abandoned},
			compared{"answered within 20 s", level, a.Service},
			compared{"occupancy", occupied, c.load * (1 - a.Abandoned) / float64(c.servers)},
		)
	}
}

// TestNonPreemptivePriorities: three classes, the higher always first, nobody is interrupted.
func TestNonPreemptivePriorities(t *testing.T) {
	for _, c := range []struct {
		name    string
		servers int
		loads   []float64
	}{{"M/M/1, 3 classes, load 0.8", 1, []float64{0.2, 0.3, 0.3}}, {"M/M/8, 3 classes, load 7", 8, []float64{2, 2.5, 2.5}}} {
		load := c.loads[0] + c.loads[1] + c.loads[2]
		s := steady(c.servers, load, routing.Queue{ID: "urgent"}, routing.Queue{ID: "usual"}, routing.Queue{ID: "patient"})
		for i, q := range s.Queues {
			traffic := poissonTo(q.ID, c.loads[i], Distribution{})
			traffic.Priority = 2 - i
			s.Traffic = append(s.Traffic, traffic)
		}
		r := mustRun(t, s)
		for i, w := range PriorityWaits(c.servers, c.loads...) {
			agree(t, r.Queues[i].Intervals, c.name, 6, compared{"wait of " + r.Queues[i].Queue + ", s", wait, w * service.Seconds()})
		}
	}
}

// TestPublishedFigures compares the formulas with figures of tables and by hand.
func TestPublishedFigures(t *testing.T) {
	for _, c := range []struct {
		name       string
		have, want float64
		within     float64
	}{
		{"Erlang B, 10 servers, 4.461 erlangs: 1 % (Siemens, Telephone Traffic Theory, tables)", ErlangB(10, 4.461), 0.01, 2e-5},
		{"Erlang B, 1 server, 1 erlang", ErlangB(1, 1), 0.5, 1e-12},
		{"Erlang C, 1 server: ρ", ErlangC(1, 0.7), 0.7, 1e-12},
		{"Erlang C, 2 servers, 1 erlang: 1/3", ErlangC(2, 1), 1. / 3, 1e-12},
		{"Erlang C wait, 1 server: ρ/(1−ρ)", ErlangCWait(1, 0.5), 1, 1e-12},
		{"Erlang A of endless patience is C", SolveErlangA(10, 8, 1e7, 0.1).Waits, ErlangC(10, 8), 1e-4},
		{"its service too", SolveErlangA(10, 8, 1e7, 0.1).Service, ErlangCService(10, 8, 0.1), 1e-4},
		{"Erlang A where patience is a talk time: the state is Poisson", SolveErlangA(4, 4, 1, 0).Waits, 1 - math.Exp(-4)*(1+4+8+32./3), 1e-12},
		{"Erlang A with no time: who finds a server", SolveErlangA(14, 12, 0.75, 0).Service, 1 - SolveErlangA(14, 12, 0.75, 0).Waits, 1e-12},
		{"Erlang A with all the time: who doesn't hang up", SolveErlangA(14, 12, 0.75, 50).Service, 1 - SolveErlangA(14, 12, 0.75, 50).Abandoned, 1e-9},
		{"priorities of one class are Erlang C", PriorityWaits(5, 4)[0], ErlangCWait(5, 4), 1e-12},
		{"t, 4 degrees of freedom", student(4), 2.7764, 1e-4},
		{"t, 11", student(11), 2.2010, 2e-4},
		{"t, 40", student(40), 2.0211, 1e-4},
	} {
		if math.Abs(c.have-c.want) > c.within {
			t.Errorf("%s: %.6f, want %.6f", c.name, c.have, c.want)
		}
	}
}

// TestConservation of waiting: the classes' waits, weighted by their loads, are those of one line (Kleinrock 1965).
func TestConservation(t *testing.T) {
	loads := []float64{1, 2, 3.5}
	sum := 0.0
	for i, w := range PriorityWaits(8, loads...) {
		sum += loads[i] * w / 6.5
	}
	if want := ErlangCWait(8, 6.5); math.Abs(sum-want) > 1e-12 {
		t.Errorf("mean wait %v by classes, %v in one line", sum, want)
	}
	if w := PriorityWaits(2, 1, 2); math.IsInf(w[0], 0) || !math.IsInf(w[1], 1) {
		t.Errorf("over the load %v: the first class waits, the second for ever", w)
	}
}

func TestNeeded(t *testing.T) {
	if n := Needed(0, 0, 0.8, 0.1); n != 0 {
		t.Errorf("no calls need %d", n)
	}
	for _, load := range []float64{0.3, 8, 90} {
		n := Needed(load, 0, 0.8, 20./240)
		if ErlangCService(n, load, 20./240) < 0.8 || ErlangCService(n-1, load, 20./240) >= 0.8 {
			t.Errorf("%v erlangs need %d", load, n)
		}
		if a := Needed(load, 0.75, 0.8, 20./240); a > n {
			t.Errorf("%v erlangs need %d with callers who hang up, %d without", load, a, n)
		}
	}
}

// Hardly any patience, long waits and a great load come to an end: summed step by step they would take hours, and the test with them.
func TestNeededComesToAnEnd(t *testing.T) {
	for _, x := range []struct{ load, patience, level, within float64 }{
		{8, 1e-9 / 240, 0.8, 20. / 240}, {1333, 2.5, 0.8, 20. / 240}, {1333, 0, 0.8, 20. / 240}, {15_000, 1, 0.95, 1}, {1333, 360, 0.5, 1},
	} {
		n := Needed(x.load, x.patience, x.level, x.within)
		if s := needed(x.load, x.patience, n, x.within); s < x.level || needed(x.load, x.patience, n-1, x.within) >= x.level {
			t.Errorf("%+v: %d is not the least (%g)", x, n, s)
		}
	}
}

func needed(load, patience float64, c int, within float64) float64 {
	if patience == 0 {
		return ErlangCService(c, load, within)
	}
	return SolveErlangA(c, load, patience, within).Service
}
