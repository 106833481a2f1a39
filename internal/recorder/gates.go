package recorder

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/siprec"
	"santra/internal/token"
)

// lifeSlack is how much later than its rule a token may expire: the two servers' clocks differ a little.
const lifeSlack = 30 * time.Second

// admit checks the gate tokens: that of the customer, with which the metadata must agree, and one for each outsider who was
// added (M4). One bad token, or one too few, and nothing is recorded. The first one given is the customer's.
func (s *service) admit(m siprec.Metadata, now time.Time) ([]token.Gate, error) {
	e := m.Extension
	first, err := s.openGate(e.Gate, now)
	if err != nil {
		return nil, err
	}
	if first.Agency != e.Agency || first.Queue != e.Queue || first.Announcement != e.Announcement || first.Language != e.Language {
		return nil, errs.New(errs.Denied, "the metadata differ from the gate token")
	}
	all := []token.Gate{first}
	for _, text := range e.Gates {
		g, err := s.openGate(text, now)
		if err != nil {
			return nil, err
		}
		if g.Agency != first.Agency || g.Queue != first.Queue {
			return nil, errs.New(errs.Denied, "an added outsider's gate token is for another agency or queue")
		}
		if slices.ContainsFunc(all, func(o token.Gate) bool { return o.ID == g.ID }) {
			return nil, errs.New(errs.Denied, "one gate token is given for two outsiders")
		}
		all = append(all, g)
	}
	if len(all) < e.Outside() {
		return nil, errs.New(errs.Denied, "%d outsiders, but gate tokens for %d: each must have heard the announcement", e.Outside(), len(all))
	}
	return all, nil
}

// openGate checks one token by itself.
func (s *service) openGate(text string, now time.Time) (token.Gate, error) {
	var g token.Gate
	if err := token.Open(s.centre, token.DomainGate, text, now, &g); err != nil {
		return g, err
	}
	switch {
	case g.Expires.After(now.Add(token.GateLife + lifeSlack)):
		return g, errs.New(errs.Denied, "the gate token lives too long")
	case g.ID == "" || g.Announcement == "" || g.Language == "":
		return g, errs.New(errs.Denied, "the gate token names no announcement")
	}
	return g, nil
}

// gateHashes is what a row keeps of its gates: the SHA-256 of each one's id in hex, the customer's first.
func gateHashes(gates []token.Gate) string {
	all := make([]string, len(gates))
	for i, g := range gates {
		sum := sha256.Sum256([]byte(g.ID))
		all[i] = hex.EncodeToString(sum[:])
	}
	return strings.Join(all, ",")
}
