package siprec

import "santra/internal/errs"

// Build makes the body of a recording session's INVITE: the offer and the metadata (RFC 7866 9.1). The metadata has one
// session, one recorded participant "agent" known by its seat code, one nameless "customer", and a stream each.
func Build(m Metadata, sdp []byte) (contentType string, body []byte, err error) {
	return "", nil, errs.New(errs.Unavailable, "not built yet")
}

// Parse reads such a body, also of other makers (Oracle, Cisco CUBE, Sonus, Avaya). Metadata may be missing; the SDP may not
// when it is a multipart. Identities are masked while reading. errs.Invalid, errs.TooLarge.
func Parse(contentType string, body []byte) (m Metadata, sdp []byte, err error) {
	return m, nil, errs.New(errs.Unavailable, "not built yet")
}
