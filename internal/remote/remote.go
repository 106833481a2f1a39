// Package remote is the contact centre's client of the recorder, over HTTP: it signs what it asks with the centre's key and
// checks the recorder's evidence by the recorder's key. It stores nothing; no catalogue row stays in the centre.
package remote

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/recorder"
	"santra/internal/token"
)

// Limits of the client.
const (
	Timeout   = 10 * time.Second // of one question
	MaxAnswer = 8 << 20          // bytes
	askHeader = "Santra-Ask"     // web/play reads it
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

// New makes a client; errs.Invalid where URL or key are none.
func New(cfg Config) (*Recorder, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
		return nil, errs.At(errs.Invalid, "recorder.url", "want an origin such as https://recorder.example.fi")
	}
	if len(cfg.CentreKey) != ed25519.PrivateKeySize {
		return nil, errs.At(errs.Invalid, "recorder.key", "the centre's signing key is missing")
	}
	cfg.URL = u.Scheme + "://" + u.Host
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: Timeout}
	}
	return &Recorder{cfg}, nil
}

// Who stands behind a question, for the recorder's log: opaque ids.
type Who struct{ Person, Purpose string }

// Origin is the recorder's origin, for the browser.
func (r *Recorder) Origin() string { return r.cfg.URL }

// Search finds rows of f.Agency, newest first.
func (r *Recorder) Search(ctx context.Context, who Who, f recorder.Filter) ([]recorder.Row, error) {
	var rows []recorder.Row
	return rows, r.ask(ctx, who, f.Agency, http.MethodPost, "/catalogue/search", f, &rows)
}

// Get gives one row of the agency; errs.NotFound for others.
func (r *Recorder) Get(ctx context.Context, who Who, agency, key string) (recorder.Row, error) {
	var row recorder.Row
	if !id.Valid(key) {
		return row, errs.New(errs.NotFound, "no such recording")
	}
	return row, r.ask(ctx, who, agency, http.MethodGet, "/catalogue/"+key, nil, &row)
}

// Grant signs a grant to play. p.ID and p.Expires are filled in where empty; the grant that was signed comes back with it.
func (r *Recorder) Grant(p token.Play) (string, token.Play, error) {
	if p.ID == "" {
		p.ID = id.New()
	}
	if p.Expires.IsZero() {
		p.Expires = time.Now().Add(token.PlayLife).UTC()
	}
	text, err := token.Sign(r.cfg.CentreKey, token.DomainPlay, p)
	return text, p, err
}

// Revoke ends plays: one grant, or all of a person for an agency; v.Expires is filled in where empty. It says how many
// plays ended.
func (r *Recorder) Revoke(ctx context.Context, v token.Revoke) (int, error) {
	if v.Expires.IsZero() {
		v.Expires = time.Now().Add(token.AskLife).UTC()
	}
	text, err := token.Sign(r.cfg.CentreKey, token.DomainRevoke, v)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Ended int `json:"ended"`
	}
	return answer.Ended, r.call(ctx, http.MethodPost, "/revoke", "", map[string]string{"revoke": text}, &answer)
}

// EndAgency destroys all of an agency that leaves (M20) and says how many recordings that were; end.Expires is filled in
// where empty. errs.Conflict while a recording of it is under a legal hold or still being made.
func (r *Recorder) EndAgency(ctx context.Context, end token.End) (int, error) {
	if end.Expires.IsZero() {
		end.Expires = time.Now().Add(token.AskLife).UTC()
	}
	text, err := token.Sign(r.cfg.CentreKey, token.DomainEnd, end)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Recordings int `json:"recordings"`
	}
	err = r.call(ctx, http.MethodPost, "/end", "", map[string]string{"end": text}, &answer)
	return answer.Recordings, err
}

// Evidence asks for the recorder's evidence and checks its signature, its freshness and that it answers this very question.
// Canaries are made-up numbers whose traces the recorder looks for on its own disk: Evidence.Canaries counts them by position.
func (r *Recorder) Evidence(ctx context.Context, who Who, canaries ...string) (recorder.Evidence, error) {
	var e recorder.Evidence
	ask, signed, err := r.signAsk(who, "")
	if err != nil {
		return e, err
	}
	var answer struct {
		Evidence string `json:"evidence"`
	}
	body := map[string][]string{"canaries": canaries}
	if err := r.call(ctx, http.MethodPost, "/evidence", signed, body, &answer); err != nil {
		return e, err
	}
	if err := token.Open(r.cfg.RecorderKey, token.DomainTell, answer.Evidence, time.Now(), &e); err != nil {
		return recorder.Evidence{}, errs.New(errs.Denied, "the recorder's evidence does not hold: %w", err)
	}
	if e.Ask != ask.ID {
		return recorder.Evidence{}, errs.New(errs.Denied, "the recorder's evidence answers another question")
	}
	return e, nil
}

// Health is nil while the recorder can take recordings.
func (r *Recorder) Health(ctx context.Context) error {
	return r.call(ctx, http.MethodGet, "/healthz", "", nil, nil)
}

func (r *Recorder) signAsk(who Who, agency string) (token.Ask, string, error) {
	a := token.Ask{ID: id.New(), Agency: agency, Person: who.Person, Purpose: who.Purpose, Expires: time.Now().Add(token.AskLife).UTC()}
	text, err := token.Sign(r.cfg.CentreKey, token.DomainAsk, a)
	return a, text, err
}

func (r *Recorder) ask(ctx context.Context, who Who, agency, method, path string, body, into any) error {
	if agency == "" {
		return errs.At(errs.Invalid, "agency", "name an agency")
	}
	_, signed, err := r.signAsk(who, agency)
	if err != nil {
		return err
	}
	return r.call(ctx, method, path, signed, body, into)
}

// call asks once. An error has the kind that the recorder named; errs.Unavailable where it could not be reached.
func (r *Recorder) call(ctx context.Context, method, path, ask string, body, into any) error {
	req, err := r.request(ctx, method, path, ask, body)
	if err != nil {
		return err
	}
	res, err := r.cfg.HTTP.Do(req)
	if err != nil {
		return errs.New(errs.Unavailable, "the recorder can't be reached: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	if err != nil || len(answer) > MaxAnswer {
		return errs.New(errs.Unavailable, "the recorder's answer is cut short or too long")
	}
	if res.StatusCode != http.StatusOK {
		return problem(res.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return errs.New(errs.Unavailable, "the recorder's answer can't be read: %w", err)
	}
	return nil
}

func (r *Recorder) request(ctx context.Context, method, path, ask string, body any) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, errs.New(errs.Internal, "remote: %w", err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.cfg.URL+path, content)
	if err != nil {
		return nil, errs.New(errs.Internal, "remote: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if ask != "" {
		req.Header.Set(askHeader, ask)
	}
	return req, nil
}

// problem gives a refusal its kind.
func problem(status int, body []byte) error {
	var p struct {
		Detail string `json:"detail"`
	}
	_ = json.Unmarshal(body, &p) // a proxy's page has no detail
	kind, ok := map[int]errs.Kind{
		400: errs.Invalid, 401: errs.Unauthenticated, 403: errs.Denied, 404: errs.NotFound, 409: errs.Conflict, 410: errs.Gone,
		413: errs.TooLarge, 429: errs.Limited,
	}[status]
	if !ok {
		kind = errs.Unavailable
	}
	return errs.New(kind, "the recorder says %d: %s", status, p.Detail)
}
