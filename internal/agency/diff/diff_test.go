package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"

	"pgregory.net/rapid"
)

func lines(all []Change) (text []string) {
	for _, c := range all {
		text = append(text, c.String())
	}
	return text
}

func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*agency.City)
		want   string
	}{
		"nothing":            {func(*agency.City) {}, ""},
		"a default":          {func(c *agency.City) { c.TimeZone = agency.DefaultTimeZone }, ""},
		"a number":           {func(c *agency.City) { c.Queues[0].Priority = 3 }, "+ city.queues[social-main].priority: 3"},
		"another":            {func(c *agency.City) { c.Queues[1].WrapUp = 90 * time.Second }, "~ city.queues[water-faults].wrap_up: 1m0s → 1m30s"},
		"left out":           {func(c *agency.City) { c.Queues[1].WrapUp = 0 }, "- city.queues[water-faults].wrap_up: 1m0s"},
		"a text":             {func(c *agency.City) { c.Name["sv"] = "Staden: ny" }, `~ city.name.sv: Exempelstaden → "Staden: ny"`},
		"a language":         {func(c *agency.City) { c.Queues[1].Languages = []agency.Lang{"fi", "sv", "en"} }, "~ city.queues[water-faults].languages: [fi, sv] → [fi, sv, en]"},
		"a switch":           {func(c *agency.City) { c.Queues[0].Record = false }, "- city.queues[social-main].record: true"},
		"a seat gone":        {func(c *agency.City) { c.Seats = c.Seats[:1] }, "- city.seats[A13]\n- city.seats[A13].code: A13\n- city.seats[A13].location: \"Torikatu 1, room 313\""},
		"hours":              {func(c *agency.City) { c.Hours["office"].Week["mon"][0] = "09:00-15:00" }, "~ city.hours.office.week.mon: [\"08:00-16:00\"] → [\"09:00-15:00\"]"},
		"a step":             {func(c *agency.City) { step(c, "menu").Menu.Keys["1"] = "bye" }, "~ city.flows[main].steps[menu].menu.keys.1: notice → bye"},
		"another kind":       {func(c *agency.City) { step(c, "hello").Say, step(c, "hello").Announce = nil, &agency.AnnounceStep{} }, "- city.flows[main].steps[hello].say\n- city.flows[main].steps[hello].say.prompt: welcome\n+ city.flows[main].steps[hello].announce\n+ city.flows[main].steps[hello].announce.prompt: announcement"},
		"an offer":           {func(c *agency.City) { step(c, "queue").Queue.Callback = nil }, "- city.flows[main].steps[queue].queue.callback\n- city.flows[main].steps[queue].queue.callback.key: 1\n- city.flows[main].steps[queue].queue.callback.after: 1m0s"},
		"another first step": {func(c *agency.City) { s := c.Flows[0].Steps; s[0], s[1] = s[1], s[0] }, "~ city.flows[main].steps: in the order lang, hours, hello, menu, notice, queue, back, out, bye → hours, lang, hello, menu, notice, queue, back, out, bye"},
		"a number's flow":    {func(c *agency.City) { c.Numbers[0].Flow = "x" }, "~ city.numbers[+358912345000].flow: main → x"},
		"a network":          {func(c *agency.City) { c.ListenNetworks = nil }, "- city.listen_networks: [10.20.0.0/16, \"2001:db8::/32\"]"},
		"no list": {func(c *agency.City) {
			c.Queues[0].Overflow = []agency.Overflow{{When: agency.WhenClosed, To: agency.Target{Queue: "social-more"}}}
		}, "+ city.queues[social-main].overflow[0]\n+ city.queues[social-main].overflow[0].when: closed\n+ city.queues[social-main].overflow[0].to\n+ city.queues[social-main].overflow[0].to.queue: social-more"},
	} {
		t.Run(name, func(t *testing.T) {
			old, now := expandedFlowing(), expandedFlowing()
			c.change(&now)
			if got := strings.Join(lines(Changes(&old, &now)), "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// expandedFlowing is flowing with the days of its weeks by themselves, as a stored city has them.
func expandedFlowing() agency.City {
	c := flowing()
	c.Hours["office"] = agency.Hours{Week: agency.Week{"mon": {"08:00-16:00"}}, Eves: agency.Spans{agency.ClosedAllDay}}
	return c.WithDefaults()
}

// TestNoPasswordIsShown: that a password is another is told, and nothing of it.
func TestNoPasswordIsShown(t *testing.T) {
	old, now := sample(), sample()
	for i, c := range []*agency.City{&old, &now} {
		c.Seats[0].SIPPassword, c.Seats[0].HA1MD5, c.Seats[0].HA1SHA256 = "", fmt.Sprint("weak", i), fmt.Sprint("strong", i)
	}
	if got := lines(Changes(&old, &now)); !slices.Equal(got, []string{"~ city.seats[A12].sip_password: a password → another"}) {
		t.Error(got)
	}
	now.Seats[0].Code = "B1"
	for _, l := range lines(Changes(&old, &now)) {
		if strings.Contains(l, "weak") || strings.Contains(l, "strong") {
			t.Error(l)
		}
	}
}

// TestChangesTellWhatDifferencesTell: one finds something where the other does, and there and back are the same with the signs turned.
func TestChangesTellWhatDifferencesTell(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) agency.City {
		c := flowing()
		if rapid.Bool().Draw(t, "record") {
			c.Queues[0].Record = false
		}
		c.Queues[1].Priority = rapid.IntRange(0, 2).Draw(t, "priority")
		c.Queues = c.Queues[:rapid.IntRange(1, 3).Draw(t, "queues")]
		c.Flows[0].Steps = c.Flows[0].Steps[:rapid.IntRange(1, 9).Draw(t, "steps")]
		if rapid.Bool().Draw(t, "flows") {
			c.Flows, c.Numbers = nil, nil
		}
		return c.WithDefaults()
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := some.Draw(t, "a"), some.Draw(t, "b")
		there, back := Changes(&a, &b), Changes(&b, &a)
		parts := agency.Differences(&a, &b)
		if (len(there) > 0) != (len(parts) > 0) || len(there) != len(back) {
			t.Fatalf("%v\n%v\n%v", parts, lines(there), lines(back))
		}
		for _, c := range there {
			part, _, _ := strings.Cut(strings.TrimPrefix(c.Field, "city."), "[")
			if !slices.Contains(parts, part) {
				t.Fatalf("%v is in none of %v", c, parts)
			}
		}
		turned := map[Sign]Sign{Added: Removed, Removed: Added, Altered: Altered}
		for _, c := range there {
			if !slices.ContainsFunc(back, func(o Change) bool { return o.Field == c.Field && o.Sign == turned[c.Sign] }) {
				t.Fatalf("%v is not in %v", c, lines(back))
			}
		}
	})
}

func TestChangeLines(t *testing.T) {
	for want, c := range map[string]Change{
		"+ city.flows[a]":       {Added, "city.flows[a]", "", ""},
		"- city.name.fi: x":     {Removed, "city.name.fi", "x", ""},
		"~ city.name.fi: x → y": {Altered, "city.name.fi", "x", "y"},
	} {
		if got := fmt.Sprint(c); got != want {
			t.Error(got)
		}
	}
}

// sample is a valid city with one of everything.
func sample() agency.City {
	return agency.City{
		Name: agency.Text{"fi": "Esimerkkikaupunki", "sv": "Exempelstaden"},
		Controller: agency.Controller{
			Name: agency.Text{"fi": "Palvelukeskus"}, Address: agency.Text{"fi": "PL 1"}, Person: agency.Text{"fi": "päällikkö"},
			Contact: agency.Text{"fi": "henkilöstö"}, DPO: agency.Text{"fi": "tietosuojavastaava"},
		},
		Agencies: []agency.Agency{
			{ID: "social", Name: agency.Text{"fi": "Sosiaali"}, Address: "social@city.example"},
			{ID: "water", Name: agency.Text{"fi": "Vesi"}, Address: "water@city.example", FragmentDigits: 2},
		},
		Queues: []agency.Queue{
			{ID: "social-main", Agency: "social", Name: agency.Text{"fi": "Neuvonta"}, Number: "+358912345678", Mailbox: "Social@city.example", Skills: []string{"social"}, Record: true},
			{ID: "water-faults", Agency: "water", Name: agency.Text{"fi": "Viat"}, Number: "+358912345679", Languages: []agency.Lang{agency.Finnish, agency.Swedish}, LanguageMenu: true, WrapUp: time.Minute},
		},
		Seats:          []agency.Seat{{Code: "A12", SIPUser: "seat12", SIPPassword: "correct horse", Location: "Torikatu 1, room 312"}, {Code: "A13", Location: "Torikatu 1, room 313"}},
		ListenNetworks: []string{"10.20.0.0/16", "2001:db8::/32"},
	}
}

// flowing is a valid city whose second number has a flow with one step of each kind.
func flowing() agency.City {
	c := sample()
	c.Hours = map[string]agency.Hours{"office": {Week: agency.Week{"mon-fri": {"08:00-16:00"}}, Eves: agency.Spans{agency.ClosedAllDay}}}
	c.Queues = append(c.Queues, agency.Queue{ID: "social-more", Agency: "social", Name: agency.Text{"fi": "Lisää"}, Record: true})
	c.Numbers = []agency.Number{{Number: "+358912345000", Flow: "main"}}
	c.Flows = []agency.Flow{{
		ID: "main", Agency: "social",
		Steps: []agency.Step{
			{ID: "lang", Language: &agency.LanguageStep{}, Next: "hours"},
			{ID: "hours", Hours: &agency.HoursStep{Of: "office", Closed: "bye"}, Next: "hello"},
			{ID: "hello", Say: &agency.SayStep{Prompt: "welcome"}, Next: "menu"},
			{ID: "menu", Menu: &agency.MenuStep{Prompt: "main-menu", Keys: map[string]string{"1": "notice", "2": "out", "3": "back", "9": "menu"}, Otherwise: "notice"}},
			{ID: "notice", Announce: &agency.AnnounceStep{}, Next: "queue"},
			{ID: "queue", Queue: &agency.QueueStep{Queue: "social-more", Position: true, Wait: true, Callback: &agency.CallbackOffer{}, Otherwise: "out"}},
			{ID: "back", Callback: &agency.CallbackStep{Queue: "social-main", Otherwise: "notice"}},
			{ID: "out", Transfer: &agency.TransferStep{Number: "+358912345999", Otherwise: "bye"}},
			{ID: "bye", HangUp: &agency.HangUpStep{Prompt: "closed", Opens: true}},
		},
	}}
	return c
}

func step(c *agency.City, id string) *agency.Step {
	f := &c.Flows[0]
	i := slices.IndexFunc(f.Steps, func(s agency.Step) bool { return s.ID == id })
	return &f.Steps[i]
}
