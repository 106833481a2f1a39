// Package remote is the contact centre's client of the recorder, over HTTP: it signs what it asks with the centre's key and
// checks the recorder's evidence by the recorder's key. It stores nothing; no catalogue row stays in the centre.
package remote

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"time"

	"santra/internal/errs"
	"santra/internal/recorder"
	"santra/internal/token"
)

// Limits of the client.
const (
	Timeout   = 10 * time.Second // of one question
	MaxAnswer = 8 << 20          // bytes
)

// Config says where the recorder is and who we are.
type Config struct {
	URL         string             // "http://127.0.0.1:8090", the recorder's own origin
	CentreKey   ed25519.PrivateKey // signs asks, revocations, grants
	RecorderKey ed25519.PublicKey  // checks evidence; nil refuses to read any
	HTTP        *http.Client       // nil: one with Timeout
}

// Recorder is the client.
type Recorder struct{ cfg Config }

// New makes a client.
func New(cfg Config) (*Recorder, error) { return &Recorder{cfg}, nil }

// Who stands behind a question, for the recorder's log: opaque ids.
type Who struct{ Person, Purpose string }

// Origin is the recorder's origin, for the browser.
func (r *Recorder) Origin() string { return r.cfg.URL }

var errSoon = errs.New(errs.Unavailable, "not built yet")

// Search finds rows of f.Agency, newest first.
func (r *Recorder) Search(ctx context.Context, who Who, f recorder.Filter) ([]recorder.Row, error) {
	return nil, errSoon
}

// Get gives one row of the agency; errs.NotFound for others.
func (r *Recorder) Get(ctx context.Context, who Who, agency, key string) (recorder.Row, error) {
	return recorder.Row{}, errSoon
}

// Grant signs a grant to play. p.ID and p.Expires are filled in where empty.
func (r *Recorder) Grant(p token.Play) (string, token.Play, error) { return "", p, errSoon }

// Revoke ends plays: one grant, or all of a person for an agency.
func (r *Recorder) Revoke(ctx context.Context, v token.Revoke) error { return errSoon }

// Evidence asks for the recorder's evidence and checks its signature, its freshness and that it answers this very question.
func (r *Recorder) Evidence(ctx context.Context, who Who, canaries ...string) (recorder.Evidence, error) {
	return recorder.Evidence{}, errSoon
}

// Health is nil while the recorder can take recordings.
func (r *Recorder) Health(ctx context.Context) error { return errSoon }
