package rtp

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
)

// network is what happens to a stream on its way.
type network struct {
	loss, twice float64 // shares
	jitter      time.Duration
	from, to    int // frames of an outage
}

// send says so many counted frames over the network, in virtual time.
func (n network) send(r *rand.Rand, m *memory, frames int) {
	var wg sync.WaitGroup
	t := newTalker(m, 1)
	for i := range frames {
		h := t.Header
		t.skip()
		for range 1 + btoi(r.Float64() < n.twice) {
			delay := time.Duration(r.Int64N(int64(n.jitter) + 1))
			if r.Float64() < n.loss || i >= n.from && i < n.to {
				continue
			}
			wg.Go(func() {
				time.Sleep(delay)
				m.say(h, frameOf(byte(i%128)))
			})
		}
		time.Sleep(frameTime)
	}
	wg.Wait()
	synctest.Wait()
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// heardOver mixes a voice that came over a network and gives what was heard of 400 frames, in order.
func heardOver(t testing.TB, n network, seed uint64) (all []heard) {
	const frames = 400
	wire, out := newMemory(), newMemory()
	a, b := NewLeg(wire, LegConfig{}), NewLeg(out, LegConfig{})
	a.Start(noAddr, media.PCMA, 0)
	b.Start(noAddr, media.PCMA, 0)
	mix := NewMix(MixConfig{Conceal: newSilent})
	if err := mix.Connect(map[*Leg][]*Leg{b: {a}}); err != nil {
		t.Error(err)
	}
	n.send(rand.New(rand.NewPCG(seed, 1)), wire, frames)
	time.Sleep(time.Second)
	mix.Close()
	a.Close()
	b.Close()
	return out.all()
}

// voices gives the numbers of the frames that were heard, without what was hidden.
func voices(all []heard) (numbers []int) {
	round, last := 0, 0
	for _, p := range all {
		n := int(p.Payload[80])
		if n >= 128 {
			continue
		}
		if n < last-64 {
			round += 128
		}
		last = n
		numbers = append(numbers, round+n)
	}
	return numbers
}

func TestMixOverBadNetworks(t *testing.T) {
	for name, c := range map[string]struct {
		network
		least int // frames of 400
	}{
		"loss 5 %":          {network{loss: 0.05}, 365},
		"jitter 100 ms":     {network{jitter: 100 * ms}, 360},
		"each packet twice": {network{twice: 1, jitter: 5 * ms}, 390},
		"all of it":         {network{loss: 0.05, twice: 0.1, jitter: 60 * ms}, 330},
		"an outage of 3 s":  {network{from: 100, to: 250, jitter: 5 * ms}, 240},
		"a perfect one":     {network{}, 398},
	} {
		synctest.Test(t, func(t *testing.T) {
			all := heardOver(t, c.network, 7)
			steady(t, all)
			got := voices(all)
			for i := 1; i < len(got); i++ {
				if got[i] <= got[i-1] {
					t.Fatalf("%s: frame %d after %d", name, got[i], got[i-1])
				}
			}
			if len(got) < c.least {
				t.Errorf("%s: %d frames of 400 were heard, want %d", name, len(got), c.least)
			}
		})
	}
}

// Whatever the network, the hearer gets one steady stream, at one pace, and no word twice or out of order.
func TestMixOverAnyNetworkProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := network{
			loss: rapid.Float64Range(0, 0.5).Draw(r, "loss"), twice: rapid.Float64Range(0, 0.5).Draw(r, "twice"),
			jitter: time.Duration(rapid.IntRange(0, 200).Draw(r, "jitter")) * ms,
		}
		seed := rapid.Uint64().Draw(r, "seed")
		var all []heard
		synctest.Test(t, func(t *testing.T) { all = heardOver(t, n, seed) })
		if err := unsteady(all); err != nil {
			r.Fatal(err)
		}
		got := voices(all)
		for i := 1; i < len(got); i++ {
			if got[i] <= got[i-1] {
				r.Fatalf("frame %d after %d", got[i], got[i-1])
			}
		}
		for i := 1; i < len(all); i++ {
			if d := all[i].at.Sub(all[i-1].at); d > frameTime || all[i].Timestamp-all[i-1].Timestamp != media.FrameSamples {
				r.Fatalf("frame %d comes %v after the one before", i, d)
			}
		}
	})
}

// Legs are connected, bridged, held, tapped and closed while all of them speak: for the race detector.
func TestMixUnderFire(t *testing.T) {
	pool := benchPool(t)
	tap, err := NewTap(TapConfig{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	mixes := [2]*Mix{NewMix(MixConfig{}), NewMix(MixConfig{})}
	legs := make([]*Leg, 6)
	var speaking, changing sync.WaitGroup
	stop := make(chan struct{})
	for i := range legs {
		legs[i] = NewLeg(nowhere{}, LegConfig{})
		legs[i].Start(noAddr, media.Codecs()[i%3], 101)
		h, codec := Header{PayloadType: media.Codecs()[i%3].PayloadType(), SSRC: uint32(i)}, media.Codecs()[i%3]
		speaking.Go(func() {
			for n := range 1 << 20 {
				select {
				case <-stop:
					return
				default:
				}
				h.Sequence++
				h.Timestamp += uint32(codec.ClockRate() / 50)
				one := h
				if n%50 == 0 {
					one.PayloadType = 101
				}
				legs[i].handle(packetOf(one, frameOf(5)))
			}
		})
	}
	for worker := range 3 {
		changing.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 300 {
				change(r, mixes[r.IntN(2)], legs, tap)
			}
		})
	}
	changing.Wait()
	close(stop)
	speaking.Wait()
	for _, m := range mixes {
		m.Close()
	}
	for _, l := range legs {
		l.Close()
		if l.mixed.Load() != nil || l.bridged.Load() != nil {
			t.Error("a closed leg is connected")
		}
	}
}

func change(r *rand.Rand, m *Mix, legs []*Leg, tap *Tap) {
	l, other := legs[r.IntN(len(legs))], legs[r.IntN(len(legs))]
	switch r.IntN(7) {
	case 0, 1:
		hears := make(map[*Leg][]*Leg)
		for range r.IntN(5) {
			hears[legs[r.IntN(len(legs))]] = legs[:r.IntN(len(legs))]
		}
		_ = m.Connect(hears, Keys{l, other})
	case 2:
		Bridge(l, other)
	case 3:
		l.Hold(r.IntN(2) == 0, media.Tone(400, 100*ms, 1000))
	case 4:
		m.Tap(tap, Channel(r.IntN(2)), l, other)
	case 5:
		m.Tap(nil, Channel(r.IntN(2)))
	case 6:
		_ = l.Quality()
		l.SetMuted(r.IntN(2) == 0)
	}
}
