package registry

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/errs"
)

func TestPurposesAreClosedLists(t *testing.T) {
	for _, m := range []Medium{Audio, Mail} {
		for _, p := range Purposes(m) {
			if p.ID == "" || p.FI == "" || p.SV == "" || p.EN == "" {
				t.Errorf("%s: %+v lacks a name", m, p)
			}
			if err := CheckPurpose(m, p.ID, "a written request of 3 May"); err != nil {
				t.Errorf("%s/%s refused: %v", m, p.ID, err)
			}
			if err := CheckPurpose(m, p.ID, " "); p.NeedsReason != (err != nil) {
				t.Errorf("%s/%s without reason: %v", m, p.ID, err)
			}
		}
	}
	for _, x := range []struct {
		m Medium
		p string
	}{{Audio, "marketing"}, {Audio, ""}, {Audio, Answering}, {Mail, Quality}, {"video", Quality}} {
		if err := CheckPurpose(x.m, x.p, "reason"); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s for %q: %v", x.m, x.p, err)
		}
	}
}

func TestEndpointsStayInTheEEA(t *testing.T) {
	at := func(c string) []Endpoint {
		return []Endpoint{{"server.trunks[0]", "sip", "FI"}, {"server.relay", "smtp", c}}
	}
	for _, c := range []string{"FI", "IS", "NO", "LI", "HR"} {
		if err := CheckEndpoints(at(c)); err != nil {
			t.Error(c, err)
		}
	}
	for _, c := range []string{"", "US", "GB", "CH", "fi", "EU", "XX"} {
		err := CheckEndpoints(at(c))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "server.relay.country") {
			t.Errorf("%q: %v", c, err)
		}
	}
	if n := len(countries()); n != 27+3 {
		t.Errorf("%d member states", n)
	}
}

func TestBoundsOfThePublishedVersion(t *testing.T) {
	p := Published{Version: 1, Months: FirstMonths, Digits: FirstDigits}
	rapid.Check(t, func(t *rapid.T) {
		s := Promised{rapid.IntRange(-1, 100).Draw(t, "months"), rapid.IntRange(0, 10).Draw(t, "digits")}
		err := CheckBounds(s, p)
		if ok := s.Months >= 1 && s.Months <= 6 && s.Digits <= 4; ok != (err == nil) {
			t.Fatalf("%+v: %v", s, err)
		}
	})
	if err := CheckBounds(Promised{7, 4}, p); !strings.Contains(err.Error(), "at most 6") || !strings.Contains(err.Error(), "version 1") {
		t.Error(err)
	}
}

func facts(string) Facts {
	return Facts{
		City: "Esimerkkilä", Controller: Controller{"Palvelukeskus-liikelaitos", "PL 1, 00099 Esimerkkilä", "Yksikön päällikkö", "Puhelinpalvelut", "dpo@example.org"},
		Agencies: []string{"Puistot", "Satama"}, Recorded: true, Months: 6, Digits: 4, Networks: 2,
		Announced: []string{"fi", "sv"}, Endpoints: []Endpoint{{"trunk", "sip", "FI"}, {"relay", "smtp", "SE"}},
	}
}

func TestDescriptionHasItsSections(t *testing.T) {
	first := map[string][]string{
		"fi": {"Rekisterin nimi", "Rekisterihallinto: päätösvalta ja tehtävät", "Tiedot tietosuoja-asetuksen mukaan", "kuusi (6) kuukautta", "neljä (4) viimeistä numeroa", "2 verkkoa", "suomi, ruotsi", "Ruotsi, Suomi"},
		"sv": {"Registrets namn", "Registerförvaltning; dess beslutsrätt och uppgifter", "Uppgifter enligt dataskyddsförordningen", "sex (6) månader", "de fyra (4) sista siffrorna", "2 nätverk", "finska, svenska", "Finland, Sverige"},
		"en": {"Name of the register", "Administration: powers and tasks", "Information under the GDPR", "six (6) months", "the last four (4) digits", "2 networks", "Finnish, Swedish", "Finland, Sweden"},
	}
	for _, lang := range Languages() {
		d, err := Describe(facts(lang), lang)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range d.Sections {
			if s.Number != (i+1)%16 || s.Title == "" || len(s.Blocks) == 0 {
				t.Errorf("%s section %d: %+v", lang, i+1, s)
			}
		}
		want := first[lang]
		if d.Sections[0].Title != want[0] || d.Sections[14].Title != want[1] || d.Sections[15].Title != want[2] {
			t.Errorf("%s: headings", lang)
		}
		for _, w := range append(want[3:], "Esimerkkilä", "Palvelukeskus-liikelaitos", "PL 1, 00099 Esimerkkilä", "Yksikön päällikkö", "dpo@example.org", "Puistot", "Satama") {
			if !strings.Contains(d.text(), w) {
				t.Errorf("%s lacks %q", lang, w)
			}
		}
		if strings.Contains(d.text(), "..") || strings.Contains(d.text(), "<no value>") {
			t.Errorf("%s is ragged", lang)
		}
	}
}

