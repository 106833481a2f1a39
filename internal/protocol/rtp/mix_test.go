package rtp

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// singer says a tone on a leg, numbered as a phone does.
type singer struct {
	talker
	codec media.Codec
	hertz float64
	loud  float64
	n     int // samples said
}

func newSinger(m *memory, ssrc uint32, c media.Codec, hertz float64) *singer {
	s := &singer{talker: *newTalker(m, ssrc), codec: c, hertz: hertz, loud: 8000}
	s.PayloadType = c.PayloadType()
	return s
}

func (s *singer) sing() {
	frame := make([]byte, media.FrameSamples)
	for i := range frame {
		frame[i] = s.codec.Encode(int16(s.loud * math.Sin(2*math.Pi*s.hertz*float64(s.n+i)/media.SampleRate)))
	}
	s.m.say(s.Header, frame)
	s.pass()
}

// pass lets a frame's time pass unsaid.
func (s *singer) pass() {
	s.n += media.FrameSamples
	s.skip()
}

// band is legs with a tone each.
type band struct {
	t       *testing.T
	mix     *Mix
	legs    []*Leg
	wires   []*memory
	singers []*singer
}

func tones() []float64 { return []float64{400, 700, 1100, 1600} }

func newBand(t *testing.T, n int) *band {
	b := &band{t: t, mix: NewMix(MixConfig{})}
	for i := range n {
		c := media.Codecs()[i%2]
		l, wire := newLeg(t, c, 101)
		b.legs, b.wires = append(b.legs, l), append(b.wires, wire)
		b.singers = append(b.singers, newSinger(wire, uint32(i+1), c, tones()[i]))
	}
	return b
}

func (b *band) close() {
	b.mix.Close()
	for _, l := range b.legs {
		l.Close()
	}
}

// play lets all sing so many frames.
func (b *band) play(frames int) {
	for range frames {
		for _, s := range b.singers {
			s.sing()
		}
		time.Sleep(frameTime)
	}
	synctest.Wait()
}

// heard gives how loud leg i heard each tone since mark.
func (b *band) heard(i, mark int) []float64 {
	var sound []byte
	for _, p := range b.wires[i].all()[mark:] {
		sound = append(sound, p.Payload...)
	}
	var levels []float64
	for _, hertz := range tones()[:len(b.legs)] {
		levels = append(levels, media.ToneLevel(sound, b.legs[i].terms.Load().codec, hertz))
	}
	return levels
}

// wants checks who hears whom: row i, column j is leg i hearing leg j.
func (b *band) wants(name string, hears ...string) {
	b.t.Helper()
	b.play(20) // to get going
	var marks []int
	for _, w := range b.wires {
		marks = append(marks, len(w.all()))
	}
	b.play(50)
	for i, row := range hears {
		for j, level := range b.heard(i, marks[i]) {
			if on := row[j] == 'x'; on && (level < 7000 || level > 9000) || !on && level > 100 {
				b.t.Errorf("%s: leg %d hears leg %d at %.0f, want %q", name, i, j, level, row)
			}
		}
		steady(b.t, b.wires[i].all())
	}
}

func (b *band) connect(hears map[*Leg][]*Leg, keys ...Keys) {
	b.t.Helper()
	if err := b.mix.Connect(hears, keys...); err != nil {
		b.t.Fatal(err)
	}
}

func TestWhoHearsWhom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBand(t, 3)
		defer b.close()
		customer, agent, third := b.legs[0], b.legs[1], b.legs[2]
		Bridge(customer, agent)
		b.wants("bridge", ".x.", "x..", "...")
		b.connect(map[*Leg][]*Leg{customer: {agent, third}, agent: {customer, third}, third: {customer, agent}})
		b.wants("conference, barge", ".xx", "x.x", "xx.")
		b.connect(map[*Leg][]*Leg{customer: {agent}, agent: {customer}, third: {customer, agent}})
		b.wants("listening", ".x.", "x..", "xx.")
		b.connect(map[*Leg][]*Leg{customer: {agent}, agent: {customer, third}, third: {customer, agent}})
		b.wants("whispering", ".x.", "x.x", "xx.")
		agent.SetMuted(true)
		b.wants("muted", "...", "x.x", "x..")
		agent.SetMuted(false)
		customer.Hold(true, media.Tone(1600, time.Second, 8000))
		b.wants("held", "...", "..x", ".x.")
		customer.Hold(false, media.Clip{})
		b.wants("resumed", ".x.", "x.x", "xx.")
		b.connect(map[*Leg][]*Leg{customer: {agent}, agent: {customer}})
		b.wants("third has left", ".x.", "x..", "...")
		Bridge(customer, third)
		b.wants("bridged away", "..x", "...", "x..")
	})
}

