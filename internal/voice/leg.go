package voice

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/webrtc"
)

const (
	// byeTime is how long a hang-up waits for the peer's answer (RFC 3261 15.1.1); it holds nothing up.
	byeTime = 5 * time.Second
	// sdpType is the media type of session descriptions.
	sdpType = "application/sdp"
)

// leg is one party of a call: its media and how it is signalled, by a SIP dialog or by a browser's peer connection. All its
// channels are nil, so never ready, on a nil leg. Only the actor touches it.
type leg struct {
	media  *rtp.Leg
	local  netip.AddrPort
	dialog *sip.Dialog           // of a telephone
	peer   *webrtc.Peer          // of a browser
	heard  uint64                // packets, at the last look
	before func(context.Context) // what is still said inside the dialog before it is hung up
	silent bool                  // no more keys come: its media have ended, and its signalling will say why
	deaf   bool                  // the peer has us on hold and hears nothing
	desc   sdp.Options           // of our session description, to go on from
	terms  terms
	srtp   sdp.Keys    // of its sound; not Valid: in the clear
	codec  media.Codec // in use, once agreed
	agreed bool
	role   Role
	// offered is our offer in the 200 to an INVITE without one; nil once it was answered.
	offered []byte
}

// describes gives the options of our next session description in this leg's session (RFC 3264 8).
func (l *leg) describes() sdp.Options {
	if l.desc.ID == 0 {
		l.desc.ID = rand.Uint64()>>2 | 1 // below 2^62, which every parser takes
	}
	l.desc.Version++
	return l.desc
}

// start sends the media where the peer's description says, if it may. Held the old way there is nowhere to send.
func (l *leg) start(c sdp.Choice) error {
	if err := c.Safe(l.terms.policy()); err != nil {
		return unsafeMedia{err}
	}
	if !c.Remote.IsValid() {
		return nil
	}
	terms, err := rtp.TermsOf(c)
	switch {
	case err != nil:
		return err
	case l.srtp.Valid() && !c.Keys.Valid():
		return errs.At(errs.Invalid, "sdp", "sound that was encrypted stays so: offer a=crypto again")
	}
	if err := l.media.Secure(c.Keys); err != nil {
		return err
	}
	l.media.Agree(c.Remote, terms)
	l.srtp, l.codec, l.agreed = c.Keys, terms.Codec, true
	return nil
}

// unsafeMedia is the refusal of a description that would have sound sent where it must not go.
type unsafeMedia struct{ error }

// Unwrap gives the reason.
func (u unsafeMedia) Unwrap() error { return u.error }

// ours are the keys by which we encrypt already, to go on with; none before.
func (l *leg) ours() []sdp.Key {
	if !l.srtp.Valid() {
		return nil
	}
	return []sdp.Key{l.srtp.Local}
}

// sound is the leg's media; nil on a nil leg.
func (l *leg) sound() *rtp.Leg {
	if l == nil {
		return nil
	}
	return l.media
}

func (l *leg) requests() <-chan *sip.Request {
	if l == nil || l.dialog == nil {
		return nil
	}
	return l.dialog.Requests()
}

func (l *leg) ended() <-chan struct{} {
	switch {
	case l == nil:
		return nil
	case l.dialog != nil:
		return l.dialog.Ended()
	case l.peer != nil:
		return l.peer.Closed()
	}
	return nil
}

// connected is ready once a browser's media path stands.
func (l *leg) connected() <-chan struct{} {
	if l == nil || l.peer == nil {
		return nil
	}
	return l.peer.Connected()
}

func (l *leg) keys() <-chan rune {
	if l == nil || l.silent {
		return nil
	}
	return l.media.DTMF()
}

// hangUp ends the leg and waits, at most byeTime, for the peer.
func (l *leg) hangUp(ctx context.Context) {
	_ = l.media.Close()
	if l.before != nil {
		ctx, cancel := context.WithTimeout(ctx, byeTime)
		defer cancel()
		l.before(ctx)
	}
	hangUp(ctx, l.dialog)
	if l.peer != nil {
		_ = l.peer.Close()
	}
}

// hangUp says BYE, if there is a dialog, and waits, at most byeTime, for the answer.
func hangUp(ctx context.Context, d *sip.Dialog) {
	if d == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, byeTime)
	defer cancel()
	_ = d.Bye(ctx) // over at once, whatever the peer says
}
