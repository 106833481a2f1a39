package config

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/app/config/configtest"
	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// TestAMistakeInRoutingHasItsLine: each new key's mistakes are placed at the value, or at the table that lacks one.
func TestAMistakeInRoutingHasItsLine(t *testing.T) {
	for name, c := range map[string]struct{ old, now, at, want string }{
		"hours that are none":   {"hours: neuvonta", "hours: neuvola", "neuvola", "city.queues[1].hours: is none of city.hours; did you mean neuvonta?"},
		"a span":                {`fri: ["08:15-15:00"]`, `fri: ["8.15-15"]`, `"8.15-15"`, "city.hours.virasto.week.fri[0]: must be from when until when"},
		"a span by itself":      {`fri: ["08:15-15:00"]`, `fri: auki`, `auki`, "city.hours.virasto.week.fri[0]: must be from when until when"},
		"spans that overlap":    {`["08:15-11:30", "12:30-16:00"]`, `["08:15-11:30", "11:00-16:00"]`, `"11:00-16:00"`, "begins before"},
		"a number for spans":    {`fri: ["08:15-15:00"]`, `fri: [815]`, "815]", "week.fri[0]: must be"},
		"a table for spans":     {`fri: ["08:15-15:00"]`, `fri: {from: 8}`, "{from: 8}", "want a list"},
		"a day":                 {"mon-thu:", "ma-to:", "ma-to", "city.hours.virasto.week.ma-to: is no day"},
		"a day of the calendar": {"from: 2026-06-29", "from: 2026-06-31", "2026-06-31", "must be a day of the calendar"},
		"two ways at once":      {"closed: true\n", "closed: true\n          spans: closed\n", "date: 2026-11-25", "it says 2"},
		"holidays":              {"holidays: finnish ", "holidays: finish ", "finish ", "must be finnish or none"},
		"a strategy":            {"strategy: skill_level", "strategy: best", "best", "must be one of longest_idle"},
		"a weight":              {"weight: 0.5", "weight: half", "half", "want a number"},
		"a weight of nothing":   {"weight: 0.5", "weight: -0.5", "-0.5", "must be between 0.01 and 1000"},
		"half a level":          {"language_level: 3", "language_level: 2.5", "2.5", "want a whole number; have 2.5"},
		"half a level of many":  {"levels: {language: 1}", "levels: {language: 1.5}", "1.5}}", "want a whole number; have 1.5"},
		"a ring that tightens":  {"levels: {pysakointi: 1}", "levels: {pysakointi: 3}", "3}}\n      service", "city.queues[0].rings[1].levels.pysakointi: must be between 0 and 2"},
		"a ring without unit":   {"after: 90s", "after: 90", "90,", "want a time with its unit"},
		"a time of its own":     {"after: 90s", "after: 90 sekuntia", "90 sekuntia", `want a time with its unit: 20s, 1m30s; have "90 sekuntia"`},
		"an overflow":           {"when: waited, after: 5m", "when: waited", "when: waited", "city.queues[0].overflow[1].after: is missing"},
		"a queue that is none":  {"after: 5m, to: {queue: vaihde}", "after: 5m, to: {queue: vaide}", "vaide}", "city.queues[0].overflow[1].to.queue: is none of city.queues; did you mean vaihde?"},
		"a circle":              {"strategy: round_robin", "overflow: [{when: no_agents, to: {queue: pysakointi}}]", "to: {queue: pysakointi}", "city.queues[2].overflow[0].to: overflows in a circle: vaihde → pysakointi → vaihde"},
		"an announcement":       {"to: {announcement: closed}", "to: {announcement: suljettu}", "suljettu", "must be one of busy, closed, goodbye"},
		"two targets":           {"to: {announcement: closed}", "to: {announcement: closed, callback: true}", "to: {announcement: closed, c", "it is announcement and callback"},
		"a typo":                {"callback_spread:", "calback_spread:", "calback_spread", `unknown word "calback_spread": did you mean "callback_spread"?`},
		"a medium":              {"      mail: {class: 0, weight: 1}", "      fax: {class: 0, weight: 1}", "fax:", "city.routing.channels.fax: is none of call, mail, callback"},
		"a number of Finland":   {"wrap_up_until_ready: true", "wrap_up_until_ready: kyllä", "kyllä", "want true or false"},
	} {
		t.Run(name, func(t *testing.T) {
			path := configtest.Altered(t, c.old, c.now)
			_, err := Read(path)
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v", err)
			}
			first, shown, _ := strings.Cut(err.Error(), "\n")
			if want := path + configtest.Placed(t, path, c.at); !strings.HasPrefix(first, want) || !strings.Contains(first, c.want) {
				t.Errorf("got  %s\nwant %s %s", first, want, c.want)
			}
			if !regexp.MustCompile(`(?m)^> +\d+ \|.*\n +\^`).MatchString(shown) {
				t.Errorf("there is no caret:\n%s", shown)
			}
		})
	}
}

