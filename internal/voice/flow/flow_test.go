package flow

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/protocol/media"
)

// world is a Facts of the tests.
type world struct {
	closed  map[string]bool // hours and queues
	opens   time.Time
	records bool
	now     time.Time
}

func (w *world) Open(h agency.HoursStep) (bool, time.Time) { return !w.closed[h.Of+h.Queue], w.opens }
func (w *world) Records(string) bool                       { return w.records }
func (w *world) Now() time.Time                            { return w.now }

func noon() *world {
	return &world{closed: map[string]bool{}, records: true, now: time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)}
}

// full is a flow with a step of each kind, defaults filled in.
func full() agency.Flow {
	return agency.Flow{ID: "full", Agency: "a", Languages: []agency.Lang{"fi", "sv"}, Steps: []agency.Step{
		{ID: "lang", Language: &agency.LanguageStep{Timeout: 4 * time.Second, Tries: 2}, Next: "hours"},
		{ID: "hours", Hours: &agency.HoursStep{Of: "office", Closed: "shut"}, Next: "hello"},
		{ID: "hello", Say: &agency.SayStep{Prompt: "welcome"}, Next: "menu"},
		{ID: "menu", Menu: &agency.MenuStep{Prompt: "main", Keys: map[string]string{"1": "notice", "2": "back", "3": "out", "9": "menu"}, Timeout: 5 * time.Second, Tries: 2, Otherwise: "shut"}},
		{ID: "notice", Announce: &agency.AnnounceStep{Prompt: "announcement"}, Next: "queue"},
		{ID: "queue", Queue: &agency.QueueStep{Queue: "q", Position: true, Wait: true, Every: time.Minute, Music: "music", Callback: &agency.CallbackOffer{Key: "1", After: 90 * time.Second}, Otherwise: "out"}},
		{ID: "back", Callback: &agency.CallbackStep{Queue: "q", Otherwise: "shut"}},
		{ID: "out", Transfer: &agency.TransferStep{Number: "+358912345678", Ring: 30 * time.Second, Otherwise: "shut"}},
		{ID: "shut", HangUp: &agency.HangUpStep{Prompt: "closed", Opens: true}},
	}}
}

func says(l agency.Lang, names ...string) Play { return Play{Parts: spell(l, names)} }

// course takes events in turn; each must be answered by the actions after it.
type course struct {
	on   Event
	want []Action
}

func follow(t *testing.T, r *Run, got []Action, all []course) {
	t.Helper()
	for i, c := range all {
		if c.on != nil {
			got = r.On(c.on)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Fatalf("%d: after %#v\ngot  %+v\nwant %+v", i, c.on, got, c.want)
		}
	}
}

func both(name string) Play { return Play{Parts: []Part{{"fi", name}, {"sv", name}}} }

var music = Play{Parts: []Part{{"sv", "music"}}, Loop: true} // nobody changes it

// chosen brings a call to a step by its menu key, in Swedish.
func at(t *testing.T, w *world, key rune) (*Run, []Action) {
	t.Helper()
	r, _ := Start(full(), w)
	r.On(Key{'2'})
	r.On(Played{})
	return r, r.On(Key{key})
}

