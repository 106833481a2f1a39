package rehearse

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// words are the built-in prompts, each as long as its text.
type words struct{}

func (words) Words(l agency.Lang, name string) (string, bool) { return media.Text(string(l), name) }

func (words) Length(l agency.Lang, name string) (time.Duration, bool) {
	text, ok := media.Text(string(l), name)
	return time.Duration(len(text)) * 60 * time.Millisecond, ok
}

// town has one flow with everything and a queue with its own number.
func town() *agency.City {
	text := agency.Text{"fi": "x"}
	c := agency.City{
		Name: text, Controller: agency.Controller{Name: text, Address: text, Person: text, Contact: text, DPO: text},
		Agencies: []agency.Agency{{ID: "health", Name: text, Address: "a@city.example"}},
		Hours:    map[string]agency.Hours{"office": {Week: agency.Week{"mon-fri": {"08:00-16:00"}}, Eves: agency.Spans{agency.ClosedAllDay}}},
		Queues: []agency.Queue{
			{ID: "advice", Agency: "health", Name: text, Number: "+358912340002", LanguageMenu: true, Record: true, Hours: "office"},
			{ID: "quiet", Agency: "health", Name: text, Number: "+358912340003", Languages: []agency.Lang{"fi", "sv"}},
		},
		Numbers: []agency.Number{{Number: "+358912340100", Flow: "main"}},
		Flows: []agency.Flow{{ID: "main", Agency: "health", Steps: []agency.Step{
			{ID: "lang", Language: &agency.LanguageStep{}, Next: "open"},
			{ID: "open", Hours: &agency.HoursStep{Of: "office", Closed: "shut"}, Next: "menu"},
			{ID: "menu", Menu: &agency.MenuStep{Prompt: "callback-offer", Keys: map[string]string{"1": "notice", "2": "back", "3": "away"}, Otherwise: "bye"}},
			{ID: "notice", Announce: &agency.AnnounceStep{}, Next: "queue"},
			{ID: "queue", Queue: &agency.QueueStep{Queue: "advice", Position: true, Wait: true, Callback: &agency.CallbackOffer{}, Otherwise: "away"}},
			{ID: "back", Callback: &agency.CallbackStep{Queue: "advice", Otherwise: "bye"}},
			{ID: "away", Transfer: &agency.TransferStep{Number: "+358912340009", Otherwise: "bye"}},
			{ID: "shut", HangUp: &agency.HangUpStep{Prompt: "closed", Opens: true}},
			{ID: "bye", HangUp: &agency.HangUpStep{Prompt: "unavailable"}},
		}}},
	}
	c = c.WithDefaults()
	return &c
}

func monday() time.Time {
	return time.Date(2026, 10, 5, 10, 0, 0, 0, town().Location())
}

func TestTheTownIsValid(t *testing.T) {
	if err := town().Validate(); err != nil {
		t.Fatal(err)
	}
}

// TestScripts plays the scenarios of testdata.
func TestScripts(t *testing.T) {
	text, err := os.ReadFile("testdata/town.txt")
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReadScript(text, monday())
	if err != nil {
		t.Fatal(err)
	}
	world := City{town()}
	for _, s := range all {
		f, ok := world.Find(s.Number)
		if !ok {
			t.Fatal(s.Number)
		}
		course := Run(f, world, words{}, s.Call)
		if problems := s.Check(course); len(problems) > 0 {
			t.Errorf("%s\n%s", strings.Join(problems, "\n"), shown(course))
		}
	}
}

func shown(c Course) string {
	var all []string
	for _, l := range c.Lines {
		all = append(all, l.String())
	}
	return strings.Join(all, "\n")
}

// TestWrongExpectationsAreTold: the checks can fail.
func TestWrongExpectationsAreTold(t *testing.T) {
	for name, c := range map[string]struct{ script, says string }{
		"another end":    {"number 0912340002\nends hung-up", `line 2: the call ends "answered", not "hung-up"`},
		"never heard":    {"number 0912340002\nhears closed", `line 2: hears "closed" does not come`},
		"heard":          {"number 0912340002\nhears-not announcement", `line 2: "announcement" is heard`},
		"the order":      {"number 0912340002\nqueue advice\nhears announcement", `line 3: hears "announcement" does not come`},
		"not recorded":   {"number 0912340002\nqueue advice not", `line 2: queue "advice not"`},
		"keys too many":  {"number 0912340002\nkeys 1 1 1\nends answered", `line 1: nothing asked for 2 of the keys`},
		"another queue":  {"number 0912340002\nqueue quiet", `line 2: queue "quiet"`},
		"no such prompt": {"number 0912340003\nhears language-menu", `line 2: hears "language-menu"`},
	} {
		all, err := ReadScript([]byte(c.script), monday())
		if err != nil {
			t.Fatal(err)
		}
		world := City{town()}
		f, _ := world.Find(all[0].Number)
		problems := all[0].Check(Run(f, world, words{}, all[0].Call))
		if len(problems) != 1 || !strings.Contains(problems[0], c.says) {
			t.Errorf("%s: %q", name, problems)
		}
	}
}

