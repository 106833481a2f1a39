package sdp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const wideband = `v=0
c=IN IP4 192.0.2.9
m=audio 4000 RTP/AVP 96 9 8 97 98 0
a=rtpmap:96 OPUS/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:97 telephone-event/48000
a=rtpmap:98 telephone-event/8000
`

func everything() []string { return []string{Opus, G722, PCMA, PCMU} }

// The payload types are the offer's, and the events those of the codec's clock (RFC 4733 2.1).
func TestAnswerWideband(t *testing.T) {
	for _, c := range []struct {
		prefer []string
		codec  Codec
		events int
		lines  []string
	}{
		{everything(), Codec{96, Opus, 48000}, 97, []string{
			"m=audio 4000 RTP/AVP 96 97\r\n", "a=rtpmap:96 opus/48000/2\r\n", "a=fmtp:96 " + OpusParams + "\r\n", "a=rtpmap:97 telephone-event/48000\r\n",
		}},
		{[]string{G722}, Codec{9, G722, 8000}, 98, []string{"m=audio 4000 RTP/AVP 9 98\r\n", "a=rtpmap:9 G722/8000\r\n", "a=rtpmap:98 telephone-event/8000\r\n"}},
		{nil, Codec{8, PCMA, 8000}, 98, []string{"m=audio 4000 RTP/AVP 8 98\r\n"}},
		{Prefer(everything(), PCMU), Codec{0, PCMU, 8000}, 98, []string{"m=audio 4000 RTP/AVP 0 98\r\n"}},
	} {
		b, choice, err := Answer(Options{}, parse(t, wideband), local, c.prefer, "")
		if err != nil {
			t.Fatal(err)
		}
		if choice.Codec != c.codec || choice.DTMFPT != c.events || choice.ReceivePT != c.codec.PT || choice.DTMFClock != c.codec.Rate {
			t.Errorf("%v: %+v", c.prefer, choice)
		}
		for _, l := range c.lines {
			if !strings.Contains(string(b), l) {
				t.Errorf("%v: no %q in\n%s", c.prefer, l, b)
			}
		}
	}
}

// Opus with events at 8,000 only takes those; a clock that is neither is none of ours.
func TestEventsOfAnotherClock(t *testing.T) {
	const offer = "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 111 101 102\na=rtpmap:111 opus/48000/2\na=rtpmap:101 telephone-event/16000\na=rtpmap:102 telephone-event/8000\n"
	_, c, err := Answer(Options{}, parse(t, offer), local, []string{Opus}, "")
	if err != nil || c.DTMFPT != 102 || c.DTMFClock != 8000 {
		t.Errorf("%+v %v", c, err)
	}
	_, c, err = Answer(Options{}, parse(t, strings.Replace(offer, "/8000", "/16000", 1)), local, []string{Opus}, "")
	if err != nil || c.DTMFPT != -1 || c.DTMFClock != 0 {
		t.Errorf("%+v %v", c, err)
	}
	for _, odd := range []string{"opus/16000", "G722/16000"} {
		s := parse(t, "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 111\na=rtpmap:111 "+odd+"\n")
		if _, c, err := Answer(Options{}, s, local, everything(), ""); err == nil {
			t.Errorf("%s is taken: %+v", odd, c)
		}
	}
}

// An answer may give our dynamic types other numbers: its own to send with, ours to receive with (RFC 3264 6.1).
func TestAnswerRenumbers(t *testing.T) {
	offer := Offer(Options{}, Stream{Local: local, Codecs: everything(), DTMF: true})
	for _, l := range []string{"m=audio 4000 RTP/AVP 111 9 8 0 110 101\r\n", "a=rtpmap:111 opus/48000/2\r\n", "a=rtpmap:110 telephone-event/48000\r\n"} {
		if !strings.Contains(string(offer), l) {
			t.Errorf("no %q in\n%s", l, offer)
		}
	}
	answer := "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 96 99\na=rtpmap:96 opus/48000/2\na=rtpmap:99 telephone-event/48000\n"
	all, err := Accepted(parse(t, string(offer)), parse(t, answer))
	if err != nil {
		t.Fatal(err)
	}
	c := all[0]
	if c.Codec.PT != 96 || c.ReceivePT != PTOpus || c.DTMFPT != 99 || c.DTMFReceivePT != PTDTMF48 || c.DTMFClock != 48000 {
		t.Errorf("%+v", c)
	}
	all, err = Accepted(parse(t, string(Offer(Options{}, Stream{Local: local, Codecs: []string{Opus}}))), parse(t, answer))
	if err != nil || all[0].DTMFPT != -1 || all[0].DTMFReceivePT != -1 {
		t.Errorf("events that were not offered: %+v %v", all, err)
	}
}

