package rtp

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"

	"pgregory.net/rapid"
)

const toneHertz, toneLoud = 700.0, 8000.0

// voice is a party that speaks a codec: a tone, in packets of one length.
type voice struct {
	Header
	m     *memory
	codec media.Codec
	coder *media.Encoder
	ptime time.Duration
	n     int
}

func newVoice(t *testing.T, m *memory, terms Terms, ptime time.Duration) *voice {
	t.Helper()
	coder, err := media.NewEncoder(terms.Codec, terms.Codec.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	h := Header{PayloadType: terms.PayloadType, Sequence: 65530, Timestamp: math.MaxUint32 - 2000, SSRC: 77}
	return &voice{Header: h, m: m, codec: terms.Codec, coder: coder, ptime: ptime}
}

// next is the next packet's payload.
func (v *voice) next() []byte {
	rate := v.codec.SampleRate()
	pcm := make([]int16, int(v.ptime)*rate/int(time.Second))
	for i := range pcm {
		pcm[i] = int16(toneLoud * math.Sin(2*math.Pi*toneHertz*float64(v.n)/float64(rate)))
		v.n++
	}
	payload, err := v.coder.Encode(nil, pcm)
	if err != nil {
		panic(err)
	}
	return payload
}

func (v *voice) say() {
	payload := v.next()
	v.m.say(v.Header, payload)
	v.Sequence++
	v.Timestamp += uint32(v.codec.Ticks(payload))
}

// ear decodes what a leg hears to 8,000 samples a second.
func ear(t *testing.T, c media.Codec, all []heard) (pcm []int16) {
	t.Helper()
	d, err := media.NewDecoder(c, media.SampleRate)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if pcm, err = d.Decode(pcm, p.Payload); err != nil {
			t.Fatal(err)
		}
	}
	return pcm
}

// tone is the level of the tone in linear sound.
func tone(pcm []int16) float64 {
	coded := make([]byte, len(pcm))
	media.Encode(coded, pcm, media.PCMA)
	return media.ToneLevel(coded, media.PCMA, toneHertz)
}

func hearsTone(t *testing.T, who string, pcm []int16) {
	t.Helper()
	if len(pcm) < 4000 {
		t.Fatalf("%s: only %d samples", who, len(pcm))
	}
	if level := tone(pcm[len(pcm)-3200:]); math.Abs(level-toneLoud) > 800 {
		t.Errorf("%s: the tone of %v has %.0f", who, toneLoud, level)
	}
}

// contiguous checks that each packet begins where the one before ended, in ticks of the codec.
func contiguous(t *testing.T, c media.Codec, all []heard) {
	t.Helper()
	steady(t, all)
	for i := 1; i < len(all); i++ {
		if d, length := int(all[i].Timestamp-all[i-1].Timestamp), c.Ticks(all[i-1].Payload); d != length {
			t.Fatalf("packet %d begins %d ticks after one of %d", i, d, length)
		}
	}
}

func agreed(t *testing.T, terms Terms) (*Leg, *memory) {
	t.Helper()
	m := newMemory()
	l := NewLeg(m, LegConfig{})
	l.Agree(noAddr, terms)
	t.Cleanup(func() { l.Close() })
	return l, m
}

// Each codec with each other, in packets of several lengths: the tone arrives, and the timeline has neither gap nor overlap.
func TestBridgeTranscodes(t *testing.T) {
	for _, from := range media.Codecs() {
		for _, to := range media.Codecs() {
			for _, ptime := range []time.Duration{10 * ms, 20 * ms, 30 * ms, 60 * ms} {
				if from == media.Opus && ptime == 30*ms {
					continue // there is no such frame
				}
				t.Run(fmt.Sprintf("%v to %v, %v", from, to, ptime), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { bridged(t, from, to, ptime) })
				})
			}
		}
	}
}

func bridged(t *testing.T, from, to media.Codec, ptime time.Duration) {
	a, ma := agreed(t, NewTerms(from))
	terms := NewTerms(to)
	if to == media.Opus {
		terms.PayloadType, terms.Receive = 96, 96
	}
	b, mb := agreed(t, terms)
	Bridge(a, b)
	v := newVoice(t, ma, NewTerms(from), ptime)
	for range int(1200 * ms / ptime) {
		v.say()
		time.Sleep(ptime)
	}
	synctest.Wait()
	all := mb.all()
	contiguous(t, to, all)
	hearsTone(t, "the peer", ear(t, to, all))
	if all[3].PayloadType != terms.PayloadType || all[3].Marker || !all[0].Marker {
		t.Errorf("%+v", all[3].Header)
	}
	if s := a.Stats(); s.Malformed+s.Unknown+s.Late != 0 || s.Lost != 0 || s.Jitter > ms {
		t.Errorf("%+v", s)
	}
	a.Close()
	b.Close()
}

