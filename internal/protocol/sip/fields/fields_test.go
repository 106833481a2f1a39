package fields

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestRAck(t *testing.T) {
	for v, want := range map[string]RAck{
		"776656 1 INVITE":      {776656, 1, "INVITE"},
		" 1  2\tINVITE ":       {1, 2, "INVITE"},
		"4294967295 0 INVITE":  {4294967295, 0, "INVITE"},
		"0 1 INVITE":           {},
		"1 INVITE":             {},
		"4294967296 1 INVITE":  {},
		"1 -1 INVITE":          {},
		"1 1 INVITE something": {},
	} {
		got, ok := ParseRAck(v)
		if ok != (want != RAck{}) || ok && got != want {
			t.Errorf("%q: %+v %v", v, got, ok)
		}
	}
}

func TestSessionExpires(t *testing.T) {
	for v, want := range map[string]SessionExpires{
		"1800":                        {Interval: 1800 * time.Second},
		"90;refresher=uac":            {90 * time.Second, "uac"},
		"4000 ; x=y ; Refresher=UAS":  {4000 * time.Second, "uas"},
		"99999999999999999999":        {Interval: maxDelta},
		"90;refresher=\"uac\"":        {90 * time.Second, "uac"},
		"":                            {},
		"x":                           {},
		"90x":                         {},
		"90;refresher=proxy":          {},
		"-90":                         {},
		"1800;refresher=uac;uac=evil": {1800 * time.Second, "uac"},
	} {
		got, ok := ParseSessionExpires(v)
		if ok != (want != SessionExpires{}) || ok && got != want {
			t.Errorf("%q: %+v %v", v, got, ok)
		}
	}
}

func TestReferTo(t *testing.T) {
	r := Replaces{CallID: "a@b", ToTag: "1", FromTag: "2"}
	for v, want := range map[string]ReferTo{
		"sip:100@192.0.2.1":                                    {URI: "sip:100@192.0.2.1", Method: "INVITE"},
		"<sip:100@192.0.2.1;user=phone>":                       {URI: "sip:100@192.0.2.1;user=phone", Method: "INVITE"},
		`"A \" <x>" <sip:1@h;method=BYE;x>;q`:                  {URI: "sip:1@h;x", Method: "BYE"},
		"tel:+358401234567":                                    {URI: "tel:+358401234567", Method: "INVITE"},
		"<sip:1@h?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>": {URI: "sip:1@h", Method: "INVITE", Replaces: r, Attended: true},
		"<sip:1@h?Require=replaces&replaces=a%40b%3Bfrom-tag%3D2%3Bto-tag%3D1>": {
			URI: "sip:1@h", Method: "INVITE", Replaces: r, Attended: true,
		},
		"<sip:1@h?Replaces=a%3Bto-tag%3D1>": {},
		"<sip:1@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>": {},
		"<sip:1@h?Replaces=%zz>": {},
		"<sip:1@h":               {},
		`"open <sip:1@h>`:        {},
		"":                       {},
		"100":                    {},
	} {
		got, ok := ParseReferTo(v)
		if ok != (want != ReferTo{}) || ok && got != want {
			t.Errorf("%q: %+v %v", v, got, ok)
		}
	}
}

// What is written is read again as it was.
func TestRoundTrips(t *testing.T) {
	token := rapid.StringMatching(`[A-Za-z0-9.!%*_+'~@-]{1,20}`)
	rapid.Check(t, func(t *rapid.T) {
		r := Replaces{token.Draw(t, "id"), token.Draw(t, "to"), token.Draw(t, "from"), rapid.Bool().Draw(t, "early")}
		if got, ok := ParseReplaces(r.String()); !ok || got != r {
			t.Fatalf("%+v became %+v", r, got)
		}
		to := ReferTo{URI: "sip:1@h;x=1", Method: "INVITE", Replaces: r, Attended: true}
		if got, ok := ParseReferTo(to.String()); !ok || got != to {
			t.Fatalf("%+v became %+v by %q", to, got, to)
		}
		why := Reason{"Q.850", rapid.IntRange(1, 127).Draw(t, "cause"), rapid.StringMatching(`[a-z"\\;, ]{0,12}`).Draw(t, "text")}
		if got := ParseReasons([]string{why.String()}); len(got) != 1 || got[0] != why {
			t.Fatalf("%q became %+v", why, got)
		}
		s := SessionExpires{time.Duration(rapid.IntRange(0, 86400).Draw(t, "s")) * time.Second, rapid.SampledFrom([]string{"", "uac", "uas"}).Draw(t, "who")}
		if got, ok := ParseSessionExpires(s.String()); !ok || got != s {
			t.Fatalf("%+v became %+v", s, got)
		}
		p := Privacy(rapid.IntRange(0, 31).Draw(t, "privacy"))
		if got := ParsePrivacy([]string{p.String()}); got != p {
			t.Fatalf("%v became %v", p, got)
		}
		n := RAck{rapid.Uint32Min(1).Draw(t, "rseq"), rapid.Uint32().Draw(t, "cseq"), "INVITE"}
		if got, ok := ParseRAck(n.String()); !ok || got != n {
			t.Fatalf("%+v became %+v", n, got)
		}
	})
}

