package agency

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

// full is a valid city in which every field of routing and hours is set.
func full() City {
	c := sample()
	q := &c.Queues[0]
	q.Strategy, q.LanguageLevel, q.Weight, q.ServiceWithin, q.Cap, q.Hours = "tiers", 3, 1.5, 45*time.Second, 20, "office"
	q.Full = &Target{Announcement: "busy"}
	q.Needs = []Need{{Skill: "permits", Level: 4}, {Skill: "language:sv", Level: 2}, {Skill: "permits", Level: 8, Preferred: true}}
	q.Rings = []Ring{{After: 30 * time.Second, Levels: map[string]int{"permits": 2}}, {After: time.Minute, Levels: map[string]int{"permits": 0, "social": 0, CallerLanguage: 1}}}
	q.Overflow = []Overflow{
		{When: WhenWaited, After: 5 * time.Minute, To: Target{Queue: "water-faults"}},
		{When: WhenLong, After: time.Second, Length: 9, To: Target{Announcement: "busy"}},
		{When: WhenNobody, To: Target{Queue: "water-faults"}},
		{When: WhenEstimate, Estimate: time.Hour, To: Target{Number: "+358912340000"}},
		{When: WhenClosed, To: Target{Callback: true}},
	}
	q.Also = []Also{{Queue: "water-faults", After: 2 * time.Minute}}
	q.WrapUp, q.MaxWrapUp, q.PreferredFor = 30*time.Second, 3*time.Minute, 20*time.Second
	q.CallbackSpread, q.CallbackExpires, q.ShortAbandon, q.Evict = 15*time.Second, 6*time.Hour, 3*time.Second, true
	c.Queues[1].WrapUp, c.Queues[1].WrapUpUntilReady = 0, true
	c.Queues[1].Also = []Also{{Queue: "social-main"}} // each helps the other: no circle
	c.Hours = map[string]Hours{"office": *office()}
	c.Routing = Routing{Choice: "breach", Ageing: 30 * time.Second, Overtaken: 7, Channels: map[string]Channel{"call": {2, 1.5}, "callback": {2, 3}, "mail": {1, 0.5}}}
	c.BreakReasons = []BreakReason{{"sauna", Text{Finnish: "Sauna", Swedish: "Bastu", English: "Sauna"}}}
	return c
}

