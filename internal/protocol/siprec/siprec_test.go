package siprec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/id"
)

const caller = "+358401239876"

var offer = []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/AVP 8\r\na=label:1\r\na=sendonly\r\nm=audio 4002 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n")

func own() Metadata {
	return Metadata{Start: time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC), Extension: Extension{
		Gate: "body.signature", Part: 1, Session: id.New(), Agency: "water", Queue: "water-fi", Seat: "A12",
		Fragment: "9876", Announcement: "2026-1", Language: "fi", Outsiders: 1,
	}}
}

func TestRoundTrip(t *testing.T) {
	want := own()
	ct, body, err := Build(want, offer)
	if err != nil {
		t.Fatal(err)
	}
	got, sdp, err := Parse(ct, body)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Extension, want.Extension) || !got.Start.Equal(want.Start) || got.Foreign || got.Session != want.Extension.Session {
		t.Fatalf("%+v", got)
	}
	if !bytes.Equal(sdp, offer) {
		t.Fatalf("%q", sdp)
	}
	if len(got.Streams) != 2 || got.Streams[0].Label != LabelCustomer || got.Streams[1].Label != LabelAgent {
		t.Fatalf("%+v", got.Streams)
	}
}

// TestWrittenStrictly looks for what RFC 7866 9.1 and RFC 7865 want, by letter.
func TestWrittenStrictly(t *testing.T) {
	ct, body, err := Build(own(), offer)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(ct, "multipart/mixed;boundary=") {
		t.Error(ct)
	}
	for _, want := range []string{
		"Content-Type: application/sdp\r\n", "Content-Type: application/rs-metadata+xml\r\n",
		"Content-Disposition: recording-session\r\n", `<recording xmlns="urn:ietf:params:xml:ns:recording:1">`,
		"<datamode>complete</datamode>", "<group-ref>", "<start-time>2026-11-23T14:00:00Z</start-time>", "<label>1</label>",
		"<sessionrecordingassoc ", "<participantsessionassoc ", "<participantstreamassoc ", "<send>", "<recv>",
	} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
}

func TestExtensionRules(t *testing.T) {
	for name, spoil := range map[string]func(*Extension){
		"gate": func(e *Extension) { e.Gate = "" }, "part": func(e *Extension) { e.Part = 0 },
		"session": func(e *Extension) { e.Session = caller }, "agency": func(e *Extension) { e.Agency = "../x" },
		"queue": func(e *Extension) { e.Queue = "" }, "seat": func(e *Extension) { e.Seat = "358401239876" },
		"fragment": func(e *Extension) { e.Fragment = "39876" }, "announcement": func(e *Extension) { e.Announcement = "a b" },
		"language": func(e *Extension) { e.Language = "finnish" }, "outsiders": func(e *Extension) { e.Outsiders = MaxOutsider + 1 },
		"gates": func(e *Extension) { e.Gates = []string{"x", ""} },
	} {
		m := own()
		spoil(&m.Extension)
		_, _, err := Build(m, offer)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "358401239876") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// multi makes a body in the way of another maker.
func multi(eol string, parts ...string) (string, []byte) {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--uniqueBoundary" + eol + p + eol)
	}
	b.WriteString("--uniqueBoundary--" + eol)
	return `multipart/mixed; boundary="uniqueBoundary"`, []byte(b.String())
}

func sdpPart(eol string) string { return "Content-Type: application/sdp" + eol + eol + string(offer) }

func metaPart(eol, ct, doc string) string {
	return "Content-Type: " + ct + eol + "Content-Disposition: recording-session" + eol + eol + doc
}

