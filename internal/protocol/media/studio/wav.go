package studio

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Format tags (RFC 2361; WAVE_FORMAT_EXTENSIBLE wraps another in the first two bytes of its sub-format).
const (
	tagPCM        = 1
	tagFloat      = 3
	tagALaw       = 6
	tagULaw       = 7
	tagExtensible = 0xFFFE
)

// Rates lists the sampling rates that are read, in Hz.
func Rates() []int {
	return []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}
}

// recording is a file as it was read: mono, −1 to 1.
type recording struct {
	samples        []float64
	rate, channels int
}

// layout is what the fmt chunk says.
type layout struct{ tag, channels, rate, bits int }

func (l layout) frame() int { return l.channels * l.bits / 8 }

// read reads a WAV file. A last chunk that is cut short gives what there is.
func read(file []byte) (recording, error) {
	if len(file) > MaxBytes {
		return recording{}, errs.New(errs.TooLarge, "the file is over %d MiB", MaxBytes>>20)
	}
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return recording{}, errs.New(errs.Invalid, "not a WAV file: export the sound as WAV")
	}
	var l layout
	for b := file[12:]; len(b) >= 8; {
		name, body, rest := chunk(b)
		b = rest
		switch name {
		case "fmt ":
			var err error
			if l, err = describe(body); err != nil {
				return recording{}, err
			}
		case "data":
			return decode(l, body)
		}
	}
	return recording{}, errs.New(errs.Invalid, "the WAV file has no data chunk: it was not saved to its end")
}

// chunk splits off the first chunk of b, which has at least its head. Chunks are padded to even lengths.
func chunk(b []byte) (name string, body, rest []byte) {
	size := uint64(binary.LittleEndian.Uint32(b[4:]))
	name, b = string(b[:4]), b[8:]
	return name, b[:min(size, uint64(len(b)))], b[min(size+size&1, uint64(len(b))):]
}

func describe(b []byte) (layout, error) {
	if len(b) < 16 {
		return layout{}, errs.New(errs.Invalid, "the fmt chunk of the WAV file has %d bytes, not 16", len(b))
	}
	le := binary.LittleEndian
	l := layout{int(le.Uint16(b)), int(le.Uint16(b[2:])), int(le.Uint32(b[4:])), int(le.Uint16(b[14:]))}
	if l.tag == tagExtensible && len(b) >= 26 {
		l.tag = int(le.Uint16(b[24:]))
	}
	return l, l.check()
}

func (l layout) check() error {
	known := map[int][]int{tagPCM: {8, 16, 24, 32}, tagFloat: {32, 64}, tagALaw: {8}, tagULaw: {8}}
	switch {
	case !slices.Contains(known[l.tag], l.bits):
		return errs.New(errs.Invalid, "samples of format %d with %d bits are not read: export as PCM of 16 or 24 bits, 32-bit float, A-law or µ-law", l.tag, l.bits)
	case l.channels < 1 || l.channels > 2:
		return errs.New(errs.Invalid, "%d channels: export as mono or stereo", l.channels)
	case !slices.Contains(Rates(), l.rate):
		return errs.New(errs.Invalid, "%d samples a second are not read: export at 16000, 44100 or 48000", l.rate)
	}
	return nil
}

// decode mixes the channels to one.
func decode(l layout, body []byte) (recording, error) {
	if l.rate == 0 {
		return recording{}, errs.New(errs.Invalid, "the data chunk of the WAV file comes before its fmt chunk")
	}
	n := len(body) / l.frame()
	if n > length(MaxLength, l.rate) {
		return recording{}, errs.New(errs.TooLarge, "the sound lasts over %v", MaxLength)
	}
	r := recording{make([]float64, n), l.rate, l.channels}
	size := l.bits / 8
	for i := range r.samples {
		for c := range l.channels {
			r.samples[i] += l.value(body[i*l.frame()+c*size:]) / float64(l.channels)
		}
	}
	return r, nil
}

// value is one sample, −1 to 1. 8-bit PCM is unsigned.
func (l layout) value(b []byte) float64 {
	le := binary.LittleEndian
	switch {
	case l.tag == tagALaw:
		return float64(media.DecodeALaw(b[0])) / fullScale
	case l.tag == tagULaw:
		return float64(media.DecodeULaw(b[0])) / fullScale
	case l.tag == tagFloat && l.bits == 32:
		return sane(float64(math.Float32frombits(le.Uint32(b))))
	case l.tag == tagFloat:
		return sane(math.Float64frombits(le.Uint64(b)))
	case l.bits == 8:
		return (float64(b[0]) - 128) / 128
	case l.bits == 16:
		return float64(int16(le.Uint16(b))) / fullScale
	case l.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
	}
	return float64(int32(le.Uint32(b))) / (1 << 31)
}

// sane keeps what is no number, or beyond all reason, out of the sound.
func sane(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -1), 1)
}

// WAV gives a sound as a file to listen to: WideRate where there is a wide copy, else A-law at 8 kHz.
func (s Sound) WAV() media.WAV {
	if len(s.Wide) == 0 {
		return media.WAV{WAVSpec: media.WAVSpec{Format: media.ALawWAV, Rate: media.SampleRate, Channels: 1}, Data: s.Narrow.ALaw()}
	}
	data := make([]byte, 0, 2*len(s.Wide))
	for _, v := range s.Wide {
		data = binary.LittleEndian.AppendUint16(data, uint16(v))
	}
	return media.WAV{WAVSpec: media.WAVSpec{Format: media.PCM16, Rate: WideRate, Channels: 1}, Data: data}
}

// Length is how long the sound is.
func (s Sound) Length() time.Duration { return s.Narrow.Duration() }