func TestFullIsValid(t *testing.T) {
	c := full()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestRoutingMistakesAreNamed(t *testing.T) {
	queue := func(change func(*Queue)) func(*City) { return func(c *City) { change(&c.Queues[0]) } }
	rule := func(i int, change func(*Overflow)) func(*City) {
		return func(c *City) { change(&c.Queues[0].Overflow[i]) }
	}
	for _, c := range []struct {
		field, want string
		change      func(*City)
	}{
		{"city.queues[0].strategy", "longest_idle, round_robin", queue(func(q *Queue) { q.Strategy = "longest" })},
		{"city.queues[0].hours", "did you mean office?", queue(func(q *Queue) { q.Hours = "ofice" })},
		{"city.queues[0].language_level", "between 1 and 10", queue(func(q *Queue) { q.LanguageLevel = 11 })},
		{"city.queues[0].weight", "between", queue(func(q *Queue) { q.Weight = -1 })},
		{"city.queues[0].weight", "between", queue(func(q *Queue) { q.Weight = math.NaN() })},
		{"city.queues[0].cap", "between", queue(func(q *Queue) { q.Cap = -1 })},
		{"city.queues[0].full", "give cap too", queue(func(q *Queue) { q.Cap = 0 })},
		{"city.queues[0].full", "it is none", queue(func(q *Queue) { q.Full = &Target{} })},
		{"city.queues[0].full", "it is queue and callback", queue(func(q *Queue) { q.Full = &Target{Queue: "water-faults", Callback: true} })},
		{"city.queues[0].full.announcement", "busy, closed, goodbye", queue(func(q *Queue) { q.Full = &Target{Announcement: "bussy"} })},
		{"city.queues[0].needs[1].skill", "language:sv", queue(func(q *Queue) { q.Needs[1].Skill = "language:de" })},
		{"city.queues[0].needs[0].skill", "must be", queue(func(q *Queue) { q.Needs[0].Skill = CallerLanguage })},
		{"city.queues[0].needs[0].level", "between 1 and 10", queue(func(q *Queue) { q.Needs[0].Level = 11 })},
		{"city.queues[0].needs[0].level", "between 1 and 10", queue(func(q *Queue) { q.Needs[0].Level = -1 })},
		{"city.queues[0].needs[0].skill", "in skills too", queue(func(q *Queue) { q.Needs[0].Skill = "social" })},
		{"city.queues[0].needs[1].skill", "twice", queue(func(q *Queue) { q.Needs[1].Skill = "permits" })},
		{"city.queues[0].needs", "at most 31", queue(func(q *Queue) { q.Needs = make([]Need, MaxNeeds) })},
		{"city.queues[0].skills[1]", "twice", queue(func(q *Queue) { q.Skills = []string{"social", "social"} })},
		{"city.queues[0].skills[0]", "language", queue(func(q *Queue) { q.Skills[0] = CallerLanguage })},
		{"city.queues[0].rings[1].after", "over 30s", queue(func(q *Queue) { q.Rings[1].After = 30 * time.Second })},
		{"city.queues[0].rings[0].after", "over 0s", queue(func(q *Queue) { q.Rings[0].After = 0 })},
		{"city.queues[0].rings[0].levels", "are missing", queue(func(q *Queue) { q.Rings[0].Levels = nil })},
		{"city.queues[0].rings[0].levels.permits", "between 0 and 4", queue(func(q *Queue) { q.Rings[0].Levels["permits"] = 5 })},
		{"city.queues[0].rings[1].levels.permits", "between 0 and 2", queue(func(q *Queue) { q.Rings[1].Levels["permits"] = 3 })},
		{"city.queues[0].rings[0].levels.permits", "between 0 and 4", queue(func(q *Queue) { q.Rings[0].Levels["permits"] = -1 })},
		{"city.queues[0].rings[0].levels.permit", "did you mean permits?", queue(func(q *Queue) { q.Rings[0].Levels["permit"] = 1 })},
		{"city.queues[0].rings", "over 8", queue(func(q *Queue) { q.Rings = make([]Ring, MaxRings+1) })},
		{"city.queues[0].service_within", "between", queue(func(q *Queue) { q.ServiceWithin = -time.Second })},
		{"city.queues[0].wrap_up", "exclude", queue(func(q *Queue) { q.WrapUpUntilReady = true })},
		{"city.queues[0].max_wrap_up", "no less than wrap_up, 30s", queue(func(q *Queue) { q.MaxWrapUp = time.Second })},
		{"city.queues[0].max_wrap_up", "between", queue(func(q *Queue) { q.MaxWrapUp = time.Hour })},
		{"city.queues[0].preferred_for", "between", queue(func(q *Queue) { q.PreferredFor = -1 })},
		{"city.queues[0].callback_spread", "between", queue(func(q *Queue) { q.CallbackSpread = time.Hour })},
		{"city.queues[0].callback_expires", "between", queue(func(q *Queue) { q.CallbackExpires = 100 * time.Hour })},
		{"city.queues[0].short_abandon", "between", queue(func(q *Queue) { q.ShortAbandon = time.Hour })},
		{"city.queues[0].overflow", "over 16", queue(func(q *Queue) { q.Overflow = make([]Overflow, MaxOverflows+1) })},
		{"city.queues[0].overflow[0].when", "waited, length", rule(0, func(o *Overflow) { o.When = "wait" })},
		{"city.queues[0].overflow[0].after", "missing", rule(0, func(o *Overflow) { o.After = 0 })},
		{"city.queues[0].overflow[2].after", "between", rule(2, func(o *Overflow) { o.After = -1 })},
		{"city.queues[0].overflow[4].after", "closed", rule(4, func(o *Overflow) { o.After = 1 })},
		{"city.queues[0].overflow[1].length", "between 1", rule(1, func(o *Overflow) { o.Length = 0 })},
		{"city.queues[0].overflow[0].length", "belongs to when: length", rule(0, func(o *Overflow) { o.Length = 1 })},
		{"city.queues[0].overflow[3].estimate", "over 0s", rule(3, func(o *Overflow) { o.Estimate = 0 })},
		{"city.queues[0].overflow[2].estimate", "belongs to when: estimate", rule(2, func(o *Overflow) { o.Estimate = 1 })},
		{"city.queues[0].overflow[0].to.queue", "did you mean water-faults?", rule(0, func(o *Overflow) { o.To.Queue = "water" })},
		{"city.queues[0].overflow[0].to", "it is none", rule(0, func(o *Overflow) { o.To = Target{} })},
		{"city.queues[0].overflow[3].to.number", "E.164", rule(3, func(o *Overflow) { o.To.Number = "112" })},
		{"city.queues[0].overflow[0].to", "circle: social-main → social-main", rule(0, func(o *Overflow) { o.To.Queue = "social-main" })},
		{"city.queues[0].overflow[1].to", "e-mail only", queue(func(q *Queue) { q.Number, q.Full = "", nil })},
		{"city.queues[0].also[0].queue", "this queue itself", queue(func(q *Queue) { q.Also[0].Queue = q.ID })},
		{"city.queues[0].also[0].queue", "none of city.queues", queue(func(q *Queue) { q.Also[0].Queue = "x" })},
		{"city.queues[0].also[0].after", "between", queue(func(q *Queue) { q.Also[0].After = -1 })},
		{"city.queues[0].also[1].queue", "twice", queue(func(q *Queue) { q.Also = append(q.Also, q.Also[0]) })},
		{"city.queues[0].also", "over 3", queue(func(q *Queue) { q.Also = make([]Also, MaxAlso+1) })},
		{"city.routing.choice", "weighted, breach", func(c *City) { c.Routing.Choice = "x" }},
		{"city.routing.ageing", "between", func(c *City) { c.Routing.Ageing = -1 }},
		{"city.routing.overtaken", "between", func(c *City) { c.Routing.Overtaken = -1 }},
		{"city.routing.channels.fax", "call, mail, callback", func(c *City) { c.Routing.Channels["fax"] = Channel{} }},
		{"city.routing.channels.call.class", "between 0 and 9", func(c *City) { c.Routing.Channels["call"] = Channel{Class: 10} }},
		{"city.routing.channels.mail.weight", "between", func(c *City) { c.Routing.Channels["mail"] = Channel{Weight: 1e9} }},
		{"city.break_reasons[0].id", "must be", func(c *City) { c.BreakReasons[0].ID = "Sauna" }},
		{"city.break_reasons[1].id", "already", func(c *City) { c.BreakReasons = append(c.BreakReasons, c.BreakReasons[0]) }},
		{"city.break_reasons[0].name", "missing", func(c *City) { c.BreakReasons[0].Name = nil }},
		{"city.break_reasons", "over 20", func(c *City) { c.BreakReasons = make([]BreakReason, MaxBreakReasons+1) }},
	} {
		city := full()
		c.change(&city)
		refused(t, &city, c.field, c.want)
	}
}

func refused(t *testing.T, c *City, field, want string) {
	t.Helper()
	err := c.Validate()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || e.Field != field || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v\nwant %s: … %s", err, field, want)
	}
}

