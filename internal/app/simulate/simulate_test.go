package simulate

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing/sim"
)

// city has two queues for calls, one open on weekdays from 8 to 16, and one for mail.
func city() *agency.City {
	text := agency.Text{agency.English: "Made up"}
	c := agency.City{
		Name: text, Controller: agency.Controller{Name: text, Address: text, Person: text, Contact: text, DPO: text},
		Agencies: []agency.Agency{{ID: "streets", Name: text, Address: "streets@example.org"}},
		Hours:    map[string]agency.Hours{"office": {Week: agency.Week{"mon": {"08:00-16:00"}, "tue": {"08:00-12:00", "13:00-16:00"}, "fri": {"08:00-16:00"}}}},
		Queues: []agency.Queue{
			{ID: "parking", Agency: "streets", Name: text, Number: "+358912340001", Skills: []string{"parking"}, WrapUp: 30 * time.Second, Hours: "office"},
			{ID: "advice", Agency: "streets", Name: text, Number: "+358912340002", Hours: "office", Priority: 3},
			{ID: "letters", Agency: "streets", Name: text, Mailbox: "letters@example.org"},
		},
	}
	return new(c.WithDefaults())
}

func options(out *bytes.Buffer) Options {
	return Options{
		City: city(), Rate: []string{"60/h"}, AHT: []string{"240s"}, Patience: []string{"180s"}, Agents: 9, Day: "2026-11-24", Days: 3, Seed: 1, Out: out,
	}
}

