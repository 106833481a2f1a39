package agency

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

// flowing is a valid city whose second number has a flow with one step of each kind.
func flowing() City {
	c := sample()
	c.Hours = map[string]Hours{"office": {Week: Week{"mon-fri": {"08:00-16:00"}}, Eves: Spans{ClosedAllDay}}}
	c.Queues = append(c.Queues, Queue{ID: "social-more", Agency: "social", Name: Text{"fi": "Lisää"}, Record: true})
	c.Numbers = []Number{{Number: "+358912345000", Flow: "main"}}
	c.Flows = []Flow{{
		ID: "main", Agency: "social",
		Steps: []Step{
			{ID: "lang", Language: &LanguageStep{}, Next: "hours"},
			{ID: "hours", Hours: &HoursStep{Of: "office", Closed: "bye"}, Next: "hello"},
			{ID: "hello", Say: &SayStep{Prompt: "welcome"}, Next: "menu"},
			{ID: "menu", Menu: &MenuStep{Prompt: "main-menu", Keys: map[string]string{"1": "notice", "2": "out", "3": "back", "9": "menu"}, Otherwise: "notice"}},
			{ID: "notice", Announce: &AnnounceStep{}, Next: "queue"},
			{ID: "queue", Queue: &QueueStep{Queue: "social-more", Position: true, Wait: true, Callback: &CallbackOffer{}, Otherwise: "out"}},
			{ID: "back", Callback: &CallbackStep{Queue: "social-main", Otherwise: "notice"}},
			{ID: "out", Transfer: &TransferStep{Number: "+358912345999", Otherwise: "bye"}},
			{ID: "bye", HangUp: &HangUpStep{Prompt: "closed", Opens: true}},
		},
	}}
	return c
}

func step(c *City, id string) *Step {
	f := &c.Flows[0]
	i := slices.IndexFunc(f.Steps, func(s Step) bool { return s.ID == id })
	return &f.Steps[i]
}

func TestAFlowIsValid(t *testing.T) {
	c := flowing()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	d := c.WithDefaults()
	q, m := step(&d, "queue").Queue, step(&d, "menu").Menu
	if q.Every != DefaultEvery || q.Music != MusicPrompt || *q.Callback != (CallbackOffer{DefaultCallbackKey, DefaultOfferAfter}) {
		t.Errorf("%+v %+v", q, q.Callback)
	}
	if m.Timeout != DefaultMenuTime || m.Tries != DefaultMenuTries || !slices.Equal(d.Flows[0].Languages, Langs()) {
		t.Errorf("%+v", m)
	}
	if a := step(&d, "notice").Announce; a.Prompt != AnnouncementPrompt || step(&c, "notice").Announce.Prompt != "" {
		t.Error("the defaults are not in a copy")
	}
	m.Keys["8"] = "bye"
	if len(step(&c, "menu").Menu.Keys) != 4 {
		t.Error("the copy shares the keys")
	}
}

// TestFlowsAreKept: what is stored is what was given.
func TestFlowsAreKept(t *testing.T) {
	c := flowing()
	want := c.WithDefaults()
	body, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got City
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if d := got.WithDefaults(); !reflect.DeepEqual(d.Flows, want.Flows) || !reflect.DeepEqual(d.Numbers, want.Numbers) {
		t.Errorf("%+v", d.Flows)
	}
	if got := Differences(&want, &got); slices.Contains(got, "flows") {
		t.Error(got)
	}
}

