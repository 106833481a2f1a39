package rtp

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/protocol/media"
)

// wideband is a leg of a codec that says a tone at the codec's own rate.
type wideband struct {
	leg     *Leg
	wire    *memory
	codec   media.Codec
	encoder *media.Encoder
	n       int
}

func newWideband(t *testing.T, c media.Codec) *wideband {
	t.Helper()
	l, m := newLeg(t, c, 0)
	t.Cleanup(func() { l.Close() })
	e, err := media.NewEncoder(c, c.SampleRate())
	if err != nil {
		t.Fatal(err)
	}
	return &wideband{leg: l, wire: m, codec: c, encoder: e}
}

func (w *wideband) say(t *testing.T, hertz float64) {
	t.Helper()
	rate := w.codec.SampleRate()
	frame := make([]int16, rate/50)
	for i := range frame {
		frame[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(w.n*len(frame)+i)/float64(rate)))
	}
	payload, err := w.encoder.Encode(nil, frame)
	if err != nil {
		t.Fatal(err)
	}
	w.wire.say(Header{
		PayloadType: w.codec.PayloadType(), Sequence: uint16(w.n), Timestamp: uint32(w.n * w.codec.ClockRate() / 50), SSRC: 7,
	}, payload)
	w.n++
}

// hears gives the level of a tone in what the leg heard from mark on.
func (w *wideband) hears(t *testing.T, hertz float64, mark int) float64 {
	t.Helper()
	rate := w.codec.SampleRate()
	d, err := media.NewDecoder(w.codec, rate)
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for i, p := range w.wire.all() {
		sound, err := d.Decode(nil, p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if i >= mark {
			pcm = append(pcm, sound...)
		}
	}
	var re, im float64
	for i, v := range pcm {
		a := 2 * math.Pi * hertz * float64(i) / float64(rate)
		re, im = re+float64(v)*math.Cos(a), im+float64(v)*math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

// Two wideband parties hear each other's 6 kHz in a conference, though a telephone takes part and a recorder listens.
func TestWidebandStaysWideInAMix(t *testing.T) {
	pool := benchPool(t)
	end := newRecording(t, pool, noAddr)
	synctest.Test(t, func(t *testing.T) {
		g, o, p := newWideband(t, media.G722), newWideband(t, media.Opus), newWideband(t, media.PCMA)
		all := []*Leg{g.leg, o.leg, p.leg}
		mix := NewMix(MixConfig{})
		defer mix.Close()
		tap, err := NewTap(TapConfig{Pool: pool})
		if err != nil {
			t.Fatal(err)
		}
		end.r.Expect(tap.Local(Customer))
		tap.Start(end.r.Local(), end.r.Local())
		play := func(frames int) {
			for range frames {
				g.say(t, 6000)
				o.say(t, 5000)
				p.say(t, 1000)
				time.Sleep(frameTime)
			}
			synctest.Wait()
		}
		connect := func(legs ...*Leg) {
			hears := make(map[*Leg][]*Leg)
			for _, l := range legs {
				hears[l] = legs
			}
			if err := mix.Connect(hears); err != nil {
				t.Fatal(err)
			}
		}
		connect(g.leg, p.leg) // narrow: one alone can make no use of more
		play(20)
		connect(all...)
		play(20)
		mix.Tap(tap, Customer, p.leg, g.leg)
		marks := [3]int{len(g.wire.all()), len(o.wire.all()), len(p.wire.all())}
		play(60)
		for name, c := range map[string]struct {
			level     float64
			low, high float64
		}{
			"G.722 hears Opus's 5 kHz":     {g.hears(t, 5000, marks[0]), 5500, 9500},
			"Opus hears G.722's 6 kHz":     {o.hears(t, 6000, marks[1]), 5500, 9500},
			"G.722 hears the telephone":    {g.hears(t, 1000, marks[0]), 6500, 9500},
			"the telephone hears no 2 kHz": {p.hears(t, 2000, marks[2]), 0, 300}, // where 6 kHz would fold to
		} {
			if c.level < c.low || c.level > c.high {
				t.Errorf("%s at %.0f", name, c.level)
			}
		}
		for _, w := range []*wideband{g, o, p} {
			steady(t, w.wire.all())
		}
		tap.Close()
	})
	end.take(50)
	if level := media.ToneLevel(end.sound[1600:6400], media.PCMA, 1000); level < 6500 || level > 9500 {
		t.Errorf("the recorder hears the telephone at %.0f", level)
	}
}

// BenchmarkMixTick is one frame of a conference of three: decoding, sums, coding, without sockets.
func BenchmarkMixTick(b *testing.B) {
	for _, c := range media.Codecs() {
		b.Run(c.Name(), func(b *testing.B) { benchTick(b, c) })
	}
}

func benchTick(b *testing.B, c media.Codec) {
	mix := NewMix(MixConfig{})
	encoder, err := media.NewEncoder(c, c.SampleRate())
	if err != nil {
		b.Fatal(err)
	}
	frame := make([]int16, c.SampleRate()/50)
	for i := range frame {
		frame[i] = int16(8000 * math.Sin(float64(i)/5))
	}
	payload, err := encoder.Encode(nil, frame)
	if err != nil {
		b.Fatal(err)
	}
	hears, legs := make(map[*Leg][]*Leg), make([]*Leg, 3)
	for i := range legs {
		legs[i] = NewLeg(nowhere{}, LegConfig{})
		legs[i].Start(noAddr, c, 0)
		defer legs[i].Close()
	}
	for _, l := range legs {
		hears[l] = legs
	}
	if err := mix.Connect(hears); err != nil {
		b.Fatal(err)
	}
	defer mix.Close()
	mix.mu.Lock() // the goroutine waits
	defer mix.mu.Unlock()
	h := Header{PayloadType: c.PayloadType()}
	b.ReportAllocs()
	for b.Loop() {
		h.Sequence++
		h.Timestamp += uint32(c.ClockRate() / 50)
		for _, l := range legs {
			l.handle(packetOf(h, payload))
		}
		mix.tick(true)
	}
}
