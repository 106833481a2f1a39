package flows

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// town has one flow with a step of each kind.
func town() *agency.City {
	text := agency.Text{"fi": "x"}
	c := agency.City{
		Name: text, Controller: agency.Controller{Name: text, Address: text, Person: text, Contact: text, DPO: text},
		Agencies: []agency.Agency{{ID: "a", Name: text, Address: "a@city.example"}},
		Queues:   []agency.Queue{{ID: "q", Agency: "a", Name: text, Number: "+358912340001", Languages: []agency.Lang{"fi"}, Record: true}},
		Hours:    map[string]agency.Hours{"office": {Week: agency.Week{"mon": {"08:00-16:00"}}, Eves: agency.Spans{agency.ClosedAllDay}}},
		Numbers:  []agency.Number{{Number: "+358912340100", Flow: "f"}, {Number: "+358912340101", Flow: "f"}},
		Flows: []agency.Flow{{ID: "f", Agency: "a", Languages: []agency.Lang{"fi", "sv"}, Steps: []agency.Step{
			{ID: "lang", Language: &agency.LanguageStep{}, Next: "open"},
			{ID: "open", Hours: &agency.HoursStep{Of: "office", Closed: "bye"}, Next: "still"},
			{ID: "still", Hours: &agency.HoursStep{Queue: "q", Closed: "bye"}, Next: "hello"},
			{ID: "hello", Say: &agency.SayStep{Prompt: "welcome"}, Next: "menu"},
			{ID: "menu", Menu: &agency.MenuStep{Prompt: "waiting", Keys: map[string]string{"1": "told", "2": "back"}, Otherwise: "out"}},
			{ID: "told", Announce: &agency.AnnounceStep{}, Next: "wait"},
			{ID: "wait", Queue: &agency.QueueStep{Queue: "q"}},
			{ID: "back", Callback: &agency.CallbackStep{Queue: "q", Otherwise: "bye"}},
			{ID: "out", Transfer: &agency.TransferStep{Number: "+358912340009", Otherwise: "bye"}},
			{ID: "bye", HangUp: &agency.HangUpStep{}},
		}}},
	}
	c = c.WithDefaults()
	return &c
}

func sounds(t *testing.T) Sounds {
	t.Helper()
	l, err := media.NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return Sounds{Library: l}
}

// TestAFlowIsPrintedWithItsWays: a line for each step.
func TestAFlowIsPrintedWithItsWays(t *testing.T) {
	c := town()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Check(c, sounds(t), &out); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"flow f of a, number +358912340100, +358912340101",
		"lang language next → open",
		"open hours office next → still closed → bye",
		"still hours of queue q next → hello closed → bye",
		"hello say welcome next → menu",
		"menu menu waiting 1 → told 2 → back otherwise → out",
		"told announce announcement next → wait",
		"wait queue q",
		"back callback by queue q otherwise → bye",
		"out transfer to +358912340009 otherwise → bye",
		"bye hang up",
		"",
	}
	for i, line := range strings.Split(out.String(), "\n") {
		if got := strings.Join(strings.Fields(line), " "); i >= len(want) || got != want[i] {
			t.Errorf("line %d: %q", i, got)
		}
	}
}

func TestAMissingPromptIsNamed(t *testing.T) {
	c := town()
	c.Flows[0].Steps[3].Say.Prompt = "own"
	var out bytes.Buffer
	err := Check(c, sounds(t), &out)
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != "city.flows[0].steps[3].say.prompt" || out.Len() > 0 {
		t.Errorf("%v %q", err, out.String())
	}
}

// TestOwnSoundIsNotGivenOthersWords: nobody reads the built-in words where something else is heard.
func TestOwnSoundIsNotGivenOthersWords(t *testing.T) {
	s := sounds(t)
	built, ok := s.Words("fi", "welcome")
	if !ok || built == "" {
		t.Fatal(built)
	}
	s.Own = func(lang, name string) (string, bool) {
		return map[string]string{"fi/welcome": "Päivää."}[lang+"/"+name], name == "welcome"
	}
	if got, ok := s.Words("fi", "welcome"); !ok || got != "Päivää." {
		t.Error(got, ok)
	}
	if got, ok := s.Words("sv", "welcome"); ok {
		t.Error(got)
	}
	if got, ok := s.Words("fi", "closed"); !ok || got == "" {
		t.Error("what is built in has lost its words")
	}
	if _, ok := s.Length("fi", "no-such"); ok || s.Has("fi", "no-such") || !s.Has("sv", "closed") {
		t.Error("prompts that there are not")
	}
	if d, ok := s.Length("fi", "announcement"); !ok || d < media.MinAnnouncement {
		t.Error(d)
	}
}

func TestRunByTheCitysClocks(t *testing.T) {
	c := town()
	now := time.Date(2026, 10, 5, 4, 30, 0, 0, time.UTC) // 7.30 in Helsinki, before the office opens
	for at, want := range map[string]string{"": "Mon 2026-10-05 07:30", "2026-10-05T15:59": "queue q"} {
		var out bytes.Buffer
		err := Run(Options{City: c, Sounds: sounds(t), Number: "0912340101", At: at, Now: now, Lang: "sv", Keys: "1", Out: &out})
		if err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q: %s%v", at, out.String(), err)
		}
		if closed := !strings.Contains(out.String(), "queue q"); closed != (at == "") {
			t.Errorf("%q:\n%s", at, out.String())
		}
	}
}

func TestScriptsCountWhatFails(t *testing.T) {
	good := "number 0912340100\nat 2026-10-05T12:00\nlang fi\nkeys 1\nqueue q recorded\nends answered\n"
	bad := "number 0912340100\nat 2026-10-05T07:00\nends answered\nhears busy\n"
	var out bytes.Buffer
	all, failed, err := Script(town(), sounds(t), "calls.txt", []byte(good+bad+good), time.Now(), &out)
	if all != 3 || failed != 1 || err != nil || !strings.Contains(out.String(), `calls.txt: line 9: the call ends "hung-up", not "answered"`) ||
		!strings.Contains(out.String(), `calls.txt: line 10: hears "busy" does not come`) {
		t.Errorf("%d %d %v\n%s", all, failed, err, out.String())
	}
	if _, _, err := Script(town(), sounds(t), "calls.txt", []byte("sings"), time.Now(), &out); !errs.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), "calls.txt: line 1: ") {
		t.Error(err)
	}
}
