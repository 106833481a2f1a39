package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// hum is a voice-like sound: a fundamental with falling partials.
func hum(rate int, hertz float64, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		w, v := 2*math.Pi*hertz*float64(i)/float64(rate), 0.0
		for k := 1.0; k <= 8 && k*hertz < 3400; k++ {
			v += math.Sin(k*w) / k
		}
		out[i] = int16(6000 * v)
	}
	return out
}

// snr is the strength of want over that of its difference to got, in dB.
func snr(want, got []int16) float64 {
	var signal, noise float64
	for i, v := range want {
		d := float64(v) - float64(got[i])
		signal += float64(v) * float64(v)
		noise += d * d
	}
	return 10 * math.Log10(max(signal, 1)/max(noise, 1))
}

// conceal passes sound through a concealer in frames, of which lost tells those that do not come.
func conceal(rate, frame int, sound []int16, lost func(i int) bool) []int16 {
	c := NewConcealer(rate)
	out := append([]int16(nil), sound...)
	for i := 0; (i+1)*frame <= len(out); i++ {
		if f := out[i*frame : (i+1)*frame]; lost(i) {
			c.Lost(f)
		} else {
			c.Good(f)
		}
	}
	return out
}

func TestASteadyVoiceGoesOnThroughALoss(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hertz := range []float64{70, 110, 190, 240} {
			sound := hum(rate, hertz, rate/2)
			got := conceal(rate, rate/100, sound, func(i int) bool { return i == 30 })
			from, to := 30*rate/100, 32*rate/100
			if s := snr(sound[from:to], got[from:to]); s < 12 {
				t.Errorf("%d Hz sampling, %v Hz: a lost 10 ms is replaced with a signal to noise ratio of %.1f dB", rate, hertz, s)
			}
		}
	}
}

func TestNothingIsChangedWithoutALoss(t *testing.T) {
	sound := hum(8000, 120, 8000)
	if got := conceal(8000, 160, sound, func(int) bool { return false }); snr(sound, got) < 100 {
		t.Fatal("good frames were changed")
	}
}

func TestALongLossFadesToSilence(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		c := NewConcealer(rate)
		c.Good(hum(rate, 120, rate/10))
		dst := make([]int16, rate/10)
		c.Lost(dst)
		early, late, over := loud(dst[:rate/100]), loud(dst[rate*4/100:rate*5/100]), loud(dst[rate*6/100:])
		if early < 2000 || late > early/2 || over != 0 {
			t.Errorf("%d: %.0f in the first 10 ms, %.0f in the fifth, %.0f after 60", rate, early, late, over)
		}
	}
}

func loud(s []int16) float64 {
	sum := 0.0
	for _, v := range s {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(s)))
}

func TestALossAtTheBeginningIsSilence(t *testing.T) {
	c := NewConcealer(8000)
	dst := []int16{1, 2, 3}
	c.Lost(dst)
	if dst[0] != 0 || dst[1] != 0 || dst[2] != 0 {
		t.Fatal(dst)
	}
	c.Good(dst[:0])
	c.Lost(dst[:0])
}

// No seam may click: between neighbours no step is much greater than the sound itself has.
func TestSeamsDoNotClick(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		sound := hum(rate, 133, rate)
		most := steepest(sound)
		got := conceal(rate, rate/50, sound, func(i int) bool { return i%7 == 6 || i%7 == 5 })
		if s := steepest(got); s > 1.6*most {
			t.Errorf("%d: a step of %.0f where the sound has %.0f", rate, s, most)
		}
	}
}

func steepest(s []int16) float64 {
	most := 0.0
	for i := 1; i < len(s); i++ {
		most = max(most, math.Abs(float64(s[i])-float64(s[i-1])))
	}
	return most
}

// Speech, one frame in ten lost, each frame once: what stands in for a spoken frame is nearer to it than silence and than
// the frame before it, played again.
func TestSpeechGoesOn(t *testing.T) {
	prompts, err := NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	clip, _ := prompts.Prompt("fi", Announcement)
	sound := make([]int16, clip.Len())
	Decode(sound, clip.ALaw(), PCMA)
	ours, repeated := &deviation{}, &deviation{}
	for phase := range 10 {
		got := conceal(8000, FrameSamples, sound, func(i int) bool { return i%10 == phase })
		for i := max(phase, 1); i < clip.Frames()-1; i += 10 {
			at := i * FrameSamples
			f := sound[at : at+FrameSamples]
			if loud(f) > 300 {
				ours.add(f, got[at:])
				repeated.add(f, sound[at-FrameSamples:])
			}
		}
	}
	t.Logf("%d spoken frames: %v; the frame before, again: %v; silence: 0 dB", ours.n, ours, repeated)
	if ours.ratio() < 0 || ours.ratio() < repeated.ratio()+1 {
		t.Error("that is hardly the voice")
	}
}

// deviation sums how far sounds are from what they should be.
type deviation struct {
	n            int
	power, error float64
	loudness     float64
}

func (d *deviation) add(want, got []int16) {
	d.n++
	for i, v := range want {
		e := float64(v) - float64(got[i])
		d.error += e * e
		d.power += float64(v) * float64(v)
	}
	d.loudness += math.Abs(20 * math.Log10(max(loud(got[:len(want)]), 1)/loud(want)))
}

func (d *deviation) ratio() float64 { return 10 * math.Log10(d.power/d.error) }

func (d *deviation) String() string {
	return fmt.Sprintf("signal to noise %.1f dB, loudness off by %.1f dB on average", d.ratio(), d.loudness/float64(d.n))
}

// Whatever comes and is lost, in frames of any length: no panic, and never louder than what was heard.
func TestConcealerProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewConcealer(rapid.SampledFrom([]int{8000, 16000, 32000, 48000}).Draw(t, "rate"))
		loudest := 0
		for range rapid.IntRange(1, 30).Draw(t, "frames") {
			frame := make([]int16, rapid.IntRange(0, 3000).Draw(t, "length"))
			if rapid.Bool().Draw(t, "lost") {
				c.Lost(frame)
				for _, v := range frame {
					if a := int(math.Abs(float64(v))); a > 3*loudest+1 {
						t.Fatalf("invented %d where %d was the loudest", v, loudest)
					}
				}
				continue
			}
			seed := rapid.Uint64().Draw(t, "sound")
			r := rand.New(rand.NewPCG(seed, 0))
			for i := range frame {
				frame[i] = int16(r.IntN(1 << 16))
				loudest = max(loudest, int(math.Abs(float64(frame[i]))))
			}
			c.Good(frame)
		}
	})
}

func TestConcealingAllocatesNothing(t *testing.T) {
	c := NewConcealer(16000)
	frame := hum(16000, 120, 320)
	if n := testing.AllocsPerRun(100, func() { c.Good(frame); c.Lost(frame) }); n != 0 {
		t.Fatal(n, "allocations")
	}
}

func BenchmarkConceal(b *testing.B) {
	for _, rate := range []int{8000, 16000, 48000} {
		b.Run(map[int]string{8000: "8k", 16000: "16k", 48000: "48k"}[rate], func(b *testing.B) {
			c := NewConcealer(rate)
			sound, frame := hum(rate, 120, rate/50), make([]int16, rate/50)
			b.ReportAllocs()
			for b.Loop() {
				c.Good(sound)
				c.Lost(frame)
			}
		})
	}
}
