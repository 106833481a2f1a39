package siprec

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
)

// Parse reads the body of a recording session's INVITE or UPDATE, also of other makers: draft namespaces or none (Oracle,
// Sonus), other parts beside it or no metadata at all (Cisco CUBE), empty stream ids (Avaya). What it can't use it skips.
// Identities are masked while reading: of the first one with digits a fragment stays, of the others nothing. errs.Invalid
// without an SDP in an INVITE-like body that has neither; errs.TooLarge over a limit. An extension of ours that breaks its
// rules is errs.Invalid.
func Parse(contentType string, body []byte) (m Metadata, sdp []byte, err error) {
	if len(body) > MaxBody {
		return m, nil, errs.New(errs.TooLarge, "siprec: body over %d bytes", MaxBody)
	}
	sdp, doc, err := split(contentType, body)
	if err != nil {
		return m, nil, err
	}
	m = Metadata{Foreign: true, Complete: true}
	if doc != nil {
		m, err = parseDocument(doc)
	}
	return m, sdp, err
}

// split finds the SDP and the metadata, each nil where missing.
func split(contentType string, body []byte) (sdp, doc []byte, err error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil && kind == "" {
		return nil, nil, errs.New(errs.Invalid, "siprec: unreadable content type")
	}
	switch {
	case kind == SDPType:
		return body, nil, nil
	case isMetadata(kind):
		return nil, body, nil
	case !strings.HasPrefix(kind, "multipart/"):
		return nil, nil, errs.New(errs.Invalid, "siprec: want multipart/mixed or %s", SDPType)
	}
	return splitParts(multipart.NewReader(bytes.NewReader(body), boundary(params, body)))
}

func splitParts(r *multipart.Reader) (sdp, doc []byte, err error) {
	for n := 0; ; n++ {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) || (err != nil && sdp != nil) {
			break // a body cut short after the SDP still sets up a session
		}
		if err != nil {
			return nil, nil, errs.New(errs.Invalid, "siprec: broken multipart body")
		}
		if n >= MaxParts {
			return nil, nil, errs.New(errs.TooLarge, "siprec: over %d parts", MaxParts)
		}
		content, _ := io.ReadAll(p) // cut short: what is there
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		switch {
		case sdp == nil && kind == SDPType:
			sdp = content
		case doc == nil && isMetadata(kind):
			doc = content
		}
	}
	if sdp == nil && doc == nil {
		return nil, nil, errs.New(errs.Invalid, "siprec: neither SDP nor metadata in the body")
	}
	return sdp, doc, nil
}

// boundary falls back on the body's first delimiter where the header lost it.
func boundary(params map[string]string, body []byte) string {
	if b := params["boundary"]; b != "" {
		return b
	}
	line, _, _ := bytes.Cut(bytes.TrimLeft(body, "\r\n"), []byte("\n"))
	return strings.TrimPrefix(strings.TrimSpace(string(line)), "--")
}

// isMetadata knows the registered type and those of the drafts.
func isMetadata(kind string) bool {
	return kind == MetadataType || kind == "application/rs-metadata" || kind == "application/rs-metadata-request"
}

// reader walks the document; it looks at local names only, for the namespaces differ between makers.
type reader struct {
	m        Metadata
	fragment string
	extended bool
	inCall   bool // within the extension
	people   int
}

func parseDocument(doc []byte) (Metadata, error) {
	r := reader{m: Metadata{Complete: true}}
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimSpace(doc)))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // text of people is dropped anyway
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Metadata{}, errs.New(errs.Invalid, "siprec: metadata is not XML") // err would quote the document
		}
		switch e := t.(type) {
		case xml.StartElement:
			if err := r.element(d, e); err != nil {
				return Metadata{}, err
			}
		case xml.EndElement:
			r.inCall = r.inCall && e.Name.Local != "call"
		}
	}
	return r.done()
}

