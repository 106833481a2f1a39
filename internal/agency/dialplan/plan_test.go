package dialplan

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/pii"
)

// city is a city that may call Sweden and Estonia, but not Estonia's 900 numbers.
func city() *agency.City {
	return &agency.City{
		CountryCode: "358",
		Agencies:    []agency.Agency{{ID: "social"}, {ID: "water", CallerID: "+358912340099"}},
		Queues: []agency.Queue{
			{ID: "advice", Agency: "social", Number: "+358912340001"},
			{ID: "mail", Agency: "social"},
			{ID: "faults", Agency: "water"},
		},
		Seats:    []agency.Seat{{Code: "A12", Location: "Torikatu 1, 3rd floor, room 312"}, {Code: "4711"}},
		Dialling: agency.Dialling{CallerID: "+358912340000", Countries: []string{"46", "372"}, Blocked: []string{"+372900", "0800"}},
	}
}

func TestEmergencyForms(t *testing.T) {
	for _, form := range []string{
		"112", " 112 ", "1 1 2", "1-1-2", "112#", "tel:112", "TEL:112", "sip:112@192.0.2.1", "sips:112@city.example;user=phone", "tel:112;phone-context=+358",
		"urn:service:sos", "URN:service:SOS", "urn:service:sos.ambulance", "urn:service:sos.fire",
		"0112", "0-112", "0 112", "8112", "9112", "9-112", "00112", "000112", "900112", "9 0 112",
		"+112", "+358112", "+358 112", "00358112", "00 358 112", "358112", "0358112", "9 00 358 112", "000358112", "+46112", "0046112", "+1112", "+00112",
	} {
		if !Emergency(form, "", "358") {
			t.Errorf("%q is no call for help", form)
		}
	}
	for _, other := range []string{
		"", "1", "12", "11", "113", "1123", "1112", "2112", "7112", "46112", "A112", "112A", "0401234112", "+358401234112", "09112", "0800112", "0000112", "+358 9 112",
		"+999112", "urn:service:sosx", "urn:service:counseling", "112112", "*112", "99112", "0600112",
	} {
		if Emergency(other, "", "358") {
			t.Errorf("%q is a call for help", other)
		}
	}
	for _, form := range []string{"77112", "7700112", "77 112", "112", "77+358112"} {
		if !Emergency(form, "77", "46") {
			t.Errorf("%q is no call for help where 77 reaches outside", form)
		}
	}
}

// TestNothingRefusesHelp: no configuration, valid or not, no caller and no count keeps 112 back.
func TestNothingRefusesHelp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "112", "0", "00", "1", "11", "358", "+358", "+", "a", "A12", "999", "+358112"})
		cap := rapid.Custom(func(t *rapid.T) agency.Cap {
			n := rapid.IntRange(-2, 3)
			return agency.Cap{Hour: n.Draw(t, "hour"), Day: n.Draw(t, "day"), AtOnce: n.Draw(t, "at once")}
		})
		c := &agency.City{
			CountryCode: text.Draw(t, "country"),
			Queues:      []agency.Queue{{ID: "q", Number: text.Draw(t, "number")}},
			Seats:       []agency.Seat{{Code: text.Draw(t, "seat")}, {Code: "112"}},
			Dialling: agency.Dialling{
				AccessPrefix: text.Draw(t, "access"), TrunkPrefix: text.Draw(t, "trunk"), InternationalPrefix: text.Draw(t, "international"),
				Countries: rapid.SliceOf(text).Draw(t, "countries"), Premium: append(rapid.SliceOf(text).Draw(t, "premium"), "112"),
				Blocked: append(rapid.SliceOf(text).Draw(t, "blocked"), "1", "112", "+"),
				Caps:    agency.Caps{Agent: cap.Draw(t, "agent"), Agency: cap.Draw(t, "agency"), Country: cap.Draw(t, "country")},
			},
		}
		p := New(c)
		if rapid.Bool().Draw(t, "no plan") {
			p = nil
		}
		from := Caller{Agent: text.Draw(t, "agent"), Seat: text.Draw(t, "from"), Queue: "q", Agency: "a"}
		dialled := rapid.SampledFrom([]string{"112", "0112", "00112", "+112", "+358112", "0-112", "9112", "urn:service:sos", "tel:112"}).Draw(t, "dialled")
		var m Meter
		m.SetCaps(c.Dialling.Caps)
		for range 5 {
			d := p.Decide(pii.NewNumber(dialled), from)
			if d.Refused != nil || d.Allowed == nil || d.Allowed.Kind != Emergency112 || d.Allowed.Number.Reveal() != "112" || d.Allowed.Group != GroupEmergency || d.Allowed.Longest != 0 {
				t.Fatalf("%q: %+v", dialled, d)
			}
			if _, refused := m.Take(d.Allowed, from, time0()); refused != nil {
				t.Fatalf("%q: %+v", dialled, refused)
			}
		}
	})
}