// The dialects of other makers' clients, after their published traces; the caller is the canary.
var dialects = map[string]struct {
	eol, ct, doc string
	streams      int
	start        bool
}{
	"oracle": {"\r\n", "application/rs-metadata+xml", `<?xml version='1.0' encoding='UTF-8'?>
<recording xmlns='urn:ietf:params:xml:ns:recording'><dataMode>complete</dataMode>
<session id="BYiC7uSZQGN3VQdzWI1HWw=="><associate-time>2026-11-23T14:00:00</associate-time><start-time>2026-11-23T14:00:00Z</start-time></session>
<participant id="hq18GJs3TtJdhjJsDFQDWg==" session="BYiC7uSZQGN3VQdzWI1HWw=="><nameID aor="sip:+358401239876@192.0.2.7"><name>Matti Meikäläinen</name></nameID>
<send>aHvQfMuqSXpKQBkDBwlJsw==</send><extensiondata xmlns:apkt="http://acmepacket.com/siprec/extensiondata"><apkt:callingParty>true</apkt:callingParty>
<apkt:header label="From">&lt;sip:+358401239876@x&gt;</apkt:header></extensiondata></participant>
<stream id="aHvQfMuqSXpKQBkDBwlJsw==" session="BYiC7uSZQGN3VQdzWI1HWw=="><label>65804</label><mode>separate</mode></stream>
<stream id="bHvQfMuqSXpKQBkDBwlJsw==" session="BYiC7uSZQGN3VQdzWI1HWw=="><label>65805</label></stream></recording>`, 2, true},
	"cisco": {"\r\n", "application/rs-metadata+xml", `<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1" xmlns:acme="x"><datamode>complete</datamode>
<group group_id="a"/><session session_id="C7uSZ"><sipSessionID>ab30317f;remote=00000</sipSessionID><start-time>2026-11-23T14:00:00.123+02:00</start-time></session>
<participant participant_id="p1"><nameID aor="sip:+358401239876@10.0.0.1"><name xml:lang="en">Matti +358401239876</name></nameID></participant>
<stream stream_id="s1" session_id="C7uSZ"><label>1</label></stream><stream stream_id="s2" session_id="C7uSZ"><label>2</label></stream></recording>`, 2, true},
	"sonus": {"\n", "application/rs-metadata", `<?xml version="1.0" encoding="ISO-8859-1"?>
<ns1:recording xmlns:ns1="urn:ietf:params:xml:ns:recording"><ns1:datamode>complete</ns1:datamode>
<ns1:session ns1:session_id="x"><ns1:start-time>1970-01-01T00:00:00Z</ns1:start-time></ns1:session>
<ns1:participant participant_id="1"><ns1:nameID aor="tel:+358401239876;phone-context=x"/></ns1:participant>
<ns1:stream stream_id="1"><ns1:label>1</ns1:label></ns1:stream><ns1:stream stream_id="2"><ns1:label>2</ns1:label></ns1:stream></ns1:recording>`, 2, false},
	"avaya": {"\r\n", "application/rs-metadata+xml", `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>partial</datamode>
<session session_id="MzU4NDAxMjM5ODc2"/><participant participant_id="358401239876"><nameID aor="358401239876@avaya"/></participant>
<stream stream_id="" session_id="x"><label>1</label></stream></recording>`, 1, false},
}

func TestDialects(t *testing.T) {
	for name, d := range dialects {
		t.Run(name, func(t *testing.T) {
			gtd := "Content-Type: application/gtd" + d.eol + "Content-Disposition: signal;handling=optional" + d.eol + d.eol + "IAM,CGN,04," + caller
			ct, body := multi(d.eol, sdpPart(d.eol), gtd, metaPart(d.eol, d.ct, d.doc))
			m, sdp, err := Parse(ct, body)
			if err != nil {
				t.Fatal(err)
			}
			if !m.Foreign || len(m.Streams) != d.streams || m.Start.IsZero() == d.start || len(sdp) == 0 || m.Masked == 0 {
				t.Errorf("%+v", m)
			}
			if m.Complete == strings.Contains(d.doc, "partial") {
				t.Errorf("complete is %v", m.Complete)
			}
			masked(t, m)
		})
	}
}