func TestFlowMistakesAreNamed(t *testing.T) {
	const at = "city.flows[0].steps"
	for name, c := range map[string]struct {
		field, says string
		change      func(*City)
	}{
		"no number":              {"city.numbers[0].number", "E.164", func(c *City) { c.Numbers[0].Number = "09 123" }},
		"a queue's number":       {"city.numbers[0].number", "already that of city.queues[0].number", func(c *City) { c.Numbers[0].Number = c.Queues[0].Number }},
		"twice":                  {"city.numbers[1].number", "already", func(c *City) { c.Numbers = append(c.Numbers, c.Numbers[0]) }},
		"no flow":                {"city.numbers[0].flow", "did you mean main?", func(c *City) { c.Numbers[0].Flow = "mani" }},
		"too many numbers":       {"city.numbers", "over", func(c *City) { c.Numbers = make([]Number, MaxNumbers+1) }},
		"too many flows":         {"city.flows", "over", func(c *City) { c.Flows = make([]Flow, MaxFlows+1) }},
		"no id":                  {"city.flows[0].id", "", func(c *City) { c.Flows[0].ID = "Ä" }},
		"the same id":            {"city.flows[1].id", "already", func(c *City) { c.Flows = append(c.Flows, c.Flows[0]) }},
		"no agency":              {"city.flows[0].agency", "none of city.agencies", func(c *City) { c.Flows[0].Agency = "x" }},
		"no such language":       {"city.flows[0].languages[1]", "fi, sv or en", func(c *City) { c.Flows[0].Languages = []Lang{"fi", "de"} }},
		"a language twice":       {"city.flows[0].languages[1]", "twice", func(c *City) { c.Flows[0].Languages = []Lang{"fi", "fi"} }},
		"no steps":               {"city.flows[0].steps", "between 1 and", func(c *City) { c.Flows[0].Steps = nil }},
		"too many steps":         {"city.flows[0].steps", "between 1 and", func(c *City) { c.Flows[0].Steps = make([]Step, MaxFlowSteps+1) }},
		"a step twice":           {at + "[1].id", "twice", func(c *City) { step(c, "hours").ID = "lang" }},
		"a step without id":      {at + "[1].id", "a–z", func(c *City) { step(c, "hours").ID = "" }},
		"no kind":                {at + "[2]", "it is none", func(c *City) { step(c, "hello").Say = nil }},
		"two kinds":              {at + "[2]", "it is say and hang_up", func(c *City) { step(c, "hello").HangUp = &HangUpStep{} }},
		"one language":           {at + "[0].language", "two languages", func(c *City) { c.Flows[0].Languages = []Lang{"fi"} }},
		"too short":              {at + "[0].language.timeout", "between", func(c *City) { step(c, "lang").Language.Timeout = time.Millisecond }},
		"too often":              {at + "[0].language.tries", "between 1 and", func(c *City) { step(c, "lang").Language.Tries = MaxTries + 1 }},
		"no hours":               {at + "[1].hours", "either of", func(c *City) { step(c, "hours").Hours.Of = "" }},
		"hours twice":            {at + "[1].hours", "either of", func(c *City) { step(c, "hours").Hours.Queue = "social-main" }},
		"hours that are none":    {at + "[1].hours.of", "did you mean office?", func(c *City) { step(c, "hours").Hours.Of = "offcie" }},
		"hours of no queue":      {at + "[1].hours.queue", "none of city.queues", func(c *City) { step(c, "hours").Hours = &HoursStep{Queue: "x", Closed: "bye"} }},
		"a dead end":             {at + "[2].next", "is missing", func(c *City) { step(c, "hello").Next = "" }},
		"closed and nothing":     {at + "[1].hours.closed", "is missing", func(c *City) { step(c, "hours").Hours.Closed = "" }},
		"a menu's dead end":      {at + "[3].menu.otherwise", "is missing", func(c *City) { step(c, "menu").Menu.Otherwise = "" }},
		"a key's dead end":       {at + "[3].menu.keys.1", "is missing", func(c *City) { step(c, "menu").Menu.Keys["1"] = "" }},
		"no such step":           {at + "[2].next", "did you mean menu?", func(c *City) { step(c, "hello").Next = "meun" }},
		"next that is not taken": {at + "[8].next", "does not go with hang_up", func(c *City) { step(c, "bye").Next = "menu" }},
		"no prompt":              {at + "[2].say.prompt", "name of a prompt", func(c *City) { step(c, "hello").Say.Prompt = "" }},
		"a path for a prompt":    {at + "[2].say.prompt", "name of a prompt", func(c *City) { step(c, "hello").Say.Prompt = "../fi/x" }},
		"a notice that is said":  {at + "[2].say.prompt", "announce: {prompt: announcement", func(c *City) { step(c, "hello").Say.Prompt = "announcement-x" }},
		"a notice as music":      {at + "[5].queue.music", "announce:", func(c *City) { step(c, "queue").Queue.Music = "announcement" }},
		"a notice at the end":    {at + "[8].hang_up.prompt", "announce:", func(c *City) { step(c, "bye").HangUp.Prompt = "announcement" }},
		"no notice":              {at + "[4].announce.prompt", "must be a recording announcement", func(c *City) { step(c, "notice").Announce.Prompt = "welcome" }},
		"no keys":                {at + "[3].menu.keys", "are missing", func(c *City) { step(c, "menu").Menu.Keys = nil }},
		"no key":                 {at + "[3].menu.keys", `"12"`, func(c *City) { step(c, "menu").Menu.Keys["12"] = "bye" }},
		"a menu too long":        {at + "[3].menu.timeout", "between", func(c *City) { step(c, "menu").Menu.Timeout = time.Hour }},
		"no queue":               {at + "[5].queue.queue", "did you mean social-main?", func(c *City) { step(c, "queue").Queue.Queue = "soc" }},
		"another's queue":        {at + "[5].queue.queue", "agency water", func(c *City) { step(c, "queue").Queue.Queue = "water-faults" }},
		"too frequent":           {at + "[5].queue.every", "between", func(c *City) { step(c, "queue").Queue.Every = time.Second }},
		"no callback key":        {at + "[5].queue.callback.key", "0–9", func(c *City) { step(c, "queue").Queue.Callback.Key = "a" }},
		"a late offer":           {at + "[5].queue.callback.after", "between", func(c *City) { step(c, "queue").Queue.Callback.After = 2 * time.Hour }},
		"another's callback":     {at + "[6].callback.queue", "agency water", func(c *City) { step(c, "back").Callback.Queue = "water-faults" }},
		"callback or nothing":    {at + "[6].callback.otherwise", "is missing", func(c *City) { step(c, "back").Callback.Otherwise = "" }},
		"no telephone":           {at + "[7].transfer.number", "E.164", func(c *City) { step(c, "out").Transfer.Number = "112" }},
		"a long ring":            {at + "[7].transfer.ring", "between", func(c *City) { step(c, "out").Transfer.Ring = time.Hour }},
		"nobody answers":         {at + "[7].transfer.otherwise", "is missing", func(c *City) { step(c, "out").Transfer.Otherwise = "" }},
		"a step apart": {at + "[9]", "reached by no call", func(c *City) {
			c.Flows[0].Steps = append(c.Flows[0].Steps, Step{ID: "apart", HangUp: &HangUpStep{}})
		}},
		"for ever":             {at + "[2].next", "hello → hello", func(c *City) { step(c, "hello").Next = "hello" }},
		"for ever in silence":  {at + "[3].menu.otherwise", "menu → menu", func(c *City) { step(c, "menu").Menu.Otherwise = "menu" }},
		"for ever, sent away":  {"", "without a key", func(c *City) { step(c, "out").Transfer.Otherwise = "notice" }},
		"recorded unannounced": {at + "[5].queue.queue", "lang → hours → hello → menu → queue", func(c *City) { step(c, "menu").Menu.Keys["4"] = "queue" }},
		"nothing announced":    {at + "[5].queue.queue", "no recording announcement", func(c *City) { step(c, "notice").Announce, step(c, "notice").Say = nil, &SayStep{"x"} }},
		"the language comes too late": {at + "[0].language", "after the recording announcement", func(c *City) {
			c.Flows[0].Steps = append([]Step{{ID: "first", Announce: &AnnounceStep{}, Next: "lang"}}, c.Flows[0].Steps...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			city := flowing()
			c.change(&city)
			if name == "the language comes too late" {
				c.field = at + "[1].language"
			}
			err := city.Validate()
			e, ok := errors.AsType[*errs.Error](err)
			if !ok || e.Kind != errs.Invalid || c.field != "" && e.Field != c.field || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v\nwant %s: %s", err, c.field, c.says)
			}
		})
	}
}

