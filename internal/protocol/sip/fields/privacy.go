package fields

import "strings"

// Privacy is what a caller asks to be kept from the callee (RFC 3323 4.2, RFC 3325 9.3). The zero value asks nothing.
type Privacy uint8

// The kinds of privacy. Critical: refuse the call rather than give it less.
const (
	PrivacyID Privacy = 1 << iota
	PrivacyUser
	PrivacyHeader
	PrivacySession
	PrivacyCritical
	PrivacyUnknown // a kind that we do not know, so can't give
)

// names are the tokens of the kinds, in the order of their bits. "none" (RFC 3323 4.2) asks that nothing be done.
func names() [5]string { return [5]string{"id", "user", "header", "session", "critical"} }

// ParsePrivacy reads the Privacy fields of a message.
func ParsePrivacy(values []string) Privacy {
	var p Privacy
	for _, v := range values {
		for t := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ';' || r == ',' }) {
			p |= kind(strings.ToLower(strings.TrimSpace(t)))
		}
	}
	return p
}

func kind(token string) Privacy {
	for i, n := range names() {
		if token == n {
			return 1 << i
		}
	}
	if token == "none" || token == "" || token == "history" { // history: RFC 7044 10.1, the same header fields as "header"
		return 0
	}
	return PrivacyUnknown
}

// Withheld tells whether the caller's number must not be shown.
func (p Privacy) Withheld() bool { return p&(PrivacyID|PrivacyUser|PrivacyHeader) != 0 }

// Impossible tells whether the call must be refused: privacy is critical and a kind of it unknown (RFC 3323 5).
func (p Privacy) Impossible() bool { return p&PrivacyCritical != 0 && p&PrivacyUnknown != 0 }

// String writes it as a header value; empty for nothing.
func (p Privacy) String() string {
	var all []string
	for i, n := range names() {
		if p&(1<<i) != 0 {
			all = append(all, n)
		}
	}
	return strings.Join(all, ";")
}