// A packet that is lost on the way in is a gap on the way out, of the same length.
func TestATranscodedLossStaysVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := agreed(t, NewTerms(media.Opus))
		b, mb := agreed(t, NewTerms(media.PCMA))
		Bridge(a, b)
		v := newVoice(t, ma, NewTerms(media.Opus), 20*ms)
		for i := range 10 {
			if i == 5 {
				v.Sequence++
				v.Timestamp += 960
				continue
			}
			v.say()
		}
		synctest.Wait()
		all := mb.all()
		if len(all) != 9 || all[5].Sequence-all[4].Sequence != 2 || all[5].Timestamp-all[4].Timestamp != 320 {
			t.Errorf("%d packets; %+v after %+v", len(all), all[5].Header, all[4].Header)
		}
		ma.say(v.Header, []byte{3})
		synctest.Wait()
		if s := a.Stats(); s.Malformed != 1 || len(mb.all()) != 9 {
			t.Errorf("what is no Opus is counted and goes nowhere: %+v", s)
		}
		a.Close()
		b.Close()
	})
}

// Prompts, which are A-law, play on every codec, in packets of the length that the peer asks for.
func TestPlayInEveryCodec(t *testing.T) {
	for _, codec := range media.Codecs() {
		for _, ptime := range []time.Duration{0, 10 * ms, 30 * ms, 40 * ms, 60 * ms} {
			t.Run(fmt.Sprintf("%v, %v", codec, ptime), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					terms := NewTerms(codec)
					terms.PTime = ptime
					l, m := agreed(t, terms)
					start := time.Now()
					if err := <-l.Play(t.Context(), []media.Clip{media.Tone(toneHertz, 1200*ms, int16(toneLoud))}, false); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(start); took != 1200*ms {
						t.Error("it took", took)
					}
					contiguous(t, codec, m.all())
					hearsTone(t, "the peer", ear(t, codec, m.all()))
					want := max(ptime, 10*ms)
					if ptime == 0 {
						want = 20 * ms
					}
					if codec != media.Opus || ptime != 30*ms {
						if got := codec.Ticks(m.all()[1].Payload) * 1000 / codec.ClockRate(); got != int(want/ms) {
							t.Error("packets of", got, "ms")
						}
					}
					l.Close()
				})
			})
		}
	}
}

// Between Opus with events of 48,000 ticks and a telephone with those of 8,000 (RFC 4733 2.3): the durations are the peer's.
func TestEventsBetweenClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wide, narrow := NewTerms(media.Opus), NewTerms(media.PCMA)
		wide.Events, wide.EventsReceive, narrow.Events = 110, 112, 101
		a, ma := agreed(t, wide)
		b, mb := agreed(t, narrow)
		Bridge(a, b)
		press := func(m *memory, pt uint8, stamp uint32, ticks uint16) {
			for i := range 3 {
				event := []byte{5, 10, 0, 0}
				binary.BigEndian.PutUint16(event[2:], uint16(i+1)*ticks)
				m.say(Header{PayloadType: pt, Sequence: uint16(i), Timestamp: stamp, SSRC: 9}, event)
			}
			synctest.Wait()
		}
		press(ma, 112, 48000, 960)
		press(mb, 101, 8000, 160)
		toA, toB := ma.all(), mb.all()
		for i := range 3 {
			if d := binary.BigEndian.Uint16(toB[i].Payload[2:]); d != uint16(i+1)*160 || toB[i].PayloadType != 101 || toB[i].Timestamp != toB[0].Timestamp {
				t.Errorf("the telephone hears %+v lasting %d", toB[i].Header, d)
			}
			if d := binary.BigEndian.Uint16(toA[i].Payload[2:]); d != uint16(i+1)*960 || toA[i].PayloadType != 110 || toA[i].Timestamp != toA[0].Timestamp {
				t.Errorf("the browser hears %+v lasting %d", toA[i].Header, d)
			}
		}
		if d := <-a.DTMF(); d != '5' {
			t.Error(string(d))
		}
		a.Close()
		b.Close()
	})
}

// Keys that we press on an Opus leg: the timestamp goes by 48,000, the duration by what was agreed on.
func TestSendDTMFOnOpus(t *testing.T) {
	for _, clock := range []int{48000, 8000} {
		synctest.Test(t, func(t *testing.T) {
			terms := NewTerms(media.Opus)
			terms.Events, terms.EventClock = 110, clock
			l, m := agreed(t, terms)
			if err := l.SendDTMF(t.Context(), "12"); err != nil {
				t.Fatal(err)
			}
			all := m.all()
			steady(t, all)
			last := all[len(all)-1]
			if d := int(binary.BigEndian.Uint16(last.Payload[2:])); d != clock/10 || last.Timestamp-all[0].Timestamp != uint32(48000*(140+60)/1000) {
				t.Errorf("%d: %d ticks long, %d after the first", clock, d, last.Timestamp-all[0].Timestamp)
			}
			l.Close()
		})
	}
}

