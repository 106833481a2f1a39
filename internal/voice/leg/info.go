package leg

import "strings"

// KeySet is what a telephone's keypad can send (RFC 4733 3.2).
const KeySet = "0123456789*#ABCD"

// maxInfoBody bounds the INFO body that is read for a key.
const maxInfoBody = 256

// InfoKey reads a key press from a SIP INFO body: application/dtmf-relay ("Signal=5\r\nDuration=160") or application/dtmf
// ("5"), the two forms in the field; neither has an RFC. Numbers 10 and 11 stand for * and # in some phones.
func InfoKey(contentType string, body []byte) (rune, bool) {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	if len(body) > maxInfoBody {
		return 0, false
	}
	switch strings.TrimSpace(kind) {
	case "application/dtmf":
		return key(string(body))
	case "application/dtmf-relay":
		for line := range strings.Lines(string(body)) {
			name, value, ok := strings.Cut(line, "=")
			if ok && strings.EqualFold(strings.TrimSpace(name), "signal") {
				return key(value)
			}
		}
	}
	return 0, false
}

func key(s string) (rune, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	switch s {
	case "10":
		s = "*"
	case "11":
		s = "#"
	}
	if len(s) != 1 || !strings.Contains(KeySet, s) {
		return 0, false
	}
	return rune(s[0]), true
}
