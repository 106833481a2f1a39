package agency

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
)

// refusedAt checks that a change of the sample is refused, and where.
func refusedAt(t *testing.T, field string, change func(*City)) {
	t.Helper()
	city := sample()
	change(&city)
	if e, ok := errors.AsType[*errs.Error](city.Validate()); !ok || e.Kind != errs.Invalid || e.Field != field {
		t.Errorf("%s: %v", field, e)
	}
}

func TestDiallingNamesTheField(t *testing.T) {
	for field, change := range map[string]func(*City){
		"city.dialling.caller_id":            func(c *City) { c.Dialling.CallerID = "0912345678" },
		"city.agencies[1].caller_id":         func(c *City) { c.Agencies[1].CallerID = "12" },
		"city.dialling.access_prefix":        func(c *City) { c.Dialling.AccessPrefix = "x" },
		"city.dialling.trunk_prefix":         func(c *City) { c.Dialling.TrunkPrefix = "00000" },
		"city.dialling.international_prefix": func(c *City) { c.Dialling.InternationalPrefix = "0" },
		"city.dialling.longest":              func(c *City) { c.Dialling.Longest = time.Second },
		"city.dialling.countries[1]":         func(c *City) { c.Dialling.Countries = []string{"46", "SE"} },
		"city.dialling.countries[2]":         func(c *City) { c.Dialling.Countries = []string{"46", "47", "46"} },
		"city.dialling.countries[0]":         func(c *City) { c.Dialling.Countries = []string{"358"} },
		"city.dialling.countries":            func(c *City) { c.Dialling.Countries = make([]string, MaxNumberPrefixes+1) },
		"city.dialling.premium[0]":           func(c *City) { c.Dialling.Premium = []string{"06 00"} },
		"city.dialling.blocked[0]":           func(c *City) { c.Dialling.Blocked = []string{"+"} },
		"city.dialling.caps.agent.hour":      func(c *City) { c.Dialling.Caps.Agent.Hour = -1 },
		"city.dialling.caps.country.at_once": func(c *City) { c.Dialling.Caps.Country.AtOnce = MaxCalls + 1 },
		"city.seats[0].location":             func(c *City) { c.Seats[0].Location = strings.Repeat("å", MaxLocation+1) },
		"city.seats[1].location":             func(c *City) { c.Seats[1].Location = "Torikatu 1\n3rd floor" },
		"city.seats[1].code":                 func(c *City) { c.Seats[1].Code = "0112" },
		"city.outcomes[1].id":                func(c *City) { c.Outcomes = append(outcomes(), outcomes()[0])[1:]; c.Outcomes[1].ID = "Done" },
		"city.outcomes[2].id":                func(c *City) { c.Outcomes = append(outcomes(), outcomes()[0]) },
		"city.outcomes[0].name":              func(c *City) { c.Outcomes = []Outcome{{ID: "done"}} },
		"city.outcomes[1].agencies[0]":       func(c *City) { c.Outcomes = outcomes(); c.Outcomes[1].Agencies = []string{"parks"} },
		"city.outcomes":                      func(c *City) { c.Outcomes = make([]Outcome, MaxOutcomes+1) },
	} {
		refusedAt(t, field, change)
	}
}

func outcomes() []Outcome {
	return []Outcome{{ID: "done", Name: Text{"fi": "Hoidettu"}}, {ID: "referred", Name: Text{"fi": "Ohjattu"}, Agencies: []string{"social"}}}
}

func TestDiallingDefaults(t *testing.T) {
	c := sample()
	d := c.WithDefaults().Dialling
	if d.TrunkPrefix != "0" || d.InternationalPrefix != "00" || d.Longest != DefaultLongest || d.Caps != DefaultCaps() || len(d.Countries) != 0 {
		t.Errorf("%+v", d)
	}
	if !slices.Contains(d.Premium, "0600") || !slices.Contains(d.Premium, "118") {
		t.Error(d.Premium)
	}
	c.CountryCode = "46"
	if d := c.WithDefaults().Dialling; len(d.Premium) != 0 {
		t.Error("Finland's premium numbers in Sweden", d.Premium)
	}
	c.Dialling = Dialling{Premium: []string{}, Caps: Caps{Agent: Cap{Hour: 7}}}
	if d := c.WithDefaults().Dialling; len(d.Premium) != 0 || d.Caps.Agent != (Cap{7, 300, 2}) {
		t.Errorf("%+v", d)
	}
}

