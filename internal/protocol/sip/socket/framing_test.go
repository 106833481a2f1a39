package socket

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func readAll(b []byte, limit int) (all []string, pings, pongs int, err error) {
	r := &reader{Reader: bufio.NewReader(bytes.NewReader(b)), limit: limit, begun: func() {}}
	r.ping, r.pong = func() { pings++ }, func() bool { pongs++; return false }
	for {
		raw, err := r.message()
		if len(raw) > 0 {
			all = append(all, string(raw))
		}
		if err != nil {
			return all, pings, pongs, err
		}
	}
}

const one = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"

func TestMessagesOfAStream(t *testing.T) {
	for _, c := range []struct {
		name, stream string
		want         int
		err          error
	}{
		{"two", one + one, 2, io.EOF},
		{"empty lines between", "\r\n\r\n" + one + "\r\n" + one + "\r\n", 2, io.EOF},
		{"short name", strings.Replace(one, "Content-Length", "l", 1), 1, io.EOF},
		{"no length", strings.Replace(one, "Content-Length", "X", 1), 1, errNoLength},
		{"two lengths", strings.Replace(one, "\r\n\r\n", "\r\nl: 5\r\n\r\n", 1), 1, errNoLength},
		{"negative length", strings.Replace(one, ": 4", ": -4", 1), 1, errNoLength},
		{"over the limit", strings.Replace(one, ": 4", ": 4000", 1), 1, errTooLong},
		{"endless line", "OPTIONS " + strings.Repeat("x", 2000), 1, errTooLong},
		{"half a body", one[:len(one)-1], 0, io.EOF},
		{"half a head", one[:20], 0, io.EOF},
	} {
		all, _, _, err := readAll([]byte(c.stream), 1000)
		if len(all) != c.want || err != c.err {
			t.Errorf("%s: %d messages, %v", c.name, len(all), err)
		}
	}
}

// Whatever is sent in whatever pieces comes out as it went in.
func TestPiecesMakeTheSameMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "messages")
		sizes := rapid.SliceOfN(rapid.IntRange(1, 60), 1, 50).Draw(t, "pieces")
		r, w := io.Pipe()
		go func() {
			rest := strings.Repeat(one, n)
			for _, k := range sizes {
				k = min(k, len(rest))
				_, _ = io.WriteString(w, rest[:k])
				rest = rest[k:]
			}
			_, _ = io.WriteString(w, rest)
			_ = w.Close()
		}()
		in := &reader{Reader: bufio.NewReader(r), limit: 1000, begun: func() {}, ping: func() {}, pong: func() bool { return false }}
		for range n {
			if raw, err := in.message(); string(raw) != one || err != nil {
				t.Fatalf("%q %v", raw, err)
			}
		}
	})
}

func TestKeepAlives(t *testing.T) {
	for stream, want := range map[string][2]int{"\r\n\r\n": {1, 0}, "\r\n\r\n\r\n\r\n" + one: {0, 0}, "\r\n": {0, 1}, one + "\r\n": {0, 1}, "": {0, 0}} {
		if _, pings, pongs, _ := readAll([]byte(stream), 1000); pings != want[0] || pongs != want[1] {
			t.Errorf("%q: %d pings, %d pongs", stream, pings, pongs)
		}
	}
	for s, want := range map[string]bool{"": true, "\r\n\r\n": true, "\x00\x00": true, " ": true, "x": false, "\r\nx": false} {
		if keepAlive([]byte(s)) != want {
			t.Errorf("%q", s)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, s := range []string{one, one + one, "\r\n\r\n", "\r\n" + one, strings.Replace(one, ": 4", ": 99999999999", 1), "OPTIONS\n\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		all, _, _, err := readAll(b, 1000)
		for _, m := range all {
			if len(m) > 1000 {
				t.Fatal("over the limit")
			}
		}
		if err == nil {
			t.Fatal("ended without an error")
		}
	})
}

// plainLength is ContentLength, written plainly.
func plainLength(head []byte) (int, bool) {
	found := -1
	for line := range strings.Lines(string(head)) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
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

func FuzzContentLength(f *testing.F) {
	for _, head := range []string{
		"", one, "l: 1", "L:2\r\nl : 2", "CONTENT-LENGTH\t:\u00a03", "content-length: +1", "l: 1\r\nContent-Length: 2", "\u00a0l: 4", ":", "\u212aontent-length: 1",
		"Content-Length: 99999999999", "l:\nl: 1", "content_length: 1", ",: 1",
	} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		n, ok := ContentLength(head)
		if want, wanted := plainLength(head); n != want || ok != wanted {
			t.Errorf("%q: %d %v, want %d %v", head, n, ok, want, wanted)
		}
	})
}
