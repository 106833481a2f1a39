package agency

import (
	"encoding/json"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

// sample is a valid city with one of everything.
func sample() City {
	return City{
		Name: Text{"fi": "Esimerkkikaupunki", "sv": "Exempelstaden"},
		Controller: Controller{
			Name: Text{"fi": "Palvelukeskus"}, Address: Text{"fi": "PL 1"}, Person: Text{"fi": "päällikkö"},
			Contact: Text{"fi": "henkilöstö"}, DPO: Text{"fi": "tietosuojavastaava"},
		},
		Agencies: []Agency{
			{ID: "social", Name: Text{"fi": "Sosiaali"}, Address: "social@city.example"},
			{ID: "water", Name: Text{"fi": "Vesi"}, Address: "water@city.example", FragmentDigits: 2},
		},
		Queues: []Queue{
			{ID: "social-main", Agency: "social", Name: Text{"fi": "Neuvonta"}, Number: "+358912345678", Mailbox: "Social@city.example", Skills: []string{"social"}, Record: true},
			{ID: "water-faults", Agency: "water", Name: Text{"fi": "Viat"}, Number: "+358912345679", Languages: []Lang{Finnish, Swedish}, LanguageMenu: true, WrapUp: time.Minute},
		},
		Seats:          []Seat{{Code: "A12", SIPUser: "seat12", SIPPassword: "correct horse", Location: "Torikatu 1, room 312"}, {Code: "A13", Location: "Torikatu 1, room 313"}},
		ListenNetworks: []string{"10.20.0.0/16", "2001:db8::/32"},
	}
}

func TestSampleIsValid(t *testing.T) {
	c := sample()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*City)
	}{
		{"city.name", func(c *City) { c.Name = nil }},
		{"city.name", func(c *City) { c.Name["de"] = "Stadt" }},
		{"city.name.fi", func(c *City) { c.Name["fi"] = strings.Repeat("x", MaxTextLen+1) }},
		{"city.time_zone", func(c *City) { c.TimeZone = "Helsinki" }},
		{"city.time_zone", func(c *City) { c.TimeZone = "Local" }},
		{"city.country_code", func(c *City) { c.CountryCode = "+358" }},
		{"city.sip_realm", func(c *City) { c.SIPRealm = "a:b" }},
		{"city.retention.recording_months", func(c *City) { c.Retention.RecordingMonths = -1 }},
		{"city.retention.recording_months", func(c *City) { c.Retention.RecordingMonths = MaxRecordingMonths + 1 }},
		{"city.controller.data_protection_officer", func(c *City) { c.Controller.DPO = nil }},
		{"city.agencies", func(c *City) { c.Agencies = nil }},
		{"city.agencies[1].id", func(c *City) { c.Agencies[1].ID = "social" }},
		{"city.agencies[0].id", func(c *City) { c.Agencies[0].ID = "Social" }},
		{"city.agencies[0].id", func(c *City) { c.Agencies[0].ID = "" }},
		{"city.agencies[0].name", func(c *City) { c.Agencies[0].Name = Text{} }},
		{"city.agencies[1].fragment_digits", func(c *City) { c.Agencies[1].FragmentDigits = 5 }},
		{"city.agencies[1].fragment_digits", func(c *City) { c.Agencies[1].FragmentDigits = 1 }},
		{"city.agencies[0].address", func(c *City) { c.Agencies[0].Address = "Social <a@b.example>" }},
		{"city.queues[0].id", func(c *City) { c.Queues[0].ID = "a b" }},
		{"city.queues[1].id", func(c *City) { c.Queues[1].ID = c.Queues[0].ID }},
		{"city.queues[0].agency", func(c *City) { c.Queues[0].Agency = "sosial" }},
		{"city.queues[0].skills[0]", func(c *City) { c.Queues[0].Skills[0] = "Ä" }},
		{"city.queues[1]", func(c *City) { c.Queues[1].Number = "" }},
		{"city.queues[1].number", func(c *City) { c.Queues[1].Number = "0912345678" }},
		{"city.queues[1].number", func(c *City) { c.Queues[1].Number = c.Queues[0].Number }},
		{"city.queues[1].mailbox", func(c *City) { c.Queues[1].Mailbox = "SOCIAL@city.example" }},
		{"city.queues[1].mailbox", func(c *City) { c.Queues[1].Mailbox = "nobody" }},
		{"city.queues[1].languages[1]", func(c *City) { c.Queues[1].Languages[1] = "de" }},
		{"city.queues[1].languages[1]", func(c *City) { c.Queues[1].Languages[1] = "fi" }},
		{"city.queues[1].language_menu", func(c *City) { c.Queues[1].Languages = []Lang{"fi"} }},
		{"city.queues[0].no_answer", func(c *City) { c.Queues[0].NoAnswer = time.Second }},
		{"city.queues[0].wrap_up", func(c *City) { c.Queues[0].WrapUp = time.Hour }},
		{"city.queues[0].priority", func(c *City) { c.Queues[0].Priority = 10 }},
		{"city.seats[0].code", func(c *City) { c.Seats[0].Code = "A-12" }},
		{"city.seats[1].code", func(c *City) { c.Seats[1].Code = "a12" }},
		{"city.seats[0].sip_user", func(c *City) { c.Seats[0].SIPUser = "a@b" }},
		{"city.seats[1].sip_user", func(c *City) { c.Seats[1].SIPUser = "seat12" }},
		{"city.listen_networks[0]", func(c *City) { c.ListenNetworks[0] = "10.20.0.1/16" }},
		{"city.listen_networks[1]", func(c *City) { c.ListenNetworks[1] = "::/0" }},
		{"city.purposes[0]", func(c *City) { c.Purposes = []string{"Direct marketing"} }},
	} {
		city := sample()
		c.change(&city)
		err := city.Validate()
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Kind != errs.Invalid || e.Field != c.field {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}

func TestTypoGetsASuggestion(t *testing.T) {
	c := sample()
	c.Queues[0].Agency = "soc"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "did you mean social?") {
		t.Fatal(err)
	}
}

