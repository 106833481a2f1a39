package sdp

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

var local = netip.MustParseAddrPort("192.0.2.1:4000")

func parse(t testing.TB, s string) *Session {
	t.Helper()
	got, err := Parse([]byte(strings.ReplaceAll(s, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

const phone = `v=0
o=alice 2890844526 7 IN IP4 host.example.org
s=
c=IN IP4 192.0.2.9
t=0 0
m=audio 49170 RTP/AVP 96 0 8 101
a=rtpmap:96 opus/48000/2
a=rtpmap:0 PCMU/8000
a=rtpmap:101 Telephone-Event/8000
a=fmtp:101 0-16
a=ptime:20
m=video 51372 RTP/AVP 31
a=rtpmap:31 H261/90000
`

func TestParse(t *testing.T) {
	s := parse(t, phone)
	if s.ID != 2890844526 || s.Version != 7 || len(s.Media) != 2 || len(s.Audio()) != 1 {
		t.Fatalf("%+v", s)
	}
	m, ok := s.First()
	want := []Codec{{96, Opus, 48000}, {0, PCMU, 8000}, {8, PCMA, 8000}, {101, DTMF, 8000}}
	if !ok || !slices.Equal(m.Codecs, want) || m.DTMFPT != 101 || m.PTime != 20 || m.Direction != SendRecv ||
		m.Conn != netip.MustParseAddrPort("192.0.2.9:49170") || m.RTCP.Port() != 49171 {
		t.Errorf("%+v", m)
	}
}

func TestParseOddities(t *testing.T) {
	for _, c := range []struct {
		name, sdp string
		check     func(m Media) bool
	}{
		{"bare LF and no v", "c=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 8\n", func(m Media) bool { return m.Usable() && m.Codecs[0].Name == PCMA }},
		{"session direction", "v=0\na=sendonly\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 8\n", func(m Media) bool { return m.Direction == SendOnly }},
		{"media wins", "v=0\na=sendonly\nm=audio 4 RTP/AVP 8\na=inactive\n", func(m Media) bool { return m.Direction == Inactive }},
		{"old hold", "v=0\nc=IN IP4 0.0.0.0\nm=audio 4 RTP/AVP 8\n", func(m Media) bool { return m.Direction == SendOnly && !m.Conn.Addr().IsValid() }},
		{"old hold, recvonly", "v=0\nc=IN IP4 0.0.0.0\nm=audio 4 RTP/AVP 8\na=recvonly\n", func(m Media) bool { return m.Direction == Inactive }},
		{"rtcp", "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 8\na=rtcp:9 IN IP4 192.0.2.8\n", func(m Media) bool { return m.RTCP.String() == "192.0.2.8:9" }},
		{"rtcp port", "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 8\na=rtcp:9\n", func(m Media) bool { return m.RTCP.String() == "192.0.2.9:9" }},
		{"mux", "v=0\nc=IN IP6 2001:db8::1\nm=audio 4 RTP/AVP 8\na=rtcp-mux\n", func(m Media) bool { return m.RTCP.String() == "[2001:db8::1]:4" }},
		{"srtp", "v=0\nm=audio 4 RTP/SAVP 8\n", func(m Media) bool { return !m.Usable() }},
		{"refused", "v=0\nm=audio 0 RTP/AVP 8\n", func(m Media) bool { return !m.Usable() }},
		{"no numbers", "v=0\nm=audio x RTP/AVP y 999 8\na=rtpmap:zz\na=rtpmap:200 A/1\na=ptime:-1\n", func(m Media) bool { return len(m.Codecs) == 1 && m.PTime == 0 }},
		{"wide dtmf", "v=0\nm=audio 4 RTP/AVP 8 102 103\na=rtpmap:102 telephone-event/48000\na=rtpmap:103 telephone-event/8000\n", func(m Media) bool { return m.DTMFPT == 103 }},
		{"label", "v=0\nm=audio 4 RTP/AVP 8\na=label: 1\n", func(m Media) bool { return m.Label == "1" }},
		{"empty m", "v=0\nm=\n", func(m Media) bool { return !m.Usable() && m.DTMFPT == -1 }},
	} {
		if m := parse(t, c.sdp).Media[0]; !c.check(m) {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for s, kind := range map[string]errs.Kind{"": errs.Invalid, "hello\nworld": errs.Invalid, "v=0\n" + strings.Repeat("a=x\n", MaxSize/4): errs.TooLarge} {
		if _, err := Parse([]byte(s)); !errs.Is(err, kind) {
			t.Errorf("%.20q: %v", s, err)
		}
	}
	if s := parse(t, "v=0\n"+strings.Repeat("m=audio 4 RTP/AVP 8\na=label:x\n", 99)); len(s.Media) != MaxMedia {
		t.Error(len(s.Media))
	}
}

func TestAnswer(t *testing.T) {
	b, c, err := Answer(Options{ID: 5, Version: 2}, parse(t, phone), local, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Codec != (Codec{8, PCMA, 8000}) || c.DTMFPT != 101 || c.Direction != SendRecv || !c.Sends() || !c.Receives() ||
		c.Remote != netip.MustParseAddrPort("192.0.2.9:49170") {
		t.Errorf("%+v", c)
	}
	a := parse(t, string(b))
	if len(a.Media) != 2 || a.Media[1].Conn.Port() != 0 || a.Media[1].Kind != "video" || a.ID != 5 || a.Version != 2 ||
		a.Media[0].Conn != local || a.Media[0].PTime != PTime || a.Media[0].DTMFPT != 101 {
		t.Errorf("%s", b)
	}
	if _, c, _ = Answer(Options{}, parse(t, phone), local, []string{PCMU}, SendRecv); c.Codec.Name != PCMU {
		t.Errorf("%+v", c)
	}
	if _, _, err = Answer(Options{}, parse(t, "v=0\nm=audio 4 RTP/AVP 18\n"), local, nil, ""); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestHold(t *testing.T) {
	for offered, want := range map[Direction]Direction{SendOnly: RecvOnly, RecvOnly: SendOnly, Inactive: Inactive, SendRecv: SendRecv} {
		_, c, err := Answer(Options{}, parse(t, phone+"m=audio 0 RTP/AVP 8\n"), local, nil, "")
		if err != nil || c.Direction != SendRecv {
			t.Fatal(err)
		}
		b, c, err := Answer(Options{}, parse(t, "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 8\na="+string(offered)+"\n"), local, nil, "")
		if err != nil || c.Direction != want || !strings.Contains(string(b), "a="+string(want)+"\r\n") {
			t.Errorf("%s: %s %v", offered, c.Direction, err)
		}
	}
}

// RFC 7866 7.1.1: the recording client offers two sendonly lines with labels.
func TestRecordingSession(t *testing.T) {
	two := netip.MustParseAddrPort("192.0.2.1:4002")
	offer := Offer(Options{}, Stream{Local: local, Direction: SendOnly, Label: "1"}, Stream{Local: two, Direction: SendOnly, Label: "2"})
	o := parse(t, string(offer))
	rec := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.7:6000"), netip.MustParseAddrPort("192.0.2.7:6002")}
	b, all, err := AnswerAll(Options{}, o, rec, nil, RecvOnly)
	if err != nil || len(all) != 2 || all[0].Label != "1" || all[1].Label != "2" || all[1].Direction != RecvOnly || all[1].Remote != two {
		t.Fatalf("%+v %v", all, err)
	}
	back, err := Accepted(o, parse(t, string(b)))
	if err != nil || len(back) != 2 || back[0].Remote != rec[0] || back[1].Remote != rec[1] || back[0].Direction != SendOnly || back[1].Label != "2" {
		t.Errorf("%+v %v", back, err)
	}
	b, all, err = AnswerAll(Options{}, o, rec[:1], nil, RecvOnly)
	if err != nil || len(all) != 1 {
		t.Fatal(err)
	}
	back, err = Accepted(o, parse(t, string(b)))
	if err != nil || back[1].Remote.IsValid() || back[1].Direction != Inactive {
		t.Errorf("%+v %v", back, err)
	}
	if _, err = Accepted(o, parse(t, "v=0\nm=audio 0 RTP/AVP 8\n")); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestIPv6(t *testing.T) {
	six := netip.MustParseAddrPort("[2001:db8::1]:4000")
	if m, ok := parse(t, string(Offer(Options{}, Stream{Local: six}))).First(); !ok || m.Conn != six {
		t.Errorf("%+v", m)
	}
}

// What two of ours agree on is the same on both sides, and neither does more than both allow.
func TestOfferAndAnswerAgree(t *testing.T) {
	dirs := []Direction{SendRecv, SendOnly, RecvOnly, Inactive}
	rapid.Check(t, func(t *rapid.T) {
		lists := [][]string{{PCMA}, {PCMU}, {PCMA, PCMU}, {PCMU, PCMA}, {Opus, PCMA}, {G722, Opus}, everything()}
		s := Stream{
			Local: local, Codecs: rapid.SampledFrom(lists).Draw(t, "codecs"), DTMF: rapid.Bool().Draw(t, "dtmf"),
			Direction: rapid.SampledFrom(dirs).Draw(t, "offered"), Label: rapid.StringMatching(`[a-z0-9]{0,8}`).Draw(t, "label"),
		}
		prefer, wish := rapid.SampledFrom(lists).Draw(t, "prefer"), rapid.SampledFrom(dirs).Draw(t, "wish")
		offer, err := Parse(Offer(Options{}, s))
		if err != nil {
			t.Fatal(err)
		}
		peer := netip.MustParseAddrPort("192.0.2.2:5000")
		b, c, err := Answer(Options{}, offer, peer, prefer, wish)
		common := slices.ContainsFunc(prefer, func(p string) bool { return slices.Contains(s.Codecs, p) })
		if (err == nil) != common {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		answer, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		all, err := Accepted(offer, answer)
		if err != nil {
			t.Fatal(err)
		}
		us := all[0]
		if us.Codec != c.Codec || us.Remote != peer || c.Remote != local || us.Label != c.Label || (us.DTMFPT >= 0) != s.DTMF || us.DTMFPT != c.DTMFPT || us.DTMFClock != c.DTMFClock {
			t.Fatalf("%+v and %+v", us, c)
		}
		if us.Sends() != c.Receives() || us.Receives() != c.Sends() {
			t.Fatalf("%s and %s", us.Direction, c.Direction)
		}
		if us.Sends() && s.Direction != SendRecv && s.Direction != SendOnly || c.Sends() && wish != SendRecv && wish != SendOnly {
			t.Fatalf("%s and %s do too much", us.Direction, c.Direction)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(phone))
	f.Add([]byte(wideband))
	files, _ := filepath.Glob("testdata/*.sdp")
	for _, name := range files {
		b, _ := os.ReadFile(name)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		ans, all, err := AnswerAll(Options{}, s, []netip.AddrPort{local, local}, everything(), "")
		if err != nil {
			return
		}
		back, err := Parse(ans)
		if err != nil || len(back.Media) != len(s.Media) || len(all) > 2 {
			t.Fatalf("%q answered by %q: %v", b, ans, err)
		}
		_, _ = Accepted(s, back)
		_, _ = Accepted(back, s)
	})
}
