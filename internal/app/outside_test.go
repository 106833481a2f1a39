package app

import (
	"errors"
	"slices"
	"testing"

	"santra/internal/agency"
	"santra/internal/agency/dialplan"
	"santra/internal/app/config"
	"santra/internal/errs"
	"santra/internal/protocol/sip"
	"santra/internal/voice/dial"
)

// playedLines are trunks of which some are down.
type playedLines struct{ down []string }

func (p playedLines) Up(name string) bool { return !slices.Contains(p.down, name) }

func (p playedLines) Target(name string, t sip.Target) sip.Target {
	t.Routes = []string{name}
	return t
}

// abroad is a city that calls Sweden, one call at a time for an agent.
func abroad() agency.City {
	return agency.City{
		Agencies: []agency.Agency{{ID: "water"}}, Queues: []agency.Queue{{ID: "q", Agency: "water", Number: "+358931012345"}},
		Dialling: agency.Dialling{Countries: []string{"46"}, Caps: agency.Caps{Agent: agency.Cap{AtOnce: 1}}},
	}.WithDefaults()
}

// wayOut is an outside with trunks: main, which takes Finland alone, and help, for emergencies.
func wayOut(t *testing.T, city agency.City, down ...string) *outside {
	t.Helper()
	only := config.Trunk{Name: "main", Address: "192.0.2.20:5060", Country: "FI", Prefixes: []string{"+358"}}
	help := config.Trunk{Name: "help", Address: "192.0.2.20:5060", Country: "FI", Priority: 9, Prefixes: []string{"+46"}, Emergency: true}
	o, err := newOutside(&plans{current: func() *agency.City { return &city }}, config.SIP{Trunk: "127.0.0.1:5070", Trunks: []config.Trunk{only, help}}, nil, nil, playedLines{down})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func byTrunks(w dial.Way) (all []string) {
	for _, r := range w.Routes {
		all = append(all, r.Trunk)
		if len(r.Target.Routes) != 1 || r.Target.Routes[0] != r.Trunk {
			all = append(all, "not as its registrar says")
		}
	}
	return all
}

func (o *outside) asked(t *testing.T, number string) (dial.Way, error) {
	t.Helper()
	return o.Way(t.Context(), dial.Want{Number: number, Agent: "anna", Seat: "A1", Queue: "q", Agency: "water"})
}

func TestTheWayOut(t *testing.T) {
	o := wayOut(t, abroad())
	for _, c := range []struct {
		number string
		trunks []string
		inside string
		reason string
		kind   errs.Kind
	}{
		{number: "040 1234567", trunks: []string{"main"}},
		{number: "+46 8 123456", trunks: []string{"help"}},
		{number: "+358931012345", inside: "q"},
		{number: "+1 212 5550100", reason: dialplan.CountryRefused, kind: errs.Denied},
		{number: "0600 12345", reason: dialplan.PremiumRate, kind: errs.Denied},
		{number: "", reason: dialplan.Empty, kind: errs.Invalid},
		{number: "what", reason: dialplan.BadNumber, kind: errs.Invalid},
	} {
		w, err := o.asked(t, c.number)
		r, refused := errors.AsType[*dialplan.Refusal](err)
		switch {
		case c.reason != "" && (!refused || r.Reason != c.reason || !errs.Is(err, c.kind)):
			t.Errorf("%s: %v", c.number, err)
		case c.reason == "" && (err != nil || !slices.Equal(byTrunks(w), c.trunks) || w.Inside != c.inside):
			t.Errorf("%s: %v %v %v", c.number, byTrunks(w), w.Inside, err)
		case w.Done != nil:
			w.Done()
			w.Done() // twice is once
		}
	}
}

func TestACapCountsUntilTheCallIsOver(t *testing.T) {
	o := wayOut(t, abroad())
	first, err := o.asked(t, "0401234567")
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.asked(t, "0401234567")
	if r, ok := errors.AsType[*dialplan.Refusal](err); !ok || r.Reason != dialplan.CapReached || !errs.Is(err, errs.Limited) {
		t.Error(err)
	}
	first.Done()
	if again, err := o.asked(t, "0401234567"); err != nil {
		t.Error(err)
	} else {
		again.Done()
	}
	o = wayOut(t, abroad())
	for range 3 { // no trunk takes it: nothing may stay counted
		city := abroad()
		city.Dialling.Countries = []string{"47"}
		o.plans = &plans{current: func() *agency.City { return &city }}
		_, err := o.asked(t, "+4722123456")
		if r, ok := errors.AsType[*dialplan.Refusal](err); !ok || r.Reason != dialplan.NoTrunk || !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	}
}

// 112 goes out in each form, by every trunk, over full caps, without a queue, a seat or a number to show, with all trunks down; and
// it never counts.
func TestNothingStopsAnEmergency(t *testing.T) {
	bare := agency.City{}.WithDefaults()
	for name, c := range map[string]struct {
		city   agency.City
		down   []string
		trunks []string
	}{
		"up":                      {abroad(), nil, []string{"help", "main"}},
		"one down":                {abroad(), []string{"help"}, []string{"main", "help"}},
		"all down":                {abroad(), []string{"help", "main"}, []string{"help", "main"}},
		"a city without anything": {bare, nil, []string{"help", "main"}},
	} {
		o := wayOut(t, c.city, c.down...)
		if name != "a city without anything" {
			if _, err := o.asked(t, "0401234567"); err != nil { // the cap of one is full
				t.Fatal(err)
			}
		}
		for range 20 {
			for _, number := range []string{"112", "+358112", "0112", "00358112"} {
				for _, w := range []dial.Want{{Number: number, Agent: "anna", Seat: "A1", Queue: "q", Agency: "water"}, {Number: number}, {Number: number, Queue: "none", Seat: "none"}} {
					way, err := o.Way(t.Context(), w)
					if err != nil || !way.Emergency || way.Number.Reveal() != "112" || !slices.Equal(byTrunks(way), c.trunks) || way.Longest != 0 {
						t.Fatalf("%s: %s: %v %v", name, number, byTrunks(way), err)
					}
				}
			}
		}
	}
}