func TestDescriptionFollowsEachSetting(t *testing.T) {
	changes := map[string]func(*Facts){
		"months": func(f *Facts) { f.Months = 1 }, "digits": func(f *Facts) { f.Digits = 2 }, "networks": func(f *Facts) { f.Networks = 1 },
		"recording": func(f *Facts) { f.Recorded = false }, "agencies": func(f *Facts) { f.Agencies = f.Agencies[:1] },
		"announced": func(f *Facts) { f.Announced = []string{"en"} }, "endpoints": func(f *Facts) { f.Endpoints = nil },
		"callbacks": func(f *Facts) { f.Callback = 24 }, "listening": func(f *Facts) { f.Listened = []string{"Jono"} }, "outcomes": func(f *Facts) { f.Outcomes = true }, "controller": func(f *Facts) { f.Controller.DPO = "someone else" }, "city": func(f *Facts) { f.City = "Toinen" },
	}
	for _, lang := range Languages() {
		before, _ := Describe(facts(lang), lang)
		for name, change := range changes {
			f := facts(lang)
			change(&f)
			after, err := Describe(f, lang)
			if err != nil || after.text() == before.text() {
				t.Errorf("%s: %s changed nothing (%v)", lang, name, err)
			}
		}
	}
	if _, err := Describe(facts("de"), "de"); err == nil {
		t.Error("German was described")
	}
}

func TestConfiguredValuesCantForgeSections(t *testing.T) {
	f := facts("fi")
	f.Controller.Name = "Liikelaitos\n# Väärä otsikko\n- kohta"
	d, err := Describe(f, "fi")
	if err != nil || len(d.Sections) != Sections+1 {
		t.Fatal(err, len(d.Sections))
	}
}

func says(id string, ok bool, err error) Witness {
	return WitnessFunc(id, func(context.Context) (Evidence, error) { return Evidence{ok, "looked at " + id}, err })
}

func TestAttestation(t *testing.T) {
	var all []Witness
	for _, p := range promises() {
		if p.witnessed {
			all = append(all, says(p.id, true, nil))
		}
	}
	broken := errors.New("no connection")
	boom := WitnessFunc("M6", func(context.Context) (Evidence, error) { panic("a secret") })
	for _, c := range []struct {
		name string
		add  []Witness
		drop string
		exit int
		id   string
		want State
	}{
		{"all hold", nil, "", ExitHolds, "M3", Holds},
		{"vouched ones are no failure", nil, "", ExitHolds, "M1", Vouched},
		{"a witness of a vouched one", []Witness{says("M11", true, nil)}, "", ExitHolds, "M11", Holds},
		{"broken", []Witness{says("M3", false, nil)}, "", ExitFails, "M3", Fails},
		{"a vouched one broken", []Witness{says("M24", false, nil)}, "", ExitFails, "M24", Fails},
		{"unreachable", []Witness{says("M5", false, broken)}, "", ExitUnchecked, "M5", Fails},
		{"both", []Witness{says("M5", false, broken), says("M5", false, nil), says("M5", true, nil)}, "", ExitFails, "M5", Fails},
		{"no witness", nil, "M14", ExitUnchecked, "M14", Fails},
		{"panic", []Witness{boom}, "", ExitUnchecked, "M6", Fails},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list []Witness
			for _, w := range all {
				if w.ID() != c.drop {
					list = append(list, w)
				}
			}
			checkReport(t, Attest(t.Context(), append(list, c.add...), time.Now()), c.exit, c.id, c.want)
		})
	}
}

func checkReport(t *testing.T, rep Report, exit int, id string, want State) {
	t.Helper()
	if len(rep.Promises) != 25 || rep.Exit() != exit {
		t.Fatalf("%d rows, exit %d, want 25 and %d", len(rep.Promises), rep.Exit(), exit)
	}
	var text strings.Builder
	if err := rep.WriteText(&text); err != nil || strings.Contains(text.String(), "a secret") {
		t.Fatal(err, text.String())
	}
	for _, p := range rep.Promises {
		if p.Evidence == "" {
			t.Errorf("%s without evidence", p.ID)
		}
		if p.ID == id && p.State != want {
			t.Errorf("%s is %s (%s), want %s", id, p.State, p.Evidence, want)
		}
	}
}

func TestOwnWitnesses(t *testing.T) {
	enforced := func(n int, err error) Witness {
		return DescriptionWitness(facts, func(context.Context) (int, error) { return n, err })
	}
	list := facts("fi").Endpoints
	for _, c := range []struct {
		w       Witness
		ok, err bool
	}{
		{enforced(6, nil), true, false},
		{enforced(7, nil), false, false},
		{enforced(0, errors.New("down")), false, true},
		{EndpointsWitness(func() []Endpoint { return list }), true, false},
		{EndpointsWitness(func() []Endpoint { return append(list, Endpoint{"x", "s3", "US"}) }), false, false},
	} {
		ev, err := c.w.Evidence(t.Context())
		if ev.Holds != c.ok || (err != nil) != c.err {
			t.Errorf("%s: %+v %v", c.w.ID(), ev, err)
		}
	}
}