func TestReasons(t *testing.T) {
	got := ParseReasons([]string{`SIP;cause=200;text="Call completed elsewhere", Q.850;cause=16`, ";cause=1", "preemption;cause=1 ;text=x"})
	want := []Reason{{"SIP", 200, "Call completed elsewhere"}, {"Q.850", 16, ""}, {"preemption", 1, "x"}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if n := len(ParseReasons([]string{strings.Repeat("SIP;cause=1,", 100)})); n != maxReasons {
		t.Error(n, "reasons")
	}
}

func TestFragmentsAndEvents(t *testing.T) {
	for body, want := range map[string]int{
		"SIP/2.0 100 Trying": 100, "SIP/2.0 200 OK\r\nTo: x\r\n": 200, string(Fragment(603, "Decline")): 603,
		"SIP/2.0 99 x": 0, "SIP/2.0 700": 0, "SIP/2.0": 0, "": 0, "HTTP/1.1 200 OK": 0,
	} {
		if got, ok := ParseFragment([]byte(body)); ok != (want != 0) || ok && got != want {
			t.Errorf("%q: %d", body, got)
		}
	}
	if !Terminated(" Terminated ;reason=noresource") || Terminated("active;expires=60") || Terminated("") {
		t.Error("Subscription-State")
	}
	if pkg, id := Event("Refer;id=93809824"); pkg != "refer" || id != "93809824" {
		t.Error(pkg, id)
	}
}

func TestPrivacy(t *testing.T) {
	for v, want := range map[string]Privacy{
		"id": PrivacyID, "none": 0, "user;critical": PrivacyUser | PrivacyCritical, "Header, SESSION": PrivacyHeader | PrivacySession,
		"moon;critical": PrivacyUnknown | PrivacyCritical,
	} {
		if got := ParsePrivacy([]string{v}); got != want || got.Impossible() != (v == "moon;critical") {
			t.Errorf("%q: %b", v, got)
		}
	}
	if PrivacySession.Withheld() || !PrivacyHeader.Withheld() {
		t.Error("which kinds hide the number")
	}
}

func TestContactsByWish(t *testing.T) {
	got := Contacts([]string{`<sip:a@h>;q=0.1, "x,y" <sip:b@h;p=1,2>`, "sip:c@h;q=0.5", "*", "<sip:d@h>;q=NaN"})
	if !slices.Equal(got, []string{"sip:b@h;p=1,2", "sip:d@h", "sip:c@h", "sip:a@h"}) {
		t.Error(got)
	}
	if n := len(Contacts([]string{strings.Repeat("<sip:a@h>,", 100)})); n != maxContacts {
		t.Error(n, "contacts")
	}
}

// Nothing that a peer writes panics, and what is read is bounded and holds no line break.
func FuzzFields(f *testing.F) {
	for _, s := range []string{
		"776656 1 INVITE", "1800;refresher=uac", "a@b;to-tag=1;from-tag=2;early-only", `"A" <sip:1@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>`,
		`SIP;cause=200;text="Call completed elsewhere"`, "terminated;reason=noresource", "refer;id=1", "id;critical", "SIP/2.0 200 OK", `"`, "<", `\`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		ParseRAck(v)
		ParseFragment([]byte(v))
		Terminated(v)
		Event(v)
		ParsePrivacy([]string{v})
		if s, ok := ParseSessionExpires(v); ok && (s.Interval < 0 || s.Interval > maxDelta) {
			t.Error(s)
		}
		if r, ok := ParseReferTo(v); ok && strings.ContainsAny(r.URI+r.Replaces.String(), "\r\n<>\"") {
			t.Errorf("%+v", r)
		}
		if len(ParseReasons([]string{v})) > maxReasons || len(Contacts([]string{v})) > maxContacts {
			t.Error("too many")
		}
	})
}