func TestHelpTellsWhereTheSeatIs(t *testing.T) {
	p := New(city())
	a := p.Decide(pii.NewNumber("112"), Caller{Seat: "a12", Queue: "faults", Agency: "water"}).Allowed
	if a.Location != "Torikatu 1, 3rd floor, room 312" || a.Show != "+358912340099" {
		t.Errorf("%+v", a)
	}
	if a := p.Decide(pii.NewNumber("112"), Caller{}).Allowed; a.Location != "" || a.Show != "+358912340000" {
		t.Errorf("%+v", a)
	}
}

func TestWhatWasDialled(t *testing.T) {
	p := New(city())
	for _, c := range []struct {
		dialled string
		kind    Kind
		number  string
		country string
		fault   string
	}{
		{"0401234567", Mobile, "+358401234567", "358", ""},
		{"040 123 4567", Mobile, "+358401234567", "358", ""},
		{"+358 (40) 123-4567", Mobile, "+358401234567", "358", ""},
		{"00358401234567", Mobile, "+358401234567", "358", ""},
		{"tel:+358-50-1234567;ext=3", Mobile, "+358501234567", "358", ""},
		{"sip:0451234567@phones.example", Mobile, "+358451234567", "358", ""},
		{"09 310 1691", National, "+35893101691", "358", ""},
		{"010 123 4567", National, "+358101234567", "358", ""},
		{"020 123 4567", National, "+358201234567", "358", ""},
		{"116117", National, "116117", "358", ""},
		{"116 000", National, "116000", "358", ""},
		{"0600 123 45", Premium, "+35860012345", "358", ""},
		{"+358 700 12345", Premium, "+35870012345", "358", ""},
		{"0606 12345", Premium, "+35860612345", "358", ""},
		{"0200 12345", Premium, "+35820012345", "358", ""},
		{"0300 12345", Premium, "+35830012345", "358", ""},
		{"00358 202 02", Premium, "+35820202", "358", ""},
		{"118", Premium, "118", "358", ""},
		{"118100", Premium, "118100", "358", ""},
		{"+979 1 2345 6789", Premium, "+979123456789", "979", ""},
		{"+46 8 123 456 78", International, "+46812345678", "46", ""},
		{"0046812345678", International, "+46812345678", "46", ""},
		{"+1 876 555 0100", International, "+18765550100", "1", ""},
		{"+881612345678", International, "+881612345678", "881", ""},
		{"", Unknown, "", "", Empty},
		{" - ", Unknown, "", "", Empty},
		{"3101691", Unknown, "", "", Incomplete},
		{"116", Unknown, "", "", Incomplete},
		{"10022", Unknown, "", "", Incomplete},
		{"B99", Unknown, "", "", BadNumber},
		{"040123456x", Unknown, "", "", BadNumber},
		{"+", Unknown, "", "", BadNumber},
		{"++358401234567", Unknown, "", "", BadNumber},
		{"+35840123", National, "+35840123", "358", ""}, // some are so short
		{"+358123", Unknown, "", "", BadNumber},
		{"+3584012345678901", Unknown, "", "", BadNumber},
		{"+999123456789", Unknown, "", "", BadNumber},
		{"+0401234567", Unknown, "", "", BadNumber},
		{strings.Repeat("0", MaxDialled+1), Unknown, "", "", BadNumber},
		{"٠٤٠١٢٣٤٥٦٧", Unknown, "", "", BadNumber},
	} {
		if c.number == "+35840123" {
			c.kind = Mobile
		}
		r := p.Read(pii.NewNumber(c.dialled))
		if r.Kind != c.kind || r.Number.Reveal() != c.number || r.Country != c.country || r.Fault != c.fault {
			t.Errorf("%q: %q %s %s %s", c.dialled, r.Kind, r.Number.Reveal(), r.Country, r.Fault)
		}
	}
}