func TestTextFallsBack(t *testing.T) {
	for want, c := range map[string]struct {
		text Text
		lang Lang
	}{
		"hej":  {Text{"fi": "hei", "sv": "hej"}, "sv"},
		"hei":  {Text{"fi": "hei", "sv": "hej"}, "en"},
		"hi":   {Text{"en": "hi", "sv": ""}, "sv"},
		"":     {nil, "fi"},
		"svar": {Text{"sv": "svar"}, "xx"},
	} {
		if got := c.text.In(c.lang); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDefaultsShareNothing(t *testing.T) {
	c := sample()
	d := c.WithDefaults()
	d.Agencies[0].Name["fi"], d.Queues[0].Skills[0], d.Controller.Name["fi"], d.ListenNetworks[0] = "x", "x", "x", "x"
	if again := sample(); Differences(&c, &again) != nil {
		t.Fatal("the copy shares with the original:", Differences(&c, &again))
	}
	if d.Queues[0].NoAnswer != DefaultNoAnswer || d.Agencies[0].FragmentDigits != 4 || d.Agencies[1].FragmentDigits != 2 || d.Retention.RecordingMonths != 6 || d.Location().String() != "Europe/Helsinki" {
		t.Fatal(d)
	}
}

func book(c City) *Book {
	b := &Book{}
	b.index.Store(newIndex(c.WithDefaults().digested(&City{})))
	return b
}

func TestLookUps(t *testing.T) {
	b := book(sample())
	for _, called := range []string{"+358912345679", "00358912345679", "358912345679", "0912345679", "+358 9 1234 5679"} {
		if q, ok := b.QueueByNumber(called); !ok || q.ID != "water-faults" {
			t.Errorf("%s: %v", called, q)
		}
	}
	for _, called := range []string{"", "112", "+35891234567", "anonymous", "+", "00", "0"} {
		if _, ok := b.QueueByNumber(called); ok {
			t.Errorf("%s finds a queue", called)
		}
	}
	if q, ok := b.QueueByMailbox("SOCIAL@City.example"); !ok || q.ID != "social-main" {
		t.Error(q)
	}
	if _, ok := b.QueueByMailbox(""); ok {
		t.Error("no address is no mailbox")
	}
	if s, ok := b.Seat("a12"); !ok || s.SIPUser != "seat12" || s.SIPPassword != "" {
		t.Error("seat", ok)
	}
	if _, ok := b.SeatByUser(""); ok {
		t.Error("a seat without a phone has no user")
	}
	if a, ok := b.Agency("water"); !ok || a.FragmentDigits != 2 {
		t.Error(a)
	}
	if _, ok := b.Queue("none"); ok {
		t.Error("a queue from nowhere")
	}
}

func TestMayListenFrom(t *testing.T) {
	b := book(sample())
	for addr, want := range map[string]bool{
		"10.20.3.4": true, "::ffff:10.20.3.4": true, "10.21.0.1": false, "2001:db8::1": true, "2001:db9::1": false, "127.0.0.1": false, "fe80::1%eth0": false,
	} {
		if got := b.MayListenFrom(netip.MustParseAddr(addr)); got != want {
			t.Error(addr, got)
		}
	}
	if b.MayListenFrom(netip.Addr{}) || book(City{}).MayListenFrom(netip.MustParseAddr("10.20.0.1")) {
		t.Error("heard from nowhere")
	}
}

func TestPasswordsBecomeDigests(t *testing.T) {
	c := sample()
	c.Seats[0] = Seat{Code: "A1", SIPUser: "Mufasa", SIPPassword: "Circle of Life"}
	c.SIPRealm = "http-auth@example.org"
	kept := c.WithDefaults().digested(&City{})
	// MD5 and SHA-256 of "Mufasa:http-auth@example.org:Circle of Life" (RFC 7616 3.9.1)
	if s := kept.Seats[0]; s.HA1MD5 != "3d78807defe7de2157e2b0b6573a855f" || s.HA1SHA256 != "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232" {
		t.Fatal(s)
	}
	body, err := json.Marshal(kept)
	if err != nil || strings.Contains(string(body), "Circle") {
		t.Fatal("the password is kept", err)
	}
	again := c.clone()
	again.Seats[0].SIPPassword = ""
	if s := again.digested(&kept).Seats[0]; s.HA1MD5 != kept.Seats[0].HA1MD5 {
		t.Fatal("a change without password loses it")
	}
	again.SIPRealm = "other"
	if s := again.digested(&kept).Seats[0]; s.HA1MD5 != "" {
		t.Fatal("a digest of another realm is kept")
	}
	b := book(c)
	if ha1, ok := b.HA1("Mufasa", "MD5"); !ok || len(ha1) != 32 {
		t.Fatal(ha1, ok)
	}
	for _, q := range [][2]string{{"Mufasa", "SHA-1"}, {"", "MD5"}, {"A13", "MD5"}} {
		if _, ok := b.HA1(q[0], q[1]); ok {
			t.Error(q)
		}
	}
}

func TestStoredFormComesBack(t *testing.T) {
	c := sample().WithDefaults()
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	back, err := read(Version{Number: 1}, body)
	if err != nil || Differences(&c, &back) != nil {
		t.Fatal(err, Differences(&c, &back))
	}
	if _, err := read(Version{Number: 1}, body[:10]); err == nil {
		t.Fatal("a damaged version was read")
	}
}

func TestDifferencesNameParts(t *testing.T) {
	a, b := sample(), sample()
	b.Queues[0].Priority, b.Retention.RecordingMonths = 3, 5
	if got := Differences(&a, &b); !slices.Equal(got, []string{"queues", "retention"}) {
		t.Fatal(got)
	}
}

// However a number of ours is written, it stands for itself.
func TestDialledFindsTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		national := rapid.StringMatching(`[1-9][0-9]{5,9}`).Draw(t, "national")
		want := "+358" + national
		for _, written := range []string{want, "00358" + national, "358" + national, "0" + national} {
			if !slices.Contains(Dialled(written, "358"), want) {
				t.Fatalf("%s is not %s", written, want)
			}
		}
	})
}

