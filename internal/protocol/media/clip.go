package media

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"time"
)

// Clip is a piece of sound, A-law at 8,000 Hz, that never changes. The zero value is an empty one.
type Clip struct{ alaw []byte }

// NewClip wraps A-law samples; the caller gives the slice away.
func NewClip(alaw []byte) Clip { return Clip{alaw: alaw} }

// Tone makes a sine of a frequency in Hz, a length and an amplitude (linear, 0 to 32,767).
func Tone(hertz float64, length time.Duration, amplitude int16) Clip {
	n := int(length * SampleRate / time.Second)
	alaw := make([]byte, n)
	for i := range alaw {
		alaw[i] = EncodeALaw(int16(float64(amplitude) * math.Sin(2*math.Pi*hertz*float64(i)/SampleRate)))
	}
	return Clip{alaw: alaw}
}

// The ringing tone of Finnish networks (ITU-T E.180 supplement 2): 425 Hz, a second on, four off.
const (
	ringingHertz     = 425
	ringingOn        = time.Second
	ringingOff       = 4 * time.Second
	ringingAmplitude = 8000
)

// Ringback is one round of the tone that a caller hears while another telephone rings; play it in a loop.
func Ringback() Clip {
	return NewClip(slices.Concat(Tone(ringingHertz, ringingOn, ringingAmplitude).alaw, SilenceClip(ringingOff).alaw))
}

// SilenceClip is a clip of nothing.
func SilenceClip(length time.Duration) Clip {
	alaw := make([]byte, int(length*SampleRate/time.Second))
	for i := range alaw {
		alaw[i] = PCMA.Silence()
	}
	return Clip{alaw: alaw}
}

// ALaw gives the samples. They are shared: do not change them.
func (c Clip) ALaw() []byte { return c.alaw }

// Len is the number of samples.
func (c Clip) Len() int { return len(c.alaw) }

// Frames is the number of 20 ms frames, the last one possibly short.
func (c Clip) Frames() int { return (len(c.alaw) + FrameSamples - 1) / FrameSamples }

// Frame gives the i-th frame of 20 ms; the last one may be short.
func (c Clip) Frame(i int) []byte {
	from := i * FrameSamples
	return c.alaw[from:min(from+FrameSamples, len(c.alaw))]
}

// Duration is how long the clip sounds.
func (c Clip) Duration() time.Duration {
	return time.Duration(len(c.alaw)) * time.Second / SampleRate
}

// Version names the clip's content: the first 12 hex digits of the SHA-256 of its samples. A recording keeps that of the
// announcement that its caller heard (M4).
func (c Clip) Version() string {
	sum := sha256.Sum256(c.alaw)
	return hex.EncodeToString(sum[:6])
}