func TestMistakesInHoursAreNamed(t *testing.T) {
	for _, c := range []struct {
		field, want string
		change      func(*Hours)
	}{
		{"week.mon-thu[1]", "begins before", func(h *Hours) { h.Week["mon-thu"][1] = "11:00-12:00" }},
		{"week.mon-thu[0]", "for example", func(h *Hours) { h.Week["mon-thu"][0] = "8-16" }},
		{"week.mon-thu[0]", "00:00-24:00", func(h *Hours) { h.Week["mon-thu"][0] = "08:00-08:00" }},
		{"week.mon-thu[1]", "closed", func(h *Hours) { h.Week["mon-thu"][1] = "closed" }},
		{"week.sat", "write closed", func(h *Hours) { h.Week["sat"] = Spans{} }},
		{"week.sat", "too many", func(h *Hours) { h.Week["sat"] = make(Spans, MaxSpans+1) }},
		{"week.maanantai", "mon-fri", func(h *Hours) { h.Week["maanantai"] = Spans{"closed"} }},
		{"week.fri-mon", "mon-fri", func(h *Hours) { h.Week["fri-mon"] = Spans{"closed"} }},
		{"week.sun-sun", "mon-fri", func(h *Hours) { h.Week["sun-sun"] = Spans{"closed"} }},
		{"week.mon-thu", "gives mon again", func(h *Hours) { h.Week["mon"] = Spans{"closed"} }},
		{"holidays", "finnish or none", func(h *Hours) { h.Holidays = "swedish" }},
		{"holiday_spans[0]", "closed", func(h *Hours) { h.HolidaySpans = Spans{AsTheWeek} }},
		{"eves[0]", "closed", func(h *Hours) { h.Eves = Spans{"open"} }},
		{"exceptions[1]", "either date", func(h *Hours) { h.Exceptions[1].Date = "" }},
		{"exceptions[1]", "either date", func(h *Hours) { h.Exceptions[1].From = "2026-01-01" }},
		{"exceptions[0]", "either date", func(h *Hours) { h.Exceptions[0].To = "" }},
		{"exceptions[0].to", "before from", func(h *Hours) { h.Exceptions[0].To = "2026-01-01" }},
		{"exceptions[1].date", "2026-12-24", func(h *Hours) { h.Exceptions[1].Date = "2026-02-29" }},
		{"exceptions[0].from", "2026-12-24", func(h *Hours) { h.Exceptions[0].From = "22.6.2026" }},
		{"exceptions[1]", "it says 2", func(h *Hours) { h.Exceptions[1].Spans = Spans{"08:00-12:00"} }},
		{"exceptions[1]", "it says 0", func(h *Hours) { h.Exceptions[1].Closed = false }},
		{"exceptions[2].spans[0]", "for example", func(h *Hours) { h.Exceptions[2].Spans = Spans{"x"} }},
		{"exceptions[0].week.mon-fri[0]", "for example", func(h *Hours) { h.Exceptions[0].Week["mon-fri"] = Spans{"x"} }},
		{"exceptions[0].reason", "none of fi", func(h *Hours) { h.Exceptions[0].Reason["de"] = "Sommer" }},
		{"exceptions", "over 1000", func(h *Hours) { h.Exceptions = make([]Exception, MaxExceptions+1) }},
	} {
		city, h := full(), office()
		c.change(h)
		city.Hours["office"] = *h
		refused(t, &city, "city.hours.office."+c.field, c.want)
	}
	city := full()
	city.Hours["Virasto"] = Hours{}
	refused(t, &city, "city.hours.Virasto", "a–z")
}

