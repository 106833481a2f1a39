package media

// Transcoder makes payloads of one codec of those of another: of one stream, in order. Between the two laws that is a look-up
// for each byte; otherwise the sound is decoded to the lower of the two sampling rates, so that nothing is computed that
// nobody hears, and coded anew. It is not safe for several goroutines. After the first few frames it allocates nothing.
//
// Each payload becomes one, so nothing waits for the next (but see Encoder.Encode for Opus). The delay is that of the filters:
// 4 ms between G.711 and G.722, 6.5 to 8 where Opus is one of the two, what the parties' own coding takes included.
type Transcoder struct {
	from, to Codec
	decoder  *Decoder
	encoder  *Encoder
	pcm      []int16
}

// NewTranscoder makes one. It never fails for the codecs that there are; the error is that of a library that refuses.
func NewTranscoder(from, to Codec) (*Transcoder, error) {
	t := &Transcoder{from: from, to: to}
	if from == to || from.Law() && to.Law() {
		return t, nil
	}
	rate := min(from.SampleRate(), to.SampleRate())
	var err error
	if t.decoder, err = NewDecoder(from, rate); err != nil {
		return nil, err
	}
	if t.encoder, err = NewEncoder(to, rate); err != nil {
		return nil, err
	}
	return t, nil
}

// Transcode appends what the payload becomes to dst, which must not overlap it: a payload as long, with Opus's conditions of
// Encoder.Encode. The same codec is copied. errs.Invalid for a payload that can't be decoded.
func (t *Transcoder) Transcode(dst, payload []byte) ([]byte, error) {
	if t.decoder == nil {
		n := len(dst)
		dst = append(dst, payload...)
		Transcode(dst[n:], dst[n:], t.from, t.to)
		return dst, nil
	}
	var err error
	if t.pcm, err = t.decoder.Decode(t.pcm[:0], payload); err != nil {
		return dst, err
	}
	return t.encoder.Encode(dst, t.pcm)
}

// Pending is how much sound waits for the next payload, in ticks of the new codec's clock: see Encoder.Pending.
func (t *Transcoder) Pending() int {
	if t.encoder == nil {
		return 0
	}
	return t.encoder.Pending()
}
