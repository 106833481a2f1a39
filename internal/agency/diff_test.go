package agency

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

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
		change func(*City)
		want   string
	}{
		"nothing":            {func(*City) {}, ""},
		"a default":          {func(c *City) { c.TimeZone = DefaultTimeZone }, ""},
		"a number":           {func(c *City) { c.Queues[0].Priority = 3 }, "+ city.queues[social-main].priority: 3"},
		"another":            {func(c *City) { c.Queues[1].WrapUp = 90 * time.Second }, "~ city.queues[water-faults].wrap_up: 1m0s → 1m30s"},
		"left out":           {func(c *City) { c.Queues[1].WrapUp = 0 }, "- city.queues[water-faults].wrap_up: 1m0s"},
		"a text":             {func(c *City) { c.Name["sv"] = "Staden: ny" }, `~ city.name.sv: Exempelstaden → "Staden: ny"`},
		"a language":         {func(c *City) { c.Queues[1].Languages = []Lang{"fi", "sv", "en"} }, "~ city.queues[water-faults].languages: [fi, sv] → [fi, sv, en]"},
		"a switch":           {func(c *City) { c.Queues[0].Record = false }, "- city.queues[social-main].record: true"},
		"a seat gone":        {func(c *City) { c.Seats = c.Seats[:1] }, "- city.seats[A13]\n- city.seats[A13].code: A13\n- city.seats[A13].location: \"Torikatu 1, room 313\""},
		"hours":              {func(c *City) { c.Hours["office"].Week["mon"][0] = "09:00-15:00" }, "~ city.hours.office.week.mon: [\"08:00-16:00\"] → [\"09:00-15:00\"]"},
		"a step":             {func(c *City) { step(c, "menu").Menu.Keys["1"] = "bye" }, "~ city.flows[main].steps[menu].menu.keys.1: notice → bye"},
		"another kind":       {func(c *City) { step(c, "hello").Say, step(c, "hello").Announce = nil, &AnnounceStep{} }, "- city.flows[main].steps[hello].say\n- city.flows[main].steps[hello].say.prompt: welcome\n+ city.flows[main].steps[hello].announce\n+ city.flows[main].steps[hello].announce.prompt: announcement"},
		"an offer":           {func(c *City) { step(c, "queue").Queue.Callback = nil }, "- city.flows[main].steps[queue].queue.callback\n- city.flows[main].steps[queue].queue.callback.key: 1\n- city.flows[main].steps[queue].queue.callback.after: 1m0s"},
		"another first step": {func(c *City) { s := c.Flows[0].Steps; s[0], s[1] = s[1], s[0] }, "~ city.flows[main].steps: in the order lang, hours, hello, menu, notice, queue, back, out, bye → hours, lang, hello, menu, notice, queue, back, out, bye"},
		"a number's flow":    {func(c *City) { c.Numbers[0].Flow = "x" }, "~ city.numbers[+358912345000].flow: main → x"},
		"a network":          {func(c *City) { c.ListenNetworks = nil }, "- city.listen_networks: [10.20.0.0/16, \"2001:db8::/32\"]"},
		"no list":            {func(c *City) { c.Queues[0].Overflow = []Overflow{{When: WhenClosed, To: Target{Queue: "social-more"}}} }, "+ city.queues[social-main].overflow[0]\n+ city.queues[social-main].overflow[0].when: closed\n+ city.queues[social-main].overflow[0].to\n+ city.queues[social-main].overflow[0].to.queue: social-more"},
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
func expandedFlowing() City {
	c := flowing()
	c.Hours["office"] = Hours{Week: Week{"mon": {"08:00-16:00"}}, Eves: Spans{ClosedAllDay}}
	return c.WithDefaults().clone()
}

// TestNoPasswordIsShown: that a password is another is told, and nothing of it.
func TestNoPasswordIsShown(t *testing.T) {
	old := sample().WithDefaults().digested(&City{})
	b := &Book{}
	b.index.Store(newIndex(old))
	now := sample()
	if got := b.Changes(now); len(got) != 0 {
		t.Error(got)
	}
	now.Seats[0].SIPPassword = "wrong horse"
	if got := lines(b.Changes(now)); !slices.Equal(got, []string{"~ city.seats[A12].sip_password: a password → another"}) {
		t.Error(got)
	}
	now.Seats[0].Code = "B1"
	for _, l := range lines(b.Changes(now)) {
		if strings.Contains(l, "horse") || strings.Contains(l, old.Seats[0].HA1MD5) || strings.Contains(l, old.Seats[0].HA1SHA256) {
			t.Error(l)
		}
	}
}

// TestChangesTellWhatDifferencesTell: one finds something where the other does, and there and back are the same with the signs turned.
func TestChangesTellWhatDifferencesTell(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) City {
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
		parts := Differences(&a, &b)
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