func TestToTheQueue(t *testing.T) {
	w := noon()
	r, first := Start(full(), w)
	follow(t, r, first, []course{
		{nil, []Action{both("language-menu")}},
		{Key{'3'}, nil}, // English is none of this flow's
		{Played{}, []Action{Collect{4 * time.Second}}},
		{Key{'7'}, nil},
		{Timeout{}, []Action{both("language-menu")}},
		{Timeout{}, nil}, // too late
		{Key{'2'}, []Action{says("sv", "welcome")}},
		{Key{'1'}, nil}, // nothing is asked
		{Played{}, []Action{says("sv", "main")}},
		{Key{'5'}, []Action{says("sv", "invalid", "main")}},
		{Played{}, []Action{Collect{5 * time.Second}}},
		{Key{'1'}, []Action{Announce{"announcement", []agency.Lang{"sv"}}}},
		{Key{'1'}, nil},
		{Played{}, nil},
		{Announced{true}, []Action{Enqueue{Queue: "q", Language: "sv", Record: true}, music, Wake{FirstWord}}},
	})
	if r.Step() != "queue" || r.Language() != "sv" || r.Over() {
		t.Error(r.Step(), r.Language())
	}
	w.now = w.now.Add(FirstWord)
	follow(t, r, nil, []course{
		{Woken{Position: 4, Estimate: 8 * time.Minute, Callback: true}, []Action{says("sv", "position", "n-4", "wait-estimate", "n-10", "minutes")}},
		{Key{'1'}, nil}, // nothing was offered
		{Played{}, []Action{music, Wake{time.Minute}}},
		{Woken{}, []Action{Wake{time.Minute}}}, // nothing is known, so nothing is said
		{Answered{}, nil},
		{Woken{Position: 1}, nil},
	})
	if !r.Over() {
		t.Error("not over")
	}
}

func TestACallbackFromTheQueue(t *testing.T) {
	w := noon()
	r, _ := at(t, w, '1')
	r.On(Announced{true})
	w.now = w.now.Add(61 * time.Second) // the callback is due in 29 s, before the next word
	follow(t, r, nil, []course{
		{Woken{Position: 1}, []Action{says("sv", "position-first")}},
		{Played{}, []Action{music, Wake{29 * time.Second}}},
	})
	w.now = w.now.Add(29 * time.Second)
	follow(t, r, nil, []course{
		{Woken{}, []Action{Wake{FirstWord}}}, // none can be promised: asked again soon
		{Woken{Callback: true}, []Action{says("sv", "callback-offer")}},
		{Key{'2'}, nil},
		{Key{'1'}, []Action{Promise{Queue: "q", Keep: true}}},
		{Played{}, nil},
		{Promised{}, []Action{says("sv", "callback-declined")}},
		{Played{}, []Action{music, Wake{time.Minute}}},
		{Key{'1'}, []Action{Promise{Queue: "q", Keep: true}}},
		{Promised{OK: true, By: w.now.Add(2*time.Hour + 28*time.Minute + 30*time.Second)}, []Action{
			says("sv", "callback-confirm", "today", "clock", "n-14", "n-30", "goodbye"),
		}},
		{Diverted{"busy"}, nil}, // too late
		{Played{}, []Action{HangUp{}}},
		{Played{}, nil},
	})
}

