package app

import (
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/dialplan"
	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/routing"
)

// TestCallersNumbersAreNotTrusted: who forges a number is not called back there at the city's expense, and the error is silent on it.
func TestCallersNumbersAreNotTrusted(t *testing.T) {
	centre := example(t)
	p := dialplan.New(&centre.City)
	q := centre.City.Queues[0]
	for _, good := range []string{"+358401234567", "0401234567", "+46812345678"} {
		if err := mayCallBack(p, q, pii.NewNumber(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"+35860012345", "+18765550100", "+3729001234", "112", "+358912340001", "A01", "", "anonymous"} {
		err := mayCallBack(p, q, pii.NewNumber(bad))
		if !errs.Is(err, errs.Denied) || len(bad) > 4 && strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestThePlanFollowsTheCity(t *testing.T) {
	centre := example(t)
	city := &centre.City
	p := &plans{current: func() *agency.City { return city }}
	first := p.Plan()
	if p.Plan() != first {
		t.Error("made twice for the same city")
	}
	other := *city
	other.Dialling.Countries = nil
	city = &other
	if d := p.Plan().Decide(pii.NewNumber("+46812345678"), dialplan.Caller{}); d.Allowed != nil {
		t.Error("the plan of the city before")
	}
}

// oneQueue is a dispatcher with a view of every queue.
type oneQueue dispatch.QueueView

func (v oneQueue) Queue(string) (dispatch.QueueView, bool) { return dispatch.QueueView(v), true }

func TestAnEmergencyClosesForCallbacks(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	always := func(string, time.Time) (bool, time.Time) { return true, time.Time{} }
	until := now.Add(time.Hour)
	for name, c := range map[string]struct {
		view oneQueue
		at   time.Time
		open bool
		next time.Time
	}{
		"no emergency":      {oneQueue{}, now, true, time.Time{}},
		"in it":             {oneQueue{Emergency: true, Changes: until}, now, false, until},
		"after it":          {oneQueue{Emergency: true, Changes: until}, until, true, time.Time{}},
		"nobody knows when": {oneQueue{Emergency: true}, now, false, time.Time{}},
		"hours that change": {oneQueue{Changes: until}, now, true, time.Time{}},
	} {
		open, next := openHours(c.view, always)("q", c.at)
		if open != c.open || !next.Equal(c.next) {
			t.Errorf("%s: %v %v", name, open, next)
		}
	}
	v := oneQueue{}
	v.Estimate = routing.Estimate{Known: true, High: time.Minute}
	if e := estimate(v)("q"); !e.Known || e.High != time.Minute {
		t.Errorf("%+v", e)
	}
}

func example(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Read(configtest.Centre(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}