func TestHeldLegHearsMusic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBand(t, 3)
		defer b.close()
		b.connect(map[*Leg][]*Leg{b.legs[0]: {b.legs[1]}, b.legs[1]: {b.legs[0]}})
		b.play(20)
		b.legs[0].Hold(true, media.Tone(1100, time.Second, 8000))
		b.play(5)
		mark := len(b.wires[0].all())
		b.play(50)
		if l := b.heard(0, mark); l[2] < 7000 || l[1] > 100 {
			t.Error("music alone:", l)
		}
		steady(t, b.wires[0].all())
	})
}

func TestConnectRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMix(MixConfig{})
		many := make(map[*Leg][]*Leg)
		for range mostMembers + 1 {
			many[NewLeg(newMemory(), LegConfig{})] = nil
		}
		if err := m.Connect(many); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
		l, _ := newLeg(t, media.PCMA, 0)
		if err := m.Connect(map[*Leg][]*Leg{l: {l, nil}}); err != nil {
			t.Error("who hears itself hears nobody:", err)
		}
		m.Close()
		m.Close()
		if err := m.Connect(map[*Leg][]*Leg{l: nil}); !errs.Is(err, errs.Gone) || l.mixed.Load() != nil {
			t.Error(err)
		}
		l.Close()
	})
}

// A mix whose legs have all gone does not run on.
func TestMixEndsWithItsLegs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBand(t, 2)
		b.connect(map[*Leg][]*Leg{b.legs[0]: {b.legs[1]}, b.legs[1]: {b.legs[0]}})
		b.play(5)
		for _, l := range b.legs {
			l.Close()
		}
		b.mix.wg.Wait() // in vain if it did not end
		if len(b.mix.members) != 0 {
			t.Error("members are kept")
		}
	})
}

func TestKeysPassOnlyWhereAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBand(t, 3)
		defer b.close()
		all := map[*Leg][]*Leg{b.legs[0]: b.legs, b.legs[1]: b.legs, b.legs[2]: b.legs}
		b.connect(all, Keys{From: b.legs[0], To: b.legs[1]})
		b.play(10)
		press := func() (events [3]map[uint32]int) {
			var marks [3]int
			for i, w := range b.wires {
				marks[i] = len(w.all())
			}
			stamp := b.singers[0].Timestamp
			for i := range 8 {
				h := b.singers[0].Header
				h.PayloadType, h.Timestamp, h.Marker = 101, stamp, i == 0
				b.singers[0].m.say(h, []byte{5, 10, byte(i), 160})
				b.singers[0].pass()
				b.singers[1].sing()
				time.Sleep(frameTime)
			}
			b.play(10)
			for i, w := range b.wires {
				events[i] = make(map[uint32]int)
				for _, p := range w.all()[marks[i]:] {
					if p.PayloadType == 101 {
						events[i][p.Timestamp]++
					}
				}
				steady(t, w.all())
			}
			return events
		}
		for range 2 {
			if got := press(); len(got[0]) != 0 || len(got[1]) != 1 || len(got[2]) != 0 {
				t.Error("one event for the agent alone:", got)
			}
		}
		b.connect(all)
		if got := press(); len(got[1]) != 0 {
			t.Error("keys are not asked for any more:", got)
		}
		if d := b.legs[0].Stats().Digits; d != 3 {
			t.Error("the leg itself has them:", d)
		}
	})
}

// gaps gives how much of a counted voice is missing or twice, in frames. Each frame says its number.
func gaps(all []heard) (missing, twice int) {
	last := -1
	for _, p := range all {
		n := int(p.Payload[80])
		switch {
		case n == int(media.PCMA.Silence()): // hidden
		case last >= 0 && n <= last:
			twice++
		case last >= 0:
			missing += n - last - 1
		}
		if n < 128 {
			last = n
		}
	}
	return missing, twice
}

// silent hides losses with silence.
type silent struct{}

func (silent) Good([]int16)       {}
func (silent) Lost(frame []int16) { clear(frame) }

func newSilent(int) Concealer { return silent{} }