func TestMuteInEveryCodec(t *testing.T) {
	for _, from := range media.Codecs() {
		for _, to := range media.Codecs() {
			synctest.Test(t, func(t *testing.T) {
				a, ma := agreed(t, NewTerms(from))
				b, mb := agreed(t, NewTerms(to))
				Bridge(a, b)
				v := newVoice(t, ma, NewTerms(from), 20*ms)
				for i := range 60 {
					a.SetMuted(i >= 30)
					v.say()
					time.Sleep(20 * ms)
				}
				pcm := ear(t, to, mb.all())
				if before, after := tone(pcm[3200:4800]), tone(pcm[8000:]); before < 7000 || after > 60 || len(mb.all()) != 60 {
					t.Errorf("%v to %v: %.0f, then %.0f; %d packets", from, to, before, after, len(mb.all()))
				}
				a.Close()
				b.Close()
			})
		}
	}
}

// A re-INVITE changes the codec of either leg: the peer hears one stream, and each codec with its clock.
func TestACodecThatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := agreed(t, NewTerms(media.PCMA))
		b, mb := agreed(t, NewTerms(media.PCMU))
		Bridge(a, b)
		order := []media.Codec{media.PCMA, media.Opus, media.G722, media.Opus, media.PCMU}
		for i, c := range order {
			a.Agree(noAddr, NewTerms(c))
			b.Agree(noAddr, NewTerms(order[len(order)-1-i]))
			v := newVoice(t, ma, NewTerms(c), 20*ms)
			for range 20 {
				v.say()
				time.Sleep(20 * ms)
			}
			synctest.Wait()
			all := mb.all()[20*i:]
			contiguous(t, order[len(order)-1-i], all)
			if !all[0].Marker || all[1].Marker {
				t.Error("a change begins with the marker")
			}
		}
		steady(t, mb.all())
		if s := a.Stats(); s.Unknown+s.Malformed != 0 {
			t.Errorf("%+v", s)
		}
		a.Close()
		b.Close()
	})
}

// The recorder gets A-law, each word at its place, whatever the leg speaks; and the peer hears its own codec.
func TestTapOfEveryCodec(t *testing.T) {
	for _, codec := range media.Codecs() {
		t.Run(codec.Name(), func(t *testing.T) {
			tap, ends := newTapped(t)
			tap.Start(ends[0].r.Local(), ends[1].r.Local())
			l, m := agreed(t, NewTerms(codec))
			peer, wire := agreed(t, NewTerms(media.G722))
			Bridge(l, peer)
			l.Tap(tap, Customer)
			v := newVoice(t, m, NewTerms(codec), 20*ms)
			tick := time.NewTicker(20 * ms)
			defer tick.Stop()
			for range 40 {
				v.say()
				<-tick.C
			}
			ends[0].take(40)
			pcm := make([]int16, len(ends[0].sound))
			media.Decode(pcm, ends[0].sound, media.PCMA)
			hearsTone(t, "the recorder", pcm)
			hearsTone(t, "the peer", ear(t, media.G722, wire.all()))
			if len(pcm) != 40*media.FrameSamples {
				t.Error(len(pcm), "samples")
			}
		})
	}
}

func TestTermsOfAnAnswer(t *testing.T) {
	c := sdp.Choice{
		Codec: sdp.Codec{PT: 96, Name: sdp.Opus, Rate: 48000}, ReceivePT: 111, DTMFPT: 99, DTMFReceivePT: 110, DTMFClock: 48000, PTime: 40,
	}
	got, err := TermsOf(c)
	want := Terms{Codec: media.Opus, PayloadType: 96, Receive: 111, Events: 99, EventsReceive: 110, EventClock: 48000, PTime: 40 * ms}
	if err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	c.DTMFPT, c.DTMFReceivePT = -1, -1
	if got, _ := TermsOf(c); got.Events != 0 || got.EventsReceive != 0 {
		t.Errorf("%+v", got)
	}
	c.Codec.Name = "G729"
	if _, err := TermsOf(c); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

// The numbers of our offer and those of the answer are taken; others are not.
func TestBothNumbersAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		terms := NewTerms(media.Opus)
		terms.PayloadType, terms.Receive, terms.Events, terms.EventsReceive = 96, 111, 99, 110
		l, m := agreed(t, terms)
		v := newVoice(t, m, terms, 20*ms)
		for _, pt := range []uint8{96, 111, 112, 0} {
			v.PayloadType = pt
			v.say()
		}
		for i, pt := range []uint8{99, 110} {
			m.say(Header{PayloadType: pt, Sequence: v.Sequence + uint16(i), Timestamp: v.Timestamp + uint32(i), SSRC: v.SSRC}, []byte{byte(i), 10, 0, 160})
		}
		synctest.Wait()
		if s := l.Stats(); s.Packets != 4 || s.Unknown != 2 || s.Digits != 2 {
			t.Errorf("%+v", s)
		}
		l.Close()
	})
}

