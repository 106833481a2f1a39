package media

import (
	"io"
	"io/fs"

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

// WAVSpec describes a WAV file's sound.
type WAVSpec struct {
	Format   Format
	Rate     int // frames a second
	Channels int // 1 or 2
}

// WAV is a file in memory; Data are its interleaved samples.
type WAV struct {
	WAVSpec
	Data []byte
}

// WAVHeaderLen is the length of what WAVHeader gives, in bytes.
const WAVHeaderLen = 58

// RecordingSpec is how recordings are played: stereo A-law, the customer left, the agent right.
func RecordingSpec() WAVSpec { return WAVSpec{Format: ALawWAV, Rate: SampleRate, Channels: 2} }

// WAVHeader builds the first WAVHeaderLen bytes of a file with dataBytes of samples, for a stream in ranges. A file whose
// length is not known yet takes math.MaxUint32. An odd number of data bytes is followed by one zero byte, not counted.
func WAVHeader(s WAVSpec, dataBytes uint32) []byte { return make([]byte, WAVHeaderLen) }

// WriteWAV writes a whole file.
func WriteWAV(w io.Writer, f WAV) error { return errs.New(errs.Unavailable, "being built") }

// ReadWAV reads a file of at most MaxWAV bytes; errs.Invalid says what is wrong with it.
func ReadWAV(r io.Reader) (WAV, error) { return WAV{}, errs.New(errs.Unavailable, "being built") }

// MaxWAV is the largest file that ReadWAV takes, in bytes: ten minutes at 48 kHz, 16 bit, stereo.
const MaxWAV = 48000 * 4 * 600

// NewLibrary loads the prompts, those of override (nil: none) in place of the built-in ones of the same path. WAV files of
// A-law, µ-law or 16-bit PCM, mono or stereo, at 8, 16 or 48 kHz are converted; errs.Invalid names another file and why.
func NewLibrary(override fs.FS) (*Library, error) {
	return nil, errs.New(errs.Unavailable, "being built")
}