// TestTheExampleIsARealCity: it uses what there is, warns of nothing, and says when its queues are open.
func TestTheExampleIsARealCity(t *testing.T) {
	centre, _ := exampleConfigs(t)
	city := centre.City.WithDefaults()
	if w := city.Warnings(nil); w != nil {
		t.Error(w)
	}
	for when, open := range map[string]bool{
		"2026-11-24 08:15": true, "2026-11-24 12:00": false, "2026-11-24 16:00": false, "2026-11-25 10:00": false, "2026-12-24 10:00": false, "2026-12-31 11:00": true,
		"2026-12-31 13:00": false, "2026-07-13 08:30": false, "2026-07-13 14:30": true, "2026-06-19 10:00": false, "2026-11-28 10:00": false,
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", when, city.Location())
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := city.HoursOf("pysakointi").Open(at, city.Location()); got != open {
			t.Errorf("%s: %v", when, got)
		}
	}
	christmas := time.Date(2026, time.December, 25, 10, 0, 0, 0, city.Location())
	if open, until := city.HoursOf("neuvonta").Open(christmas, city.Location()); !open || until.Hour() != 18 {
		t.Error(open, until)
	}
}

// TestEveryFieldIsFound: where a path leads to in the example, whereIs leads too.
func TestEveryFieldIsFound(t *testing.T) {
	text := []byte(configtest.Read(t, configtest.Centre(t)))
	for field, want := range map[string]string{
		"city.queues[0].needs[1].skill": "liikenne", "city.hours.virasto.week.mon-thu[1]": "12:30-16:00", "city.queues[3].id": "palaute",
		"city.queues[1].also[0].queue": "vaihde", "city.routing.channels.callback.weight": "1.5", "city.queues[0].rings[1].levels.pysakointi": "1",
		"city.queues[0].full": "full", "city.queues[2].overflow": "id", "server.sip.trunk": "192.0.2.10:5060",
	} {
		if tok := whereIs(text, field); tok == nil || tok.Value != want {
			t.Errorf("%s: %v", field, tok)
		}
	}
	for _, field := range []string{"", "nothing.there", "server.sip.trunk.country", "city.queues[9].id", "city.queues[x]", "city.queues[-1]", "..", "[", "city.queues[0].id[0]"} {
		if tok := whereIs(text, field); tok != nil && (tok.Position == nil || field == "") {
			t.Errorf("%q: %v", field, tok)
		}
	}
	if whereIs([]byte("a: ["), "a") != nil || whereIs(nil, "a") != nil {
		t.Error("found in what is no YAML")
	}
}

// No field and no text panics.
func TestWhereIsTakesAnything(t *testing.T) {
	text := []byte(configtest.Read(t, configtest.Centre(t)))
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.StringMatching(`(city|server|\.|\[|\]|queues|[0-9]|hours|week|mon){0,8}`).Draw(t, "field")
		whereIs(text, field)
		whereIs([]byte(rapid.String().Draw(t, "text")), field)
	})
}

// An alias stands for what its anchor names.
func TestAnchorsAreFollowed(t *testing.T) {
	text := []byte("a: &x\n  b: [1, 2]\nc: *x\n")
	if tok := whereIs(text, "a.b[1]"); tok == nil || tok.Position.Line != 2 {
		t.Error(tok)
	}
	if tok := whereIs(text, "c"); tok == nil || tok.Position.Line != 3 {
		t.Error(tok)
	}
	whereIs(text, "c.b[1]")
}

// agency must not know media: that what a caller may be told has its prompt is compared here.
func TestAnnouncementsHaveTheirPrompts(t *testing.T) {
	for _, name := range agency.Announcements() {
		if !slices.Contains(media.PromptNames(), name) {
			t.Errorf("there is no prompt %s", name)
		}
	}
}
