package sip

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// What breaks a stream: where the next message begins can't be known any more.
var (
	errNoLength  = errors.New("no usable Content-Length")
	errTooLong   = errors.New("message over the limit")
	crlf         = []byte("\r\n")
	endOfHeaders = []byte("\r\n\r\n")
)

// readMessage reads one message of a stream (RFC 3261 18.3). ping is a double CRLF that wants a pong (RFC 5626 3.5.1). With an
// error there may be a message too, whose end is unknown: it is answered, then the connection is closed.
func readMessage(r *bufio.Reader, limit int) (raw []byte, ping bool, err error) {
	ping, err = skipEmptyLines(r)
	if err != nil || ping {
		return nil, ping, err
	}
	head, err := readHead(r, limit)
	if err != nil {
		return head, false, err
	}
	n, ok := contentLength(head)
	if !ok {
		return head, false, errNoLength
	}
	if n > limit-len(head) {
		return head, false, errTooLong
	}
	raw = append(head, make([]byte, n)...)
	if _, err = io.ReadFull(r, raw[len(head):]); err != nil {
		return nil, false, err
	}
	return raw, false, nil
}

// skipEmptyLines skips CRLFs before a start-line; two of them alone are a keep-alive.
func skipEmptyLines(r *bufio.Reader) (ping bool, err error) {
	for n := 0; ; n++ {
		b, err := r.ReadByte()
		if err != nil {
			return false, err
		}
		if b != '\r' && b != '\n' {
			return false, r.UnreadByte()
		}
		if n == 3 && r.Buffered() == 0 {
			return true, nil
		}
	}
}

// readHead reads up to and with the empty line.
func readHead(r *bufio.Reader, limit int) ([]byte, error) {
	var head []byte
	for {
		line, err := r.ReadSlice('\n')
		head = append(head, line...)
		if len(head) > limit {
			return head[:limit], errTooLong
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

// contentLength finds the one value of Content-Length (or l) in a head; none, several different or a bad one is not ok.
func contentLength(head []byte) (int, bool) {
	found := -1
	for line := range bytes.Lines(head) {
		name, value, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name != "content-length" && name != "l" {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
		if err != nil || found >= 0 && found != int(n) {
			return 0, false
		}
		found = int(n)
	}
	return found, found >= 0
}