// masked is M7 for what comes out of a parser: no more than a fragment of the canary.
func masked(t *testing.T, m Metadata) {
	t.Helper()
	if m.Extension.Fragment != "9876" {
		t.Errorf("fragment %q", m.Extension.Fragment)
	}
	shown := fmt.Sprintf("%+v", m)
	js, _ := json.Marshal(m)
	for _, trace := range []string{"39876", "358401", "Matti", "MzU4NDAx"} {
		if strings.Contains(shown, trace) || bytes.Contains(js, []byte(trace)) {
			t.Errorf("%q shows in %s", trace, shown)
		}
	}
}

func TestPartsMissing(t *testing.T) {
	if m, sdp, err := Parse("application/sdp", offer); err != nil || len(sdp) == 0 || !m.Foreign {
		t.Error("CUBE without metadata:", err)
	}
	ct, body := multi("\r\n", sdpPart("\r\n"))
	if _, sdp, err := Parse("multipart/mixed", body); err != nil || len(sdp) == 0 {
		t.Error("no boundary parameter:", err)
	}
	if _, sdp, err := Parse(ct, body[:len(body)-6]); err != nil || len(sdp) == 0 {
		t.Error("cut short:", err)
	}
	if m, sdp, err := Parse(MetadataType, []byte(dialects["avaya"].doc)); err != nil || sdp != nil || m.Complete {
		t.Error("an UPDATE has metadata only:", err)
	}
}

func TestRefused(t *testing.T) {
	streams := "<recording>" + strings.Repeat("<stream/>", MaxStreams+1) + "</recording>"
	many, manyBody := multi("\n", strings.Split(strings.Repeat("Content-Type: x/y\n\n\x00", MaxParts+1), "\x00")[:MaxParts+1]...)
	for name, c := range map[string]struct {
		ct   string
		body []byte
		kind errs.Kind
	}{
		"text":     {"text/plain", nil, errs.Invalid},
		"nothing":  {"", nil, errs.Invalid},
		"empty":    {"multipart/mixed;boundary=x", []byte("--x--\r\n"), errs.Invalid},
		"not xml":  {MetadataType, []byte("<recording a=<>"), errs.Invalid},
		"too big":  {SDPType, make([]byte, MaxBody+1), errs.TooLarge},
		"streams":  {MetadataType, []byte(streams), errs.TooLarge},
		"parts":    {many, manyBody, errs.TooLarge},
		"bad call": {MetadataType, []byte(`<call xmlns="urn:santra:siprec:1" fragment="358401239876"/>`), errs.Invalid},
	} {
		_, _, err := Parse(c.ct, c.body)
		if !errs.Is(err, c.kind) || strings.Contains(err.Error(), "358401") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnyNumberIsMasked: whatever number an identity holds, at most half of it and at most four digits come through.
func TestAnyNumberIsMasked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.StringMatching(`\+?[0-9]{1,15}`).Draw(t, "number")
		m, _, err := Parse(MetadataType, []byte(`<recording><participant><nameID aor="sip:`+n+`@h"/></participant></recording>`))
		digits := strings.TrimPrefix(n, "+")
		f := m.Extension.Fragment
		if err != nil || len(f) > MaxFragment || 2*len(f) > len(digits) || !strings.HasSuffix(digits, f) {
			t.Fatal(f, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	ct, body, _ := Build(own(), offer)
	f.Add(ct, body)
	for _, d := range dialects {
		ct, body := multi(d.eol, sdpPart(d.eol), metaPart(d.eol, d.ct, d.doc))
		f.Add(ct, body)
		f.Add(d.ct, []byte(d.doc))
	}
	two := own()
	two.Extension.Outsiders, two.Extension.Gates = 2, []string{"another.signature"}
	ct, body, _ = Build(two, offer)
	f.Add(ct, body)
	f.Fuzz(func(t *testing.T, ct string, body []byte) {
		m, _, err := Parse(ct, body)
		if err != nil {
			return
		}
		if !ValidFragment(m.Extension.Fragment) || len(m.Streams) > MaxStreams {
			t.Fatalf("%+v", m)
		}
		if !m.Foreign && m.Extension.Validate() != nil {
			t.Fatal("an extension that breaks its rules came through")
		}
	})
}