// TestCallbacksAreDescribed: where a queue offers them, in each language, with the time that is set; elsewhere nothing is said.
func TestCallbacksAreDescribed(t *testing.T) {
	c := &agency.City{Queues: []agency.Queue{{ID: "q", CallbackExpires: 90 * time.Minute}}}
	says := map[agency.Lang][]string{
		agency.Finnish: {"takaisinsoittoa", "viimeistään 2 tunnin kuluttua"}, agency.Swedish: {"uppringd", "senast 2 timmar efter"}, agency.English: {"call the caller back", "at the latest 2 hours after"},
	}
	for lang, words := range says {
		text := func() string {
			d, err := Describe(FactsOf(c, nil, lang), string(lang))
			if err != nil {
				t.Fatal(err)
			}
			return d.text()
		}
		c.Queues[0].Overflow = nil
		before := text()
		c.Queues[0].Overflow = []agency.Overflow{{When: agency.WhenLong, Length: 5, To: agency.Target{Callback: true}}}
		after := text()
		for _, w := range words {
			if strings.Contains(before, w) || !strings.Contains(after, w) {
				t.Errorf("%s: %q", lang, w)
			}
		}
		if n := strings.Count(after, hours(2, string(lang))); n != 2 { // the paragraph and the list of retentions
			t.Errorf("%s says the time %d times", lang, n)
		}
	}
	for lang, want := range map[string]string{"fi": "1 tunnin", "sv": "1 timme", "en": "1 hour"} {
		if hours(1, lang) != want || hours(0, lang) != "" {
			t.Error(lang, hours(1, lang))
		}
	}
}

// TestListeningAndOutcomesAreDescribed: as they are configured, in each language; without them the page says that nobody listens.
func TestListeningAndOutcomesAreDescribed(t *testing.T) {
	says := map[agency.Lang]struct{ listened, nobody, outcomes, pause string }{
		agency.Finnish: {"liittyä puheluun: Neuvonta.", "Kukaan ei kuuntele", "suljetusta luettelosta", "keskeyttää tallentamisen"},
		agency.Swedish: {"delta i samtalet: Rådgivning.", "Ingen lyssnar", "sluten lista", "avbryta inspelningen"},
		agency.English: {"join the call: Advice.", "Nobody listens", "closed list", "pause the recording"},
	}
	for lang, want := range says {
		c := &agency.City{Queues: []agency.Queue{
			{ID: "q", Number: "+358912340001", Record: true, Name: agency.Text{"fi": "Neuvonta", "sv": "Rådgivning", "en": "Advice"}, Languages: agency.Langs()},
			{ID: "r", Number: "+358912340002", Name: agency.Text{"fi": "Muu", "sv": "Annan", "en": "Other"}},
		}}
		text := func() string {
			d, err := Describe(FactsOf(c, nil, lang), string(lang))
			if err != nil {
				t.Fatal(err)
			}
			return d.text()
		}
		before := text()
		c.Queues[0].Listening, c.Outcomes = true, []agency.Outcome{{ID: "done"}}
		after := text()
		if !strings.Contains(before, want.nobody) || strings.Contains(before, want.listened) || strings.Contains(before, want.outcomes) || !strings.Contains(before, want.pause) {
			t.Errorf("%s, without: %s", lang, before)
		}
		if strings.Contains(after, want.nobody) || !strings.Contains(after, want.listened) || strings.Count(after, want.outcomes) != 1 {
			t.Errorf("%s, with: %s", lang, after)
		}
		c.Queues[0].Record = false
		if off := text(); strings.Contains(off, want.listened) || strings.Contains(off, want.pause) {
			t.Errorf("%s, unrecorded: %s", lang, off)
		}
	}
}

// TestAQueueBehindAFlowIsRecorded: a queue without a number of its own is reached by a flow, which announces in its languages.
func TestAQueueBehindAFlowIsRecorded(t *testing.T) {
	c := &agency.City{
		Queues: []agency.Queue{{ID: "q", Record: true, Languages: agency.Langs()}},
		Flows: []agency.Flow{{ID: "f", Languages: []agency.Lang{agency.Finnish, agency.Swedish}, Steps: []agency.Step{
			{ID: "a", Announce: &agency.AnnounceStep{}, Next: "b"}, {ID: "b", Queue: &agency.QueueStep{Queue: "q"}},
		}}},
	}
	if f := FactsOf(c, nil, agency.English); !f.Recorded || strings.Join(f.Announced, " ") != "fi sv" {
		t.Errorf("%+v", f)
	}
	c.Flows = nil
	if f := FactsOf(c, nil, agency.English); !f.Recorded || len(f.Announced) != 3 {
		t.Errorf("only a transfer leads to it: %+v", f)
	}
	c.Queues[0].Record = false
	if f := FactsOf(c, nil, agency.English); f.Recorded || f.Announced != nil {
		t.Errorf("%+v", f)
	}
}
