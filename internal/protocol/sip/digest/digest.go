// Package digest is digest access authentication as SIP uses it (RFC 3261 22, RFC 7616, RFC 8760): challenges and their
// answers, from both sides. It owns nonces and what of them was used; it knows neither messages nor who may do what.
package digest

import (
	"crypto/md5" //nolint:gosec // RFC 3261 22.4 knows no other; SHA-256 is offered first where it can be checked
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"strings"

	"github.com/icholy/digest"
)

// The algorithms (RFC 8760 2.1) that a Verifier offers. A client also knows SHA-512-256.
const (
	MD5    = "MD5"
	SHA256 = "SHA-256"
)

// MaxChallenges bounds the challenges of one response that are looked at, and the Authorization fields of one request.
const MaxChallenges = 8

// HA1 is the secret of a user: hex(H(user:realm:password)) (RFC 7616 3.4.2) with H by the algorithm; MD5 where it is unknown.
func HA1(algorithm, user, realm, password string) string {
	return hashed(algorithm, user, realm, password)
}

func hashed(algorithm string, parts ...string) string {
	var h hash.Hash = md5.New() //nolint:gosec // see the import
	if algorithm == SHA256 {
		h = sha256.New()
	}
	_, _ = h.Write([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(h.Sum(nil))
}

// AlgorithmOf tells by its length what an HA1 was made with.
func AlgorithmOf(ha1 string) string {
	if len(ha1) == 2*sha256.Size {
		return SHA256
	}
	return MD5
}

// Request is what credentials are for.
type Request struct {
	Method, URI    string
	User, Password string
}

// Answer answers the strongest of the challenges (values of WWW-Authenticate or Proxy-Authenticate) that we know; of equally
// strong ones the first (RFC 8760 2.4). stale: our nonce was too old, the password was not wrong. ok is false where none can
// be answered.
func Answer(challenges []string, r Request) (value string, stale, ok bool) {
	var best *digest.Challenge
	for _, s := range challenges[:min(len(challenges), MaxChallenges)] {
		if c, fit := challengeOf(s); fit && (best == nil || strength(c) > strength(best)) {
			best = c
		}
	}
	if best == nil {
		return "", false, false
	}
	cred, err := digest.Digest(best, digest.Options{Method: r.Method, URI: r.URI, Username: r.User, Password: r.Password, Count: 1})
	if err != nil {
		return "", false, false
	}
	return cred.String(), best.Stale, true
}

// challengeOf reads a challenge; auth-int alone is not answered, for a proxy on the way may change the body.
func challengeOf(s string) (*digest.Challenge, bool) {
	c, err := digest.ParseChallenge(s)
	if err != nil || c.Nonce == "" || !digest.CanDigest(c) {
		return nil, false
	}
	if len(c.QOP) == 0 {
		return c, true
	}
	isAuth := func(q string) bool { return strings.EqualFold(strings.TrimSpace(q), "auth") }
	if !slices.ContainsFunc(c.QOP, isAuth) {
		return nil, false
	}
	c.QOP = []string{"auth"}
	return c, true
}

func strength(c *digest.Challenge) int {
	switch strings.ToUpper(c.Algorithm) {
	case "SHA-256", "SHA-512", "SHA-512-256":
		return 1
	default:
		return 0
	}
}
