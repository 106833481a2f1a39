package recorder

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/siprec"
	"santra/internal/token"
)

// mint signs a gate as the centre does.
func mint(t interface{ Fatal(...any) }, key ed25519.PrivateKey, change func(*token.Gate)) string {
	g := token.Gate{ID: id.New(), Announcement: "2026-1", Language: "fi", Agency: "water", Queue: "q", Expires: zero.Add(time.Hour)}
	change(&g)
	text, err := token.Sign(key, token.DomainGate, g)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func asIs(*token.Gate) {}

// TestEachOutsiderNeedsAGate: a part is admitted if and only if every token is good, each of another announcement heard, and
// there are as many as outsiders; whatever else is drawn.
func TestEachOutsiderNeedsAGate(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	_, stranger, _ := ed25519.GenerateKey(nil)
	s := &service{centre: pub}
	spoils := map[string]func(*token.Gate){
		"another agency": func(g *token.Gate) { g.Agency = "parks" }, "another queue": func(g *token.Gate) { g.Queue = "other" },
		"expired": func(g *token.Gate) { g.Expires = zero }, "too long": func(g *token.Gate) { g.Expires = zero.Add(13 * time.Hour) },
		"no announcement": func(g *token.Gate) { g.Announcement = "" }, "no language": func(g *token.Gate) { g.Language = "" },
		"no id": func(g *token.Gate) { g.ID = "" },
	}
	names := []string{"good", "good", "good", "unsigned", "repeated"}
	for name := range spoils {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		e := siprec.Extension{Gate: mint(t, key, asIs), Agency: "water", Queue: "q", Announcement: "2026-1", Language: "fi"}
		e.Outsiders = rapid.IntRange(0, siprec.MaxOutsider).Draw(t, "outsiders")
		good := true
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, siprec.MaxOutsider-1).Draw(t, "gates") {
			good = good && name == "good"
			switch name {
			case "good":
				e.Gates = append(e.Gates, mint(t, key, func(g *token.Gate) { g.Language, g.Announcement = "sv", "other" }))
			case "unsigned":
				e.Gates = append(e.Gates, mint(t, stranger, asIs))
			case "repeated":
				e.Gates = append(e.Gates, e.Gate)
			default:
				e.Gates = append(e.Gates, mint(t, key, spoils[name]))
			}
		}
		gates, err := s.admit(siprec.Metadata{Extension: e}, zero)
		if want := good && len(e.Gates)+1 >= e.Outside(); want != (err == nil) {
			t.Fatalf("%d outsiders, %d further gates, all good: %v; %v", e.Outside(), len(e.Gates), good, err)
		}
		if err != nil && !errs.Is(err, errs.Denied) {
			t.Fatal(err)
		}
		if err == nil && (len(gates) != len(e.Gates)+1 || strings.Count(gateHashes(gates), ",") != len(e.Gates)) {
			t.Fatal(gates)
		}
	})
}

// TestTheFirstGateIsTheMetadatas: what the metadata say must be what was signed.
func TestTheFirstGateIsTheMetadatas(t *testing.T) {
	pub, key, _ := ed25519.GenerateKey(nil)
	s := &service{centre: pub}
	good := siprec.Extension{Gate: mint(t, key, asIs), Agency: "water", Queue: "q", Announcement: "2026-1", Language: "fi"}
	if _, err := s.admit(siprec.Metadata{Extension: good}, zero); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*siprec.Extension){
		"agency": func(e *siprec.Extension) { e.Agency = "parks" }, "queue": func(e *siprec.Extension) { e.Queue = "r" },
		"announcement": func(e *siprec.Extension) { e.Announcement = "2" }, "language": func(e *siprec.Extension) { e.Language = "sv" },
		"no gate": func(e *siprec.Extension) { e.Gate = "" }, "added alone": func(e *siprec.Extension) { e.Gate, e.Gates = "", []string{good.Gate} },
	} {
		e := good
		spoil(&e)
		if _, err := s.admit(siprec.Metadata{Extension: e}, zero); !errs.Is(err, errs.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
