package leg

import (
	"context"
	"math/rand/v2"
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// Unsafe is the refusal of a description that would have sound sent where it must not go.
type Unsafe struct{ error }

// Unwrap gives the reason.
func (u Unsafe) Unwrap() error { return u.error }

// Describe gives the description for our 200 to a first INVITE: the answer to its offer or, where it holds none, an offer of ours, whose
// answer comes with the ACK (RFC 3261 13.2.1, RFC 3264 5). Until then the party hears nothing.
func (l *Leg) Describe(body []byte) ([]byte, error) {
	if len(body) == 0 {
		l.offered, l.Deaf = l.Offer(), true
		return l.offered, nil
	}
	answer, choice, err := l.accept(body)
	l.Deaf = !hears(choice)
	return answer, err
}

// Stands gives the leg the dialog of our 200. What the party offered was answered and is let go of; where we offered, the answer is still to
// come, with the ACK.
func (l *Leg) Stands(d *sip.Dialog) {
	if l.Dialog = d; l.offered == nil {
		_ = d.TakeRemoteBody()
	}
}

// Acknowledged takes what the ACK brought, where our 200 held an offer. errs.Invalid: nothing, or nothing that can be taken, so nobody
// knows what holds, and the leg must end (RFC 3261 14.2).
func (l *Leg) Acknowledged() error {
	offer := l.offered
	if offer == nil {
		return nil
	}
	l.offered = nil
	answer := l.Dialog.TakeRemoteBody()
	if len(answer) == 0 {
		return errs.New(errs.Invalid, "an ACK without the answer to our offer")
	}
	return l.Accepted(offer, answer)
}

// Settled waits for the ACK to our 200 where it brings the party's answer; errors as Acknowledged, or the context's.
func (l *Leg) Settled(ctx context.Context) error {
	if l.offered == nil {
		return nil
	}
	select {
	case <-l.Dialog.Acked():
		return l.Acknowledged()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Offer is our side of a call to a telephone, or our answer to an INVITE without a description (RFC 3264 5).
func (l *Leg) Offer() []byte {
	return sdp.Offer(l.describes(), sdp.Stream{
		Local: l.local, DTMF: true, Codecs: l.terms.Codecs, Security: l.terms.Security, Keys: l.ours(),
	})
}

// OfferSecured is Offer to a party whose sound is encrypted by another policy than the leg's terms say; it is theirs from now on.
func (l *Leg) OfferSecured(s sdp.Security) []byte {
	l.terms.Security = s
	return l.Offer()
}

// Accepted reads a telephone's answer to our offer and sends the media there. The errors are sdp's, Unsafe, and errs.Invalid.
func (l *Leg) Accepted(offer, answer []byte) error {
	ours, err := sdp.Parse(offer)
	if err != nil {
		return err
	}
	theirs, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	choices, err := sdp.Accepted(ours, theirs)
	if err != nil {
		return err
	}
	l.Deaf = !hears(choices[0])
	return l.start(choices[0])
}

// AcceptedFrom is Accepted for the first answer of a telephone that we called: peer is from where it signals.
func (l *Leg) AcceptedFrom(peer netip.Addr, s sdp.Security, offer, answer []byte) error {
	l.terms.Security, l.terms.Peer = s, peer
	return l.Accepted(offer, answer)
}

// Reaccepted is Accepted in the middle: it tells whether the peer listens from now on, and leaves Deaf to who follows that.
func (l *Leg) Reaccepted(offer, answer []byte) (hears bool, err error) {
	was := l.Deaf
	err = l.Accepted(offer, answer)
	hears, l.Deaf = !l.Deaf, was
	return hears, err
}

// Renegotiate answers a new offer: another address, another codec, hold and resume (RFC 3264 8). other is who talks with the party;
// nil: nobody yet. It tells whether the peer listens from now on, and leaves Deaf to who follows that.
func (l *Leg) Renegotiate(body []byte, other *Leg) (answer []byte, listens bool, err error) {
	l.terms.Codecs = l.stillLike(other)
	answer, choice, err := l.accept(body)
	return answer, hears(choice), err
}

// stillLike is the preference in a later description: what the other party talks, then what is in use, so that a hold changes
// nothing.
func (l *Leg) stillLike(other *Leg) []string {
	codecs := l.terms.Codecs
	if l.agreed {
		codecs = sdp.Prefer(codecs, l.codec.Name())
	}
	if other == nil || !other.agreed {
		return codecs
	}
	return sdp.Prefer(codecs, other.codec.Name())
}

// accept answers an offer on this leg and sends the media there.
func (l *Leg) accept(body []byte) (answer []byte, c sdp.Choice, err error) {
	offer, err := sdp.Parse(body)
	if err != nil {
		return nil, c, err
	}
	o := l.describes()
	o.Security, o.Keys = l.terms.Security, l.ours()
	answer, c, err = sdp.Answer(o, offer, l.local, l.terms.Codecs, sdp.SendRecv)
	if err != nil {
		return answer, c, err
	}
	return answer, c, l.start(c)
}

// hears tells whether the peer listens: it has not put us on hold, in today's way or by the address 0.0.0.0 (RFC 3264 8.4).
func hears(c sdp.Choice) bool { return c.Sends() && c.Remote.IsValid() }

// describes gives the options of our next session description in this leg's session (RFC 3264 8).
func (l *Leg) describes() sdp.Options {
	if l.desc.ID == 0 {
		l.desc.ID = rand.Uint64()>>2 | 1 // below 2^62, which every parser takes
	}
	l.desc.Version++
	return l.desc
}

// start sends the media where the peer's description says, if it may. Held the old way there is nowhere to send.
func (l *Leg) start(c sdp.Choice) error {
	if err := c.Safe(l.terms.policy()); err != nil {
		return Unsafe{err}
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
	if err := l.Media.Secure(c.Keys); err != nil {
		return err
	}
	l.Media.Agree(c.Remote, terms)
	l.srtp, l.codec, l.agreed = c.Keys, terms.Codec, true
	return nil
}

// ours are the keys by which we encrypt already, to go on with; none before.
func (l *Leg) ours() []sdp.Key {
	if !l.srtp.Valid() {
		return nil
	}
	return []sdp.Key{l.srtp.Local}
}
