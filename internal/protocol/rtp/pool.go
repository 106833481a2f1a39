package rtp

import (
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"

	"santra/internal/errs"
	"santra/internal/protocol/rtp/ports"
	"santra/internal/protocol/rtp/reactor"
)

// PoolConfig says where RTP sockets are opened.
type PoolConfig struct {
	IP        netip.Addr   // the address to bind and to name in SDP; the zero value is 127.0.0.1
	Min, Max  uint16       // the range of ports, ends included; both 0: DefaultMinPort to DefaultMaxPort
	Ephemeral bool         // let the kernel pick instead of a range: for tests and phones
	Readers   int          // goroutines that read all the pool's sockets; 0: one for every two processors
	Log       *slog.Logger // nil: discarded
}

// The default range of ports lies below Linux's ip_local_port_range (32768 to 60999), so that no other client socket takes one.
const (
	DefaultMinPort = 20000
	DefaultMaxPort = 32767
)

// KeptPairs are the last free pairs of a range, for who must never be refused (OpenKept): a call for help takes two. A small range keeps an
// eighth of its own.
const KeptPairs = 64

// ephemeralTries is how often the kernel is asked for a port whose neighbour is free as well.
const ephemeralTries = 64

// Messages and bytes that are read from a socket at once.
const (
	readMessages = 4
	bulkBytes    = 1 << 16 // the most that UDP_GRO puts together
)

// Pool opens pairs of sockets, an even port for RTP and the next for RTCP (RFC 3550 11).
type Pool struct {
	ip         netip.Addr
	min, pairs uint32
	ephemeral  bool
	turn       atomic.Uint32
	kept       int64        // pairs for OpenKept alone
	busy       atomic.Int64 // pairs that are open
	open       sync.Map     // the ports of open sockets

	packets, bulk, control *inboxes
	reactors               []*reactor.Reactor
	pacers                 []*pacer
}

// NewPool checks the configuration; errs.Invalid, also where the kernel may give the range's ports to others.
func NewPool(cfg PoolConfig) (*Pool, error) {
	if !cfg.IP.IsValid() {
		cfg.IP = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if cfg.Min == 0 && cfg.Max == 0 {
		cfg.Min, cfg.Max = DefaultMinPort, DefaultMaxPort
	}
	if cfg.Readers <= 0 {
		cfg.Readers = max(runtime.GOMAXPROCS(0)/2, 1)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	first := uint32(cfg.Min) + uint32(cfg.Min&1)
	if cfg.IP.IsUnspecified() {
		return nil, errs.At(errs.Invalid, "ip", "must be one address of this machine, for it is named in SDP")
	}
	if cfg.Min == 0 || uint32(cfg.Max) < first+1 {
		return nil, errs.At(errs.Invalid, "ports", "%d to %d holds no pair of an even port and the next", cfg.Min, cfg.Max)
	}
	if !cfg.Ephemeral {
		if err := ports.Check(cfg.Min, cfg.Max); err != nil {
			return nil, err
		}
	}
	p := &Pool{
		ip: cfg.IP.Unmap(), min: first, pairs: (uint32(cfg.Max) - first + 1) / 2, ephemeral: cfg.Ephemeral,
		kept:    int64(min(KeptPairs, (uint32(cfg.Max)-first+1)/16)),
		packets: newInboxes(readMessages, MaxPacket), bulk: newInboxes(1, bulkBytes), control: newInboxes(1, MaxPacket),
	}
	for range cfg.Readers {
		p.reactors = append(p.reactors, reactor.New(cfg.Log))
		p.pacers = append(p.pacers, newPacer(cfg.Log))
	}
	p.turn.Store(rand.Uint32N(p.pairs)) // so that several processes with one range seldom meet
	return p, nil
}

// Open binds one pair; errs.Unavailable when no pair of the range is free but those that are kept.
func (p *Pool) Open() (*UDP, error) {
	if !p.ephemeral && p.busy.Load() >= int64(p.pairs)-p.kept {
		return nil, errs.New(errs.Unavailable, "no free pair of RTP ports but the %d that are kept for calls for help", p.kept)
	}
	return p.OpenKept()
}

// OpenKept is Open for a call for help: it gets the very last pair too.
func (p *Pool) OpenKept() (*UDP, error) {
	tries := p.pairs
	if p.ephemeral {
		tries = ephemeralTries
	}
	for range tries {
		if u := p.try(p.nextPort()); u != nil {
			return u, nil
		}
	}
	return nil, errs.New(errs.Unavailable, "no free pair of RTP ports")
}

// Owns tells whether it is the address of an open socket of the pool: a peer that names it would be sent what it says itself,
// or what another call does.
func (p *Pool) Owns(addr netip.AddrPort) bool {
	_, open := p.open.Load(addr.Port())
	return open && addr.Addr().Unmap() == p.ip
}

// reactorOf shares the sockets out.
func (p *Pool) reactorOf(s *reactor.Socket) *reactor.Reactor {
	return p.reactors[s.FD/2%len(p.reactors)]
}

// nextPort goes round the range, so that a port is not used again soon: late packets of an old call find nobody.
func (p *Pool) nextPort() uint16 {
	if p.ephemeral {
		return 0
	}
	return uint16(p.min + 2*(p.turn.Add(1)%p.pairs))
}

func (p *Pool) try(port uint16) *UDP {
	media, err := reactor.Open(netip.AddrPortFrom(p.ip, port))
	if err != nil {
		return nil
	}
	if bound := media.Local.Port(); bound%2 == 0 {
		if control, err := reactor.Open(netip.AddrPortFrom(p.ip, bound+1)); err == nil {
			u := newUDP(p, media, control)
			p.busy.Add(1)
			p.open.Store(bound, u)
			p.open.Store(bound+1, u)
			return u
		}
	}
	media.Close()
	return nil
}
