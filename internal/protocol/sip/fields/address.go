package fields

import (
	"slices"
	"strconv"
	"strings"
)

// Address is the URI of a name-addr or an addr-spec (RFC 3261 25.1): of `"Name" <sip:a@b;x>;tag=1` it is sip:a@b;x, of the bare
// sip:a@b;tag=1 it is sip:a@b, for parameters behind a bare URI belong to the field (20.10).
func Address(v string) (string, bool) {
	v = strings.TrimSpace(v)
	if strings.HasPrefix(v, `"`) {
		end := quoteEnd(v)
		if end < 0 {
			return "", false
		}
		v = v[end+1:]
	}
	if _, rest, ok := strings.Cut(v, "<"); ok {
		uri, _, closed := strings.Cut(rest, ">")
		return uri, closed && isURI(uri)
	}
	bare := split(v, ',')[0]
	uri, _, _ := strings.Cut(bare, ";")
	uri = strings.TrimSpace(uri)
	return uri, isURI(uri)
}

// quoteEnd is where a quoted string that begins v ends; -1 where it does not.
func quoteEnd(v string) int {
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// isURI tells whether it begins with a scheme and holds nothing that would end the field.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	return ok && scheme != "" && rest != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune("<>\"\x7f", r) })
}

// maxContacts bounds the targets that are read of a redirection.
const maxContacts = 8

// Contacts are the URIs of Contact fields, the most wanted first (RFC 3261 20.10, q).
func Contacts(values []string) []string {
	type target struct {
		uri string
		q   float64
	}
	var all []target
	for _, v := range values {
		for _, one := range split(v, ',') {
			uri, ok := Address(one)
			if !ok || len(all) >= maxContacts {
				continue
			}
			q, err := strconv.ParseFloat(parameter(one, "q"), 64)
			if err != nil || !(q >= 0 && q <= 1) {
				q = 1
			}
			all = append(all, target{uri, q})
		}
	}
	slices.SortStableFunc(all, func(a, b target) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	uris := make([]string, 0, len(all))
	for _, t := range all {
		uris = append(uris, t.uri)
	}
	return uris
}

// split cuts at a separator that stands outside quotes and angle brackets. There is always one piece at least.
func split(v string, sep byte) []string {
	var all []string
	start, angle := 0, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '"':
			if n := quoteEnd(v[i:]); n > 0 {
				i += n
			}
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == sep && !angle:
			all, start = append(all, v[start:i]), i+1
		}
	}
	return append(all, v[start:])
}

// parameter is the value of ";name=value" behind a field or URI, unquoted; empty without it.
func parameter(v, name string) string {
	for _, p := range split(v, ';')[1:] {
		k, val, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return unquote(strings.TrimSpace(val))
		}
	}
	return ""
}

// withoutParameter takes a parameter out of a URI.
func withoutParameter(uri, name string) string {
	parts := split(uri, ';')
	kept := parts[:1]
	for _, p := range parts[1:] {
		if k, _, _ := strings.Cut(p, "="); !strings.EqualFold(strings.TrimSpace(k), name) {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ";")
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i+1 < len(s)-1 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
