package digest

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/icholy/digest"

	"santra/internal/errs"
)

// Verdict is what credentials came to.
type Verdict uint8

// The verdicts.
const (
	None  Verdict = iota // none given, or for another realm, or by a nonce that is not ours: challenge
	Stale                // right, but the nonce is old or this count of it was used: challenge with stale=true
	Wrong                // an unknown user, a wrong password, credentials for another request
	Right
)

// Secrets gives the HA1 of a user made with an algorithm (MD5, SHA256); ok is false where there is none.
type Secrets func(user, algorithm string) (ha1 string, ok bool)

// Verifier challenges and checks answers, for one realm. It may be used by several goroutines.
type Verifier struct {
	realm  string
	nonces *nonces
}

// NewVerifier makes one whose nonces live so long.
func NewVerifier(realm string, life time.Duration) *Verifier {
	return &Verifier{realm: realm, nonces: newNonces(life)}
}

// CheckOffer refuses a list of algorithms that can't be offered: another than MD5 and SHA256, or one twice; errs.Invalid. None is good.
func CheckOffer(algorithms []string) error {
	for i, a := range algorithms {
		if a != MD5 && a != SHA256 || slices.Contains(algorithms[:i], a) {
			return errs.New(errs.Invalid, "%q: want each of SHA-256 and MD5 at most once, written so", a)
		}
	}
	return nil
}

// Challenges are the values of WWW-Authenticate, one for each algorithm, the most preferred first (RFC 8760 2.3): a client
// answers the topmost that it knows. Others than MD5 and SHA256 are left out.
func (v *Verifier) Challenges(algorithms []string, stale bool) []string {
	nonce := v.nonces.fresh()
	var all []string
	for _, a := range algorithms {
		if a == MD5 || a == SHA256 {
			c := digest.Challenge{Realm: v.realm, Nonce: nonce, Stale: stale, Algorithm: a, QOP: []string{"auth"}}
			all = append(all, c.String())
		}
	}
	return all
}

// Known are the algorithms for which a user has a secret, the stronger first; both for an unknown one. Where all users have the
// same, ask for those alone: an unknown one must look like the others.
func Known(user string, secret Secrets) []string {
	var known []string
	for _, a := range []string{SHA256, MD5} {
		if _, ok := secret(user, a); ok {
			known = append(known, a)
		}
	}
	if len(known) == 0 {
		return []string{SHA256, MD5}
	}
	return known
}

// Check checks the values of Authorization of a request. sameURI tells whether the URI that the credentials are for is the
// request's (RFC 3261 22.4 rule 5).
func (v *Verifier) Check(values []string, method string, sameURI func(uri string) bool, secret Secrets) (user string, got Verdict) {
	for _, h := range values[:min(len(values), MaxChallenges)] {
		c, err := digest.ParseCredentials(h)
		if err != nil || c.Realm != v.realm {
			continue
		}
		ours, young := v.nonces.ours(c.Nonce)
		if !ours { // a nonce of before our restart is no attack
			return c.Username, None
		}
		switch {
		case !right(c, method, sameURI, secret):
			return c.Username, Wrong
		case !young || !v.nonces.use(c.Nonce, c.Nc):
			return c.Username, Stale
		}
		return c.Username, Right
	}
	return "", None
}

// right compares in constant time (RFC 7616 3.4.1); an unknown user costs as much as a known one.
func right(c *digest.Credentials, method string, sameURI func(string) bool, secret Secrets) bool {
	alg, ok := algorithm(c.Algorithm)
	h, known := secret(c.Username, alg)
	if !known {
		h = HA1(alg, "", "", "")
	}
	ok = ok && known && sameURI(c.URI) && (c.QOP == "" || c.QOP == "auth" && c.Nc > 0)
	ha2 := hashed(alg, method, c.URI)
	want := hashed(alg, h, c.Nonce, ha2) // RFC 2069 phones
	if c.QOP != "" {
		want = hashed(alg, h, c.Nonce, fmt.Sprintf("%08x", uint32(c.Nc)), c.Cnonce, c.QOP, ha2)
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Response))) == 1 && ok
}

// algorithm reads the parameter; without it it is MD5 (RFC 7616 3.4).
func algorithm(s string) (string, bool) {
	switch strings.ToUpper(s) {
	case "", MD5:
		return MD5, true
	case SHA256:
		return SHA256, true
	default:
		return MD5, false
	}
}