// TestTheCircleIsShown: as the person who made it thinks of it, from the queue whose rule closes it.
func TestTheCircleIsShown(t *testing.T) {
	to := func(id string) []Overflow { return []Overflow{{When: WhenNobody, To: Target{Queue: id}}} }
	c := full()
	for i, id := range []string{"general", "other", "parking"} {
		c.Queues = append(c.Queues, Queue{ID: id, Agency: "water", Name: Text{"fi": id}, Number: fmt.Sprintf("+35891230000%d", i)})
	}
	c.Queues[0].Overflow, c.Queues[2].Overflow, c.Queues[4].Overflow = to("general"), to("parking"), to("general")
	refused(t, &c, "city.queues[4].overflow[0].to", "overflows in a circle: parking → general → parking")
	c.Queues[4].Overflow, c.Queues[4].Cap, c.Queues[4].Full = nil, 5, &Target{Queue: "general"}
	refused(t, &c, "city.queues[4].full", "overflows in a circle: parking → general → parking")
	c.Queues[4].Full = &Target{Queue: "water-faults"}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}

// Whatever the arrows: a circle is told exactly when there is one, and what is told is one.
func TestCircles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "queues")
		ways, reach := map[string][]arrow{}, map[[2]int]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "arrows") {
			a, b := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			ways[name(a)] = append(ways[name(a)], arrow{fmt.Sprintf("%d-%d", a, b), name(b)})
			reach[[2]int{a, b}] = true
		}
		for k := range n { // Warshall
			for a := range n {
				for b := range n {
					reach[[2]int{a, b}] = reach[[2]int{a, b}] || reach[[2]int{a, k}] && reach[[2]int{k, b}]
				}
			}
		}
		var err error
		s := search{ways: ways, done: map[string]bool{}, circle: "goes in a circle"}
		circular := false
		for i := range n {
			circular = circular || reach[[2]int{i, i}]
			if err == nil {
				err = s.from(name(i))
			}
		}
		if (err != nil) != circular {
			t.Fatalf("circle %v: %v", circular, err)
		}
		if err != nil {
			isCircle(t, err, ways)
		}
	})
}