func TestOtherWays(t *testing.T) {
	opens := noon().now.Add(24 * time.Hour)
	bye := says("sv", "closed", "goodbye")
	for name, c := range map[string]struct {
		key rune
		all []course
	}{
		"a callback":    {'2', []course{{nil, []Action{Promise{Queue: "q"}}}, {Promised{OK: true, By: opens}, []Action{says("sv", "callback-confirm", "tomorrow", "clock", "n-12", "goodbye")}}, {Played{}, []Action{HangUp{}}}}},
		"no callback":   {'2', []course{{Promised{}, []Action{bye}}}},
		"a transfer":    {'3', []course{{nil, []Action{says("sv", "transfer")}}, {Played{}, []Action{Dial{"+358912345678", 30 * time.Second}}}, {Dialled{true}, nil}, {Dialled{false}, nil}}},
		"nobody there":  {'3', []course{{Played{}, []Action{Dial{"+358912345678", 30 * time.Second}}}, {Dialled{false}, []Action{bye}}, {Played{}, []Action{HangUp{}}}}},
		"round by keys": {'9', []course{{nil, []Action{says("sv", "main")}}, {Key{'9'}, []Action{says("sv", "main")}}}},
		"silence":       {'9', []course{{Played{}, []Action{Collect{5 * time.Second}}}, {Timeout{}, []Action{says("sv", "main")}}, {Played{}, []Action{Collect{5 * time.Second}}}, {Timeout{}, []Action{bye}}}},
		"sent away":     {'1', []course{{Announced{true}, []Action{Enqueue{Queue: "q", Language: "sv", Record: true}, music, Wake{FirstWord}}}, {Diverted{"busy"}, []Action{says("sv", "transfer")}}}},
		"unheard":       {'1', []course{{Announced{false}, []Action{Enqueue{Queue: "q", Language: "sv"}, music, Wake{FirstWord}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, got := at(t, noon(), c.key)
			follow(t, r, got, c.all[:1])
			follow(t, r, nil, c.all[1:])
		})
	}
}

func TestClosedHoursSayWhenTheyEnd(t *testing.T) {
	w := noon()
	w.closed["office"], w.opens = true, w.now.Add(21*time.Hour)
	r, _ := Start(full(), w)
	follow(t, r, nil, []course{
		{Key{'1'}, []Action{says("fi", "closed", "opens", "tomorrow", "clock", "n-9", "goodbye")}},
		{Deaf{true}, nil},
		{Played{}, nil},
		{Deaf{false}, []Action{HangUp{}}},
	})
}

func TestOfAnImplicitFlow(t *testing.T) {
	q := agency.Queue{ID: "q", Agency: "a", Languages: []agency.Lang{"fi", "sv"}}
	w := noon()
	r, first := Start(q.Flow(), w)
	follow(t, r, first, []course{
		{nil, []Action{Announce{"announcement", []agency.Lang{"fi", "sv"}}}},
		{Announced{true}, []Action{Enqueue{Queue: "q", Record: true}, Play{Parts: []Part{{"fi", "music"}}, Loop: true}}}, // no word, no Wake
		{Diverted{"goodbye"}, []Action{Play{Parts: []Part{{"fi", "goodbye"}, {"sv", "goodbye"}}}}},
	})
	w.closed["q"] = true
	r, first = Start(q.Flow(), w)
	follow(t, r, first, []course{
		{nil, []Action{Enqueue{Queue: "q", Away: true}}},
		{Woken{}, nil},
		{Diverted{"closed"}, []Action{Play{Parts: []Part{{"fi", "closed"}, {"fi", "goodbye"}, {"sv", "closed"}, {"sv", "goodbye"}}}}},
		{Played{}, []Action{HangUp{}}},
	})
}

func TestWhoHoldsUsHearsItAgain(t *testing.T) {
	w := noon()
	r, _ := Start(full(), w)
	follow(t, r, nil, []course{
		{Deaf{true}, nil},
		{Played{}, nil},
		{Key{'2'}, nil},
		{Deaf{true}, nil},
		{Deaf{false}, []Action{both("language-menu")}},
		{Deaf{false}, nil},
		{Key{'2'}, []Action{says("sv", "welcome")}},
		{Played{}, []Action{says("sv", "main")}},
		{Played{}, []Action{Collect{5 * time.Second}}},
		{Deaf{true}, nil},
		{Timeout{}, nil},
		{Deaf{false}, []Action{says("sv", "main")}},
		{Key{'1'}, []Action{Announce{"announcement", []agency.Lang{"sv"}}}},
		{Deaf{true}, nil},
		{Announced{true}, nil}, // was stopped, whatever is said of it
		{Deaf{false}, []Action{Announce{"announcement", []agency.Lang{"sv"}}}},
		{Announced{true}, []Action{Enqueue{Queue: "q", Language: "sv", Record: true}, music, Wake{FirstWord}}},
		{Deaf{true}, nil},
		{Woken{Position: 3}, []Action{Wake{FirstWord}}},
		{Deaf{false}, []Action{music, Wake{FirstWord}}},
		{Deaf{true}, nil},
		{Diverted{"busy"}, nil}, // a transfer is announced when the caller hears us
		{Deaf{false}, []Action{says("sv", "transfer")}},
	})
	r, _ = at(t, w, '2')
	r.On(Deaf{true})
	follow(t, r, nil, []course{{Promised{OK: true, By: w.now}, []Action{HangUp{}}}})
}

// TestKeysForEver: a caller who goes round and round comes to an end.
func TestKeysForEver(t *testing.T) {
	r, _ := at(t, noon(), '9')
	for i := 0; ; i++ {
		got := r.On(Key{'9'})
		if reflect.DeepEqual(got, []Action{says("sv", "unavailable", "goodbye")}) {
			break
		}
		if i > MaxSteps {
			t.Fatal("no end")
		}
	}
}

func TestNothingToFollow(t *testing.T) {
	r, got := Start(agency.Flow{}, noon())
	if !reflect.DeepEqual(got, []Action{HangUp{}}) || !r.Over() || r.On(Played{}) != nil {
		t.Error(got)
	}
	_, got = Start(agency.Flow{Languages: []agency.Lang{"fi"}, Steps: []agency.Step{{ID: "a", Say: &agency.SayStep{Prompt: "x"}, Next: "b"}}}, noon())
	if len(got) != 1 {
		t.Error(got)
	}
}

// anyEvent is an event, likely or not.
func anyEvent(t *rapid.T) Event {
	return rapid.SampledFrom([]Event{
		Played{},
		Played{},
		Played{},
		Announced{true},
		Announced{false},
		Key{'1'},
		Key{'2'},
		Key{'3'},
		Key{'9'},
		Key{'x'},
		Timeout{},
		Timeout{},
		Woken{},
		Woken{Position: 3, Estimate: time.Hour, Callback: true},
		Diverted{"busy"},
		Diverted{"goodbye"},
		Promised{},
		Promised{OK: true},
		Dialled{},
		Deaf{true},
		Deaf{false},
	}).Draw(t, "event")
}

// checker watches what a run does, whatever happens.
type checker struct {
	asked  bool // an announcement plays
	heard  bool // to its end
	hungUp bool
	deaf   bool
}

// saw takes an event before the run does.
func (c *checker) saw(e Event) {
	switch e := e.(type) {
	case Announced:
		c.heard = c.heard || e.OK && c.asked && !c.deaf
		c.asked = c.asked && c.deaf
	case Deaf:
		c.deaf = e.On
	}
}

func (c *checker) did(actions []Action) error {
	for _, a := range actions {
		switch a := a.(type) {
		case Announce:
			c.asked = true
		case Enqueue:
			if a.Record && !c.heard {
				return fmt.Errorf("recorded unannounced: %+v", a)
			}
		case Play:
			if len(a.Parts) == 0 || c.deaf {
				return fmt.Errorf("nothing to say, or nobody to hear it (%v): %+v", c.deaf, a)
			}
		}
		if c.hungUp {
			return fmt.Errorf("after the end: %+v", a)
		}
		_, c.hungUp = a.(HangUp)
	}
	return nil
}

// TestWhateverHappens: in any order of events nothing is recorded unannounced, nothing comes after the end, answers are short.
func TestWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := noon()
		w.closed["office"] = rapid.IntRange(0, 9).Draw(t, "closed") == 0
		r, actions := Start(full(), w)
		var c checker
		if err := c.did(actions); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 300).Draw(t, "events") {
			e := anyEvent(t)
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "seconds")) * time.Second)
			c.saw(e)
			actions := r.On(e)
			if err := c.did(actions); err != nil {
				t.Fatal(err)
			}
			if len(actions) > 3 || r.Over() && len(actions) > 0 && !c.hungUp {
				t.Fatalf("%+v", actions)
			}
		}
	})
}