// Distances of timestamps are kept from clock to clock, over any number of wraps, forwards and back.
func TestConverterProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clocks := rapid.SampledFrom([][2]int{{8000, 48000}, {48000, 8000}, {8000, 8000}}).Draw(t, "clocks")
		c := converter{from: clocks[0], to: clocks[1]}
		stamp, passed := rapid.Uint32().Draw(t, "first"), int64(0)
		c.convert(stamp)
		for range rapid.IntRange(1, 50).Draw(t, "packets") {
			step := int64(rapid.Int32Range(-1<<20, 1<<30).Draw(t, "step")) * 6
			step = int64(int32(step)) / 6 * 6
			stamp += uint32(step)
			passed += step
			if got := c.convert(stamp); got != uint32(passed*int64(clocks[1])/int64(clocks[0])) {
				t.Fatal(got)
			}
		}
	})
}

// The way of a packet allocates nothing, be it passed on or transcoded.
func TestRelayAllocatesNothing(t *testing.T) {
	for _, c := range [][2]media.Codec{{media.PCMA, media.PCMA}, {media.PCMA, media.PCMU}, {media.G722, media.PCMA}, {media.Opus, media.PCMA}, {media.PCMA, media.Opus}} {
		a, b := NewLeg(sink{newMemory()}, LegConfig{}), NewLeg(sink{newMemory()}, LegConfig{})
		for _, l := range []*Leg{a, b} {
			t.Cleanup(func() { l.Close() })
		}
		a.Agree(noAddr, NewTerms(c[0]))
		b.Agree(noAddr, NewTerms(c[1]))
		Bridge(a, b)
		v := newVoice(t, newMemory(), NewTerms(c[0]), 20*ms)
		var packets [][]byte
		for range 50 {
			packets = append(packets, packetOf(v.Header, v.next()))
		}
		i, room := 0, make([]byte, MaxPacket)
		relay := func() {
			for _, m := range a.speech.forms { // no time passes here
				if m != nil {
					m.budget.left = budgetMost
				}
			}
			v.Sequence++
			v.Timestamp += uint32(c[0].ClockRate() / 50)
			n := copy(room, packets[i%50])
			v.Put(room)
			a.handle(room[:n])
			i++
		}
		for range 50 {
			relay()
		}
		if n := testing.AllocsPerRun(100, relay); n != 0 {
			t.Errorf("%v to %v allocates %v times a packet", c[0], c[1], n)
		}
		if s := b.Stats(); s.Sent < 150 {
			t.Errorf("%+v", s)
		}
	}
}

// sink takes packets and keeps none.
type sink struct{ *memory }

func (sink) WritePacket([]byte) error { return nil }

// fixed is a Transport that says which source its packets must have, as a browser's does.
type fixed struct{ *memory }

func (fixed) SSRC() uint32 { return 0xCAFE }

func TestATransportNamesItsSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := fixed{newMemory()}
		l := NewLeg(m, LegConfig{})
		l.Agree(noAddr, NewTerms(media.Opus))
		if err := <-l.Play(t.Context(), []media.Clip{media.SilenceClip(100 * ms)}, false); err != nil {
			t.Fatal(err)
		}
		if all := m.all(); len(all) != 5 || all[4].SSRC != 0xCAFE {
			t.Errorf("%+v", all)
		}
		l.Close()
	})
}

// A flood of packets that would have to be transcoded is cut to what can be sound; a second's worth that has waited is not.
func TestAFloodIsNotTranscoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := agreed(t, NewTerms(media.PCMA))
		b, mb := agreed(t, NewTerms(media.G722))
		Bridge(a, b)
		v := newVoice(t, ma, NewTerms(media.PCMA), 20*ms)
		for range 200 {
			v.say()
		}
		synctest.Wait()
		if n := len(mb.all()); n != 50 || a.Stats().Malformed != 150 {
			t.Error(n, "packets went on;", a.Stats().Malformed, "did not")
		}
		for range 100 {
			time.Sleep(19 * ms) // a clock that is 5 % fast
			v.say()
		}
		synctest.Wait()
		if n := len(mb.all()); n != 150 {
			t.Error(n, "packets in all")
		}
		a.Close()
		b.Close()
	})
}