func name(i int) string { return string(rune('a' + i)) }

func isCircle(t *rapid.T, err error, ways map[string][]arrow) {
	_, shown, _ := strings.Cut(err.Error(), "circle: ")
	path := strings.Split(shown, " → ")
	if len(path) < 2 || path[0] != path[len(path)-1] {
		t.Fatal(err)
	}
	for i := range path[1:] {
		if !slices.ContainsFunc(ways[path[i]], func(w arrow) bool { return w.to == path[i+1] }) {
			t.Fatalf("%v: there is no way from %s to %s", err, path[i], path[i+1])
		}
	}
}

func TestALongChainIsNoCircle(t *testing.T) {
	s := search{ways: map[string][]arrow{}, done: map[string]bool{}}
	for i := range MaxQueues - 1 {
		s.ways[fmt.Sprint(i)] = []arrow{{"", fmt.Sprint(i + 1)}}
	}
	if err := s.from("0"); err != nil {
		t.Fatal(err)
	}
}

// TestOldVersionsAreRead: a body that was stored before there was routing means what the defaults say, and is no drift.
func TestOldVersionsAreRead(t *testing.T) {
	const old = `{"version":1,"name":{"fi":"X"},"time_zone":"Europe/Helsinki","country_code":"358","sip_realm":"santra","controller":{},
		"agencies":[{"id":"a","name":{"fi":"A"},"fragment_digits":4,"address":"a@b.example"}],
		"queues":[{"id":"q","agency":"a","name":{"fi":"Q"},"number":"+358912345678","mailbox":"","skills":["s"],"languages":["fi"],"language_menu":false,
			"no_answer":20000000000,"wrap_up":10000000000,"record":true,"priority":0}],
		"seats":null,"retention":{"recording_months":6},"listen_networks":null,"purposes":null}`
	c, err := read(Version{Number: 1}, []byte(old))
	if err != nil {
		t.Fatal(err)
	}
	q := c.Queues[0]
	if q.Strategy != DefaultStrategy || q.Weight != 1 || q.LanguageLevel != 1 || q.ServiceWithin != 20*time.Second || q.ShortAbandon != 5*time.Second || q.Hours != "" || q.NoAnswer != 20*time.Second {
		t.Errorf("%+v", q)
	}
	if len(c.BreakReasons) != 5 || c.Routing.Overtaken != 100 || c.Routing.Ageing != time.Minute || !reflect.DeepEqual(c.Routing.Channels, DefaultChannels()) {
		t.Errorf("%+v %+v", c.Routing, c.BreakReasons)
	}
	b := &Book{}
	b.set(c)
	file := City{
		Name: Text{"fi": "X"}, Agencies: []Agency{{ID: "a", Name: Text{"fi": "A"}, Address: "a@b.example"}},
		Queues: []Queue{{ID: "q", Agency: "a", Name: Text{"fi": "Q"}, Number: "+358912345678", Skills: []string{"s"}, Languages: []Lang{"fi"}, WrapUp: 10 * time.Second, Record: true}},
	}
	if drift := b.Drift(file); drift != nil {
		t.Errorf("the file of the old version drifts: %v", drift)
	}
	file.Queues[0].Rings = []Ring{{After: time.Second, Levels: map[string]int{"s": 0}}}
	file.Hours = map[string]Hours{"office": *office()}
	if drift := b.Drift(file); !slices.Equal(drift, []string{"queues", "hours"}) {
		t.Error(drift)
	}
}

func TestEverythingComesBackFromTheDatabase(t *testing.T) {
	c := full().WithDefaults()
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	back, err := read(Version{Number: 1}, body)
	for i := range c.Seats {
		c.Seats[i].SIPPassword = "" // is never stored
	}
	if err != nil || !reflect.DeepEqual(c, back) {
		t.Fatalf("%v\n%+v\n%+v", err, c, back)
	}
	if again := back.WithDefaults(); !reflect.DeepEqual(again, back) {
		t.Fatal("defaults of defaults differ")
	}
}