// cooperative answers an action as a good world does; nil where routing decides.
func cooperative(a Action) Event {
	switch a := a.(type) {
	case Play:
		if a.Loop {
			return nil
		}
		return Played{}
	case Announce:
		return Announced{true}
	case Collect:
		return Timeout{}
	case Promise:
		return Promised{}
	case Dial:
		return Dialled{}
	case Enqueue:
		return Diverted{"busy"}
	}
	return nil
}

// TestSilentCallersComeToAnEnd: with a valid flow whose queues are all full, where no key is ever pressed, the call is hung up after no more
// steps than the flow has.
func TestSilentCallersComeToAnEnd(t *testing.T) {
	ended := 0
	rapid.Check(t, func(t *rapid.T) {
		f := forward(t)
		w := noon()
		w.closed["office"] = rapid.Bool().Draw(t, "closed")
		r, actions := Start(f, w)
		for range 20 * len(f.Steps) {
			i := slices.IndexFunc(actions, func(a Action) bool { return cooperative(a) != nil })
			if i < 0 {
				break
			}
			actions = r.On(cooperative(actions[i]))
		}
		if !r.Over() || r.entered > len(f.Steps) {
			t.Fatalf("at %s after %d steps: %+v", r.Step(), r.entered, actions)
		}
		ended++
	})
	if ended == 0 {
		t.Error("no call was made")
	}
}