// Between bridge and mix, and back, no more than 40 ms are lost or heard twice.
func TestBetweenBridgeAndMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 0)
		b, mb := newLeg(t, media.PCMA, 0)
		defer a.Close()
		defer b.Close()
		mix := NewMix(MixConfig{Conceal: newSilent})
		defer mix.Close()
		ta := newTalker(ma, 1)
		say := func(from, to int) {
			for n := from; n < to; n++ {
				ta.say(byte(n))
				time.Sleep(frameTime)
			}
			synctest.Wait()
		}
		Bridge(a, b)
		say(0, 30)
		if err := mix.Connect(map[*Leg][]*Leg{a: {b}, b: {a}}); err != nil {
			t.Fatal(err)
		}
		say(30, 60)
		if err := mix.Connect(nil); err != nil {
			t.Fatal(err)
		}
		Bridge(a, b)
		say(60, 90)
		all := mb.all()
		steady(t, all)
		missing, twice := gaps(all)
		if missing > 2 || twice > 2 {
			t.Error("frames missing", missing, "twice", twice)
		}
		for i := 1; i < len(all); i++ {
			if step := all[i].Timestamp - all[i-1].Timestamp; step > 5*160 {
				t.Error("a gap of", step, "samples at", i)
			}
		}
	})
}

// A stall of half a second: nothing is lost when the readers have what came, and no delay stays.
func TestMixCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 0)
		slow := &stalling{memory: newMemory(), at: 20, by: 500 * ms}
		b := NewLeg(slow, LegConfig{})
		b.Start(noAddr, media.PCMA, 0)
		defer a.Close()
		defer b.Close()
		mix := NewMix(MixConfig{Conceal: newSilent})
		defer mix.Close()
		if err := mix.Connect(map[*Leg][]*Leg{b: {a}}); err != nil {
			t.Fatal(err)
		}
		ta := newTalker(ma, 1)
		var said []time.Time
		for n := range 95 {
			said = append(said, time.Now())
			ta.say(byte(n))
			time.Sleep(frameTime)
		}
		synctest.Wait()
		all := slow.all()
		steady(t, all)
		if missing, twice := gaps(all); missing+twice > 0 {
			t.Error("missing", missing, "twice", twice)
		}
		last := all[len(all)-1]
		for n := range said {
			if byte(n) == last.Payload[80] {
				if delay := last.at.Sub(said[n]); delay >= 60*ms {
					t.Error("a delay of", delay, "stays")
				}
			}
		}
	})
}

func TestMixHidesLosses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBand(t, 2)
		defer b.close()
		b.connect(map[*Leg][]*Leg{b.legs[0]: {b.legs[1]}, b.legs[1]: {b.legs[0]}})
		b.play(20)
		mark := len(b.wires[1].all())
		for n := range 100 {
			if n%10 == 5 {
				b.singers[0].pass()
			} else {
				b.singers[0].sing()
			}
			time.Sleep(frameTime)
		}
		synctest.Wait()
		quiet := 0
		for _, p := range b.wires[1].all()[mark:] {
			if media.Level(p.Payload, media.PCMU) < 2000 {
				quiet++
			}
		}
		if quiet > 0 {
			t.Error("frames without sound:", quiet)
		}
	})
}

func TestMixedTap(t *testing.T) {
	pool := benchPool(t)
	ends := [2]*recording{newRecording(t, pool, noAddr), newRecording(t, pool, noAddr)}
	synctest.Test(t, func(t *testing.T) {
		tap, err := NewTap(TapConfig{Pool: pool})
		if err != nil {
			t.Fatal(err)
		}
		for ch, e := range ends {
			e.r.Expect(tap.Local(Channel(ch)))
		}
		tap.Start(ends[0].r.Local(), ends[1].r.Local())
		b := newBand(t, 3)
		defer b.close()
		b.connect(map[*Leg][]*Leg{b.legs[0]: b.legs, b.legs[1]: b.legs, b.legs[2]: b.legs})
		b.mix.Tap(tap, Customer, b.legs[0])
		b.mix.Tap(tap, Agent, b.legs[1], b.legs[2])
		b.play(50)
		b.mix.Tap(nil, Customer)
		b.mix.Tap(nil, Agent)
		b.play(20)
		tap.Close()
		if s := tap.Stats(); s.Packets < 94 || s.Packets > 100 || s.Sent != s.Packets {
			t.Fatalf("%+v", s)
		}
	})
	for ch, want := range []string{"x..", ".xx"} {
		ends[ch].take(45)
		for j, hertz := range tones()[:3] {
			if level := media.ToneLevel(ends[ch].sound[1600:6400], media.PCMA, hertz); (level > 7000) != (want[j] == 'x') {
				t.Errorf("channel %d has %v Hz at %.0f", ch, hertz, level)
			}
		}
	}
}

