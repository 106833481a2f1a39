package rtp

import (
	"sync"

	"santra/internal/errs"
	"santra/internal/protocol/rtp/reactor"
	"santra/internal/protocol/rtp/secure"
	"santra/internal/protocol/sdp"
)

// Securable is a Transport that can encrypt by keys of session descriptions (SRTP by SDES, RFC 4568).
type Securable interface {
	Transport
	// Secure encrypts from now on, and drops what is not the peer's; keys that are not Valid are sound in the clear.
	Secure(k sdp.Keys) error
	Forged() uint64 // packets dropped since they were not encrypted by the peer's key, or came twice
}

// Secure sets the keys of the leg's stream, before Start or, in a re-INVITE, before Start is called again; keys that are not
// Valid are sound in the clear. errs.Unavailable where the transport can't encrypt by keys of ours (a browser's has its own),
// errs.Invalid for keys that can't be used.
func (l *Leg) Secure(k sdp.Keys) error {
	s, ok := l.t.(Securable)
	switch {
	case ok:
		return s.Secure(k)
	case k.Valid():
		return errs.New(errs.Unavailable, "SRTP by SDES is for telephones; this transport can't take keys")
	}
	return nil
}

// sealed is a socket's encryption, with room for one packet.
type sealed struct {
	session *secure.Session
	mu      sync.Mutex
	out     [MaxPacket + secure.MaxOverhead]byte
}

// Secure implements Securable.
func (u *UDP) Secure(k sdp.Keys) error {
	s := u.sealed.Load()
	switch {
	case !k.Valid():
		u.sealed.Store(nil)
		return nil
	case s != nil:
		return s.session.Rekey(k)
	}
	session, err := secure.New(k)
	if err != nil {
		return err
	}
	u.sealed.Store(&sealed{session: session})
	return nil
}

// Forged implements Securable.
func (u *UDP) Forged() uint64 { return u.forged.Load() }

func (s *sealed) send(via *reactor.Socket, packet []byte, to *reactor.Destination, protect func(*secure.Session, []byte, []byte) ([]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := protect(s.session, s.out[:0], packet)
	if err != nil {
		return err
	}
	return via.Send(b, to)
}

// Secure sets the keys of both streams (the recorder's SDP answer), before Start; keys that are not Valid are sound in the clear.
func (t *Tap) Secure(customer, agent sdp.Keys) error {
	if err := t.streams[Customer].socket.Secure(customer); err != nil {
		return err
	}
	return t.streams[Agent].socket.Secure(agent)
}

// seal encrypts the batch, each packet by itself, for one call all the same; s.mu is held. A packet that can't be encrypted is not sent.
func (s *stream) seal(with *secure.Session) (packets []byte, segment int) {
	if s.crypt == nil {
		s.crypt = make([]byte, 0, tapBufferSize+tapPackets*secure.MaxOverhead)
	}
	out := s.crypt[:0]
	for i := range s.waiting {
		b, err := with.Protect(out[len(out):], s.batch[i*s.segment:(i+1)*s.segment])
		if err != nil {
			return nil, 0
		}
		out = append(out, b...)
		segment = len(b)
	}
	s.crypt = out
	return out, segment
}

// Secure sets the keys of the stream (the SDP offer and our answer), before Expect; keys that are not Valid are sound in the clear.
func (r *Receiver) Secure(k sdp.Keys) error { return r.socket.Secure(k) }