func TestTheHouseIsReachedInside(t *testing.T) {
	p := New(city())
	for dialled, want := range map[string]Reading{
		"+358912340001": {Kind: Internal, Queue: "advice"}, "09 1234 0001": {Kind: Internal, Queue: "advice"}, "00358 9 12340001": {Kind: Internal, Queue: "advice"},
		"A12": {Kind: Internal, Seat: "A12"}, "a12": {Kind: Internal, Seat: "A12"}, "4711": {Kind: Internal, Seat: "4711"}, "sip:a12@phones": {Kind: Internal, Seat: "A12"},
	} {
		r := p.Read(pii.NewNumber(dialled))
		if r.Kind != want.Kind || r.Queue != want.Queue || r.Seat != want.Seat {
			t.Errorf("%q: %+v", dialled, r)
		}
		a := p.Decide(pii.NewNumber(dialled), Caller{}).Allowed
		if a == nil || a.Group != "" || a.Queue != want.Queue || a.Seat != want.Seat {
			t.Errorf("%q goes out: %+v", dialled, a)
		}
	}
}

// TestNumbersOfFlowsAreInside: they go to the flow's first queue, and nowhere where it has none.
func TestNumbersOfFlowsAreInside(t *testing.T) {
	c := city()
	c.Numbers = []agency.Number{{Number: "+358912340050", Flow: "day"}, {Number: "+358912340051", Flow: "tape"}}
	c.Flows = []agency.Flow{
		{ID: "tape", Agency: "social", Steps: []agency.Step{{HangUp: &agency.HangUpStep{}}}},
		{ID: "day", Agency: "social", Steps: []agency.Step{{Say: &agency.SayStep{}}, {Queue: &agency.QueueStep{Queue: "mail"}}, {Queue: &agency.QueueStep{Queue: "advice"}}}},
	}
	p := New(c)
	if a := p.Decide(pii.NewNumber("09 1234 0050"), Caller{}).Allowed; a == nil || a.Kind != Internal || a.Queue != "mail" || a.Group != "" {
		t.Errorf("%+v", a)
	}
	if d := p.Decide(pii.NewNumber("09 1234 0051"), Caller{}); d.Refused == nil || d.Refused.Reason != NoQueue {
		t.Errorf("%+v", d.Allowed)
	}
}

func TestDecisions(t *testing.T) {
	p := New(city())
	for dialled, want := range map[string]Refusal{
		"0600 12345": {Reason: PremiumRate, Country: "358"}, "+46 8 123456": {}, "+372 5 123456": {}, "+372 900 1234": {Reason: BlockedPrefix, Prefix: "+372900"},
		"+49 30 123456": {Reason: CountryRefused, Country: "49"}, "+1 876 555 0100": {Reason: CountryRefused, Country: "1"}, "0800 12345": {Reason: BlockedPrefix, Prefix: "0800"},
		"0401234567": {}, "": {Reason: Empty}, "12345": {Reason: Incomplete},
	} {
		d := p.Decide(pii.NewNumber(dialled), Caller{Queue: "advice", Agency: "social"})
		switch {
		case want == Refusal{} && (d.Refused != nil || d.Allowed.Show != "+358912340001" || d.Allowed.Group != GroupOutside || d.Allowed.Longest != agency.DefaultLongest):
			t.Errorf("%q: %+v %+v", dialled, d.Allowed, d.Refused)
		case want != Refusal{} && (d.Refused == nil || *d.Refused != want || d.Allowed != nil):
			t.Errorf("%q: %+v", dialled, d.Refused)
		}
	}
}