func TestMixCostsNoAllocation(t *testing.T) {
	mix := NewMix(MixConfig{})
	var legs []*Leg
	hears := make(map[*Leg][]*Leg)
	for range 3 {
		l := NewLeg(nowhere{}, LegConfig{})
		l.Start(noAddr, media.PCMA, 0)
		legs = append(legs, l)
	}
	for _, l := range legs {
		hears[l] = legs
	}
	if err := mix.Connect(hears); err != nil {
		t.Fatal(err)
	}
	mix.mu.Lock() // the goroutine waits
	h, packet := Header{PayloadType: 8}, packetOf(Header{PayloadType: 8}, frameOf(3))
	per := testing.AllocsPerRun(500, func() {
		h.Sequence++
		h.Timestamp += 160
		h.Put(packet)
		for _, l := range legs {
			l.handle(packet)
		}
		mix.tick(true)
	})
	mix.mu.Unlock()
	mix.Close()
	if per > 0 {
		t.Error(per)
	}
}

// A conference of legs of every codec: each hears the tones of all others.
func TestMixBetweenAllCodecs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		codecs := media.Codecs()
		mix := NewMix(MixConfig{})
		defer mix.Close()
		hears := make(map[*Leg][]*Leg)
		legs, wires, encoders := make([]*Leg, len(codecs)), make([]*memory, len(codecs)), make([]*media.Encoder, len(codecs))
		for i, c := range codecs {
			legs[i], wires[i] = newLeg(t, c, 0)
			defer legs[i].Close()
			encoder, err := media.NewEncoder(c, media.SampleRate)
			if err != nil {
				t.Fatal(err)
			}
			encoders[i] = encoder
		}
		for _, l := range legs {
			hears[l] = legs
		}
		if err := mix.Connect(hears); err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			for i, c := range codecs {
				frame := make([]int16, media.FrameSamples)
				for k := range frame {
					frame[k] = int16(6000 * math.Sin(2*math.Pi*tones()[i]*float64(n*len(frame)+k)/media.SampleRate))
				}
				payload, err := encoders[i].Encode(nil, frame)
				if err != nil {
					t.Fatal(err)
				}
				h := Header{PayloadType: c.PayloadType(), Sequence: uint16(n), Timestamp: uint32(n * c.ClockRate() / 50), SSRC: uint32(i + 1)}
				wires[i].say(h, payload)
			}
			time.Sleep(frameTime)
		}
		synctest.Wait()
		for i, c := range codecs {
			all := wires[i].all()
			steady(t, all)
			for j, level := range levelsOf(t, c, all) {
				if (level > 4500 && level < 7500) != (i != j) || i == j && level > 200 {
					t.Errorf("%v hears %v at %.0f", c, codecs[j], level)
				}
			}
		}
	})
}

// levelsOf decodes what was heard in the second half and gives how loud each tone is.
func levelsOf(t *testing.T, c media.Codec, all []heard) (levels []float64) {
	t.Helper()
	d, err := media.NewDecoder(c, media.SampleRate)
	if err != nil {
		t.Fatal(err)
	}
	var pcm []int16
	for i, p := range all {
		if step := uint32(c.ClockRate() / 50); i > 0 && p.Timestamp-all[i-1].Timestamp != step {
			t.Fatalf("%v: timestamps go on by %d", c, p.Timestamp-all[i-1].Timestamp)
		}
		if pcm, err = d.Decode(pcm, p.Payload); err != nil {
			t.Fatal(err)
		}
	}
	pcm = pcm[len(pcm)-media.SampleRate:]
	coded := make([]byte, len(pcm))
	media.Encode(coded, pcm, media.PCMA)
	for _, hertz := range tones() {
		levels = append(levels, media.ToneLevel(coded, media.PCMA, hertz))
	}
	return levels
}

// Keys pass with the times of the other leg's clock, and each of two hearers has its own.
func TestKeysPassBetweenClocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		legs, wires := make([]*Leg, 3), make([]*memory, 3)
		for i, c := range []media.Codec{media.PCMA, media.Opus, media.Opus} {
			legs[i], wires[i] = newLeg(t, c, 101)
			defer legs[i].Close()
		}
		mix := NewMix(MixConfig{})
		defer mix.Close()
		if err := mix.Connect(map[*Leg][]*Leg{legs[0]: legs}, Keys{legs[0], legs[1]}, Keys{legs[0], legs[2]}); err != nil {
			t.Fatal(err)
		}
		wires[0].say(Header{PayloadType: 101, SSRC: 1, Sequence: 1, Timestamp: 800}, []byte{5, 10, 0, 160})
		synctest.Wait()
		for _, w := range wires[1:] {
			if all := w.all(); len(all) != 1 || all[0].Payload[0] != 5 || all[0].Payload[2] != 960>>8 || all[0].Payload[3] != 960&0xFF {
				t.Error(all)
			}
		}
	})
}
