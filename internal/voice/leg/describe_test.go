package leg

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
)

func loopback() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// newLeg is a leg of a party that signals from loopback.
func newLeg(t *testing.T, s sdp.Security, codecs ...string) *Leg {
	t.Helper()
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	l, err := Open(pool, Customer, Terms{Security: s, Peer: loopback(), Codecs: codecs}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Media.Close() })
	return l
}

// agree lets a offer and b answer.
func agree(t *testing.T, a, b *Leg) {
	t.Helper()
	offer := a.Offer()
	answer, err := b.Describe(offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Accepted(offer, answer); err != nil {
		t.Fatal(err)
	}
}

// Two legs agree: on the codec that the one who answers prefers, and on keys where both encrypt.
func TestTwoLegsAgree(t *testing.T) {
	for name, x := range map[string]struct {
		a, b sdp.Security
		want media.Codec
		srtp bool
	}{
		"in the clear":       {sdp.Plain, sdp.Plain, media.G722, false},
		"encrypted":          {sdp.Required, sdp.Required, media.G722, true},
		"encrypted, if both": {sdp.Opportunistic, sdp.Opportunistic, media.G722, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := newLeg(t, x.a, sdp.PCMA, sdp.G722)
			b := newLeg(t, x.b, sdp.G722, sdp.PCMA)
			agree(t, a, b)
			for _, l := range []*Leg{a, b} {
				if !l.agreed || l.codec != x.want || l.srtp.Valid() != x.srtp || l.Deaf {
					t.Errorf("%v, %s, encrypted %v, deaf %v", l.agreed, l.codec.Name(), l.srtp.Valid(), l.Deaf)
				}
			}
		})
	}
}

// Each description of a leg is of the same session, a version later (RFC 3264 8).
func TestDescriptionsGoOn(t *testing.T) {
	l := newLeg(t, sdp.Plain, sdp.PCMA)
	first, second := l.describes(), l.describes()
	if first.ID == 0 || first.ID != second.ID || second.Version != first.Version+1 {
		t.Errorf("%+v, then %+v", first, second)
	}
}

// Sound goes where it may: what is refused is told apart from what is not understood.
func TestRefusedDescriptions(t *testing.T) {
	own := newLeg(t, sdp.Plain, sdp.PCMA)
	offer := own.Offer()
	for name, x := range map[string]struct {
		terms  Terms
		body   []byte
		unsafe bool
	}{
		"loopback for a stranger": {Terms{Peer: netip.MustParseAddr("192.0.2.1"), Codecs: []string{sdp.PCMA}}, offer, true},
		"our own socket":          {Terms{Peer: loopback(), Own: func(a netip.AddrPort) bool { return a == own.local }, Codecs: []string{sdp.PCMA}}, offer, true},
		"no common codec":         {Terms{Peer: loopback(), Codecs: []string{sdp.G722}}, offer, false},
		"no description":          {Terms{Peer: loopback(), Codecs: []string{sdp.PCMA}}, []byte("hello"), false},
		"in the clear":            {Terms{Peer: loopback(), Security: sdp.Required, Codecs: []string{sdp.PCMA}}, offer, false},
	} {
		l := newLeg(t, sdp.Plain)
		l.terms = x.terms
		_, err := l.Describe(x.body)
		if _, is := errors.AsType[Unsafe](err); err == nil || is != x.unsafe {
			t.Errorf("%s: %v", name, err)
		}
		if l.agreed {
			t.Errorf("%s: agreed all the same", name)
		}
	}
}

// Hold and resume keep the codec in use; Deaf is left to who follows what the peer does.
func TestRenegotiate(t *testing.T) {
	a, b := newLeg(t, sdp.Plain, sdp.PCMA, sdp.PCMU), newLeg(t, sdp.Plain, sdp.PCMA, sdp.PCMU)
	a.terms.Codecs = []string{sdp.PCMU}
	agree(t, a, b)
	a.terms.Codecs = []string{sdp.PCMA, sdp.PCMU}
	for _, x := range []struct {
		from, to string
		listens  bool
	}{{"a=sendrecv", "a=sendonly", false}, {"", "", true}} {
		offer := bytes.Replace(a.Offer(), []byte(x.from), []byte(x.to), 1)
		_, listens, err := b.Renegotiate(offer, nil)
		if err != nil || listens != x.listens || b.Deaf || b.codec != media.PCMU {
			t.Errorf("%s: listens %v, deaf %v, %s, %v", x.to, listens, b.Deaf, b.codec.Name(), err)
		}
	}
}

// Sound that was encrypted is not taken in the clear again.
func TestNotBackToTheClear(t *testing.T) {
	a, b := newLeg(t, sdp.Opportunistic, sdp.PCMA), newLeg(t, sdp.Opportunistic, sdp.PCMA)
	agree(t, a, b)
	plain := newLeg(t, sdp.Plain, sdp.PCMA)
	if _, _, err := b.Renegotiate(plain.Offer(), nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}

// An INVITE without an offer gets ours, and nobody listens before the answer has come.
func TestLateOffer(t *testing.T) {
	l, peer := newLeg(t, sdp.Plain, sdp.PCMA), newLeg(t, sdp.Plain, sdp.PCMA)
	offer, err := l.Describe(nil)
	if err != nil || !l.Deaf || l.agreed {
		t.Fatalf("deaf %v, agreed %v, %v", l.Deaf, l.agreed, err)
	}
	answer, err := peer.Describe(offer)
	if err != nil {
		t.Fatal(err)
	}
	if listens, err := l.Reaccepted(offer, answer); err != nil || !listens || !l.Deaf {
		t.Errorf("listens %v, deaf %v, %v", listens, l.Deaf, err)
	}
	if err := l.AcceptedFrom(loopback(), sdp.Plain, offer, answer); err != nil || l.Deaf {
		t.Errorf("deaf %v, %v", l.Deaf, err)
	}
	if err := l.Accepted(offer, nil); err == nil {
		t.Error("no answer is taken for one")
	}
}
