package sip

import (
	"slices"
	"strings"
)

// unacceptable refuses a request that wants what we don't understand, or brings what we can't read (RFC 3261 8.2.2.3, 8.2.3).
func (e *Endpoint) unacceptable(in *inbound) (r reply, refused bool) {
	if in.method == mREGISTER { // package registrar looks at what it wants, once it knows who asks
		return reply{}, false
	}
	var unknown []string
	for _, tag := range tokens(in, "Require", ",") {
		if !slices.Contains(e.tags, tag) {
			unknown = append(unknown, tag)
		}
	}
	switch {
	case len(unknown) > 0:
		return reply{code: 420, extra: []Header{{"Unsupported", strings.Join(unknown, ", ")}}}, true
	case in.method != mINVITE:
		return reply{}, false
	case len(in.Body()) > 0 && !e.readable(in):
		return reply{code: 415, extra: []Header{{"Accept", strings.Join(e.cfg.Accept, ", ")}, {"Accept-Encoding", "identity"}}}, true
	case !takesSDP(in):
		return reply{code: 406}, true
	}
	return reply{}, false
}

// readable tells whether a body is of a type and coding that Config.Accept names.
func (e *Endpoint) readable(in *inbound) bool {
	for _, coding := range tokens(in, "Content-Encoding", ",") {
		if coding != "identity" {
			return false
		}
	}
	kind, _, _ := strings.Cut(strings.ToLower(value(in, "Content-Type")), ";")
	return len(e.cfg.Accept) == 0 || slices.Contains(e.cfg.Accept, strings.TrimSpace(kind))
}

// takesSDP tells whether a caller reads session descriptions, which are all that we answer with (21.4.7).
func takesSDP(in *inbound) bool {
	all := tokens(in, "Accept", ",")
	return len(all) == 0 || slices.ContainsFunc(all, func(a string) bool {
		kind, _, _ := strings.Cut(a, ";")
		return slices.Contains([]string{"application/sdp", "application/*", "*/*"}, strings.TrimSpace(kind))
	})
}
