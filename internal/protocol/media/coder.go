package media

import "santra/internal/errs"

// Decoder makes linear sound of the payloads of one stream, in order. It is not safe for several goroutines. After the first
// few frames it allocates nothing.
type Decoder struct {
	codec    Codec
	g722     *g722Decoder
	opus     *opusDecoder
	resample *Resampler // nil: the codec's own rate is what is wanted
	native   []int16
}

// NewDecoder makes a decoder to 8,000, 16,000 or 48,000 samples a second; errs.Invalid for another rate.
func NewDecoder(c Codec, rate int) (*Decoder, error) {
	d, native := &Decoder{codec: c}, c.SampleRate()
	var err error
	switch c {
	case G722:
		d.g722 = newG722Decoder(g722At64)
	case Opus: // decodes to any rate by itself
		if err := rateKnown(rate); err != nil {
			return nil, err
		}
		d.opus, err = newOpusDecoder(rate)
		native = rate
	}
	if err == nil && native != rate {
		d.resample, err = NewResampler(native, rate)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

func rateKnown(rate int) error {
	_, err := NewResampler(rate, rate)
	return err
}

// Decode appends the sound of a payload to dst; errs.Invalid for a payload that is none of the codec's (an Opus packet cut
// short; any bytes are G.711 and G.722).
func (d *Decoder) Decode(dst []int16, payload []byte) ([]int16, error) {
	if d.resample == nil {
		return d.decode(dst, payload)
	}
	var err error
	d.native, err = d.decode(d.native[:0], payload)
	return d.resample.Resample(dst, d.native), err
}

func (d *Decoder) decode(dst []int16, payload []byte) ([]int16, error) {
	switch d.codec {
	case G722:
		return d.g722.decode(dst, payload), nil
	case Opus:
		return d.opus.decode(dst, payload)
	}
	for _, b := range payload {
		dst = append(dst, d.codec.Decode(b))
	}
	return dst, nil
}

// Encoder makes payloads of one stream of linear sound, in order. It is not safe for several goroutines. After the first few
// frames it allocates nothing.
type Encoder struct {
	codec    Codec
	rate     int
	g722     *g722Encoder
	opus     *opusEncoder
	resample *Resampler
	native   []int16
}

// NewEncoder makes an encoder of sound of 8,000, 16,000 or 48,000 samples a second; errs.Invalid for another rate.
func NewEncoder(c Codec, rate int) (*Encoder, error) {
	e, native := &Encoder{codec: c, rate: rate}, c.SampleRate()
	var err error
	switch c {
	case G722:
		e.g722 = newG722Encoder()
	case Opus:
		if err := rateKnown(rate); err != nil {
			return nil, err
		}
		e.opus, err = newOpusEncoder(rate)
		native = rate
	}
	if err == nil && native != rate {
		e.resample, err = NewResampler(rate, native)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// Encode appends the payload of a piece of sound to dst. G.722 wants a whole number of milliseconds. Opus takes pieces of up
// to 120 ms and makes frames of 10 ms or an even multiple of it; what is over waits for the next piece, and for a piece that
// is too short by itself nothing is appended.
func (e *Encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	if e.resample != nil {
		e.native = e.resample.Resample(e.native[:0], pcm)
		pcm = e.native
	}
	switch e.codec {
	case G722:
		if len(pcm)%2 != 0 {
			return dst, errs.New(errs.Invalid, "%d samples: G.722 codes two at a time", len(pcm))
		}
		return e.g722.encode(dst, pcm), nil
	case Opus:
		return e.opus.encode(dst, pcm)
	}
	for _, v := range pcm {
		dst = append(dst, e.codec.Encode(v))
	}
	return dst, nil
}

// Pending is how much sound waits, in ticks of the codec's ClockRate: the next payload begins so much before the piece that
// completes it.
func (e *Encoder) Pending() int {
	if e.opus == nil {
		return 0
	}
	return len(e.opus.waiting) * Opus.ClockRate() / e.rate
}