func FuzzDialled(f *testing.F) {
	f.Add("+358 (0)9 123")
	f.Add("sip:++")
	f.Fuzz(func(t *testing.T, s string) {
		for _, n := range Dialled(s, "358") {
			if n == "" || n[0] != '+' {
				t.Fatal(n)
			}
		}
	})
}

func FuzzValidate(f *testing.F) {
	for _, c := range []City{sample(), full()} {
		body, _ := json.Marshal(c)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c City
		if json.Unmarshal(b, &c) != nil || c.Validate() != nil {
			return
		}
		kept := c.WithDefaults()
		if err := kept.Validate(); err != nil {
			t.Fatal("valid, but not with its defaults:", err)
		}
		newIndex(kept)
		kept.Warnings([]Staff{{}})
		for name := range kept.Hours {
			h := kept.Hours[name]
			h.Open(time.Unix(0, 0), kept.Location())
		}
	})
}

// TestTheNextVersionKeepsPasswords: a file with the same password is no change; a digest stands where another is written.
func TestTheNextVersionKeepsPasswords(t *testing.T) {
	old := sample().WithDefaults().digested(&City{})
	b := &Book{}
	b.index.Store(newIndex(old))
	file := sample()
	if next := b.AsNext(file); !reflect.DeepEqual(next, old) {
		t.Errorf("%+v", next)
	}
	file.Seats[0].SIPPassword = "wrong horse"
	if s := b.AsNext(file).Seats[0]; s.SIPPassword != "" || s.HA1MD5 == old.Seats[0].HA1MD5 || s.HA1SHA256 == old.Seats[0].HA1SHA256 {
		t.Errorf("%+v", s)
	}
}
