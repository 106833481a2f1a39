// Package webrtc lets a browser talk: it answers the browser's offer and gives a Peer, an rtp.Transport of plain RTP
// packets. It owns ICE, DTLS and SRTP (all of it pion's) and alone imports them. It must not know calls or people.
package webrtc

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Config configures the server.
type Config struct {
	UDPAddr    string        // where the one UDP socket listens, "host:port"; port 0 picks one
	Candidates []netip.Addr  // the addresses that browsers are told; empty: that of UDPAddr
	Connect    time.Duration // how long a peer may take to connect; 0: DefaultConnect
	Log        *slog.Logger  // nil: discarded
}

// DefaultConnect is how long a browser may take from our answer to its first secured packet.
const DefaultConnect = 15 * time.Second

// Server answers browsers, all on one UDP port, as an ICE-lite agent (RFC 8445 2.5).
type Server struct{}

// NewServer opens the UDP port; errs.Invalid for the configuration, errs.Unavailable for the port.
func NewServer(cfg Config) (*Server, error) { return nil, errs.New(errs.Unavailable, "being built") }

// Addr is where the server listens.
func (s *Server) Addr() netip.AddrPort { return netip.AddrPort{} }

// Answer takes a browser's SDP offer with one audio section and gives the peer and the SDP answer, candidates included
// (no trickle). errs.Invalid for an offer that can't be read or has no codec of ours.
func (s *Server) Answer(ctx context.Context, offer string) (*Peer, string, error) {
	return nil, "", errs.New(errs.Unavailable, "being built")
}

// Close ends all peers and closes the port.
func (s *Server) Close() error { return nil }

// Peer is one browser. It is an rtp.Transport of whole RTP packets.
type Peer struct{}

// Codec is what was agreed on.
func (p *Peer) Codec() media.Codec { return media.PCMA }

// DTMFPayloadType is the payload type of telephone events, 0 without them: the third argument of rtp.Leg.Start.
func (p *Peer) DTMFPayloadType() uint8 { return 0 }

// Connected is closed once packets can pass.
func (p *Peer) Connected() <-chan struct{} { return nil }

// Closed is closed when the peer has gone: hung up, ICE failed, never connected, or Close.
func (p *Peer) Closed() <-chan struct{} { return nil }

// ReadPacket implements rtp.Transport.
func (p *Peer) ReadPacket(buf []byte) (int, error) { return 0, errs.New(errs.Unavailable, "being built") }

// WritePacket implements rtp.Transport. Before Connected packets are dropped without an error.
func (p *Peer) WritePacket(b []byte) error { return errs.New(errs.Unavailable, "being built") }

// Close implements rtp.Transport.
func (p *Peer) Close() error { return nil }