// TestDefaultsOfCallsOutAreValid: the premium numbers of Finland, as every list.
func TestDefaultsOfCallsOutAreValid(t *testing.T) {
	c := sample()
	c.Outcomes, c.Dialling.Countries = outcomes(), []string{"46"}
	c.Seats[0].Location = "Torikatu 1, 3. krs, huone 312"
	full := c.WithDefaults()
	if err := full.Validate(); err != nil {
		t.Fatal(err)
	}
	if again := full.WithDefaults(); !reflect.DeepEqual(again, full) {
		t.Errorf("%+v\n%+v", again.Dialling, full.Dialling)
	}
	text, err := json.Marshal(full)
	var read City
	if err != nil || json.Unmarshal(text, &read) != nil || !reflect.DeepEqual(read.Dialling, full.Dialling) || !reflect.DeepEqual(read.Outcomes, full.Outcomes) || read.Seats[0].Location != full.Seats[0].Location {
		t.Errorf("%v %s", err, text)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	c := sample()
	c.Outcomes, c.Dialling.Countries, c.Dialling.Blocked = outcomes(), []string{"46"}, []string{"0800"}
	other := c.clone()
	other.Outcomes[1].Agencies[0], other.Outcomes[0].Name["fi"], other.Dialling.Countries[0], other.Dialling.Blocked[0] = "x", "x", "x", "x"
	if c.Outcomes[1].Agencies[0] == "x" || c.Outcomes[0].Name["fi"] == "x" || c.Dialling.Countries[0] == "x" || c.Dialling.Blocked[0] == "x" {
		t.Errorf("%+v %+v", c.Outcomes, c.Dialling)
	}
}

func TestOutcomesOfAnAgency(t *testing.T) {
	c := sample()
	c.Outcomes = outcomes()
	if all := c.OutcomesOf("social"); len(all) != 2 {
		t.Error(all)
	}
	if all := c.OutcomesOf("water"); len(all) != 1 || all[0].ID != "done" {
		t.Error(all)
	}
	if len(c.Outcomes) != 2 {
		t.Error("the city was changed")
	}
}

func TestCallbacksAreOffered(t *testing.T) {
	c := sample()
	if keeps, _ := c.OffersCallbacks(); keeps {
		t.Error("nobody offers one")
	}
	c.Queues[0].Overflow = []Overflow{{When: WhenWaited, After: time.Minute, To: Target{Callback: true}}}
	if keeps, longest := c.OffersCallbacks(); !keeps || longest != DefaultCallbackExpires {
		t.Error(keeps, longest)
	}
	c.Queues[0].Overflow, c.Queues[0].CallbackExpires = nil, 3*time.Hour
	c.Queues[0].Cap, c.Queues[0].Full = 1, &Target{Callback: true}
	if keeps, longest := c.OffersCallbacks(); !keeps || longest != 3*time.Hour {
		t.Error(keeps, longest)
	}
	refusedAt(t, "city.queues[0].callback_expires", func(c *City) { c.Queues[0].CallbackExpires = 24*time.Hour + time.Second })
}

func TestSeatsWithoutAPlaceAreWarnedOf(t *testing.T) {
	c := sample()
	for _, w := range c.Warnings(nil) {
		if w.Field == "city.seats" {
			t.Error(w)
		}
	}
	c.Seats[1].Location = ""
	all := c.Warnings(nil)
	i := slices.IndexFunc(all, func(w Warning) bool { return w.Field == "city.seats" })
	if i < 0 || !strings.Contains(all[i].Text, "1 have no location, among them A13") {
		t.Error(all)
	}
}
