package mail

import (
	"strings"
	"unicode/utf8"

	"santra/internal/errs"
)

// MaxPath is the longest address taken, in bytes (RFC 5321 4.5.3.1.3 asks for at least 256).
const MaxPath = 1024

// parsePath reads "FROM:<path> KEY=value ..." (RFC 5321 4.1.2) and gives the address without brackets and source route,
// with the ESMTP parameters by upper-case key. The null path gives "".
func parsePath(arg, prefix string) (address string, params map[string]string, err error) {
	bad := func() (string, map[string]string, error) {
		return "", nil, errs.New(errs.Invalid, "mail: bad path")
	}
	if len(arg) < len(prefix) || !strings.EqualFold(arg[:len(prefix)], prefix) {
		return bad()
	}
	arg = strings.TrimLeft(arg[len(prefix):], " ") // a space after the colon is wrong, and common
	if !strings.HasPrefix(arg, "<") {
		return bad()
	}
	end := pathEnd(arg)
	if end < 0 {
		return bad()
	}
	address, rest := arg[1:end], arg[end+1:]
	if strings.HasPrefix(address, "@") { // a source route is accepted and ignored (RFC 5321 C)
		_, after, found := strings.Cut(address, ":")
		if !found {
			return bad()
		}
		address = after
	}
	if !plainAddress(address) || (rest != "" && rest[0] != ' ') {
		return bad()
	}
	return address, parseParams(rest), nil
}

// pathEnd finds the closing bracket outside of a quoted local part.
func pathEnd(s string) int {
	quoted := false
	for i := 1; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '>' && !quoted:
			return i
		}
	}
	return -1
}

// plainAddress refuses what could break a header or another command: control characters, broken UTF-8, overlong ones.
func plainAddress(s string) bool {
	return len(s) <= MaxPath && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func parseParams(s string) map[string]string {
	params := map[string]string{}
	for field := range strings.FieldsSeq(s) {
		key, value, _ := strings.Cut(field, "=")
		params[strings.ToUpper(key)] = value
	}
	return params
}
