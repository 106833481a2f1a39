package socket

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
)

// What breaks a stream: where the next message begins can't be known any more.
var (
	errNoLength  = errors.New("no usable Content-Length")
	errTooLong   = errors.New("message over the limit")
	endOfHeaders = []byte("\r\n\r\n")
)

// reader reads the messages of a stream (RFC 3261 18.3).
type reader struct {
	*bufio.Reader
	limit int         // bytes of a message
	ping  func()      // a double CRLF came, which wants a pong (RFC 5626 3.5.1)
	pong  func() bool // a single CRLF came: is it the answer to a ping of ours?
	begun func()      // the first byte of a message came
}

// message reads one. With an error there may be a message too, whose end is unknown: it is answered, then the connection is
// closed.
func (r *reader) message() ([]byte, error) {
	if err := r.skipEmptyLines(); err != nil {
		return nil, err
	}
	r.begun()
	head, err := r.head()
	if err != nil {
		return head, err
	}
	n, ok := ContentLength(head)
	if !ok {
		return head, errNoLength
	}
	if n > r.limit-len(head) {
		return head, errTooLong
	}
	return r.body(head, n)
}

// body reads n further bytes. Memory grows with what comes, not with what was announced.
func (r *reader) body(head []byte, n int) ([]byte, error) {
	b := bytes.NewBuffer(head)
	if _, err := io.CopyN(b, r, int64(n)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// skipEmptyLines skips CRLFs before a start-line; two of them alone are a keep-alive, one alone is the answer to ours.
func (r *reader) skipEmptyLines() error {
	for n := 1; ; n++ {
		b, err := r.ReadByte()
		if err != nil {
			return err
		}
		if b != '\r' && b != '\n' {
			return r.UnreadByte()
		}
		if r.Buffered() > 0 {
			continue
		}
		switch {
		case n == 2 && r.pong():
			n = 0
		case n == 4:
			r.ping()
			n = 0
		}
	}
}

// head reads up to and with the empty line.
func (r *reader) head() ([]byte, error) {
	var head []byte
	for {
		line, err := r.ReadSlice('\n')
		head = append(head, line...)
		if len(head) > r.limit {
			return head[:r.limit], errTooLong
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil {
			return nil, err
		}
		if bytes.HasSuffix(head, endOfHeaders) || bytes.Equal(line, []byte("\n")) {
			return head, nil
		}
	}
}

// ContentLength finds the one value of Content-Length (or l) in the head of a message; none, several different or a bad one is
// not ok.
func ContentLength(head []byte) (int, bool) {
	found := -1
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		if !ok || !lengthName(bytes.TrimSpace(name)) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
		if err != nil || found >= 0 && found != int(n) {
			return 0, false
		}
		found = int(n)
	}
	return found, found >= 0
}

// lengthName tells whether a field is Content-Length, long or short, without making strings of all fields of every message.
func lengthName(name []byte) bool {
	const long = "content-length"
	return len(name) == len(long) && bytes.EqualFold(name, []byte(long)) || len(name) == 1 && name[0]|0x20 == 'l'
}

// keepAlive recognises the empty packets that phones send to keep NAT bindings open (RFC 5626 3.5.1 and custom).
func keepAlive(b []byte) bool { return len(bytes.Trim(b, "\r\n\x00 ")) == 0 }
