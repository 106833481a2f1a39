package message

import (
	"slices"
	"strings"
)

// Unacceptable refuses a request that requires another option tag than these, or an INVITE whose body is none of these content
// types (none: any) or is coded (RFC 3261 8.2.2.3, 8.2.3).
func (in *Inbound) Unacceptable(tags, kinds []string) (r Reply, refused bool) {
	if in.Method == REGISTER { // package registrar looks at what it wants, once it knows who asks
		return Reply{}, false
	}
	var unknown []string
	for _, tag := range Tokens(in, "Require", ",") {
		if !slices.Contains(tags, tag) {
			unknown = append(unknown, tag)
		}
	}
	switch {
	case len(unknown) > 0:
		return Reply{Code: 420, Extra: []Header{{Name: "Unsupported", Value: strings.Join(unknown, ", ")}}}, true
	case in.Method != INVITE:
		return Reply{}, false
	case len(in.Body()) > 0 && !in.readable(kinds):
		return Reply{Code: 415, Extra: []Header{{Name: "Accept", Value: strings.Join(kinds, ", ")}, {Name: "Accept-Encoding", Value: "identity"}}}, true
	case !takesSDP(in):
		return Reply{Code: 406}, true
	}
	return Reply{}, false
}

// readable tells whether a body is of one of the types, and not coded.
func (in *Inbound) readable(kinds []string) bool {
	for _, coding := range Tokens(in, "Content-Encoding", ",") {
		if coding != "identity" {
			return false
		}
	}
	kind, _, _ := strings.Cut(strings.ToLower(Value(in, "Content-Type")), ";")
	return len(kinds) == 0 || slices.Contains(kinds, strings.TrimSpace(kind))
}

// takesSDP tells whether a caller reads session descriptions, which are all that we answer with (21.4.7).
func takesSDP(in *Inbound) bool {
	all := Tokens(in, "Accept", ",")
	return len(all) == 0 || slices.ContainsFunc(all, func(a string) bool {
		kind, _, _ := strings.Cut(a, ";")
		return slices.Contains([]string{"application/sdp", "application/*", "*/*"}, strings.TrimSpace(kind))
	})
}