// A telephone that asks for nothing but PCMA and PCMU is offered what it was always offered.
func TestWhoGivesNoPreferenceGetsG711(t *testing.T) {
	if b := string(Offer(Options{}, Stream{Local: local, DTMF: true})); !strings.Contains(b, "m=audio 4000 RTP/AVP 8 0 101\r\n") || strings.Contains(b, "48000") {
		t.Error(b)
	}
}

func TestPacketTimes(t *testing.T) {
	for lines, want := range map[string]int{
		"": 20, "a=ptime:30\n": 30, "a=ptime:10\n": 10, "a=ptime:5\n": 10, "a=ptime:25\n": 20, "a=ptime:200\n": 60,
		"a=maxptime:10\n": 10, "a=ptime:40\na=maxptime:30\n": 30, "a=maxptime:60\n": 20, "a=ptime:x\na=maxptime:-1\n": 20,
	} {
		b, c, err := Answer(Options{}, parse(t, "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP 8\n"+lines), local, nil, "")
		if err != nil || c.PTime != want || parse(t, string(b)).Media[0].PTime != want {
			t.Errorf("%q: %d, not %d; %v\n%s", lines, c.PTime, want, err, b)
		}
	}
}

func TestPrefer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfDistinct(rapid.SampledFrom(everything()), func(s string) string { return s })
		codecs, talked := some.Draw(t, "codecs"), rapid.SliceOf(rapid.SampledFrom(append(everything(), "G729"))).Draw(t, "talked")
		before := slices.Clone(codecs)
		got := Prefer(codecs, talked...)
		if !slices.Equal(codecs, before) {
			t.Fatal("the list given was changed")
		}
		for _, name := range talked {
			if slices.Contains(codecs, name) && got[0] != name {
				t.Fatal(got, "does not begin with", name)
			}
			if slices.Contains(codecs, name) {
				break
			}
		}
		slices.Sort(before)
		if slices.Sort(got); !slices.Equal(got, before) {
			t.Fatal(got, "are not the same as", before)
		}
	})
}

// Whatever numbers an offer gives, the answer has those, and the codec is the first of the preference that there is.
func TestAnswerKeepsTheOfferersNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(everything()), 1, 4, func(s string) string { return s }).Draw(t, "offered")
		numbers := rapid.SliceOfNDistinct(rapid.Uint8Range(96, 127), 6, 6, func(n uint8) uint8 { return n }).Draw(t, "numbers")
		prefer := rapid.SliceOfNDistinct(rapid.SampledFrom(everything()), 1, 4, func(s string) string { return s }).Draw(t, "prefer")
		var m, maps strings.Builder
		given := map[string]uint8{}
		for i, name := range names {
			c, _ := byName(name)
			fmt.Fprintf(&m, " %d", numbers[i])
			fmt.Fprintf(&maps, "a=rtpmap:%d %s/%d\r\n", numbers[i], strings.ToUpper(name), c.Rate)
			given[name] = numbers[i]
		}
		fmt.Fprintf(&m, " %d %d", numbers[4], numbers[5])
		fmt.Fprintf(&maps, "a=rtpmap:%d telephone-event/8000\r\na=rtpmap:%d telephone-event/48000\r\n", numbers[4], numbers[5])
		offer, err := Parse([]byte("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 4 RTP/AVP" + m.String() + "\r\n" + maps.String()))
		if err != nil {
			t.Fatal(err)
		}
		b, c, err := Answer(Options{}, offer, local, prefer, "")
		i := slices.IndexFunc(prefer, func(name string) bool { return slices.Contains(names, name) })
		if (err == nil) != (i >= 0) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		events := map[int]uint8{8000: numbers[4], 48000: numbers[5]}[c.Codec.Rate]
		if c.Codec.Name != prefer[i] || c.Codec.PT != given[prefer[i]] || c.DTMFPT != int(events) {
			t.Fatalf("%v of %v: %+v", prefer, names, c)
		}
		want := fmt.Sprintf("m=audio 4000 RTP/AVP %d %d\r\n", c.Codec.PT, events)
		if !strings.Contains(string(b), want) {
			t.Fatalf("no %q in\n%s", want, b)
		}
	})
}

