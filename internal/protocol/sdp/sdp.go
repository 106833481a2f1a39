// Package sdp reads session descriptions leniently and writes offers and answers (RFC 3264, RFC 8866) for telephone audio:
// PCMA, PCMU, G722, opus and telephone-event. It owns no socket and no codec; it never panics on what it reads.
package sdp

import "net/netip"

// Direction is who sends (RFC 8866 6.7).
type Direction string

// The directions, seen from the one who wrote the description.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Media is one m-line.
type Media struct {
	Kind      string         // "audio", "video", "image"...
	Proto     string         // "RTP/AVP"...
	Conn      netip.AddrPort // where it wants to receive; port 0: refused or removed; invalid address: held the old way (0.0.0.0)
	RTCP      netip.AddrPort // a=rtcp, else the next port
	Codecs    []Codec        // in the writer's order, telephone-event included
	DTMFPT    int            // payload type of telephone-event at 8000 Hz, -1 without
	Direction Direction
	Label     string // a=label (RFC 4574)
	PTime     int    // milliseconds, 0 where not said
	MaxPTime  int    // the same
	RTCPMux   bool
	Crypto    []Crypto // the a=crypto lines that we can use, in the writer's order
}

// Session is a parsed description.
type Session struct {
	ID, Version uint64 // of o=
	Media       []Media
}

// Stream is one m-line of an offer of ours.
type Stream struct {
	Local     netip.AddrPort
	Codecs    []string  // names in the order of preference; nil: PCMA, PCMU; see Prefer
	DTMF      bool      // telephone-event too, for each clock of the codecs
	Direction Direction // empty: sendrecv
	Label     string
	Security  Security
	Keys      []Key // to offer, in the order of preference, those of before in a re-INVITE; nil: new ones, where Security asks for some
}

// Options names the session. A later description of the same session keeps ID and raises Version by one (RFC 3264 8).
type Options struct {
	ID, Version uint64   // 0: random, 1
	Security    Security // of an answer
	Keys        []Key    // of an answer: ours of before, one for each stream that is answered (Choice.Keys.Local); nil: new ones
}

// Choice is what an answer settled on for one m-line.
type Choice struct {
	Index     int            // which m-line
	Remote    netip.AddrPort // where to send; invalid: nowhere (held the old way)
	RTCP      netip.AddrPort
	Codec     Codec     // to send and to receive
	DTMFPT    int       // telephone-event, -1 without
	Direction Direction // ours: what we do
	Label     string
	Keys      Keys // of SRTP; not Valid: in the clear

	ReceivePT     uint8 // the peer may send Codec with this payload type too: the one of our offer (RFC 3264 6.1)
	DTMFReceivePT int   // the same for telephone-event, -1 without
	DTMFClock     int   // Hz of telephone-event; 0 without
	PTime         int   // milliseconds in each packet that we send, as the peer asks: 10 to 60
}

// Sends tells whether we send.
func (c Choice) Sends() bool { return c.Direction == SendRecv || c.Direction == SendOnly }

// Receives tells whether we receive.
func (c Choice) Receives() bool { return c.Direction == SendRecv || c.Direction == RecvOnly }