// TestTheCopyIsDeep: no slice, map or pointer of a clone is the original's.
func TestTheCopyIsDeep(t *testing.T) {
	c := full()
	shared(t, "city", reflect.ValueOf(c), reflect.ValueOf(c.clone()))
}

func shared(t *testing.T, at string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			shared(t, at+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice, reflect.Pointer, reflect.Map:
		if a.IsNil() {
			return
		}
		if a.Pointer() == b.Pointer() {
			t.Error(at, "is shared")
			return
		}
		elements(t, at, a, b)
	}
}

func elements(t *testing.T, at string, a, b reflect.Value) {
	switch a.Kind() {
	case reflect.Pointer:
		shared(t, at, a.Elem(), b.Elem())
	case reflect.Map:
		for _, k := range a.MapKeys() {
			shared(t, at+"."+fmt.Sprint(k), a.MapIndex(k), b.MapIndex(k))
		}
	default:
		for i := range a.Len() {
			shared(t, fmt.Sprintf("%s[%d]", at, i), a.Index(i), b.Index(i))
		}
	}
}

func TestTheBookKnowsWhenAQueueIsOpen(t *testing.T) {
	b := book(full())
	open, until := b.Open("social-main", at(t, "2026-11-24 12:00"))
	if open || !until.Equal(at(t, "2026-11-24 12:30")) {
		t.Error(open, until)
	}
	for _, id := range []string{"water-faults", "canary"} {
		if open, until := b.Open(id, at(t, "2026-12-25 03:00")); !open || !until.IsZero() {
			t.Error(id, open, until)
		}
	}
	c := full()
	if h := c.HoursOf("social-main"); h == nil || h.Eves[0] != ClosedAllDay || c.HoursOf("water-faults") != nil || c.HoursOf("x") != nil {
		t.Error(h)
	}
}

// The flow of a queue's own number offers a callback where the queue's rules send calls to one, and only when routing says so.
func TestOverflowToACallbackIsOfferedByTheOwnNumber(t *testing.T) {
	q := Queue{ID: "q", Overflow: []Overflow{{When: WhenWaited, To: Target{Callback: true}}}}
	f := q.Flow()
	s, ok := f.Step("queue")
	if !ok || s.Queue.Callback == nil || s.Queue.Callback.After < 24*time.Hour || s.Queue.Callback.Key == "" {
		t.Errorf("%+v", s.Queue)
	}
	q.Overflow = nil
	f = q.Flow()
	if s, _ := f.Step("queue"); s.Queue.Callback != nil {
		t.Errorf("%+v", s.Queue.Callback)
	}
}

func TestWarnings(t *testing.T) {
	able := Staff{Skills: map[string]int{"social": 1, "permits": 1, "language:sv": 2}, Languages: Langs()}
	with := func(skill string, level int) Staff {
		s := Staff{Skills: map[string]int{"social": 1, "language:sv": 2}, Languages: Langs()}
		s.Skills[skill] = level
		return s
	}
	for what, c := range map[string]struct {
		staff  []Staff
		change func(*City)
		want   []string
	}{
		"nobody is known":    {nil, nil, nil},
		"everybody is able":  {[]Staff{able}, nil, nil},
		"nobody at all":      {[]Staff{}, nil, []string{"city.queues: nobody has an account"}},
		"in the widest ring": {[]Staff{with("permits", 0)}, nil, nil},
		"a skill too low":    {[]Staff{with("permits", 2)}, func(c *City) { c.Queues[0].Rings = nil }, []string{"queue social-main needs skill permits of level 4 that nobody has"}},
		"a language too low": {[]Staff{with("language:sv", 1)}, nil, []string{"queue social-main needs skill language:sv of level 2 that nobody has"}},
		"a preferred skill":  {[]Staff{able}, func(c *City) { c.Queues[0].Needs[2].Skill = "diving" }, nil},
		"spoken language":    {[]Staff{with("language:sv", 2)}, func(c *City) { c.Queues[1].LanguageLevel = 3 }, []string{"queue water-faults offers callers fi", "queue water-faults offers callers sv"}},
		"another agency's":   {[]Staff{{Skills: able.Skills, Languages: Langs(), Agencies: []string{"social"}}}, nil, []string{"nobody may do the work of agency water: queue water-faults can't be served"}},
		"each, but nobody all": {[]Staff{{Skills: map[string]int{"a": 1}}, {Skills: map[string]int{"b": 1}, Languages: Langs()}}, func(c *City) {
			c.Queues = c.Queues[1:]
			c.Queues[0].Also = nil
			c.Queues[0].Skills = []string{"a", "b"}
		}, []string{"city.hours.office: no queue", "needs skill a of level 1 and skill b of level 1 of one person"}},
		"hours that never are": {nil, func(c *City) { c.Hours["office"] = Hours{Week: Week{"mon": {"closed"}}, Eves: Spans{AsTheWeek}} }, []string{"city.hours.office: are never open"}},
		"hours nobody has":     {nil, func(c *City) { c.Queues[0].Hours = "" }, []string{"city.hours.office: no queue has these hours"}},
		"eves as weekdays":     {nil, func(c *City) { h := c.Hours["office"]; h.Eves = nil; c.Hours["office"] = h }, []string{"city.hours.office: are on the eves"}},
	} {
		city := full()
		if c.change != nil {
			c.change(&city)
		}
		got := city.Warnings(c.staff)
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", what, got)
			continue
		}
		for i, w := range got {
			if !strings.Contains(w.String(), c.want[i]) {
				t.Errorf("%s: got %q, want %q", what, w, c.want[i])
			}
		}
	}
}

