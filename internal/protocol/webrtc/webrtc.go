// Package webrtc lets a browser talk: it answers the browser's offer and gives a Peer, an rtp.Transport of plain RTP
// packets. It owns ICE, DTLS and SRTP (all of it pion's) and alone imports them. It must not know calls or people.
//
// Whether the packets come from the browser that made the offer is DTLS's to prove: pion compares the certificate of the
// handshake with the fingerprint in the offer (RFC 8122 5, RFC 8827 6.5), and nothing passes before.
package webrtc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/transport/v5/packetio"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Config configures the server.
type Config struct {
	UDPAddr    string        // where the one UDP socket listens, "address:port"; port 0 picks one
	Candidates []netip.Addr  // the addresses that browsers are told; empty: that of UDPAddr
	Connect    time.Duration // how long a peer may take to connect; 0: DefaultConnect
	MaxPeers   int           // browsers at a time; 0: DefaultMaxPeers
	Log        *slog.Logger  // nil: discarded
}

// Limits.
const (
	DefaultConnect  = 15 * time.Second // from our answer to the first secured packet
	DefaultMaxPeers = 5000
	MaxOffer        = 64 << 10 // bytes of an SDP offer

	disconnectedAfter = 5 * time.Second  // without any packet
	failedAfter       = 10 * time.Second // after that: the peer is closed
	keepAlive         = 2 * time.Second

	// readBuffer is asked of the kernel for the one port, in bytes. Its default, 212,992, holds some 250 packets: 5 ms of
	// 1,000 browsers. It gives what net.core.rmem_max allows.
	readBuffer = 4 << 20
)

// Server answers browsers, all on one UDP port, as an ICE-lite agent (RFC 8445 2.5).
type Server struct {
	cfg    Config
	socket net.PacketConn
	mux    ice.UDPMux
	base   pion.SettingEngine
	certs  []pion.Certificate

	mu     sync.Mutex
	peers  map[*Peer]struct{}
	closed bool
}

// NewServer opens the UDP port; errs.Invalid for the configuration, errs.Unavailable for the port.
func NewServer(cfg Config) (*Server, error) {
	addr, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	cert, err := certificate()
	if err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, errs.New(errs.Unavailable, "webrtc: %w", err)
	}
	_ = socket.SetReadBuffer(readBuffer) // less than that works as well, until the machine stalls
	s := &Server{cfg: cfg, socket: socket, certs: []pion.Certificate{*cert}, peers: make(map[*Peer]struct{})}
	s.mux = pion.NewICEUDPMux(quiet{}.NewLogger("ice"), socket)
	if err := s.settings(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (c *Config) complete() (netip.AddrPort, error) {
	addr, err := netip.ParseAddrPort(c.UDPAddr)
	if err != nil {
		return addr, errs.At(errs.Invalid, "webrtc.udp", "must be an IP address and a port, as in 192.0.2.1:3478: %w", err)
	}
	if addr.Addr().IsUnspecified() && len(c.Candidates) == 0 {
		return addr, errs.At(errs.Invalid, "webrtc.candidates", "must name the addresses of this machine when it listens on all of them")
	}
	if c.Connect == 0 {
		c.Connect = DefaultConnect
	}
	if c.MaxPeers == 0 {
		c.MaxPeers = DefaultMaxPeers
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return addr, nil
}

// certificate makes the one self-signed certificate of the server's life; offers and answers carry its fingerprint.
func certificate() (*pion.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return pion.GenerateCertificate(key)
}

// settings are what all peers have in common.
func (s *Server) settings() error {
	s.base = pion.SettingEngine{LoggerFactory: quiet{}}
	s.base.SetLite(true)
	s.base.SetICEUDPMux(s.mux)
	s.base.SetIncludeLoopbackCandidate(true)
	s.base.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4, pion.NetworkTypeUDP6})
	s.base.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.base.SetICETimeouts(disconnectedAfter, failedAfter, keepAlive)
	return s.announce(&s.base)
}

// newAPI makes pion's API for one peer, whose buffers are its own.
func (s *Server) newAPI(buffer func(packetio.BufferPacketType, uint32) io.ReadWriteCloser) (*pion.API, error) {
	var engine pion.MediaEngine
	for _, c := range supported() {
		if err := engine.RegisterCodec(c, pion.RTPCodecTypeAudio); err != nil {
			return nil, err
		}
	}
	setting := s.base
	setting.BufferFactory = buffer
	// No default interceptor: for telephone sound without retransmission each would cost a third of the work (findings).
	return pion.NewAPI(pion.WithMediaEngine(&engine), pion.WithSettingEngine(setting), pion.WithInterceptorRegistry(&interceptor.Registry{})), nil
}

// announce sets the addresses that browsers are told in place of the one bound.
func (s *Server) announce(setting *pion.SettingEngine) error {
	if len(s.cfg.Candidates) == 0 {
		return nil
	}
	var told []string
	for _, a := range s.cfg.Candidates {
		told = append(told, a.String())
	}
	return setting.SetICEAddressRewriteRules(pion.ICEAddressRewriteRule{
		External: told, AsCandidateType: pion.ICECandidateTypeHost, Mode: pion.ICEAddressRewriteReplace,
	})
}

// Addr is where the server listens.
func (s *Server) Addr() netip.AddrPort { return s.socket.LocalAddr().(*net.UDPAddr).AddrPort() }

// Answer takes a browser's SDP offer with one audio section and gives the peer and the SDP answer, candidates included
// (no trickle). It takes the first codec of prefer that the offer has: so the call's other leg can have its way (none given:
// PCMA, PCMU). errs.Invalid for an offer that can't be read or has no such codec, errs.Limited with too many peers.
func (s *Server) Answer(ctx context.Context, offer string, prefer ...media.Codec) (*Peer, string, error) {
	if len(prefer) == 0 {
		prefer = media.Laws()
	}
	wanted, err := readOffer(offer, prefer)
	if err != nil {
		return nil, "", err
	}
	p, err := newPeer(s, wanted)
	if err != nil {
		return nil, "", errs.New(errs.Unavailable, "webrtc: %w", err)
	}
	if err := s.keep(p); err != nil {
		return nil, "", errors.Join(err, p.Close())
	}
	answer, err := p.negotiate(ctx, offer)
	if err != nil {
		p.Close()
		return nil, "", err
	}
	return p, answer, nil
}

func (s *Server) keep(p *Peer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errs.New(errs.Gone, "the server is closed")
	}
	if len(s.peers) >= s.cfg.MaxPeers {
		return errs.New(errs.Limited, "%d browsers are connected already", len(s.peers))
	}
	s.peers[p] = struct{}{}
	return nil
}

func (s *Server) forget(p *Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p)
}

// Peers is how many browsers there are.
func (s *Server) Peers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.peers)
}

// Close ends all peers and closes the port.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	peers := make([]*Peer, 0, len(s.peers))
	for p := range s.peers {
		peers = append(peers, p)
	}
	s.mu.Unlock()
	for _, p := range peers {
		p.Close()
	}
	if err := s.mux.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return closeSocket(s.socket)
}

func closeSocket(c net.PacketConn) error {
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
