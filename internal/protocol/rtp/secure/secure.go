// Package secure encrypts and authenticates RTP and RTCP (SRTP, RFC 3711 and RFC 7714) with keys from session descriptions. It
// owns the ciphers' state of one stream: rollover counters, replay windows, and the key of before for packets that were on
// their way when it changed. The ciphers are pion's.
package secure

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
)

// Limits.
const (
	MaxOverhead = 16 + 4 // bytes by which a packet grows at most: an AEAD's tag, for RTCP an index as well (RFC 7714 9.2)
	replayed    = 128    // packets back that are told apart (RFC 3711 3.3.2 wants 64)
	maxSources  = 32     // SSRCs of one key; each has a state of its own, so more would let an odd peer fill the memory
	oldKeyTime  = 2 * time.Second
)

// Session is one stream's both directions. Its methods may be called from any goroutine.
type Session struct {
	out outgoing
	in  incoming
}

type outgoing struct {
	mu   sync.Mutex
	key  sdp.Key
	ctx  *srtp.Context
	rtp  rtp.Header
	rtcp rtcp.Header
}

type incoming struct {
	mu     sync.Mutex
	key    sdp.Key
	now    *keyed
	before *keyed // the key of before, for a while
	until  time.Time
	rtp    rtp.Header
	rtcp   rtcp.Header
}

// keyed is the state of one key of the peer's.
type keyed struct {
	*srtp.Context
	sources map[uint64]bool
}

// New makes a session; errs.Invalid where keys are missing.
func New(k sdp.Keys) (*Session, error) {
	s := new(Session)
	return s, s.Rekey(k)
}

// Rekey changes keys. One that is the same goes on as it is: its counters must not begin anew. What the peer sent by its key
// of before is taken for two seconds more.
func (s *Session) Rekey(k sdp.Keys) error {
	if !k.Valid() {
		return errs.New(errs.Invalid, "SRTP needs a key for each direction")
	}
	if err := s.out.rekey(k.Local); err != nil {
		return err
	}
	return s.in.rekey(k.Remote)
}

func (o *outgoing) rekey(k sdp.Key) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.key.Equal(k) {
		return nil
	}
	ctx, err := newContext(k)
	if err != nil {
		return err
	}
	o.key, o.ctx = k, ctx
	return nil
}

func (i *incoming) rekey(k sdp.Key) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.key.Equal(k) {
		return nil
	}
	ctx, err := newContext(k, srtp.SRTPReplayProtection(replayed), srtp.SRTCPReplayProtection(replayed))
	if err != nil {
		return err
	}
	i.before, i.until = i.now, time.Now().Add(oldKeyTime)
	i.key, i.now = k, &keyed{ctx, make(map[uint64]bool)}
	return nil
}

func newContext(k sdp.Key, options ...srtp.ContextOption) (*srtp.Context, error) {
	profile, ok := profileOf(k.Suite())
	if !ok {
		return nil, errs.New(errs.Invalid, "SRTP suite %q is not known", k.Suite())
	}
	key, salt, mki := k.Reveal()
	if mki != nil {
		options = append(options, srtp.MasterKeyIndicator(mki))
	}
	ctx, err := srtp.CreateContext(key, salt, profile, options...)
	if err != nil { // its text is not passed on: nothing of a key may be
		return nil, errs.New(errs.Invalid, "SRTP suite %s does not take this key", k.Suite())
	}
	return ctx, nil
}

func profileOf(s sdp.Suite) (srtp.ProtectionProfile, bool) {
	switch s {
	case sdp.AES128SHA180:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, true
	case sdp.AES128SHA132:
		return srtp.ProtectionProfileAes128CmHmacSha1_32, true
	case sdp.AES128GCM:
		return srtp.ProtectionProfileAeadAes128Gcm, true
	case sdp.AES256GCM:
		return srtp.ProtectionProfileAeadAes256Gcm, true
	}
	return 0, false
}

// Protect encrypts an RTP packet into dst, which has room for it and MaxOverhead more. The two must not overlap.
func (s *Session) Protect(dst, packet []byte) ([]byte, error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.out.ctx.EncryptRTP(dst, packet, &s.out.rtp)
}

// ProtectControl encrypts an RTCP packet into dst as Protect does.
func (s *Session) ProtectControl(dst, packet []byte) ([]byte, error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.out.ctx.EncryptRTCP(dst, packet, &s.out.rtcp)
}

// Open authenticates and decrypts an RTP packet in place; errs.Denied for one that is not the peer's, or that came before. The
// packet's bytes are of no use after an error.
func (s *Session) Open(packet []byte) ([]byte, error) {
	if len(packet) < rtpHead {
		return nil, errForeign()
	}
	return s.in.open(packet, uint64(binary.BigEndian.Uint32(packet[8:])), (*incoming).openRTP)
}

// OpenControl is Open for RTCP.
func (s *Session) OpenControl(packet []byte) ([]byte, error) {
	if len(packet) < rtcpHead {
		return nil, errForeign()
	}
	return s.in.open(packet, control|uint64(binary.BigEndian.Uint32(packet[4:])), (*incoming).openRTCP)
}

// The least lengths in bytes, and what tells the sources of RTCP from those of RTP.
const (
	rtpHead, rtcpHead = 12, 8
	control           = 1 << 32
)

func errForeign() error {
	return errs.New(errs.Denied, "not a packet of the peer's key, or one that came before")
}

func (i *incoming) openRTP(c *keyed, dst, packet []byte) ([]byte, error) {
	return c.DecryptRTP(dst, packet, &i.rtp)
}

func (i *incoming) openRTCP(c *keyed, dst, packet []byte) ([]byte, error) {
	return c.DecryptRTCP(dst, packet, &i.rtcp)
}

// open tries the key, and for a while after a change the one before. An AEAD that fails has overwritten what it was given, so
// the first of two tries works on a copy.
func (i *incoming) open(packet []byte, source uint64, try func(*incoming, *keyed, []byte, []byte) ([]byte, error)) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.before != nil && time.Now().After(i.until) {
		i.before = nil
	}
	if i.before == nil {
		return i.now.open(i, packet, packet, source, try)
	}
	if b, err := i.now.open(i, make([]byte, len(packet)), packet, source, try); err == nil {
		return packet[:copy(packet, b)], nil
	}
	return i.before.open(i, packet, packet, source, try)
}

func (c *keyed) open(i *incoming, dst, packet []byte, source uint64, try func(*incoming, *keyed, []byte, []byte) ([]byte, error)) ([]byte, error) {
	if !c.sources[source] && len(c.sources) >= maxSources {
		return nil, errForeign()
	}
	b, err := try(i, c, dst, packet)
	if err != nil {
		return nil, errForeign()
	}
	if !c.sources[source] {
		c.sources[source] = true
	}
	return b, nil
}