// TestAQueueOfAFlowAlone: a queue needs neither number nor mailbox where a flow leads to it, and may send its calls away.
func TestAQueueOfAFlowAlone(t *testing.T) {
	c := flowing()
	c.Queues[2].Overflow = []Overflow{{When: WhenWaited, After: time.Minute, To: Target{Announcement: "busy"}}}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.Numbers, c.Flows, c.Queues[2].Overflow = nil, nil, nil
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "no flow leads to it") {
		t.Error(err)
	}
}

func TestPromptsAreChecked(t *testing.T) {
	c := flowing()
	asked := map[string]int{}
	if err := c.CheckPrompts(func(l Lang, name string) bool { asked[name]++; return true }); err != nil {
		t.Error(err)
	}
	if want := (map[string]int{"welcome": 3, "main-menu": 3, "announcement": 3, "music": 3, "closed": 3}); !maps.Equal(asked, want) {
		t.Error(asked)
	}
	err := c.CheckPrompts(func(l Lang, name string) bool { return l != Swedish || name != "main-menu" })
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != "city.flows[0].steps[3].menu.prompt" || !strings.Contains(e.Error(), "sv/main-menu.wav") {
		t.Error(err)
	}
}

func TestWhatANumberMeets(t *testing.T) {
	c := flowing()
	b := &Book{}
	b.index.Store(newIndex(c.WithDefaults()))
	for called, want := range map[string]string{"0912345000": "main", "+358912345000": "main", "+358912345678": "queue-social-main", "00358912345679": "queue-water-faults"} {
		f, number, ok := b.FlowByNumber(called)
		if !ok || f.ID != want || !e164(number) {
			t.Errorf("%s: %s %s", called, f.ID, number)
		}
	}
	if f, _, ok := b.FlowByNumber("+358999999"); ok {
		t.Error(f)
	}
	sunday := time.Date(2026, 10, 4, 12, 0, 0, 0, time.UTC)
	if open, until := b.OpenHours("office", sunday); open || until.IsZero() {
		t.Error(open, until)
	}
	if open, until := b.OpenHours("none", sunday); !open || !until.IsZero() {
		t.Error(open, until)
	}
}

