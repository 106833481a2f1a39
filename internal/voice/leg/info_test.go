package leg

import (
	"strings"
	"testing"
)

func TestInfoKey(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		want       rune
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5'},
		{"application/dtmf-relay", "Duration=160\r\nsignal = #", '#'},
		{"Application/DTMF-Relay; charset=x", "Signal=10", '*'},
		{"application/dtmf", "7", '7'},
		{"application/dtmf", " a\r\n", 'A'},
		{"application/dtmf", "12", 0},
		{"application/dtmf", "", 0},
		{"application/dtmf-relay", "Duration=5", 0},
		{"text/plain", "5", 0},
		{"application/dtmf", strings.Repeat(" ", maxInfoBody) + "5", 0},
	} {
		if got, ok := InfoKey(c.kind, []byte(c.body)); got != c.want || ok != (c.want != 0) {
			t.Errorf("%s %q: %q %v", c.kind, c.body, got, ok)
		}
	}
}

func FuzzInfoKey(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160"))
	f.Add("application/dtmf", []byte("#"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if r, ok := InfoKey(kind, body); ok && !strings.ContainsRune(KeySet, r) {
			t.Fatalf("%q", r)
		}
	})
}
