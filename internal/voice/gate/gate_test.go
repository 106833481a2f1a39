package gate

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/token"
)

// player plays in virtual time, or fails.
type player struct{ fails error }

func (p player) Play(ctx context.Context, clips []media.Clip, _ bool) <-chan error {
	played := make(chan error, 1)
	var length time.Duration
	for _, c := range clips {
		length += c.Duration()
	}
	go func() {
		select {
		case <-ctx.Done():
			played <- ctx.Err()
		case <-time.After(length):
			played <- p.fails
		}
	}()
	return played
}

func keyPair() (ed25519.PublicKey, ed25519.PrivateKey) {
	pub, priv, _ := ed25519.GenerateKey(nil)
	return pub, priv
}

func notice() Notice {
	clips := []media.Clip{media.SilenceClip(4 * time.Second), media.SilenceClip(3 * time.Second)}
	return Notice{Clips: clips, Language: Several, Agency: "water", Queue: "water-main"}
}

func TestPassComesAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pub, priv := keyPair()
		began := time.Now()
		o := <-Announce(t.Context(), player{}, notice(), priv)
		if took := time.Since(began); o.Err != nil || took != 7*time.Second {
			t.Fatalf("after %v: %v", took, o.Err)
		}
		var g token.Gate
		if err := token.Open(pub, token.DomainGate, o.Pass.Token(), time.Now(), &g); err != nil {
			t.Fatal(err)
		}
		want := token.Gate{
			ID: g.ID, Announcement: o.Pass.Version(), Language: Several, Agency: "water", Queue: "water-main",
			Expires: time.Now().Add(token.GateLife).UTC(),
		}
		if g != want || !o.Pass.Valid() || o.Pass.Language() != Several {
			t.Errorf("got %+v, want %+v", g, want)
		}
	})
}

func TestNoPassBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, priv := keyPair()
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second-time.Millisecond)
		defer cancel()
		o := <-Announce(ctx, player{}, notice(), priv)
		if o.Pass.Valid() || !errors.Is(o.Err, context.DeadlineExceeded) {
			t.Fatalf("%v, %v", o.Pass, o.Err)
		}
	})
}

func TestNoPassWithoutSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, priv := keyPair()
		broken := errors.New("socket closed")
		if o := <-Announce(t.Context(), player{broken}, notice(), priv); o.Pass.Valid() || !errors.Is(o.Err, broken) {
			t.Errorf("%v, %v", o.Pass, o.Err)
		}
		if o := <-Announce(t.Context(), player{}, Notice{Language: "fi"}, priv); o.Pass.Valid() || !errs.Is(o.Err, errs.Invalid) {
			t.Errorf("%v, %v", o.Pass, o.Err)
		}
	})
}

// A call that moves keeps its pass only within the agency, and only for the very announcement that was heard.
func TestAPassForAnotherQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pub, priv := keyPair()
		o := <-Announce(t.Context(), player{}, notice(), priv)
		var first, second token.Gate
		if err := token.Open(pub, token.DomainGate, o.Pass.Token(), time.Now(), &first); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		there := notice()
		there.Queue = "water-bills"
		moved, err := o.Pass.For(there, priv)
		if err != nil {
			t.Fatal(err)
		}
		if err := token.Open(pub, token.DomainGate, moved.Token(), time.Now(), &second); err != nil {
			t.Fatal(err)
		}
		first.Queue = "water-bills"
		if second != first || moved.Version() != o.Pass.Version() || moved.Language() != o.Pass.Language() {
			t.Errorf("got %+v, want %+v", second, first)
		}
	})
}

func TestNoPassForWhatWasNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, priv := keyPair()
		o := <-Announce(t.Context(), player{}, notice(), priv)
		for name, change := range map[string]func(*Notice){
			"another agency":       func(n *Notice) { n.Agency = "tax" },
			"no agency":            func(n *Notice) { n.Agency = "" },
			"another language":     func(n *Notice) { n.Language = "fi" },
			"another announcement": func(n *Notice) { n.Clips = []media.Clip{media.Tone(440, time.Second, 9000)} },
			"part of it":           func(n *Notice) { n.Clips = n.Clips[:1] },
			"more than it":         func(n *Notice) { n.Clips = append(n.Clips, media.SilenceClip(time.Second)) },
			"none":                 func(n *Notice) { n.Clips = nil },
		} {
			n := notice()
			change(&n)
			if p, err := o.Pass.For(n, priv); p.Valid() || !errs.Is(err, errs.Denied) {
				t.Errorf("%s: %v, %v", name, p, err)
			}
		}
		if p, err := (Pass{}).For(notice(), priv); p.Valid() || !errs.Is(err, errs.Denied) {
			t.Errorf("from nothing: %v, %v", p, err)
		}
	})
}

// TestPassIntoAQueue: a flow's queue of the same agency gets the pass, signed for it; the one for which it was heard the same one.
func TestPassIntoAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pub, priv := keyPair()
		n := notice()
		o := <-Announce(t.Context(), player{}, n, priv)
		if p, err := o.Pass.In(n.Agency, n.Queue, priv); err != nil || p != o.Pass {
			t.Error("the same queue:", p, err)
		}
		p, err := o.Pass.In(n.Agency, "another", priv)
		var g token.Gate
		if err != nil || p.Queue() != "another" || token.Open(pub, token.DomainGate, p.Token(), time.Now(), &g) != nil || g.Queue != "another" || g.Agency != n.Agency {
			t.Error("another queue:", g, err)
		}
		for name, in := range map[string]func() (Pass, error){
			"another agency": func() (Pass, error) { return o.Pass.In("tax", n.Queue, priv) },
			"no agency":      func() (Pass, error) { return o.Pass.In("", n.Queue, priv) },
			"nothing heard":  func() (Pass, error) { return Pass{}.In(n.Agency, n.Queue, priv) },
		} {
			if p, err := in(); p.Valid() || !errs.Is(err, errs.Denied) {
				t.Errorf("%s: %v, %v", name, p, err)
			}
		}
	})
}

func TestZeroPassOpensNothing(t *testing.T) {
	if (Pass{}).Valid() {
		t.Error("the zero pass is valid")
	}
}

func TestVersionFollowsTheSound(t *testing.T) {
	a, b := media.Tone(440, time.Second, 9000), media.Tone(441, time.Second, 9000)
	if Version([]media.Clip{a}) != a.Version() || Version([]media.Clip{a, b}) == Version([]media.Clip{b, a}) {
		t.Error("two announcements share a version")
	}
}