func run(t *testing.T, change func(*Options)) string {
	t.Helper()
	var out bytes.Buffer
	o := options(&out)
	change(&o)
	if err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestTheCityIsValid(t *testing.T) {
	if err := city().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestTable(t *testing.T) {
	text := run(t, func(*Options) {})
	contains(t, text, "Tuesday 24 November 2026", "9 agents, 63 h", "shared evenly by parking, advice", "advice, parking: open 08:00–12:00, 13:00–16:00.",
		"08:00–08:30", "15:30–16:00", "service level", "p99", "abandon", "busy", "day ")
	if strings.Contains(text, "07:30–08:00") || strings.Contains(text, "letters") {
		t.Errorf("too much:\n%s", text)
	}
	if again := run(t, func(*Options) {}); withoutTime(again) != withoutTime(text) {
		t.Error("the same question has two answers")
	}
	contains(t, run(t, func(o *Options) { o.ByQueue = true }), "parking, target within 20s\n08:00–08:30")
}

// withoutTime leaves out the line that says how long it took.
func withoutTime(text string) string {
	return text[:strings.LastIndex(strings.TrimSpace(text), "\n")]
}

func TestHolidaysAndClosedDays(t *testing.T) {
	contains(t, run(t, func(o *Options) { o.Day = "2026-12-25" }), "2026-12-25 is Christmas Day.", "advice, parking: closed all day.")
	contains(t, run(t, func(o *Options) { o.Day = "2026-11-25" }), "closed all day")
	always := city()
	always.Queues[0].Hours, always.Queues[1].Hours = "", ""
	contains(t, run(t, func(o *Options) { o.Day, o.City = "2026-10-25", always }), "25 hours", "9 agents, 225 h")
}

func TestSearchAndComparison(t *testing.T) {
	contains(t, run(t, func(o *Options) { o.Agents, o.Target = 0, "80/20" }), "80 % within 20 s needs", "←", "By half-hour", "Erlang", "The day with the same number")
	contains(t, run(t, func(o *Options) { o.AgainstAgents = "-2" }), "A: 9 agents, B: 7 agents", "service level", "points", "95 % of it")
	other := city()
	other.Queues[0].WrapUp = 2 * time.Minute
	contains(t, run(t, func(o *Options) { o.Against, o.Other = other, "new.yaml" }), "B: 9 agents, new.yaml", "busy")
}

func TestShiftsFromAFile(t *testing.T) {
	path := file(t, "shifts.csv", "agents;from;to;skills;languages\n5;8:00;16.00;parking:3;fi sv\n3;10:00;14:00;;\n")
	contains(t, run(t, func(o *Options) { o.Agents, o.Shifts = 0, path }), "8 agents, 52 h")
	contains(t, run(t, func(o *Options) { o.Agents, o.Shifts, o.Target = 0, path, "80/20" }), "of 5 08:00–16:00", "of 3 10:00–14:00")
	contains(t, run(t, func(o *Options) { o.AgainstShifts = path }), "A: 9 agents, B: 8 agents")
	asks := city()
	asks.Queues[0].Skills, asks.Queues[0].Needs = nil, []agency.Need{{Skill: "parking", Level: 5}}
	asks.Queues[0].Rings = []agency.Ring{{After: time.Minute, Levels: map[string]int{"parking": 2}}}
	path = file(t, "some.csv", "agents,from,to,skills\n5,8:00,16:00,parking:3\n")
	contains(t, run(t, func(o *Options) { o.Agents, o.Shifts, o.City = 0, path, asks }), "nobody has skill parking of level 5, which parking asks until a ring relaxes it.")
	asks.Queues[0].Rings = nil
	contains(t, run(t, func(o *Options) { o.Agents, o.Shifts, o.City = 0, path, asks }), "queue parking needs", "nobody has")
}

func TestCallsFromFiles(t *testing.T) {
	each := file(t, "calls.csv", "arrived,queue,language,handling_seconds\n2026-11-24 08:15:30,parking,fi,200\n24.11.2026 8.20,advice,sv,\n2026-11-24T09:00:00+02:00,advice,,61.5\n")
	contains(t, run(t, func(o *Options) { o.Rate, o.Calls = nil, each }), "3.0 calls a day", "08:00–08:30     2.0", "09:00–09:30     1.0")
	contains(t, run(t, func(o *Options) { o.Rate, o.Calls, o.Day = nil, each, "2026-11-27" }), "The calls of 2026-11-24 come on 2026-11-27.")
	counted := file(t, "counts.csv", "\ufefffrom;to;queue;calls;handling_seconds\n# the morning\n08:00;09:00;parking;40,5;180\n13:00;13:30;advice;10;\n")
	text := run(t, func(o *Options) { o.Rate, o.Calls, o.Days = nil, counted, 100 })
	contains(t, text, "08:00–08:30", "13:00–13:30")
	if strings.Contains(text, "14:00–14:30   ") && !strings.Contains(text, "14:00–14:30       0") {
		t.Errorf("calls in the afternoon:\n%s", text)
	}
}

func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	page, table := filepath.Join(dir, "a.html"), filepath.Join(dir, "a.csv")
	run(t, func(o *Options) { o.HTML, o.CSV, o.AgainstAgents = page, table, "7" })
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(html), "<!doctype html>", "<svg", "Service level", "A: 9 agents; B: 7 agents", `role="img"`, "</html>")
	for _, foreign := range []string{"http://", "https://", "<script", "NaN", "%!"} {
		if strings.Contains(string(html), foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
	f, err := os.Open(table)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+2*4*49 || !slices.Equal(rows[0], csvHeader()) {
		t.Errorf("%d rows, %v", len(rows), rows[0])
	}
	checkSums(t, rows)
}

// checkSums adds up the half-hours of each configuration and queue.
func checkSums(t *testing.T, rows [][]string) {
	t.Helper()
	offered, sum := slices.Index(rows[0], "offered"), 0.0
	for _, r := range rows[1:] {
		n, err := strconv.ParseFloat(r[offered], 64)
		if err != nil {
			t.Fatal(err)
		}
		if r[2] != "day" {
			sum += n
			continue
		}
		if diff := sum - n; diff > 1e-3 || diff < -1e-3 {
			t.Errorf("%s %q: half-hours have %v calls, the day %v", r[0], r[1], sum, n)
		}
		sum = 0
	}
}

func TestJSON(t *testing.T) {
	var a sim.Answer
	if err := json.Unmarshal([]byte(run(t, func(o *Options) { o.JSON, o.Target = true, "80/20" })), &a); err != nil {
		t.Fatal(err)
	}
	if a.Staffing == nil || a.Staffing.Agents == 0 || len(a.Report.Intervals) != 48 || len(a.Notes) == 0 {
		t.Errorf("%+v", a)
	}
}

func TestRefusedQuestions(t *testing.T) {
	shifts := file(t, "shifts.csv", "agents,from,to\n1,08:00,16:00\n")
	for _, c := range []struct {
		want   string
		change func(*Options)
	}{
		{"--day", func(o *Options) { o.Day = "24.11.2026" }},
		{"want calls", func(o *Options) { o.Rate = nil }},
		{"120/h", func(o *Options) { o.Rate = []string{"120"} }},
		{"is no queue", func(o *Options) { o.Rate = []string{"nowhere=120/h"} }},
		{"twice for queue", func(o *Options) { o.Rate = []string{"parking=1/h", "parking=2/h"} }},
		{"twice for all queues", func(o *Options) { o.AHT = []string{"1m", "2m"} }},
		{"--aht: is missing", func(o *Options) { o.AHT = nil }},
		{"no time to talk", func(o *Options) { o.AHT = []string{"20s"} }},
		{"no shape", func(o *Options) { o.Patience = []string{"normal:20s"} }},
		{"fi, sv or en", func(o *Options) { o.Languages = map[string]float64{"de": 1} }},
		{"want agents", func(o *Options) { o.Agents = 0 }},
		{"not both", func(o *Options) { o.Shifts = shifts }},
		{"--agents", func(o *Options) { o.Agents = -1 }},
		{"80/20", func(o *Options) { o.Target = "120/20" }},
		{"not both", func(o *Options) { o.Target, o.AgainstAgents = "80/20", "3" }},
		{"not both", func(o *Options) { o.AgainstAgents, o.AgainstShifts = "3", shifts }},
		{"--against-agents", func(o *Options) { o.AgainstAgents = "-20" }},
		{"--pickup", func(o *Options) { o.Pickup = "soon" }},
		{"--missed", func(o *Options) { o.Missed = 1 }},
		{"no such queue", func(o *Options) { o.Against = city(); o.Against.Queues = o.Against.Queues[:1]; o.Other = "new.yaml" }},
	} {
		var out bytes.Buffer
		o := options(&out)
		c.change(&o)
		err := Run(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), c.want) || !errs.Is(err, errs.Invalid) {
			t.Errorf("want an error with %q, have %v", c.want, err)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, options(&bytes.Buffer{})); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
