package sim

import (
	"errors"
	"slices"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/routing"
)

var target8020 = Target{Level: 0.8, Within: 20 * time.Second}

func mustStaff(t *testing.T, s Scenario, target Target) Staffing {
	t.Helper()
	f, err := Staff(t.Context(), s, target)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestLeastStaffing: so many reach the target, one less doesn't, and the formula is near.
func TestLeastStaffing(t *testing.T) {
	for _, start := range []int{1, 9, 40} {
		s := usual(start)
		f := mustStaff(t, s, target8020)
		if !f.Reached || *f.Report.Total.ServiceLevel < 0.8 || f.Plan[0] != f.Agents {
			t.Fatalf("from %d: %+v", start, f)
		}
		s.Agents[0].Count = f.Agents - 1
		if r := mustRun(t, s); *r.Total.ServiceLevel >= 0.8 {
			t.Errorf("from %d: %d reach %.3f, one less %.3f", start, f.Agents, *f.Report.Total.ServiceLevel, *r.Total.ServiceLevel)
		}
		if n := Needed(8, 0.75, 0.8, 20./240); f.Agents < n-1 || f.Agents > n+1 {
			t.Errorf("%d agents, %d by the formula", f.Agents, n)
		}
		if !slices.ContainsFunc(f.Tries, func(x Try) bool { return x.Agents == f.Agents }) || !slices.IsSortedFunc(f.Tries, func(a, b Try) int { return a.Agents - b.Agents }) {
			t.Errorf("tries %+v", f.Tries)
		}
	}
}

func TestHalfHours(t *testing.T) {
	s := usual(9)
	for i := 20; i < 24; i++ { // a peak from 10 to 12
		s.Traffic[0].Rate[i] = 300
	}
	f := mustStaff(t, s, target8020)
	if len(f.HalfHours) != 48 || f.ByHalfHour == nil {
		t.Fatal(f)
	}
	for i, h := range f.HalfHours {
		calls := i >= 16 && i < 32
		if calls != (h.Agents > 0) || calls && *h.Level < 0.8 {
			t.Errorf("%s: %+v", h.Start.Format("15:04"), h)
		}
		if calls && (h.Agents < h.Erlang-3 || h.Agents > h.Erlang+4) {
			t.Errorf("%s: %d agents, %d by the formula", h.Start.Format("15:04"), h.Agents, h.Erlang)
		}
	}
	if f.ByHalfHour.PaidHours >= f.Report.PaidHours {
		t.Errorf("%v hours by half-hour, %v with the same number all day", f.ByHalfHour.PaidHours, f.Report.PaidHours)
	}
}

// TestSeveralKinds: who can't help is taken away.
func TestSeveralKinds(t *testing.T) {
	s := usual(6)
	s.Queues[0].Needs = []routing.Need{{Skill: "parking", Level: 1}}
	s.Traffic[0].Skills = []string{"parking"}
	s.Agents[0].Agent.Skills = map[string]int{"parking": 1}
	s.Agents = append(s.Agents, AgentPlan{Agent: routing.Agent{ID: "b"}, Count: 6, Shifts: s.Agents[0].Shifts})
	f := mustStaff(t, s, target8020)
	if !f.Reached || f.Plan[1] != 0 || f.Agents != f.Plan[0] || f.HalfHours != nil {
		t.Errorf("%v of %v", f.Plan, f.Agents)
	}
}

func TestTargetsOutOfReach(t *testing.T) {
	s := usual(2)
	s.Days = 1
	s.Traffic[0].Skills = []string{"nobody-has"}
	if f := mustStaff(t, s, target8020); f.Reached || f.Agents == 0 || f.HalfHours != nil {
		t.Errorf("%+v", f)
	}
	s = usual(2)
	s.Traffic[0].Rate = []float64{0}
	if f := mustStaff(t, s, target8020); !f.Reached || f.Agents != 0 {
		t.Errorf("nobody calls: %d agents", f.Agents)
	}
}

func TestTheQueuesOwnTarget(t *testing.T) {
	s := usual(9)
	s.Queues[0].Within = 10 * time.Minute
	relaxed := mustStaff(t, s, Target{Level: 0.8})
	strict := mustStaff(t, s, Target{Level: 0.8, Within: time.Second})
	if relaxed.Agents >= strict.Agents {
		t.Errorf("10 min need %d, 1 s %d", relaxed.Agents, strict.Agents)
	}
	few := mustStaff(t, s, Target{Level: 0.1, Within: 10 * time.Minute, Abandon: 0.01})
	if a := *few.Report.Total.Abandonment; a > 0.01 {
		t.Errorf("abandonment %v", a)
	}
}

func TestRefusedTargets(t *testing.T) {
	for _, target := range []Target{{}, {Level: 1}, {Level: -1}, {Level: 0.8, Within: -1}, {Level: 0.8, Abandon: 2}} {
		if _, err := Staff(t.Context(), usual(2), target); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", target, err)
		}
	}
	s := usual(2)
	s.Agents = nil
	if _, err := Staff(t.Context(), s, target8020); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	s = usual(2)
	s.Queues = nil
	_, err := Staff(t.Context(), s, target8020)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != "queues" {
		t.Error(err)
	}
}

func TestCompare(t *testing.T) {
	c, err := Compare(t.Context(), usual(9), usual(7))
	if err != nil {
		t.Fatal(err)
	}
	d := c.Differences[0]
	if d.Figure != FigureService || *d.High >= 0 || *d.Change >= 0 || *d.Low > *d.Change {
		t.Errorf("two fewer: %v [%v, %v]", *d.Change, *d.Low, *d.High)
	}
	if c.Base.Total.Offered != c.Other.Total.Offered {
		t.Errorf("%v calls and %v", c.Base.Total.Offered, c.Other.Total.Offered)
	}
	same, err := Compare(t.Context(), usual(9), usual(9))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range same.Differences {
		if *d.Change != 0 || *d.Low != 0 || *d.High != 0 {
			t.Errorf("the same twice: %s changes by %v [%v, %v]", d.Figure, *d.Change, *d.Low, *d.High)
		}
	}
}

// TestCommonCallsSharpenTheComparison: the interval of the difference is narrower than with other calls in each run.
func TestCommonCallsSharpenTheComparison(t *testing.T) {
	a, b := usual(10), usual(9)
	a.Days, b.Days = 20, 20
	c, err := Compare(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	paired := *c.Differences[0].High - *c.Differences[0].Low
	alone := (*c.Base.Total.ServiceHigh - *c.Base.Total.ServiceLow) + (*c.Other.Total.ServiceHigh - *c.Other.Total.ServiceLow)
	t.Logf("interval of the difference: %.4f wide; of the two alone: %.4f", paired, alone)
	if paired > 0.7*alone {
		t.Errorf("%.4f is not much narrower than %.4f", paired, alone)
	}
}

func TestCompareWantsTheSameDays(t *testing.T) {
	a, b := usual(9), usual(9)
	b.Seed++
	if _, err := Compare(t.Context(), a, b); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	b = usual(9)
	b.Queues = nil
	if _, err := Compare(t.Context(), a, b); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := Compare(t.Context(), b, a); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
