package telephone

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/errs"
	"santra/internal/protocol/media/studio"
	"santra/internal/voice/callback"
	"santra/internal/voice/flow/rehearse"
	"santra/internal/voice/outcome"
)

// town has a flow with every kind of step, a queue with its own number and one without.
func town() *agency.City {
	c := agency.City{
		Queues: []agency.Queue{{ID: "advice", Agency: "health", Number: "+358912340002"}, {ID: "quiet", Agency: "health"}},
		Numbers: []agency.Number{
			{Number: "+358912340100", Flow: "main"}, {Number: "+358912340101", Flow: "main"}, {Number: "+358912340102", Flow: "other"},
		},
		Flows: []agency.Flow{{ID: "main", Agency: "health", Languages: []agency.Lang{"fi", "sv"}, Steps: []agency.Step{
			{ID: "lang", Language: &agency.LanguageStep{}, Next: "open"},
			{ID: "open", Hours: &agency.HoursStep{Of: "office", Closed: "bye"}, Next: "hello"},
			{ID: "hello", Say: &agency.SayStep{Prompt: "own-hello"}, Next: "menu"},
			{ID: "menu", Menu: &agency.MenuStep{Prompt: "own-menu", Keys: map[string]string{"1": "notice", "2": "back"}, Otherwise: "bye"}},
			{ID: "notice", Announce: &agency.AnnounceStep{}, Next: "queue"},
			{ID: "queue", Queue: &agency.QueueStep{Queue: "advice", Otherwise: "away"}},
			{ID: "back", Callback: &agency.CallbackStep{Queue: "advice", Otherwise: "bye"}},
			{ID: "away", Transfer: &agency.TransferStep{Number: "+358912340009", Otherwise: "bye"}},
			{ID: "bye", HangUp: &agency.HangUpStep{Prompt: "closed"}},
		}}},
	}
	c = c.WithDefaults()
	return &c
}

func TestFlowsTellEveryStep(t *testing.T) {
	all := Flows(town())
	if len(all) != 2 || fmt.Sprint(all[0].Numbers) != "[+358912340100 +358912340101]" || all[0].Queue != "" || all[1].Queue != "advice" || fmt.Sprint(all[0].Languages) != "[fi sv]" {
		t.Fatalf("%+v", all)
	}
	want := []FlowStep{
		{ID: "lang", Kind: "language", Ways: []FlowWay{{"next", "open"}}},
		{ID: "open", Kind: "hours", Hours: "office", Ways: []FlowWay{{"next", "hello"}, {"closed", "bye"}}},
		{ID: "hello", Kind: "say", Prompt: "own-hello", Ways: []FlowWay{{"next", "menu"}}},
		{ID: "menu", Kind: "menu", Prompt: "own-menu", Ways: []FlowWay{{"1", "notice"}, {"2", "back"}, {"otherwise", "bye"}}},
		{ID: "notice", Kind: "announce", Prompt: "announcement", Ways: []FlowWay{{"next", "queue"}}},
		{ID: "queue", Kind: "queue", Queue: "advice", Prompt: "music", Ways: []FlowWay{{"otherwise", "away"}}},
		{ID: "back", Kind: "callback", Queue: "advice", Ways: []FlowWay{{"otherwise", "bye"}}},
		{ID: "away", Kind: "transfer", Number: "+358912340009", Ways: []FlowWay{{"otherwise", "bye"}}},
		{ID: "bye", Kind: "hang_up", Prompt: "closed", Ways: []FlowWay{}},
	}
	for i, s := range all[0].Steps {
		if fmt.Sprint(s) != fmt.Sprint(want[i]) {
			t.Errorf("%+v, want %+v", s, want[i])
		}
	}
	if last := all[1].Steps[len(all[1].Steps)-1]; !last.Away || last.Queue != "advice" {
		t.Errorf("%+v", last)
	}
}

