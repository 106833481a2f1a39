// Package token makes and checks the short signed statements that the two servers exchange: gate tokens (M4), grants to
// play (M9) and what else the contact centre states to the recorder. Ed25519 over a domain string and the JSON body; a
// token of one domain is nothing in another. It knows no room and keeps no state: who admits a token once remembers its ID.
package token

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"santra/internal/errs"
)

// Domain separates kinds of tokens.
type Domain string

// The domains.
const (
	DomainGate   Domain = "santra/gate/1"   // the announcement was heard to its end: recording may start
	DomainPlay   Domain = "santra/play/1"   // one person may hear one recording now
	DomainAsk    Domain = "santra/ask/1"    // the centre asks the recorder's catalogue on somebody's behalf
	DomainRevoke Domain = "santra/revoke/1" // grants that end now
	DomainEnd    Domain = "santra/end/1"    // an agency leaves: all of it is destroyed
	DomainTell   Domain = "santra/tell/1"   // the recorder's evidence, signed by its own key
)

// How long tokens live.
const (
	GateLife = 12 * time.Hour   // waits are long
	PlayLife = 60 * time.Second // the player renews every 30 s
	AskLife  = 30 * time.Second
)

// Gate is minted when the announcement has finished. One ID admits one call's numbered parts.
type Gate struct {
	ID           string    `json:"jti"`
	Announcement string    `json:"ann"` // version of the announcement that was heard
	Language     string    `json:"lang"`
	Agency       string    `json:"agency"`
	Queue        string    `json:"queue"`
	Expires      time.Time `json:"exp"`
}

// Play lets one person hear one recording. The recorder admits each ID once; Renews names the ID that it prolongs.
type Play struct {
	ID        string    `json:"jti"`
	Recording string    `json:"rec"`
	Agency    string    `json:"agency"`
	Person    string    `json:"person"` // opaque id, for the recorder's own log
	Purpose   string    `json:"purpose"`
	Audit     string    `json:"audit"` // the centre's audit entry that stands behind it
	Renews    string    `json:"renews,omitempty"`
	Expires   time.Time `json:"exp"`
}

// Ask lets the centre read the recorder's catalogue for one agency ("" for evidence, which has no rows).
type Ask struct {
	ID      string    `json:"jti"`
	Agency  string    `json:"agency"`
	Person  string    `json:"person"`
	Purpose string    `json:"purpose"`
	Expires time.Time `json:"exp"`
}

// Revoke ends every grant of a person for an agency, or one grant by its first ID.
type Revoke struct {
	Grant   string    `json:"grant,omitempty"`
	Person  string    `json:"person,omitempty"`
	Agency  string    `json:"agency,omitempty"`
	Expires time.Time `json:"exp"`
}

// End ends an agency at the recorder (M20).
type End struct {
	Agency  string    `json:"agency"`
	Person  string    `json:"person"` // who decided, opaque
	Audit   string    `json:"audit"`  // the centre's audit entry that stands behind it
	Expires time.Time `json:"exp"`
}

// Sign gives "body.signature" in unpadded base64url.
func Sign(key ed25519.PrivateKey, domain Domain, claims any) (string, error) {
	body, err := json.Marshal(claims)
	if err != nil {
		return "", errs.New(errs.Internal, "token: %w", err)
	}
	sig := ed25519.Sign(key, signed(domain, body))
	return base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// Open checks a token's signature and expiry at now and reads its claims. Every failure is errs.Denied.
func Open(pub ed25519.PublicKey, domain Domain, text string, now time.Time, claims any) error {
	b, s, ok := strings.Cut(text, ".")
	body, err1 := base64.RawURLEncoding.Strict().DecodeString(b)
	sig, err2 := base64.RawURLEncoding.Strict().DecodeString(s)
	if !ok || err1 != nil || err2 != nil || len(pub) != ed25519.PublicKeySize {
		return errs.New(errs.Denied, "not a token")
	}
	if !ed25519.Verify(pub, signed(domain, body), sig) {
		return errs.New(errs.Denied, "the token's signature does not hold")
	}
	var life struct {
		Expires time.Time `json:"exp"`
	}
	if err := json.Unmarshal(body, &life); err != nil {
		return errs.New(errs.Denied, "not a token: %w", err)
	}
	if !now.Before(life.Expires) {
		return errs.New(errs.Denied, "the token has expired")
	}
	if err := json.Unmarshal(body, claims); err != nil {
		return errs.New(errs.Denied, "not a token: %w", err)
	}
	return nil
}

func signed(domain Domain, body []byte) []byte {
	return append(append([]byte(domain), 0), body...)
}