// Oddities of others: one channel said or none, static numbers with another meaning, names of codecs in any case.
func TestCodecOddities(t *testing.T) {
	for lines, want := range map[string]Codec{
		"8\na=rtpmap:8 g722/8000":        {8, G722, 8000},
		"96\na=rtpmap:96 OpUs/48000":     {96, Opus, 48000},
		"96\na=rtpmap:96 opus/48000/1":   {96, Opus, 48000},
		"9":                              {9, G722, 8000},
		"0 9\na=rtpmap:0 G729/8000":      {9, G722, 8000},
		"97 8\na=rtpmap:97 G722":         {97, G722, 8000},
		"96 8\na=rtpmap:96 opus/48000/x": {96, Opus, 48000},
	} {
		s := parse(t, "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/AVP "+lines+"\n")
		if _, c, err := Answer(Options{}, s, local, everything(), ""); err != nil || c.Codec != want {
			t.Errorf("%q: %+v %v", lines, c.Codec, err)
		}
	}
}

// A stream of one codec that we do not know offers nothing of it; events of 48,000 come only beside Opus.
func TestOfferLists(t *testing.T) {
	for want, s := range map[string]Stream{
		"9 101":             {Codecs: []string{G722, "G729"}, DTMF: true},
		"111 8 110 101":     {Codecs: []string{Opus, PCMA}, DTMF: true},
		"8 111":             {Codecs: []string{PCMA, Opus}},
		"0 9 8":             {Codecs: Prefer([]string{G722, PCMA, PCMU}, PCMU, Opus)},
		"8 0 101":           {DTMF: true},
		"111 9 110 101":     {Codecs: []string{Opus, G722}, DTMF: true},
		"9 111 8 0":         {Codecs: Prefer(everything(), G722)},
		"8 0 111 9":         {Codecs: Prefer(everything(), PCMA, PCMU)},
		"111 9 8 0":         {Codecs: Prefer(everything())},
		"0 111 9 8 110 101": {Codecs: Prefer(everything(), "G729", PCMU), DTMF: true},
	} {
		s.Local = local
		if b := string(Offer(Options{}, s)); !strings.Contains(b, "RTP/AVP "+want+"\r\n") {
			t.Errorf("%q is not in\n%s", want, b)
		}
	}
}

// Two of ours, each with its list: the answerer who prefers what the other leg talks gets it wherever the offer has it.
func TestNothingIsTranscodedWhereBothCan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(everything()), 1, 4, func(s string) string { return s })
		offered, ours := some.Draw(t, "offered"), some.Draw(t, "ours")
		talked := rapid.SampledFrom(everything()).Draw(t, "talked")
		offer, err := Parse(Offer(Options{}, Stream{Local: local, Codecs: offered}))
		if err != nil {
			t.Fatal(err)
		}
		_, c, err := Answer(Options{}, offer, local, Prefer(ours, talked), "")
		if both := slices.Contains(offered, talked) && slices.Contains(ours, talked); both && (err != nil || c.Codec.Name != talked) {
			t.Fatalf("%s is talked and could be: %+v %v", talked, c.Codec, err)
		}
	})
}