// forward is a flow whose steps lead forward, but for keys.
func forward(t *rapid.T) agency.Flow {
	n := rapid.IntRange(1, 8).Draw(t, "steps")
	f := agency.Flow{ID: "f", Languages: []agency.Lang{"fi", "sv"}}
	id := func(i int) string { return fmt.Sprintf("s%d", i) }
	for i := range n {
		on := func() string { return id(rapid.IntRange(i+1, n).Draw(t, "to")) }
		s := agency.Step{ID: id(i)}
		switch rapid.IntRange(0, 7).Draw(t, "kind") {
		case 0:
			s.Language, s.Next = &agency.LanguageStep{Tries: 2}, on()
		case 1:
			s.Hours, s.Next = &agency.HoursStep{Of: "office", Closed: on()}, on()
		case 2:
			s.Announce, s.Next = &agency.AnnounceStep{Prompt: "announcement"}, on()
		case 3:
			s.Menu = &agency.MenuStep{Prompt: "m", Keys: map[string]string{"1": id(rapid.IntRange(0, n).Draw(t, "key"))}, Tries: 3, Otherwise: on()}
		case 4:
			s.Queue = &agency.QueueStep{Queue: "q", Position: true, Every: time.Minute, Music: "music", Otherwise: on()}
		case 5:
			s.Callback = &agency.CallbackStep{Queue: "q", Otherwise: on()}
		case 6:
			s.Transfer = &agency.TransferStep{Number: "+358912345678", Otherwise: on()}
		default:
			s.Say, s.Next = &agency.SayStep{Prompt: media.Welcome}, on()
		}
		f.Steps = append(f.Steps, s)
	}
	f.Steps = append(f.Steps, agency.Step{ID: id(n), HangUp: &agency.HangUpStep{}})
	return f
}

// FuzzEvents: each byte is an event; no order of them panics or breaks a rule.
func FuzzEvents(f *testing.F) {
	f.Add([]byte("\x05\x00\x00\x05\x03\x0d\x05\x11"))
	f.Add([]byte{6, 0, 5, 3, 13, 0, 12, 5, 17})
	events := []Event{
		Played{},
		Announced{true},
		Announced{},
		Key{'1'},
		Key{'2'},
		Key{'3'},
		Key{'9'},
		Timeout{},
		Woken{},
		Woken{Position: 200, Estimate: time.Minute, Callback: true},
		Diverted{"busy"},
		Diverted{},
		Promised{},
		Promised{OK: true},
		Dialled{},
		Dialled{true},
		Deaf{true},
		Deaf{false},
		Answered{},
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		w := noon()
		r, actions := Start(full(), w)
		var c checker
		for i := 0; ; i++ {
			if err := c.did(actions); err != nil {
				t.Fatal(err)
			}
			if i == min(len(script), 5000) {
				return
			}
			w.now = w.now.Add(10 * time.Second)
			e := events[int(script[i])%len(events)]
			c.saw(e)
			actions = r.On(e)
		}
	})
}
