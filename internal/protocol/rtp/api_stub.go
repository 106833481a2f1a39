package rtp

import (
	"context"
	"iter"
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Arrival is when a packet came.
type Arrival = time.Time

// PoolConfig says where RTP sockets are opened.
type PoolConfig struct {
	IP        netip.Addr // the address to bind and to name in SDP; the zero value is 127.0.0.1
	Min, Max  uint16     // the range of ports, ends included; both 0: DefaultMinPort to DefaultMaxPort
	Ephemeral bool       // let the kernel pick instead of a range: for tests and phones
}

// The default range of ports lies below Linux's ip_local_port_range (32768 to 60999), so that no other client socket takes one.
const (
	DefaultMinPort = 20000
	DefaultMaxPort = 32767
)

// Pool opens pairs of sockets, an even port for RTP and the next for RTCP (RFC 3550 11).
type Pool struct{}

// NewPool checks the configuration; errs.Invalid.
func NewPool(cfg PoolConfig) (*Pool, error) { return nil, errs.New(errs.Unavailable, "being built") }

// Open binds one pair; errs.Unavailable when no pair of the range is free.
func (p *Pool) Open() (*UDP, error) { return nil, errs.New(errs.Unavailable, "being built") }

// UDP is a Transport over a pair of UDP sockets. It is Addressed, a Pusher and Controlled.
type UDP struct{}

// Local is the address for SDP: that of the RTP socket.
func (u *UDP) Local() netip.AddrPort { return netip.AddrPort{} }

// Connect implements Addressed.
func (u *UDP) Connect(remote netip.AddrPort, latch bool) {}

// Foreign implements Addressed.
func (u *UDP) Foreign() uint64 { return 0 }

// ReadPacket implements Transport.
func (u *UDP) ReadPacket(buf []byte) (int, error) { return 0, errs.New(errs.Unavailable, "being built") }

// WritePacket implements Transport.
func (u *UDP) WritePacket(b []byte) error { return errs.New(errs.Unavailable, "being built") }

// Close implements Transport.
func (u *UDP) Close() error { return nil }

// LegConfig configures a leg. The zero value works.
type LegConfig struct {
	Log   *slog.Logger // nil: discarded
	Latch bool         // let the first packet set the peer's port
	// Heard, where set, is called on the read path with each audio packet of the peer (siptest's ear). The payload is a view.
	Heard func(c media.Codec, timestamp uint32, payload []byte)
}

// Leg is one party's media. All its methods may be called from any goroutine.
type Leg struct{}

// NewLeg makes a leg over a transport, which it owns from now on.
func NewLeg(t Transport, cfg LegConfig) *Leg { return &Leg{} }

// Start sets the peer's address (ignored by a transport that is not Addressed), the codec and the payload type of telephone
// events (0: none), and starts reading. Called again (a re-INVITE) it changes them.
func (l *Leg) Start(remote netip.AddrPort, c media.Codec, dtmfPT uint8) {}

// ErrStopped is what a play gives that was stopped or replaced before its end.
var ErrStopped = errs.New(errs.Gone, "playing stopped before its end")

// Play sends clips one after the other, in place of what the bridged leg says; with loop again and again. The channel gives
// one value: nil only when the last sample has had its time to sound, else why not (ErrStopped, the context's error, the
// transport's). A new Play or a StopPlay ends it.
func (l *Leg) Play(ctx context.Context, clips []media.Clip, loop bool) (played <-chan error) {
	c := make(chan error, 1)
	c <- errs.New(errs.Unavailable, "being built")
	return c
}

// StopPlay ends what plays, if anything.
func (l *Leg) StopPlay() {}

// Bridge connects two legs: what one says, the other hears. Bridges that either had are ended.
func Bridge(a, b *Leg) {}

// Unbridge ends the bridge of a, if it has one.
func Unbridge(a *Leg) {}

// SetMuted drops what the leg says, for its peer and for the tap.
func (l *Leg) SetMuted(on bool) {}

// Hold lets the leg hear music (an empty clip: nothing) and parts it from its bridged peer both ways until it is ended.
// What a held leg and its peer say meanwhile reaches nobody, and so it is not tapped either.
func (l *Leg) Hold(on bool, music media.Clip) {}

// DTMF gives the digits (0-9, *, #, A-D) that the peer presses, each once. It holds a few and drops more if nobody reads; it is closed by Close.
func (l *Leg) DTMF() <-chan rune { return nil }

// SendDTMF sends digits as RFC 4733 events, in place of other sound; it returns when the last has ended.
func (l *Leg) SendDTMF(ctx context.Context, digits string) error {
	return errs.New(errs.Unavailable, "being built")
}

// Tap sends a copy of what the leg says to a channel of t; a nil t ends it.
func (l *Leg) Tap(t *Tap, ch Channel) {}

// Stats are the leg's counters at this moment.
func (l *Leg) Stats() Stats { return Stats{} }

// Close ends reading, playing, the bridge and the transport, and waits for the leg's goroutines.
func (l *Leg) Close() error { return nil }

// Stats count what one leg received and sent.
type Stats struct {
	Packets, Bytes     uint64        // received and valid; bytes of payload
	Sent, SentBytes    uint64        // sent; bytes of payload
	Lost               int64         // expected less received, RFC 3550 A.3
	Jitter             time.Duration // RFC 3550 A.8
	Foreign            uint64        // dropped: from another address
	Malformed          uint64        // dropped: not RTP version 2, or cut short
	Unknown            uint64        // dropped: a payload type not agreed on
	Late               uint64        // dropped: from before a change of source
	Unsent             uint64        // the transport refused them
	Digits, DigitsLost uint64        // telephone events received, and those dropped since nobody read DTMF
	Remote             Report        // what the peer says that it receives
}

// Report is the peer's last reception report (RFC 3550 6.4).
type Report struct {
	At           time.Time // zero: none came
	FractionLost float64   // 0 to 1, since the report before
	Lost         int64     // in all
	Jitter       time.Duration
	RoundTrip    time.Duration // 0: not known yet
}

// Channel is a side of a recording.
type Channel uint8

// The channels: what the customer says and what the agent says, labels 1 and 2 of the SIPREC offer.
const (
	Customer Channel = iota
	Agent
)

// TapConfig configures a tap.
type TapConfig struct {
	Pool *Pool
	Log  *slog.Logger // nil: discarded
}

// Tap sends two streams of ordinary RTP, A-law whatever the legs talk, to a recorder. It gathers ten packets (200 ms) and
// sends them in one system call (UDP_SEGMENT), or one by one where the kernel refuses.
//
// Both streams have one timeline: timestamp 0 is the moment when the first packet of either channel came, and a sample's
// timestamp is its place after that moment, at 8,000 a second. A silence, a late start, another leg or another SSRC on a
// channel leaves a gap and moves nothing. So a recorder writes the payload of a packet at byte `timestamp` of its channel.
type Tap struct{}

// NewTap opens the tap's two sockets; errs.Unavailable.
func NewTap(cfg TapConfig) (*Tap, error) { return nil, errs.New(errs.Unavailable, "being built") }

// Local is the address of a channel's stream, for the SIPREC offer.
func (t *Tap) Local(ch Channel) netip.AddrPort { return netip.AddrPort{} }

// Start sets where the recorder awaits the two streams (its SDP answer). What was said before is kept up to 200 ms.
func (t *Tap) Start(customer, agent netip.AddrPort) {}

// Stats are the tap's counters.
func (t *Tap) Stats() TapStats { return TapStats{} }

// Close sends what is gathered and closes the sockets.
func (t *Tap) Close() error { return nil }

// TapStats count packets.
type TapStats struct {
	Packets, Sent, Dropped uint64 // taken from legs; sent; dropped since the kernel refused or the tap had not started
	Batches                uint64 // system calls that sent several packets at once
}

// Receiver receives an RTP stream in bulk (UDP_GRO): the recorder's end of a tap. Streams of others work as well.
type Receiver struct{}

// Listen opens a receiver on a pair of ports of the pool.
func Listen(p *Pool) (*Receiver, error) { return nil, errs.New(errs.Unavailable, "being built") }

// Local is the address for the SDP answer.
func (r *Receiver) Local() netip.AddrPort { return netip.AddrPort{} }

// Expect sets the only source that packets are taken from; port 0 is any port of the address. Without it none is taken.
func (r *Receiver) Expect(remote netip.AddrPort) {}

// Packets yields packets until Close. A packet's payload is a view that is valid until the next one.
func (r *Receiver) Packets() iter.Seq[Packet] { return func(func(Packet) bool) {} }

// Stats are the receiver's counters: Packets, Bytes, Foreign and Malformed.
func (r *Receiver) Stats() Stats { return Stats{} }

// Close ends Packets. It may be called more than once.
func (r *Receiver) Close() error { return nil }
