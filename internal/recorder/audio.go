package recorder

import (
	"context"
	"io"
	"sync"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Audio is a recording as a WAV file (stereo A-law: the customer left, the agent right), opened piece by piece as it is
// read. It is an io.ReadSeeker for http.ServeContent; Check, where set, is asked before each piece.
type Audio struct {
	ctx    context.Context // of the request that reads: io.Reader has no place for one
	o      *object
	index  Index
	header []byte
	check  func() error

	mu     sync.Mutex
	at     int64
	cached int // number of the piece in plain; -1: none
	plain  []byte
}

func newAudio(ctx context.Context, o *object, x Index, check func() error) *Audio {
	spec := media.RecordingSpec()
	return &Audio{ctx: ctx, o: o, index: x, header: media.WAVHeader(spec, uint32(x.Frames*frameBytes)), check: check, cached: -1}
}

// Size is the bytes of the WAV file.
func (a *Audio) Size() int64 { return int64(len(a.header)) + a.index.Frames*frameBytes }

// Index tells the recording's length and peaks.
func (a *Audio) Index() Index { return a.index }

// Read implements io.Reader: at most to the end of a piece at a time.
func (a *Audio) Read(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at >= a.Size() {
		return 0, io.EOF
	}
	if err := a.check(); err != nil {
		return 0, err
	}
	n, err := a.readAt(p)
	a.at += int64(n)
	return n, err
}

func (a *Audio) readAt(p []byte) (int, error) {
	if a.at < int64(len(a.header)) {
		return copy(p, a.header[a.at:]), nil
	}
	off := a.at - int64(len(a.header))
	number := int(off / piecePlain)
	if number != a.cached {
		plain, err := a.o.piece(a.ctx, number, min(pieceFrames, a.index.Frames-int64(number)*pieceFrames))
		if err != nil {
			return 0, err
		}
		a.plain, a.cached = plain, number
	}
	return copy(p, a.plain[off%piecePlain:]), nil
}

// Seek implements io.Seeker.
func (a *Audio) Seek(offset int64, whence int) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += a.at
	case io.SeekEnd:
		offset += a.Size()
	}
	if offset < 0 {
		return 0, errs.New(errs.Invalid, "recorder: seek before the beginning")
	}
	a.at = offset
	return offset, nil
}
