package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"
)

// MaxNonces bounds the nonces whose counts are remembered. Only right credentials are, so strangers can't fill it; while it is
// full, new nonces count as stale.
const MaxNonces = 16384

// nonces makes nonces that carry their own time and can't be forged, and sees to it that each count of one is used once
// (RFC 7616 3.3, 5.4).
type nonces struct {
	key  [32]byte
	life time.Duration

	mu     sync.Mutex
	counts map[string]int
	swept  time.Time
}

func newNonces(life time.Duration) *nonces {
	n := &nonces{life: life, counts: map[string]int{}, swept: time.Now()}
	_, _ = rand.Read(n.key[:]) // never fails
	return n
}

const nonceLen = 8 + 8 + 16 // time, random, tag

func (n *nonces) fresh() string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, nonceLen), uint64(time.Now().UnixNano()))
	b = b[:16]
	_, _ = rand.Read(b[8:])
	return base64.RawURLEncoding.EncodeToString(append(b, n.tag(b)...))
}

func (n *nonces) tag(b []byte) []byte {
	m := hmac.New(sha256.New, n.key[:])
	_, _ = m.Write(b)
	return m.Sum(nil)[:16]
}

// ours tells whether a nonce is of our making, and whether it is still young.
func (n *nonces) ours(nonce string) (ours, young bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(nonce)
	if err != nil || len(b) != nonceLen || !hmac.Equal(b[16:], n.tag(b[:16])) {
		return false, false
	}
	age := time.Since(time.Unix(0, int64(binary.BigEndian.Uint64(b))))
	return true, age >= 0 && age < n.life
}

// use takes a count of a nonce; false where it, or a later one, was used. Credentials without a count (RFC 2069) use the
// nonce up.
func (n *nonces) use(nonce string, count int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweep()
	last, known := n.counts[nonce]
	if known && count <= last || !known && len(n.counts) >= MaxNonces {
		return false
	}
	n.counts[nonce] = max(count, 1)
	return true
}

// sweep forgets the nonces that are old anyway. The lock is held.
func (n *nonces) sweep() {
	if time.Since(n.swept) < n.life && (len(n.counts) < MaxNonces || time.Since(n.swept) < time.Second) {
		return
	}
	n.swept = time.Now()
	for nonce := range n.counts {
		if _, young := n.ours(nonce); !young {
			delete(n.counts, nonce)
		}
	}
}