func TestScriptsThatAreWrong(t *testing.T) {
	for text, says := range map[string]string{
		"":                                 "no scenario",
		"# only\n\n":                       "no scenario",
		"lang fi":                          "line 1: a scenario begins with number",
		"number 1\nlang de":                "line 2: lang is",
		"number 1\nat noon":                "line 2: ",
		"number 1\nkeys x":                 `line 2: keys: has "x"`,
		"number 1\nkeys wx":                "a wait is w and a time",
		"number 1\nposition x":             "line 2: ",
		"number 1\nposition -1":            "position is 0 to",
		"number 1\nwait -1s":               "must be between",
		"number 1\nestimate 99h":           "must be between",
		"number 1\n\nhears":                "line 3: hears what?",
		"number 1\nsings":                  `"sings" is none of number`,
		"number 1\nends x\nlang fi":        "comes after what is expected",
		strings.Repeat("number 1\n", 1001): "more than 1000",
		"number 1\nkeys " + strings.Repeat("1", 201): "over 200",
	} {
		if _, err := ReadScript([]byte(text), monday()); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
	if _, err := ReadScript(make([]byte, MaxScript+1), monday()); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
}

func TestLines(t *testing.T) {
	for want, l := range map[string]Line{
		"  1:05  says fi welcome                     Tervetuloa.": {After: 65 * time.Second, What: Says, Lang: "fi", Name: "welcome", Text: "Tervetuloa."},
		" 61:00  hung-up": {After: 61 * time.Minute, What: HungUp},
	} {
		if got := l.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestCityFacts: numbers as they are dialled, hours of a queue and by name, until when a callback may be promised.
func TestCityFacts(t *testing.T) {
	world := City{town()}
	for called, id := range map[string]string{"+358912340100": "main", "0912340002": "queue-advice"} {
		if f, ok := world.Find(called); !ok || f.ID != id {
			t.Error(called, f.ID)
		}
	}
	if f, ok := world.Find("112"); ok {
		t.Error(f.ID)
	}
	sunday := monday().AddDate(0, 0, -1)
	for h, open := range map[agency.HoursStep]bool{{Of: "office"}: false, {Queue: "advice"}: false, {Queue: "quiet"}: true, {Of: "none"}: true} {
		if got, _ := world.Open(h, sunday); got != open {
			t.Errorf("%+v %v", h, got)
		}
	}
	if by, ok := world.CallBack("advice", monday()); !ok || by.Hour() != 16 {
		t.Error(by, ok)
	}
	if _, ok := world.CallBack("advice", sunday); ok {
		t.Error("promised on a Sunday")
	}
	if by, ok := world.CallBack("quiet", sunday); !ok || by.Sub(sunday) != maxPromise {
		t.Error(by, ok)
	}
}

// TestEveryCallEnds: whatever is pressed and however the world is, a call comes to an end, its time only goes forward, and nobody is
// recorded without the announcement.
func TestEveryCallEnds(t *testing.T) {
	world := City{town()}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.SampledFrom([]string{"0912340100", "0912340002", "0912340003"}).Draw(t, "number")
		f, _ := world.Find(number)
		key := rapid.Custom(func(t *rapid.T) Stroke {
			if rapid.Bool().Draw(t, "waits") {
				return Stroke{Wait: time.Duration(rapid.IntRange(0, 300).Draw(t, "wait")) * time.Second}
			}
			return Stroke{Key: rapid.SampledFrom([]rune(agency.MenuKeys)).Draw(t, "key")}
		})
		c := Call{
			At: monday().Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(t, "at")) * time.Minute), Strokes: rapid.SliceOfN(key, 0, 20).Draw(t, "keys"),
			Lang: rapid.SampledFrom([]agency.Lang{"", "fi", "sv", "en"}).Draw(t, "lang"), Position: rapid.IntRange(0, 200).Draw(t, "position"),
			Estimate: time.Duration(rapid.IntRange(0, 100).Draw(t, "estimate")) * time.Minute, Wait: time.Duration(rapid.IntRange(0, 3600).Draw(t, "answer")) * time.Second,
			Divert: rapid.SampledFrom([]string{"", "", "busy", "goodbye"}).Draw(t, "divert"), NoCallback: rapid.Bool().Draw(t, "nocb"), NoAnswer: rapid.Bool().Draw(t, "noans"),
		}
		course := Run(f, world, words{}, c)
		if course.End == "" {
			t.Fatalf("no end:\n%s", shown(course))
		}
		heard := false
		for i, l := range course.Lines {
			heard = heard || l.What == Notice
			if l.What == Queued && strings.HasPrefix(l.Text, "recorded") && !heard || i > 0 && l.What != Pressed && l.After < course.Lines[i-1].After && course.Lines[i-1].What != Pressed && !cut(course.Lines[:i]) {
				t.Fatalf("%s", shown(course))
			}
			if strings.Contains(l.Text, "[") {
				t.Fatalf("a prompt that there is not: %v", l)
			}
		}
	})
}

// cut tells whether a key may have cut off what was noted as to be said.
func cut(before []Line) bool {
	return slices.ContainsFunc(before, func(l Line) bool { return l.What == Pressed })
}

// FuzzScript: no text panics, and what is read can be played.
func FuzzScript(f *testing.F) {
	text, err := os.ReadFile("testdata/town.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("number 0912340100\nkeys 1 w1s 2\nends answered")
	world := City{town()}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadScript([]byte(text), monday())
		if err != nil {
			return
		}
		for _, s := range all[:min(len(all), 10)] {
			if flow, ok := world.Find(s.Number); ok {
				s.Check(Run(flow, world, words{}, s.Call))
			}
		}
	})
}

func TestStrokes(t *testing.T) {
	got, err := ParseStrokes("12, w1m5s #")
	if err != nil || !slices.Equal(got, []Stroke{{Key: '1'}, {Key: '2'}, {Wait: 65 * time.Second}, {Key: '#'}}) {
		t.Error(got, err)
	}
}
