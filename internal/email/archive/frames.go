package archive

import (
	"bytes"
	"io"
	"iter"
)

// piece is what was found at a place of a segment: a whole frame, or bytes that are none.
type piece struct {
	at, next int64
	frame    []byte
	id       string // of a damaged frame, if its head can be read
}

// maxResync bounds how far the next record is looked for at once, in bytes.
const maxResync = 1 << 20

// frames walks [start, stop) of a segment. With true comes a whole frame; with false the range of bytes up to the next whole
// one: a torn or altered record.
func frames(f io.ReaderAt, start, stop int64) iter.Seq2[piece, bool] {
	return func(yield func(piece, bool) bool) {
		for at := start; at < stop; {
			frame, size := frameAt(f, at, stop)
			if frame != nil && intact(frame) {
				if !yield(piece{at: at, next: at + size, frame: frame}, true) {
					return
				}
				at += size
				continue
			}
			bad := piece{at: at, next: resync(f, at, size, stop)}
			if frame != nil {
				if h, _, err := readHead(frame); err == nil {
					bad.id = h.ID
				}
			}
			if !yield(bad, false) {
				return
			}
			at = bad.next
		}
	}
}

// frameAt reads the frame that the prefix at a place promises; nil if there is none or it would end after stop.
func frameAt(f io.ReaderAt, at, stop int64) ([]byte, int64) {
	prefix := make([]byte, prefixSize)
	if stop-at < prefixSize {
		return nil, 0
	}
	if _, err := f.ReadAt(prefix, at); err != nil {
		return nil, 0
	}
	size, ok := frameSize(prefix)
	if !ok || at+size > stop {
		return nil, 0
	}
	frame := make([]byte, size)
	if _, err := f.ReadAt(frame, at); err != nil {
		return nil, 0
	}
	return frame, size
}

// resync finds where the next whole frame begins after a bad one: right behind it if its length is true, else at the next
// magic that holds a whole frame.
func resync(f io.ReaderAt, at, size, stop int64) int64 {
	if size > 0 {
		if next, _ := frameAt(f, at+size, stop); at+size == stop || (next != nil && intact(next)) {
			return at + size
		}
	}
	buf := make([]byte, maxResync)
	for from := at + 1; from < stop; {
		n, _ := f.ReadAt(buf[:min(int64(len(buf)), stop-from)], from)
		if n < len(recordMagic) {
			break
		}
		i := bytes.Index(buf[:n], []byte(recordMagic))
		if i < 0 {
			from += int64(n - len(recordMagic) + 1)
			continue
		}
		if frame, _ := frameAt(f, from+int64(i), stop); frame != nil && intact(frame) {
			return from + int64(i)
		}
		from += int64(i) + 1
	}
	return stop
}
