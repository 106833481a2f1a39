// Package siprec writes and reads the bodies of session recording: RFC 7866's multipart/mixed with RFC 7865's metadata. It
// writes strictly and reads leniently, for other makers' clients speak dialects of it. It never lets through who called:
// identities of foreign metadata are reduced to a fragment while they are parsed (M7) and held nowhere. It opens no socket.
package siprec

import (
	"time"
)

// Namespaces of the metadata.
const (
	Namespace          = "urn:ietf:params:xml:ns:recording:1" // RFC 7865 section 10
	ExtensionNamespace = "urn:santra:siprec:1"                // what our two servers tell each other
)

// Media types and the disposition of the metadata part (RFC 7866 9.1, 7865 10.3).
const (
	MetadataType = "application/rs-metadata+xml"
	SDPType      = "application/sdp"
	Disposition  = "recording-session"
	OptionTag    = "siprec" // RFC 7866 6.1.2: in Require
	FeatureSRC   = "+sip.src"
	FeatureSRS   = "+sip.srs"
)

// Limits of what Parse reads.
const (
	MaxBody         = 256 << 10 // bytes of a whole body
	MaxParts        = 16        // parts of a multipart body
	MaxParticipants = 64
	MaxStreams      = 16
	MaxFragment     = 4 // digits, M7
)

// Labels of the two streams that our own client offers (RFC 4574 a=label).
const (
	LabelCustomer = "1"
	LabelAgent    = "2"
)

// Metadata is what a recorder may know of a call. It has no field for a number, name, address or call id of anybody.
type Metadata struct {
	Session   string    // opaque id, shared by the parts of one call; RFC 7865 session_id in base64 on the wire
	Start     time.Time // when recording began; zero when the client did not say, or said 1970
	Extension Extension // zero for foreign clients
	Streams   []Stream  // in the order of the document
	Complete  bool      // dataMode complete; a partial update else
	Foreign   bool      // no extension of ours was in it
	Masked    int       // identities that were dropped or reduced while reading
}

// Stream is one media line.
type Stream struct {
	ID    string // stream_id as sent; may be empty (Avaya)
	Label string // a=label of its media line
}

// Extension is what the contact centre tells its recorder, and nothing else.
type Extension struct {
	Gate         string // the gate token (M4)
	Part         int    // 1, 2, ...: numbered parts of one call
	Session      string // opaque id shared by the parts
	Agency       string
	Queue        string
	Seat         string // seat code
	Fragment     string // last digits of the customer's number, at most MaxFragment
	Announcement string // version that was heard
	Language     string // "fi", "sv", "en"

	// Outsiders are the people of this part who are not the centre's, each of whom has heard an announcement to its end (M4):
	// the customer, and who was added. 0 is 1, the customer alone.
	Outsiders int
	// Gates are the gate tokens of the added outsiders, one each; Gate is the customer's.
	Gates []string
}

// Outside is Outsiders, at least 1.
func (e Extension) Outside() int { return max(1, e.Outsiders) }
