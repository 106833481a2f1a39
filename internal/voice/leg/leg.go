package leg

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/webrtc"
)

const (
	// ByeTime is how long a hang-up waits for the peer's answer (RFC 3261 15.1.1); it holds nothing up.
	ByeTime = 5 * time.Second
	// probeTime bounds the question whether a party lives; past it the dialog itself has given up (RFC 3261 17.1.2.2, Timer F).
	probeTime = 35 * time.Second
	// SDPType is the media type of session descriptions.
	SDPType = "application/sdp"
)

// Role is whose leg it is.
type Role string

// The roles.
const (
	Customer   Role = "customer"
	Agent      Role = "agent"
	Consulted  Role = "consulted" // by an agent, or to whom a customer was given
	Supervisor Role = "supervisor"
)

// Leg is one party. Only its owner (a call's actor) touches it, but HangUp and Probe, which may take time, run beside the
// owner. All its channels are nil, so never ready, on a nil Leg.
type Leg struct {
	Media  *rtp.Leg
	Dialog *sip.Dialog               // of a telephone, once it stands
	Peer   *webrtc.Peer              // of a browser
	Deaf   bool                      // the peer has us on hold and hears nothing
	Before func(ctx context.Context) // what is still said inside the dialog before it is hung up; nil: nothing

	role    Role
	local   netip.AddrPort
	heard   uint64      // packets, at the last look
	silent  bool        // no more keys come: its media have ended, and its signalling will say why
	desc    sdp.Options // of our session description, to go on from
	terms   Terms
	srtp    sdp.Keys    // of its sound; not Valid: in the clear
	codec   media.Codec // in use, once agreed
	agreed  bool
	offered []byte // our offer in the 200 to an INVITE without one; nil once it was answered
}

// Open opens the media port of a telephone; the pool's error where there is none.
func Open(p *rtp.Pool, r Role, t Terms, log *slog.Logger) (*Leg, error) {
	open := p.Open
	if t.Help {
		open = p.OpenKept
	}
	udp, err := open()
	if err != nil {
		return nil, err
	}
	return &Leg{Media: rtp.NewLeg(udp, rtp.LegConfig{Log: log, Latch: true}), local: udp.Local(), role: r, terms: t}, nil
}

// Browser is the leg of a browser, which has agreed already.
func Browser(p *webrtc.Peer, r Role, log *slog.Logger) *Leg {
	l := &Leg{Media: rtp.NewLeg(p, rtp.LegConfig{Log: log}), Peer: p, role: r, codec: p.Codec(), agreed: true}
	l.Media.Agree(netip.AddrPort{}, p.Terms())
	return l
}

// Sound is the leg's media; nil on a nil Leg.
func (l *Leg) Sound() *rtp.Leg {
	if l == nil {
		return nil
	}
	return l.Media
}

// Requests are those that come inside the dialog.
func (l *Leg) Requests() <-chan *sip.Request {
	if l == nil || l.Dialog == nil {
		return nil
	}
	return l.Dialog.Requests()
}

// Ended is ready when the party has gone.
func (l *Leg) Ended() <-chan struct{} {
	switch {
	case l == nil:
		return nil
	case l.Dialog != nil:
		return l.Dialog.Ended()
	case l.Peer != nil:
		return l.Peer.Closed()
	}
	return nil
}

// Connected is ready once a browser's media path stands.
func (l *Leg) Connected() <-chan struct{} {
	if l == nil || l.Peer == nil {
		return nil
	}
	return l.Peer.Connected()
}

// Keys are those pressed by telephone events (RFC 4733).
func (l *Leg) Keys() <-chan rune {
	if l == nil || l.silent {
		return nil
	}
	return l.Media.DTMF()
}

// KeysEnded waits for no more of them: Keys was closed.
func (l *Leg) KeysEnded() { l.silent = true }

// Quiet tells whether a telephone has sent no packet since it was last asked; of a browser its peer connection knows.
func (l *Leg) Quiet() bool {
	if l.Dialog == nil {
		return false
	}
	n := l.Media.Stats().Packets
	was := l.heard
	l.heard = n
	return n == was
}

// Probe asks a telephone whether it lives: one that does not answer, or answers 408 or 481, has ended the dialog (RFC 3261
// 12.2.1.2), which says so.
func (l *Leg) Probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	_, _ = l.Dialog.Request(ctx, "OPTIONS", "", nil)
}

// Ringback lets the party hear that another telephone rings, as Finnish exchanges sound it (425 Hz, 1 s in 5 s: ITU-T E.180
// supplement 2), until something else plays or ctx ends.
func (l *Leg) Ringback(ctx context.Context) {
	const loud = 6000
	l.Media.Play(ctx, []media.Clip{media.Tone(425, time.Second, loud), media.SilenceClip(4 * time.Second)}, true)
}

// HangUp ends the leg and waits, at most ByeTime, for the peer.
func (l *Leg) HangUp(ctx context.Context) {
	_ = l.Media.Close()
	if l.Before != nil {
		ctx, cancel := context.WithTimeout(ctx, ByeTime)
		defer cancel()
		l.Before(ctx)
	}
	l.Bye(ctx)
	if l.Peer != nil {
		_ = l.Peer.Close()
	}
}

// Bye ends the dialog alone, if there is one, and waits, at most ByeTime, for the answer.
func (l *Leg) Bye(ctx context.Context) {
	if l.Dialog == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ByeTime)
	defer cancel()
	_ = l.Dialog.Bye(ctx) // over at once, whatever the peer says
}
