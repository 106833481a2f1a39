package message

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"santra/internal/pii"
	"santra/internal/protocol/sip/fields"
)

// CallerOf finds who calls. A caller who asks for privacy in any way is withheld (RFC 3323 4.2, RFC 3325 9.3), whatever else
// the message says: the number is not even read then.
func CallerOf(in *Inbound, trusted bool) pii.Number {
	if PrivacyOf(in).Withheld() {
		return pii.Number{}
	}
	from := UserOf(&in.From().Address)
	if anonymous(&in.From().Address) {
		return pii.Number{}
	}
	if trusted {
		for _, v := range Values(in, "P-Asserted-Identity") {
			if u, ok := assertedUser(v); ok {
				return pii.NewNumber(u)
			}
		}
	}
	return pii.NewNumber(from)
}

// PrivacyOf reads what the caller asks.
func PrivacyOf(in *Inbound) fields.Privacy { return fields.ParsePrivacy(Values(in, "Privacy")) }

// anonymous recognises the From of a caller who is withheld (RFC 3323 4.1.1.3 and what carriers send).
func anonymous(u *sip.Uri) bool {
	user, host := strings.ToLower(UserOf(u)), strings.ToLower(u.Host)
	return slices.Contains([]string{"", "anonymous", "unavailable", "restricted", "unknown", "withheld"}, user) || host == "anonymous.invalid"
}

// assertedUser reads a P-Asserted-Identity field: a sip and a tel URI, comma-separated, either first (RFC 3325 9.1).
func assertedUser(v string) (string, bool) {
	for one := range strings.SplitSeq(v, ",") {
		var u sip.Uri
		if _, err := sip.ParseAddressValue(strings.TrimSpace(one), &u, &sip.HeaderParams{}); err == nil && !anonymous(&u) {
			return UserOf(&u), true
		}
	}
	return "", false
}

// UserOf is the user part of a URI without its parameters: the number of sip:+358...;phone-context=x@host and of tel:+358....
func UserOf(u *sip.Uri) string {
	user := u.User
	if raw := u.Raw(); raw != "" {
		user = raw
	}
	user, _, _ = strings.Cut(user, ";")
	if strings.EqualFold(u.Scheme, "tel") || strings.HasPrefix(user, "+") {
		user = strings.Map(dropVisual, user)
	}
	return unescape(user)
}

// dropVisual drops the visual separators of RFC 3966 5.1.1.
func dropVisual(r rune) rune {
	if strings.ContainsRune("-.() ", r) {
		return -1
	}
	return r
}

// unescape resolves %HH (RFC 3261 19.1.2); a broken one stays as it is.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

func unhex(c byte) byte {
	if c >= 'A' {
		return (c | 0x20) - 'a' + 10
	}
	return c - '0'
}

// EscapeUser writes a user part (RFC 3261 25.1: unreserved, user-unreserved).
func EscapeUser(s string) string {
	const plain = "-_.!~*'()&=+$,;?/"
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', digits[c>>4], digits[c&15]})
	}
	return b.String()
}

// Quoted writes a display name (RFC 3261 25.1).
func Quoted(s string) string {
	s = clean(s)
	if strings.ContainsAny(s, `"\`) { // seldom, and a replacer is dear to make
		s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	}
	return `"` + s + `"`
}
