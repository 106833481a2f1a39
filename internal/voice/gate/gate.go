// Package gate guards the start of a recording (M4). A Pass comes out of Announce alone (or, by For, out of such a Pass), and
// only when the announcement played to its end on the caller's leg; everything that starts a recording asks for a Pass. It knows nothing of calls,
// queues or SIP.
package gate

import (
	"context"
	"crypto/ed25519"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/token"
)

// Several is the language code for more than one language ("mul": RFC 5646 4.1, ISO 639-2).
const Several = "mul"

// Pass says that the announcement was heard to its end. The zero Pass opens nothing; no other package can make another. It is a word long:
// a call has several, and waits with room for more on its stack.
type Pass struct{ said *statement }

// statement is never written to.
type statement struct {
	token string
	gate  token.Gate // what the token says
}

// Valid tells whether the pass opens a recording.
func (p Pass) Valid() bool { return p.said != nil }

func (p Pass) statement() statement {
	if p.said == nil {
		return statement{}
	}
	return *p.said
}

// Token is the signed token.Gate for the recorder.
func (p Pass) Token() string { return p.statement().token }

// Version names what was heard (see the function Version).
func (p Pass) Version() string { return p.statement().gate.Announcement }

// Queue is the queue for which it was heard, or into which it went along.
func (p Pass) Queue() string { return p.statement().gate.Queue }

// Language is the language of what was heard; Several where it was more than one.
func (p Pass) Language() string { return p.statement().gate.Language }

// For gives the pass of a call that has moved to another queue: errs.Denied unless the queue is the same agency's and the
// announcement that would be played there is, sound for sound, the one that was heard. It is the same statement about the
// same call: its ID, and so its numbered parts, and its end stay.
func (p Pass) For(n Notice, key ed25519.PrivateKey) (Pass, error) {
	switch {
	case !p.Valid():
		return Pass{}, errs.New(errs.Denied, "no announcement was heard to its end")
	case n.Agency == "" || n.Agency != p.said.gate.Agency:
		return Pass{}, errs.New(errs.Denied, "the announcement was heard for agency %q, not for %q", p.said.gate.Agency, n.Agency)
	case len(n.Clips) == 0 || Version(n.Clips) != p.said.gate.Announcement || n.Language != p.said.gate.Language:
		return Pass{}, errs.New(errs.Denied, "queue %q has another announcement than the one that was heard", n.Queue)
	}
	g := p.said.gate
	g.Queue = n.Queue
	return signed(g, key)
}

// In gives the pass of a call that its flow puts into a queue after the announcement: errs.Denied unless the queue is of the
// agency for which the announcement was heard.
func (p Pass) In(agency, queue string, key ed25519.PrivateKey) (Pass, error) {
	switch {
	case !p.Valid():
		return Pass{}, errs.New(errs.Denied, "no announcement was heard to its end")
	case agency == "" || agency != p.said.gate.Agency:
		return Pass{}, errs.New(errs.Denied, "the announcement was heard for agency %q, not for %q", p.said.gate.Agency, agency)
	case queue == p.said.gate.Queue:
		return p, nil // signed already: a signature is a fifteenth of a call's set-up
	}
	g := p.said.gate
	g.Queue = queue
	return signed(g, key)
}

// Player plays to the caller; *rtp.Leg is one. The channel gives nil only when all was played to its end.
type Player interface {
	Play(ctx context.Context, clips []media.Clip, loop bool) <-chan error
}

// Notice is the announcement to play, and for what.
type Notice struct {
	Clips         []media.Clip
	Language      string // of the clips: "fi"; Several where they have more than one
	Agency, Queue string
}

// Outcome is how an announcement ended: a Pass, or why there is none.
type Outcome struct {
	Pass Pass
	Err  error
}

// Announce plays a notice and gives one Outcome: the Pass signed with key, if it played to its end; errs.Invalid where there
// is nothing to play. A cancelled ctx stops the sound and yields its error.
func Announce(ctx context.Context, p Player, n Notice, key ed25519.PrivateKey) <-chan Outcome {
	out := make(chan Outcome, 1)
	if len(n.Clips) == 0 {
		out <- Outcome{Err: errs.New(errs.Invalid, "no announcement in %q", n.Language)}
		return out
	}
	played := p.Play(ctx, n.Clips, false)
	go func() {
		if err := <-played; err != nil {
			out <- Outcome{Err: err}
			return
		}
		pass, err := mint(n, key, time.Now())
		out <- Outcome{pass, err}
	}()
	return out
}

func mint(n Notice, key ed25519.PrivateKey, now time.Time) (Pass, error) {
	return signed(token.Gate{
		ID: id.New(), Announcement: Version(n.Clips), Language: n.Language,
		Agency: n.Agency, Queue: n.Queue, Expires: now.Add(token.GateLife).UTC(),
	}, key)
}

func signed(g token.Gate, key ed25519.PrivateKey) (Pass, error) {
	text, err := token.Sign(key, token.DomainGate, g)
	if err != nil {
		return Pass{}, err
	}
	return Pass{&statement{text, g}}, nil
}

// Version names an announcement by the versions of its clips, joined by "." in their order: by its sound, so that no two
// different ones share a name and nobody has to count.
func Version(clips []media.Clip) string {
	names := make([]string, len(clips))
	for i, c := range clips {
		names[i] = c.Version()
	}
	return strings.Join(names, ".")
}
