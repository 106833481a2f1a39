package media

import "math"

// Limits of concealment, after ITU-T G.711 Appendix I (I.2.2 to I.2.7). Times in microseconds.
const (
	concealHistory = 50_000 // what is remembered: the correlation's window behind the longest pitch period, and more than three of these
	longestPitch   = 15_000 // 66 Hz
	shortestPitch  = 5_000  // 200 Hz; a higher voice is repeated by several of its periods
	pitchWindow    = 20_000 // what is compared
	concealStep    = 10_000 // after each of these one more period is repeated, and the sound is a fifth softer
	concealLength  = 60_000 // after this there is silence
	shortestBlend  = 4_000  // from the invented to the true sound, and as much more for each step that was lost
	longestBlend   = 10_000
	coarseRate     = 4000 // samples a second of the first search for the pitch
	maxRepeated    = 3    // periods
)

// Concealer replaces sound that was lost on the way with what the voice would most likely have gone on with: its last pitch
// periods, repeated, one more after every 10 ms, softer by a fifth each time, and nothing after 60 ms. The method is that of
// ITU-T G.711 Appendix I but for the delay of 3.75 ms, which a correction of the first samples does without. It serves one
// stream, in order, and is not safe for several goroutines. It allocates nothing.
type Concealer struct {
	rate    int
	history []int16 // the latest, silence at the beginning
	heard   bool    // anything at all

	lost    int // samples invented since the last true one; 0: none
	period  int // samples
	repeats int // periods that are repeated
	at      int // the next sample to invent, in history
	jump    float64
}

// NewConcealer makes a concealer for mono sound of so many samples a second, 8,000 to 48,000.
func NewConcealer(rate int) *Concealer {
	c := &Concealer{rate: rate}
	c.history = make([]int16, c.samples(concealHistory))
	return c
}

func (c *Concealer) samples(microseconds int) int { return c.rate * microseconds / 1_000_000 }

// Good takes a frame that has come, of any length. After a loss it changes the frame's first samples, so that the invented
// sound passes into the true one; else it leaves it alone.
func (c *Concealer) Good(frame []int16) {
	if c.lost > 0 && len(frame) > 0 {
		c.blend(frame)
		c.lost = 0
	}
	c.remember(frame)
	c.heard = c.heard || len(frame) > 0
}

// Lost fills dst, a frame of any length, with what stands in for one that has not come.
func (c *Concealer) Lost(dst []int16) {
	if !c.heard {
		clear(dst)
		return
	}
	if c.lost == 0 {
		c.begin()
	}
	for i := range dst {
		dst[i] = c.invent()
	}
}

// remember appends to the history. What was invented is no part of it: one loss is never built on another.
func (c *Concealer) remember(frame []int16) {
	if over := len(frame) - len(c.history); over > 0 {
		frame = frame[over:]
	}
	copy(c.history, c.history[len(frame):])
	copy(c.history[len(c.history)-len(frame):], frame)
}

// begin looks for the pitch and starts one period before the end.
func (c *Concealer) begin() {
	end := len(c.history)
	c.period, c.repeats = c.pitch(), 1
	c.at = end - c.period
	c.jump = float64(c.history[end-1]) - float64(c.history[c.at-1])
}

// invent gives the next sample. Towards the end of the history it passes over to the beginning of the repeated piece.
func (c *Concealer) invent() int16 {
	fade := c.period / 4
	v := float64(c.history[c.at])
	left := len(c.history) - c.at
	if left == fade {
		c.repeats = min(1+c.lost/c.samples(concealStep), maxRepeated)
	}
	if left <= fade {
		share := float64(left) / float64(fade+1)
		v = share*v + (1-share)*float64(c.history[c.at-c.repeats*c.period])
	}
	if c.lost < fade { // the step from the last true sample, spread over a quarter of a period
		v += c.jump * float64(fade-c.lost) / float64(fade)
	}
	v *= c.loudness()
	c.lost++
	if c.at++; c.at == len(c.history) {
		c.at -= c.repeats * c.period
	}
	return clamp(v)
}

// loudness is 1 for the first step, then falls by a fifth of that for each.
func (c *Concealer) loudness() float64 {
	over := c.lost - c.samples(concealStep)
	if over <= 0 {
		return 1
	}
	return max(1-float64(over)/float64(c.samples(concealLength-concealStep)), 0)
}

// blend passes from the invented sound to the true one.
func (c *Concealer) blend(frame []int16) {
	length := c.samples(min(shortestBlend*(1+c.lost/c.samples(concealStep)), longestBlend))
	length = min(length, len(frame))
	for i := range frame[:length] {
		share := float64(i+1) / float64(length+1)
		frame[i] = clamp(share*float64(frame[i]) + (1-share)*float64(c.invent()))
	}
}

// pitch finds the shift by which the latest sound resembles itself most: roughly first, then to the sample.
func (c *Concealer) pitch() int {
	step := max(c.rate/coarseRate, 1)
	low, high := c.samples(shortestPitch), c.samples(longestPitch)
	near := c.bestShift(low, high, step)
	return c.bestShift(max(near-step, low), min(near+step, high), 1)
}

func (c *Concealer) bestShift(low, high, step int) int {
	best, score := low, math.Inf(-1)
	for shift := low; shift <= high; shift += step {
		if s := c.likeness(shift, step); s > score {
			best, score = shift, s
		}
	}
	return best
}

// likeness is the cross-correlation of the latest sound with what was shift samples before, over the latter's strength.
func (c *Concealer) likeness(shift, step int) float64 {
	end := len(c.history)
	var product, energy int64
	for i := end - c.samples(pitchWindow); i < end; i += step {
		now, before := int64(c.history[i]), int64(c.history[i-shift])
		product += now * before
		energy += before * before
	}
	return float64(product) / math.Sqrt(float64(max(energy, 1)))
}