func TestMadeUpCalls(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 6, 15, 0, 0, time.UTC)
	c, err := FlowRun{Number: "1", Keys: "1,w5s,2", Lang: "sv", Position: 3, Estimate: 120, Wait: 60, NoAnswer: true}.Call(zone, now)
	if err != nil || !c.At.Equal(now) || c.At.Hour() != 8 || len(c.Strokes) != 3 || c.Lang != agency.Swedish || c.Position != 3 || c.Estimate != 2*time.Minute || c.Wait != time.Minute || !c.NoAnswer {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = (FlowRun{At: "2026-06-01T16:30"}).Call(zone, now); err != nil || c.At.UTC().Hour() != 13 {
		t.Error(c.At, err)
	}
	for field, r := range map[string]FlowRun{"at": {At: "16:30"}, "lang": {Lang: "de"}, "wait_seconds": {Wait: MaxRunSeconds + 1}, "keys": {Keys: "a"}} {
		if _, err := r.Call(zone, now); !errs.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// FuzzFlowRun: what people enter is read or refused, never more.
func FuzzFlowRun(f *testing.F) {
	f.Add("2026-06-01T16:30", "1,w5s,2", "fi", 10)
	f.Add("x", "w", "de", -1)
	f.Fuzz(func(t *testing.T, at, keys, lang string, wait int) {
		c, err := FlowRun{At: at, Keys: keys, Lang: lang, Wait: wait}.Call(time.UTC, time.Now())
		if err == nil && (c.Wait < 0 || c.Wait > MaxRunSeconds*time.Second || len(c.Strokes) > rehearse.MaxStrokes) {
			t.Errorf("%+v", c)
		}
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
}

func TestCourse(t *testing.T) {
	at := time.Date(2026, 11, 30, 6, 15, 0, 0, time.UTC)
	c := Course(rehearse.Course{Lines: []rehearse.Line{{After: 7900 * time.Millisecond, What: rehearse.Says, Lang: "fi", Name: "welcome", Text: "Hei", Step: "a"}}, End: rehearse.HungUp, Left: []rehearse.Stroke{{Key: '1'}}}, at)
	if len(c.Lines) != 1 || c.Lines[0] != (FlowLine{7, "says", "fi", "welcome", "Hei", "a"}) || c.End != "hung-up" || c.Left != 1 || !c.At.Equal(at) {
		t.Errorf("%+v", c)
	}
}

func TestPromptsTellWhatIsHeard(t *testing.T) {
	sound := func(lang, name string) Sound {
		switch name {
		case "welcome":
			return Sound{Words: "Hei", Length: time.Second, There: true}
		case "own-hello":
			return Sound{Length: 2 * time.Second, There: true, Own: true}
		}
		return Sound{}
	}
	at := time.Date(2026, 11, 30, 6, 15, 0, 0, time.UTC)
	versions := []prompts.Version{
		{ID: "2", Lang: "fi", Name: "own-bye", At: at, By: "p1", Source: prompts.Spoken, Text: "Moi", Length: 3 * time.Second, Heard: true},
		{ID: "1", Lang: "fi", Name: "own-bye", At: at, By: "p2", Source: prompts.Uploaded},
	}
	all := map[string]Prompt{}
	list := Prompts(town(), versions, sound, func(person string) string { return "name of " + person })
	for i, p := range list {
		all[p.Lang+"/"+p.Name] = p
		if i > 0 && list[i-1].Lang == p.Lang && list[i-1].Name >= p.Name {
			t.Errorf("%s before %s", list[i-1].Name, p.Name)
		}
	}
	if list[0].Lang != "fi" || list[len(list)-1].Lang != "en" {
		t.Error("fi, sv, en is the order")
	}
	for name, source := range map[string]string{"fi/welcome": BuiltIn, "sv/own-hello": Folder, "fi/own-menu": Nothing, "fi/own-bye": Own} {
		if all[name].Source != source {
			t.Errorf("%s: %+v", name, all[name])
		}
	}
	if p := all["fi/own-bye"]; p.Words != "Moi" || p.Seconds != 3 || p.Named || len(p.Versions) != 2 || p.Versions[0].Display != "name of p1" || !p.Versions[0].Heard {
		t.Errorf("%+v", p)
	}
	if !all["fi/own-hello"].Named || !all["fi/announcement"].Notice || all["fi/welcome"].Notice {
		t.Error("named or notice")
	}
	if _, there := all["en/own-hello"]; there {
		t.Error("the flow has no English")
	}
	if k := Kept(versions[0], studio.Report{Level: -30, Gain: 4, Limited: true}, "Aino"); k.Gain != 4 || k.Level != -30 || !k.Limited || k.Version.Display != "Aino" {
		t.Errorf("%+v", k)
	}
}

func TestCallbackShapes(t *testing.T) {
	now := time.Date(2026, 11, 30, 6, 15, 0, 0, time.UTC)
	v := callback.View{ID: "a", State: callback.Opened, Agent: "p1", Requested: now.Add(-time.Hour), Until: now.Add(-time.Second), NotBefore: now}
	c := CallbackOf(v, now, true)
	if c.Agent != "p1" || !c.Overdue || c.NotBefore == nil || !c.NotBefore.Equal(now) {
		t.Errorf("%+v", c)
	}
	if c = CallbackOf(v, now, false); c.Agent != "" {
		t.Error("who calls is told to anybody")
	}
	var n CallbackCounts
	n.Add(c)
	v.State, v.Requested, v.NotBefore = callback.Ending, now, time.Time{}
	c = CallbackOf(v, now, true)
	n.Add(c)
	if c.Overdue || c.NotBefore != nil || n.Opened != 1 || n.Waiting != 0 || n.Overdue != 1 || !n.Oldest.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v %+v", c, n)
	}
}

// Whatever is counted: what leaves the centre has no small count, and the table says what the rows say.
func TestNoSmallCountLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC)
		var rows []outcome.Row
		for i := range rapid.IntRange(0, 6).Draw(t, "codes") {
			rows = append(rows, outcome.Row{Queue: "q", Start: day, Code: fmt.Sprint("c", i), N: rapid.IntRange(1, 12).Draw(t, "n")})
		}
		shown := Shown(rows)
		text, err := OutcomeTable(shown, time.FixedZone("", 2*3600))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil || len(lines) != len(rows)+1 {
			t.Fatal(lines, err)
		}
		for i, r := range shown {
			if !r.Hidden && r.N < outcome.SmallCell || r.Hidden && r.N != 0 {
				t.Errorf("%+v", r)
			}
			if l := lines[i+1]; l[0] != "2026-11-30" || (l[3] == "") != r.Hidden || (l[4] == "true") != r.Hidden {
				t.Errorf("%v of %+v", l, r)
			}
		}
	})
}

func TestCountsInOrder(t *testing.T) {
	at := time.Date(2026, 11, 29, 22, 0, 0, 0, time.UTC)
	a, b := []outcome.Row{{Queue: "b", Start: at, Code: "x", N: 2}}, []outcome.Row{{Queue: "a", Start: at, Code: "y", N: 1}, {Queue: "a", Start: at.Add(-time.Hour), Code: "z", N: 3}}
	if got := InOrder(Counted(a), Counted(b)); got[0].Code != "z" || got[1].Code != "y" || got[2].Code != "x" {
		t.Errorf("%+v", got)
	}
	if got := Only(b, func(string) bool { return false }); len(got) != 0 || len(b) != 2 || InOrder() == nil {
		t.Error(got)
	}
}
