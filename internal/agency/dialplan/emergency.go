package dialplan

import (
	"slices"
	"strings"

	"santra/internal/agency"
)

// sosURN is the service URN of emergency calls, with or without a sub-service (RFC 5031 4.2).
const sosURN = "urn:service:sos"

// outsideDigits are, besides 0, the digits with which exchanges commonly reach outside: who knows another house dials one by habit.
const outsideDigits = "89"

// maxZeros bounds the zeros before the emergency number: an access digit and an international prefix.
const maxZeros = 3

// Emergency tells whether what was dialled is a call for help. These forms count, with any visual separators (RFC 3966 5.1.1)
// within, spaces, slashes, a closing # and as a tel: or sip: URI:
//
//   - 112 itself, and urn:service:sos (RFC 5031), which some telephones send;
//   - 0112, 00112, 000112, 8112, 9112, 9 00 112: after digits that reach outside or abroad, here or in other houses;
//   - +112: telephones that write every number with a plus;
//   - +358112, 00 358 112, 358112, and +CC112 of every country: telephones that complete numbers with their country's code.
//
// None of them is anybody's number: after a country code the shortest subscriber's numbers have four digits. A call for help
// that was dialled wrongly is so still a call for help. access is the house's own prefix for outside ("" for none), country
// its calling code: they only add forms.
func Emergency(dialled, access, country string) bool {
	if u := strings.ToLower(strings.TrimSpace(dialled)); u == sosURN || strings.HasPrefix(u, sosURN+".") {
		return true
	}
	d := strings.TrimSuffix(compact(dialled), "#")
	return forHelp(d, country) || access != "" && strings.HasPrefix(d, access) && forHelp(d[len(access):], country)
}

// forHelp is Emergency for a string without separators.
func forHelp(d, country string) bool {
	before, ok := strings.CutSuffix(d, agency.EmergencyNumber)
	if !ok {
		return false
	}
	if before == "" || before == "+" || before == country || before == agency.DefaultCountryCode {
		return true
	}
	abroad := before[0] == '+'
	rest := before
	if abroad {
		rest = rest[1:]
	} else if strings.IndexByte(outsideDigits, rest[0]) >= 0 {
		rest = rest[1:]
	}
	code := strings.TrimLeft(rest, "0")
	zeros := len(rest) - len(code)
	return zeros <= maxZeros && (code == "" || (abroad || zeros > 1) && slices.Contains(agency.CallingCodes(), code) || zeros > 0 && code == country)
}
