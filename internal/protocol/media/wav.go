package media

import (
	"encoding/binary"
	"io"
	"math"

	"santra/internal/errs"
)

// Format is the sample coding of a WAV file (its format tag, RFC 2361).
type Format uint16

// The formats that are read and written.
const (
	PCM16   Format = 1
	ALawWAV Format = 6
	ULawWAV Format = 7
)

// formatExtensible wraps another tag in the first two bytes of its sub-format.
const formatExtensible = 0xFFFE

// bytesPerSample is 0 for a format that is not ours.
func (f Format) bytesPerSample() int {
	switch f {
	case PCM16:
		return 2
	case ALawWAV, ULawWAV:
		return 1
	}
	return 0
}

// WAVSpec describes a WAV file's sound.
type WAVSpec struct {
	Format   Format
	Rate     int // frames a second
	Channels int // 1 or 2
}

// FrameBytes is the size of one sample of every channel.
func (s WAVSpec) FrameBytes() int { return s.Format.bytesPerSample() * s.Channels }

// WAV is a file in memory; Data are its interleaved samples.
type WAV struct {
	WAVSpec
	Data []byte
}

// WAVHeaderLen is the length of what WAVHeader gives, in bytes.
const WAVHeaderLen = 12 + (8 + fmtLen) + (8 + factLen) + 8

const (
	fmtLen    = 18 // with the size of an extension, which every format but PCM must have
	fmtLenPCM = 16 // without
	factLen   = 4
)

// MaxWAV is the largest file that ReadWAV takes, in bytes: ten minutes at 48 kHz, 16 bit, stereo.
const MaxWAV = 48000 * 4 * 600

// RecordingSpec is how recordings are played: stereo A-law, the customer left, the agent right.
func RecordingSpec() WAVSpec { return WAVSpec{Format: ALawWAV, Rate: SampleRate, Channels: 2} }

// WAVHeader builds the first WAVHeaderLen bytes of a file with dataBytes of samples, for a stream in ranges. A file whose
// length is not known yet takes math.MaxUint32. An odd number of data bytes is followed by one zero byte, not counted.
func WAVHeader(s WAVSpec, dataBytes uint32) []byte {
	le := binary.LittleEndian
	riff := uint64(WAVHeaderLen-8) + uint64(dataBytes) + uint64(dataBytes&1)
	b := make([]byte, 0, WAVHeaderLen)
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(min(riff, math.MaxUint32)))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, fmtLen)
	b = le.AppendUint16(b, uint16(s.Format))
	b = le.AppendUint16(b, uint16(s.Channels))
	b = le.AppendUint32(b, uint32(s.Rate))
	b = le.AppendUint32(b, uint32(s.Rate*s.FrameBytes()))
	b = le.AppendUint16(b, uint16(s.FrameBytes()))
	b = le.AppendUint16(b, uint16(8*s.Format.bytesPerSample()))
	b = le.AppendUint16(b, 0)
	b = append(b, "fact"...)
	b = le.AppendUint32(b, factLen)
	b = le.AppendUint32(b, dataBytes/uint32(max(s.FrameBytes(), 1)))
	b = append(b, "data"...)
	return le.AppendUint32(b, dataBytes)
}

// WriteWAV writes a whole file. errs.Invalid for a specification that is not ours, errs.TooLarge over 4 GiB.
func WriteWAV(w io.Writer, f WAV) error {
	if err := f.check(); err != nil {
		return err
	}
	if len(f.Data) > math.MaxUint32-WAVHeaderLen {
		return errs.New(errs.TooLarge, "a WAV file holds at most 4 GiB")
	}
	out := append(WAVHeader(f.WAVSpec, uint32(len(f.Data))), f.Data...)
	if len(f.Data)%2 == 1 {
		out = append(out, 0)
	}
	_, err := w.Write(out)
	return err
}

// ReadWAV reads a file of at most MaxWAV bytes; errs.Invalid says what is wrong with it. A file whose last chunk is cut
// short, as that of a stream is, gives what there is in whole frames.
func ReadWAV(r io.Reader) (WAV, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxWAV+1))
	if err != nil {
		return WAV{}, err
	}
	if len(b) > MaxWAV {
		return WAV{}, errs.New(errs.TooLarge, "the WAV file is larger than %d bytes", MaxWAV)
	}
	return parseWAV(b)
}

func parseWAV(b []byte) (WAV, error) {
	var f WAV
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return f, errs.New(errs.Invalid, "not a WAV file: it does not start with RIFF and WAVE")
	}
	b = b[12:]
	for described := false; len(b) >= 8; {
		name, body, rest := chunk(b)
		b = rest
		switch {
		case name == "fmt ":
			if err := f.describe(body); err != nil {
				return f, err
			}
			described = true
		case name == "data" && !described:
			return f, errs.New(errs.Invalid, "the data chunk comes before the fmt chunk")
		case name == "data":
			f.Data = body[:len(body)-len(body)%f.FrameBytes()]
			return f, nil
		}
	}
	return f, errs.New(errs.Invalid, "the WAV file has no data chunk")
}

// chunk splits the first chunk off b, which holds at least its head of 8 bytes. Chunks are padded to even lengths.
func chunk(b []byte) (name string, body, rest []byte) {
	size := uint64(binary.LittleEndian.Uint32(b[4:]))
	name, b = string(b[:4]), b[8:]
	body = b[:min(size, uint64(len(b)))]
	return name, body, b[min(size+size&1, uint64(len(b))):]
}

func (s *WAVSpec) describe(b []byte) error {
	if len(b) < fmtLenPCM {
		return errs.New(errs.Invalid, "the fmt chunk has %d bytes, not %d", len(b), fmtLenPCM)
	}
	le := binary.LittleEndian
	s.Format, s.Channels, s.Rate = Format(le.Uint16(b)), int(le.Uint16(b[2:])), int(le.Uint32(b[4:]))
	if s.Format == formatExtensible && len(b) >= 26 {
		s.Format = Format(le.Uint16(b[24:]))
	}
	if err := s.check(); err != nil {
		return err
	}
	if sampleBits := int(le.Uint16(b[14:])); sampleBits != 8*s.Format.bytesPerSample() {
		return errs.New(errs.Invalid, "samples of %d bits: 16-bit PCM, A-law or µ-law is read", sampleBits)
	}
	return nil
}

func (s WAVSpec) check() error {
	switch {
	case s.Format.bytesPerSample() == 0:
		return errs.New(errs.Invalid, "format tag %d: 16-bit PCM (1), A-law (6) or µ-law (7) is read", uint16(s.Format))
	case s.Channels < 1 || s.Channels > 2:
		return errs.New(errs.Invalid, "%d channels: mono or stereo is read", s.Channels)
	case s.Rate < 1 || s.Rate > 192000:
		return errs.New(errs.Invalid, "%d samples a second can't be right", s.Rate)
	}
	return nil
}