// What a warning says in words it also says in parts, for readers in other languages.
func TestLacks(t *testing.T) {
	city := full()
	city.Queues[0].Rings = nil
	lacks := map[Lack]Warning{}
	for _, staff := range [][]Staff{
		{{Skills: map[string]int{"social": 1, "permits": 2, "language:sv": 2}, Languages: Langs()}},
		{{Skills: map[string]int{"social": 1, "permits": 4, "language:sv": 2}, Languages: Langs(), Agencies: []string{"social"}}},
	} {
		for _, w := range city.Warnings(staff) {
			lacks[w.Lack] = w
		}
	}
	if w := lacks[LackSkill]; w.Queue != "social-main" || w.Agency != "social" || len(w.Needs) != 1 || w.Needs[0].Skill != "permits" || w.Needs[0].Level != 4 {
		t.Errorf("%+v", w)
	}
	if w := lacks[LackAgency]; w.Queue != "water-faults" || w.Agency != "water" || w.Needs != nil {
		t.Errorf("%+v", w)
	}
	city = full()
	city.Queues[1].LanguageLevel = 3
	for _, w := range city.Warnings([]Staff{{Skills: map[string]int{"social": 1, "permits": 4, "language:sv": 2}, Languages: Langs()}}) {
		if w.Lack != LackLanguage || w.Needs[0].Level != 3 || !strings.HasPrefix(w.Needs[0].Skill, LanguagePrefix) {
			t.Errorf("%+v", w)
		}
	}
}

// With people who have every skill at the highest level nothing is missing, whatever the queues ask.
func TestTheAbleServeAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := full()
		master := Staff{Skills: map[string]int{}, Languages: Langs()}
		for _, l := range Langs() {
			master.Skills[LanguagePrefix+string(l)] = MaxLevel
		}
		for i := range c.Queues {
			for j := range c.Queues[i].Needs {
				c.Queues[i].Needs[j].Level = rapid.IntRange(1, MaxLevel).Draw(t, "level")
			}
		}
		for _, s := range c.SkillNames() {
			master.Skills[s] = MaxLevel
		}
		if w := c.Warnings([]Staff{master}); w != nil {
			t.Fatal(w)
		}
	})
}

func TestBreakReasons(t *testing.T) {
	c := full()
	if r, ok := c.BreakReason("sauna"); !ok || r.Name[Swedish] != "Bastu" {
		t.Error(r, ok)
	}
	if _, ok := c.BreakReason("lunch"); ok {
		t.Error("a city that gives its own has these only")
	}
	for _, r := range DefaultBreakReasons() {
		for _, l := range Langs() {
			if r.Name[l] == "" {
				t.Errorf("%s has no name in %s", r.ID, l)
			}
		}
	}
}
