package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"sync/atomic"

	"santra/internal/errs"
)

var (
	errLost    = errors.New("mail: connection lost in DATA")
	errEndless = errs.New(errs.TooLarge, "mail: message far over the limit")
)

// drainFactor bounds what is read and thrown away of a message over the limit: this many times the limit, then the
// connection ends.
const drainFactor = 4

// dataReader reads the DATA of RFC 5321 4.5.2: it ends at CR LF . CR LF and nowhere else, removes the dot that a line begins
// with, and changes nothing besides. A line begins after CR LF only: bare CR and bare LF are bytes like others.
type dataReader struct {
	r         *bufio.Reader
	limit     int64 // bytes of the message
	size      int64
	pool      *atomic.Int64 // bytes under way in all connections
	poolLimit int64

	rest    []byte // of the last line read, not yet handed out; valid until r is read again
	midLine bool   // the last chunk did not end with CR LF
	lastCR  bool   // it ended with CR
	ended   bool   // the end mark was read
	lost    bool   // the connection ended before it
	refusal error  // why the reader gave up before the end
}

func (d *dataReader) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(d.rest) == 0 {
			if n > 0 && d.r.Buffered() == 0 { // hand out what there is before waiting for more
				return n, nil
			}
			if err := d.next(); err != nil {
				return n, err
			}
		}
		k := copy(b[n:], d.rest)
		n, d.rest = n+k, d.rest[k:]
	}
	return n, nil
}

// next fills rest with one more line or, where it is longer than the buffer, a piece of it.
func (d *dataReader) next() error {
	switch {
	case d.refusal != nil:
		return d.refusal
	case d.ended:
		return io.EOF
	case d.lost:
		return errLost
	}
	if err := d.line(); err != nil {
		return err
	}
	d.size += int64(len(d.rest))
	if d.size > d.limit {
		d.refusal = errs.New(errs.TooLarge, "mail: message over %d bytes", d.limit)
	} else if d.pool.Add(int64(len(d.rest))) > d.poolLimit {
		d.pool.Add(-int64(len(d.rest)))
		d.size -= int64(len(d.rest))
		d.refusal = errs.New(errs.Unavailable, "mail: over %d bytes under way", d.poolLimit)
	} else {
		return nil
	}
	d.releaseAll()
	d.rest = nil
	return d.refusal
}

// line reads the next piece and unstuffs it; io.EOF at the end mark.
func (d *dataReader) line() error {
	chunk, err := d.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		d.lost = true
		return errLost
	}
	begins := !d.midLine
	crlf := bytes.HasSuffix(chunk, []byte("\r\n")) || (d.lastCR && len(chunk) == 1 && chunk[0] == '\n')
	d.midLine, d.lastCR = !crlf, chunk[len(chunk)-1] == '\r'
	if begins && chunk[0] == '.' {
		if string(chunk) == ".\r\n" {
			d.ended = true
			return io.EOF
		}
		chunk = chunk[1:]
	}
	d.rest = chunk
	return nil
}

// release gives back what the message took of the pool.
func (d *dataReader) release() {
	if d.refusal == nil {
		d.releaseAll()
	}
}

func (d *dataReader) releaseAll() {
	took := d.size
	if errs.Is(d.refusal, errs.TooLarge) {
		took -= int64(len(d.rest)) // the line that went over was not added
	}
	d.pool.Add(-took)
}

// drain reads on to the end mark without keeping anything.
func (d *dataReader) drain() error {
	for thrown := int64(0); !d.ended; thrown += int64(len(d.rest)) {
		if d.lost {
			return errLost
		}
		if thrown > drainFactor*d.limit {
			return errEndless
		}
		d.rest = nil
		if err := d.line(); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}