// TestImplicitFlowsAreValid: what a queue's own number does passes every check of a written flow.
func TestImplicitFlowsAreValid(t *testing.T) {
	c := sample()
	for i := range c.Queues {
		d := c.WithDefaults()
		f := d.Queues[i].Flow()
		d.Queues[i].Number, d.Numbers = "", []Number{{c.Queues[i].Number, f.ID}}
		for j := range f.Steps { // the way on which routing sends a call away is never recorded: it is no step of a file
			if q := f.Steps[j].Queue; q != nil && q.Away {
				f.Steps[j] = Step{ID: "away", HangUp: &HangUpStep{Prompt: ClosedPrompt}}
			}
		}
		d.Flows = []Flow{f}
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
		if first := f.Steps[0].Kind(); (first == KindLanguage) != c.Queues[i].LanguageMenu {
			t.Error(first)
		}
	}
}

// anyFlow is a flow of few steps that mostly lead somewhere.
func anyFlow(t *rapid.T) Flow {
	n := rapid.IntRange(1, 6).Draw(t, "steps")
	id := func(i int) string { return fmt.Sprintf("s%d", i) }
	to := func() string { return id(rapid.IntRange(0, n-1).Draw(t, "to")) }
	f := Flow{ID: "any", Agency: "social"}
	for i := range n {
		s := Step{ID: id(i)}
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			s.Language, s.Next = &LanguageStep{}, to()
		case 1:
			s.Hours, s.Next = &HoursStep{Of: "office", Closed: to()}, to()
		case 2:
			s.Announce, s.Next = &AnnounceStep{}, to()
		case 3:
			s.Menu = &MenuStep{Prompt: "m", Keys: map[string]string{"1": to(), "2": to()}, Otherwise: to()}
		case 4:
			s.Queue = &QueueStep{Queue: "social-more", Otherwise: to()}
		case 5:
			s.Queue = &QueueStep{Queue: "social-main"}
		default:
			s.HangUp = &HangUpStep{}
		}
		f.Steps = append(f.Steps, s)
	}
	return f
}

