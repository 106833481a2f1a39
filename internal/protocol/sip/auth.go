package sip

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RFC 3261 22.4 knows no other; RFC 8760's SHA-256 is offered first where it can be checked
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// The digest algorithms (RFC 8760 2.1).
const (
	algMD5    = "MD5"
	algSHA256 = "SHA-256"
)

// HA1MD5 is hex(MD5(user:realm:password)) (RFC 7616 3.4.2).
func HA1MD5(user, realm, password string) string { return hashed(algMD5, user, realm, password) }

// HA1SHA256 is hex(SHA-256(user:realm:password)).
func HA1SHA256(user, realm, password string) string { return hashed(algSHA256, user, realm, password) }

func hashed(alg string, parts ...string) string {
	var h hash.Hash = md5.New() //nolint:gosec // see the import
	if alg == algSHA256 {
		h = sha256.New()
	}
	_, _ = h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// algorithmOf tells by its length what an HA1 was made with.
func algorithmOf(ha1 string) string {
	if len(ha1) == 2*sha256.Size {
		return algSHA256
	}
	return algMD5
}

// credentials answers the first challenge of a 401 or 407 that we can (RFC 3261 22.2, RFC 8760 2.4).
func credentials(res *sip.Response, method, uri, user, password string) (h Header, stale, ok bool) {
	ask, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	for _, v := range values(res, ask) {
		c, err := digest.ParseChallenge(v)
		if err != nil || !digest.CanDigest(c) {
			continue
		}
		cred, err := digest.Digest(c, digest.Options{Method: method, URI: uri, Username: user, Password: password, Count: 1})
		if err == nil {
			return Header{answer, cred.String()}, c.Stale, true
		}
	}
	return Header{}, false, false
}

// maxNonces bounds the nonces whose counts are remembered; the oldest go first and are then stale.
const maxNonces = 16384

// nonces makes nonces that carry their own time and can't be forged, and sees to it that each count of one is used once
// (RFC 7616 3.3, 5.4).
type nonces struct {
	key  [32]byte
	life time.Duration

	mu     sync.Mutex
	counts map[string]uint64
	swept  time.Time
}

func newNonces(life time.Duration) *nonces {
	n := &nonces{life: life, counts: map[string]uint64{}}
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
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != nonceLen || !hmac.Equal(b[16:], n.tag(b[:16])) {
		return false, false
	}
	age := time.Since(time.Unix(0, int64(binary.BigEndian.Uint64(b))))
	return true, age >= 0 && age < n.life
}

// use takes a count of a nonce; false where it, or a later one, was used.
func (n *nonces) use(nonce string, count int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweep()
	if uint64(count) <= n.counts[nonce] && n.counts[nonce] != 0 || len(n.counts) >= maxNonces {
		return false
	}
	n.counts[nonce] = uint64(max(count, 1))
	return true
}

func (n *nonces) sweep() {
	if time.Since(n.swept) < n.life && len(n.counts) < maxNonces {
		return
	}
	n.swept = time.Now()
	for nonce := range n.counts {
		if _, young := n.ours(nonce); !young {
			delete(n.counts, nonce)
		}
	}
}

// verdict on credentials.
type verdict uint8

const (
	authNone  verdict = iota // none given, or for another realm: challenge
	authStale                // right, but the nonce is old or used: challenge with stale=true
	authWrong
	authRight
)

// check checks the Authorization of a request against what ha1 gives for its user.
func (n *nonces) check(in *inbound, realm string, ha1 func(string) (string, bool)) (user string, v verdict) {
	for _, h := range values(in, "Authorization") {
		c, err := digest.ParseCredentials(h)
		if err != nil || c.Realm != realm {
			continue
		}
		ours, young := n.ours(c.Nonce)
		if !ours { // a nonce of before our restart is no attack
			return c.Username, authNone
		}
		switch {
		case !rightResponse(c, in, ha1):
			return c.Username, authWrong
		case !young || !n.use(c.Nonce, c.Nc):
			return c.Username, authStale
		}
		return c.Username, authRight
	}
	return "", authNone
}

// rightResponse compares in constant time (RFC 7616 3.4.1); an unknown user costs as much as a known one.
func rightResponse(c *digest.Credentials, in *inbound, ha1 func(string) (string, bool)) bool {
	h, ok := ha1(c.Username)
	if !ok {
		h = HA1MD5("", "", "")
	}
	alg := algorithmOf(h)
	if c.Algorithm != "" && !strings.EqualFold(c.Algorithm, alg) || c.QOP != "" && c.QOP != "auth" || !sameURI(c.URI, in) {
		ok = false
	}
	ha2 := hashed(alg, in.method, c.URI)
	want := hashed(alg, h, c.Nonce, ha2) // RFC 2069 phones
	if c.QOP != "" {
		want = hashed(alg, h, c.Nonce, leftPad(c.Nc), c.Cnonce, c.QOP, ha2)
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Response))) == 1 && ok
}

// sameURI checks that the credentials are for this request (RFC 3261 22.4 rule 5): phones differ in parameters, not in host.
func sameURI(uri string, in *inbound) bool {
	u, ok := parseURI(uri)
	return ok && strings.EqualFold(u.Host, in.Recipient.Host) && u.User == in.Recipient.User
}

func leftPad(n int) string {
	const digits = "0123456789abcdef"
	b := []byte("00000000")
	for i := 7; i >= 0; i-- {
		b[i] = digits[n&15]
		n >>= 4
	}
	return string(b)
}

// challenge is a WWW-Authenticate field.
func challenge(realm, alg, nonce string, stale bool) Header {
	c := digest.Challenge{Realm: realm, Nonce: nonce, Stale: stale, Algorithm: alg, QOP: []string{"auth"}}
	return Header{"WWW-Authenticate", c.String()}
}