func TestWhichNumberIsShown(t *testing.T) {
	c := city()
	show := func(from Caller) string {
		if d := New(c).Decide(pii.NewNumber("0401234567"), from); d.Allowed != nil {
			return d.Allowed.Show
		} else {
			return d.Refused.Reason
		}
	}
	for from, want := range map[Caller]string{
		{Queue: "advice", Agency: "social"}: "+358912340001", {Queue: "mail", Agency: "social"}: "+358912340000",
		{Queue: "faults", Agency: "water"}: "+358912340099", {Agency: "water"}: "+358912340099", {}: "+358912340000",
	} {
		if got := show(from); got != want {
			t.Errorf("%+v shows %s", from, got)
		}
	}
	c.Dialling.CallerID = ""
	if got := show(Caller{Agency: "social"}); got != NoCallerID {
		t.Error(got)
	}
}

func TestAccessPrefix(t *testing.T) {
	c := city()
	c.Dialling.AccessPrefix = "0"
	p := New(c)
	for dialled, want := range map[string]string{"0 040 1234567": "+358401234567", "0 00 46 8 123456": "+468123456", "+46 8 123456": "+468123456", "0401234567": "", "0112": "112", "112": "112"} {
		if got := p.Read(pii.NewNumber(dialled)).Number.Reveal(); got != want {
			t.Errorf("%q: %s", dialled, got)
		}
	}
}

// TestSeparatorsMeanNothing: a number reads the same however it is written.
func TestSeparatorsMeanNothing(t *testing.T) {
	p := New(city())
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`(\+|00|0)?[0-9]{1,14}`).Draw(t, "number")
		var spaced strings.Builder
		for _, r := range number {
			spaced.WriteRune(r)
			spaced.WriteString(rapid.SampledFrom([]string{"", "", " ", "-", ".", " / "}).Draw(t, "separator"))
		}
		a, b := p.Read(pii.NewNumber(number)), p.Read(pii.NewNumber("tel:"+spaced.String()))
		if len(spaced.String())+4 > MaxDialled {
			t.Skip()
		}
		if same(a) != same(b) {
			t.Fatalf("%s: %s; %s: %s", number, same(a), spaced.String(), same(b))
		}
	})
}

func same(r Reading) string {
	return fmt.Sprint(r.Kind, r.Number.Reveal(), r.Country, r.Queue, r.Seat, r.Fault)
}

func TestCallingCodesAreNoneAnothersBeginning(t *testing.T) {
	codes := agency.CallingCodes()
	for i, c := range codes {
		if i > 0 && strings.HasPrefix(c, codes[i-1]) {
			t.Errorf("%s begins %s", codes[i-1], c)
		}
	}
}

func TestANilPlanKnowsHelpAlone(t *testing.T) {
	var p *Plan
	if d := p.Decide(pii.NewNumber("0401234567"), Caller{}); d.Allowed != nil || d.Refused == nil {
		t.Errorf("%+v", d)
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"112", "+358112", "0401234567", "tel:+358-40-123;ext=1", "A12", "urn:service:sos", "00", "+", "sip:@", "0600", "\x00", "é", "+979"} {
		f.Add(s)
	}
	p := New(city())
	f.Fuzz(func(t *testing.T, s string) {
		r := p.Read(pii.NewNumber(s))
		number := r.Number.Reveal()
		if (r.Kind == Unknown) != (r.Fault != "") || r.Kind == Unknown && number != "" {
			t.Fatalf("%q: %s", s, same(r))
		}
		if (r.Kind == Emergency112) != Emergency(s, "", "358") || (r.Kind == Emergency112) != (number == "112") {
			t.Fatalf("%q: %s", s, same(r))
		}
		if number != "" && (strings.Trim(strings.TrimPrefix(number, "+"), "0123456789") != "" || len(number) > maxDigits+1) {
			t.Fatalf("%q becomes %q", s, number)
		}
		again := p.Read(pii.NewNumber(number))
		if number != "" && r.Number.Reveal()[0] == '+' && same(again) != same(r) {
			t.Fatalf("%q: %s; again %s", s, same(r), same(again))
		}
		if d := p.Decide(pii.NewNumber(s), Caller{}); (d.Allowed == nil) == (d.Refused == nil) {
			t.Fatalf("%q: %+v", s, d)
		}
	})
}