// good tells by going every way, step by step, what the checks tell by looking at the graph: nothing goes round in silence, every step
// is reached, no recorded queue comes without an announcement, no language after it.
func good(c *City, f *Flow) bool {
	records := map[string]bool{}
	for _, q := range c.Queues {
		records[q.ID] = q.Record
	}
	reached, seen, fine := map[string]bool{}, map[string]bool{}, true
	var silent func(id string, path []string)
	silent = func(id string, path []string) {
		if slices.Contains(path, id) {
			fine = false
			return
		}
		s, _ := f.Step(id)
		for _, w := range s.ways() {
			if !w.key {
				silent(w.to, append(slices.Clone(path), id))
			}
		}
	}
	var visit func(id string, heard bool)
	visit = func(id string, heard bool) {
		key := fmt.Sprint(id, heard)
		if seen[key] {
			return
		}
		seen[key], reached[id] = true, true
		s, _ := f.Step(id)
		fine = fine && !(s.Language != nil && heard) && !(s.Queue != nil && records[s.Queue.Queue] && !heard)
		for _, w := range s.ways() {
			visit(w.to, heard || s.Announce != nil)
		}
	}
	visit(f.Steps[0].ID, false)
	for _, s := range f.Steps {
		silent(s.ID, nil)
	}
	return fine && len(reached) == len(f.Steps)
}

func TestFlowsAreRefusedIffTheyAreWrong(t *testing.T) {
	taken, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := flowing()
		c.Queues = append(c.Queues, Queue{ID: "more", Agency: "social", Name: Text{"fi": "x"}, Mailbox: "more@city.example"})
		c.Queues[2].Mailbox = "other@city.example"
		c.Numbers, c.Flows = nil, []Flow{anyFlow(t)}
		err := c.Validate()
		if want := good(&c, &c.Flows[0]); (err == nil) != want {
			t.Fatalf("good %v: %v\n%+v", want, err, c.Flows[0])
		}
		if err == nil {
			taken++
		} else {
			refused++
		}
	})
	if taken == 0 || refused == 0 {
		t.Errorf("%d taken, %d refused: the test tells nothing", taken, refused)
	}
}

func TestFlowsThatNobodyCalls(t *testing.T) {
	c := flowing()
	fields := func() (all []string) {
		for _, w := range c.Warnings(nil) {
			all = append(all, w.Field)
		}
		return all
	}
	if got := fields(); len(got) != 0 { // of the hours, a flow is the only user
		t.Error(got)
	}
	c.Numbers, c.Hours["more"] = nil, c.Hours["office"]
	if got := fields(); !slices.Equal(got, []string{"city.hours.more", "city.flows[0]"}) {
		t.Error(got)
	}
}

// FuzzFlows: no flow panics; one that is taken is good, and is the same when it is read again.
func FuzzFlows(f *testing.F) {
	whole, err := json.Marshal(flowing().Flows[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, text := range []string{`{}`, `{"steps":[{}]}`, `{"steps":[{"id":"a","menu":{"keys":{"1":"a"}}}]}`, `{"id":"a","agency":"social","steps":[{"id":"a","hang_up":{}}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := flowing()
		c.Queues[2].Mailbox = "more@city.example" // else a flow without it is refused for that
		if json.Unmarshal(text, &c.Flows[0]) != nil {
			return
		}
		c.Numbers = nil
		if err := c.Validate(); err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Error(err)
			}
			return
		}
		if len(c.Flows[0].Steps) < 12 && !good(&c, &c.Flows[0]) {
			t.Errorf("taken: %s", text)
		}
		d := c.WithDefaults()
		if err := d.Validate(); err != nil {
			t.Error(err)
		}
	})
}
