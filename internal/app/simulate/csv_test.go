package simulate

import (
	"strings"
	"testing"
	"time"
)

func TestBadRowsAreNamedByTheirLines(t *testing.T) {
	e := newCentre(city(), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		file string
		want []string
	}{
		{"", []string{"c.csv: want a first line"}},
		{"arrived,queue\n", []string{"has no calls"}},
		{"time,queue\n", []string{`c.csv:1: unknown column "time"`, "arrived"}},
		{"queue\nparking\n", []string{"c.csv:1: want a column arrived"}},
		{"arrived,arrived\n", []string{"is there twice"}},
		{"arrived,from,calls\n", []string{"want one of them"}},
		{"arrived,queue\n08:00,parking\n25:00,parking\n08:01,parkign\n,advice\n08:02,\n", []string{
			`c.csv:3: arrived: want a time like 08:15:30 or 2026-11-24 08:15:30; have "25:00"`, `c.csv:4: queue: "parkign" is no queue`, `c.csv:5: arrived`, "c.csv:6: queue: is missing: one of parking, advice",
		}},
		{"arrived,queue\n08:00,parking,fi\n08:00\n", []string{"c.csv:2: has 3 columns, the first line 2", "c.csv:3: has 1 columns"}},
		{"arrived,queue\n08:00,\"parking\n", []string{"c.csv:2"}},
		{"arrived,queue,handling_seconds\n08:00,parking,-1\n08:00,parking,soon\n08:00,parking,1e9\n", []string{"c.csv:2: handling_seconds: want a number from 0 to 86400", "c.csv:3", "c.csv:4"}},
		{"arrived,queue,language,priority\n08:00,parking,de,1\n08:00,parking,fi,1.5\n08:00,parking,fi,12\n", []string{"c.csv:2: language: want fi, sv or en", "c.csv:3: priority: want a whole number", "c.csv:4"}},
		{"arrived,queue\n2026-11-24 08:00,parking\n2026-11-25 08:00,parking\n", []string{"c.csv:3: arrived: is of 2026-11-25, line 2 of 2026-11-24: one file is one day"}},
		{"from,queue,calls\n08:10,parking,3\n08:00,parking,x\n", []string{"c.csv:2: from: want whole half-hours", "c.csv:3: calls"}},
		{"from,to,queue,calls\n09:00,08:00,parking,3\n", []string{"c.csv:2: from"}},
		{"arrived,queue\n" + strings.Repeat("x,parking\n", 25), []string{"c.csv:11", "and 15 further errors"}},
	} {
		_, err := e.readCalls("c.csv", strings.NewReader(c.file))
		for _, w := range c.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%q: want %q, have: %v", c.file, w, err)
			}
		}
	}
}

func TestBadShifts(t *testing.T) {
	e := newCentre(city(), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
	for file, want := range map[string]string{
		"agents,from\n":                                     `column "to" is missing`,
		"agents,from,to\n":                                  "has no shifts",
		"agents,from,to\n0,08:00,16:00\n":                   "s.csv:2: want at least one agent",
		"agents,from,to\n2,16:00,08:00\n":                   "s.csv:2: want at least one agent",
		"agents,from,to\n2,8,16\n":                          "s.csv:2: from: want a time",
		"agents,from,to,skills\n2,08:00,16:00,flying\n":     `s.csv:2: skills: no queue asks for "flying"; they ask for parking`,
		"agents,from,to,skills\n2,08:00,16:00,parking:11\n": "want a level",
		"agents,from,to,languages\n2,08:00,16:00,fi de\n":   "s.csv:2: language",
	} {
		if _, err := e.readShifts("s.csv", strings.NewReader(file)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q, have %v", file, want, err)
		}
	}
}

func TestTimesOfTheDay(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"8:00": 8 * time.Hour, "08.15": 8*time.Hour + 15*time.Minute, "23:59:59": 24*time.Hour - time.Second, "24:00": 24 * time.Hour, " 7:05 ": 7*time.Hour + 5*time.Minute,
	} {
		if d, ok := parseClock(text); !ok || d != want {
			t.Errorf("%q is %v, %v", text, d, ok)
		}
	}
	for _, text := range []string{"", "8", "8:5", "24:01", "8:60", "-1:00", "8:00:00:00", "008:00", "8:00pm"} {
		if d, ok := parseClock(text); ok {
			t.Errorf("%q is %v", text, d)
		}
	}
}

func TestTargetsAndRates(t *testing.T) {
	for text, want := range map[string]time.Duration{"80/20": 20 * time.Second, "80%/20s": 20 * time.Second, "95/2m": 2 * time.Minute, "80": 0} {
		if got, err := ParseTarget(text); err != nil || got.Within != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0/20", "100/20", "80/0", "80/-1s", "80/soon", "NaN/20"} {
		if got, err := ParseTarget(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
	for text, want := range map[string]float64{"120/h": 120, "2/min": 120, "0/h": 0, "1.5/h": 1.5} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "120", "-1/h", "1/d", "x/h", "NaN/h", "1e9/h"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// FuzzReadCalls: a file is read or refused with its name; what is read lies within the day.
func FuzzReadCalls(f *testing.F) {
	for _, s := range []string{
		"arrived,queue\n08:00,parking\n", "from;to;queue;calls\n08:00;09:00;advice;1,5\n", "\ufeffarrived\n8.00\n", "arrived,queue\n2026-11-24T08:00:00+02:00,parking\n",
		"arrived,queue,patience_seconds\n24:00,parking,3\n", "from,calls,queue\n23:30,5,parking\n", "arrived,queue\n\"08:00\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e := newCentre(city(), time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC))
		c, err := e.readCalls("c.csv", strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "c.csv") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		for _, call := range c.each {
			if call.At < 0 || call.At >= 23*time.Hour || call.Talk.Mean < 0 || call.Patience.Mean < 0 {
				t.Fatalf("%q gives %+v", text, call)
			}
		}
		for _, h := range c.counts {
			for _, n := range h.calls {
				if !(n >= 0) {
					t.Fatalf("%q gives %v calls", text, n)
				}
			}
		}
	})
}

func FuzzReadShifts(f *testing.F) {
	f.Add("agents,from,to,skills,languages\n2,08:00,16:00,parking:3,fi sv\n")
	f.Add("agents;from;to\n1;8.00;24:00\n")
	f.Fuzz(func(t *testing.T, text string) {
		e := newCentre(city(), time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
		plans, err := e.readShifts("s.csv", strings.NewReader(text))
		if err == nil && len(plans) == 0 {
			t.Fatalf("%q is neither read nor refused", text)
		}
		for _, p := range plans {
			if p.Count < 1 && err == nil {
				t.Fatalf("%q gives %+v", text, p)
			}
		}
	})
}

func FuzzTargetAndRate(f *testing.F) {
	f.Add("80/20")
	f.Add("120/h")
	f.Fuzz(func(t *testing.T, text string) {
		if target, err := ParseTarget(text); err == nil && !(target.Level > 0 && target.Level < 1 && target.Within >= 0) {
			t.Fatalf("%q is %+v", text, target)
		}
		if rate, err := ParseRate(text); err == nil && !(rate >= 0 && rate <= MaxRate) {
			t.Fatalf("%q is %v", text, rate)
		}
	})
}