func (r *reader) element(d *xml.Decoder, e xml.StartElement) error {
	switch strings.ToLower(e.Name.Local) {
	case "datamode":
		r.m.Complete = !strings.EqualFold(text(d), "partial")
	case "start-time":
		r.start(text(d))
	case "participant":
		r.people++
	case "nameid":
		r.mask(attr(e, "aor"))
	case "stream":
		r.m.Streams = append(r.m.Streams, Stream{ID: "s" + strconv.Itoa(len(r.m.Streams)+1)})
	case "label":
		r.label(text(d))
	case "call":
		r.call(e)
	case "also":
		if r.inCall {
			r.m.Extension.Gates = append(r.m.Extension.Gates, attr(e, "gate"))
		}
	}
	if len(r.m.Streams) > MaxStreams || r.people > MaxParticipants || len(r.m.Extension.Gates) >= MaxOutsider {
		return errs.New(errs.TooLarge, "siprec: over %d streams, %d participants or %d gate tokens", MaxStreams, MaxParticipants, MaxOutsider)
	}
	return nil
}

// start takes the session's start; 1970 is what Sonus says for "unknown".
func (r *reader) start(s string) {
	if t, err := time.Parse(time.RFC3339, strings.TrimSpace(s)); err == nil && t.Year() > 1970 && r.m.Start.IsZero() {
		r.m.Start = t.UTC()
	}
}

// mask lets of an identity no more through than M7 allows.
func (r *reader) mask(aor string) {
	if aor == "" {
		return
	}
	r.m.Masked++
	user, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(aor, "sip:"), "sips:"), "@")
	user, _, _ = strings.Cut(strings.TrimPrefix(user, "tel:"), ";")
	if f := pii.NewNumber(user).Fragment(MaxFragment); r.fragment == "" {
		r.fragment = f
	}
}

// label keeps labels as short as labels are: a number would be cut to a fragment.
func (r *reader) label(s string) {
	if n := len(r.m.Streams); n > 0 && r.m.Streams[n-1].Label == "" {
		s = strings.TrimSpace(s)
		r.m.Streams[n-1].Label = s[:min(len(s), MaxFragment)]
	}
}

// call reads the extension; done validates it.
func (r *reader) call(e xml.StartElement) {
	if r.extended || !ours(e) {
		return
	}
	r.extended, r.inCall = true, true
	part, _ := strconv.Atoi(attr(e, "part"))
	r.m.Extension = Extension{
		Gate: attr(e, "gate"), Part: part, Session: attr(e, "session"), Agency: attr(e, "agency"), Queue: attr(e, "queue"),
		Seat: attr(e, "seat"), Fragment: attr(e, "fragment"), Announcement: attr(e, "announcement"), Language: attr(e, "language"),
		Outsiders: 1,
	}
	if n := attr(e, "outsiders"); n != "" {
		var err error
		if r.m.Extension.Outsiders, err = strconv.Atoi(n); err != nil || r.m.Extension.Outsiders < 1 {
			r.m.Extension.Outsiders = -1 // which Validate refuses
		}
	}
}

// ours tells whether the element declares our namespace; RawToken does not resolve prefixes, and we write it in place.
func ours(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Value == ExtensionNamespace && (a.Name.Local == "xmlns" || a.Name.Space == "xmlns") {
			return true
		}
	}
	return false
}

func (r *reader) done() (Metadata, error) {
	r.m.Session = r.m.Extension.Session
	if !r.extended {
		r.m.Foreign = true
		r.m.Extension.Fragment = r.fragment
		return r.m, nil
	}
	if err := r.m.Extension.Validate(); err != nil {
		return Metadata{}, err
	}
	return r.m, nil
}

// text reads the character data up to the next tag.
func text(d *xml.Decoder) string {
	t, err := d.RawToken()
	if c, ok := t.(xml.CharData); ok && err == nil {
		return string(c)
	}
	return ""
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if strings.EqualFold(a.Name.Local, name) && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
