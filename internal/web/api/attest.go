package api

import (
	"context"
	"net/http"
	"time"

	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/web/api/frame"
)

// Attestation says of each promise whether it holds (M25).
type Attestation struct {
	At       time.Time      `json:"at"`
	Promises []PromiseState `json:"promises"`
}

// PromiseState is one promise's row.
type PromiseState struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	State     string `json:"state" enum:"holds,fails,vouched"`
	Evidence  string `json:"evidence"`
	Unchecked bool   `json:"unchecked,omitempty" doc:"Fails because its check could not run."`
}

type attestOutput struct{ Body Attestation }

func (a *API) attestRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/attest", ID: "attest", Tag: "attest", Action: identity.AttestRun, Scope: frame.ScopeAny,
		Doc: "Check every promise on the running system; takes up to 40 s.",
	}, a.attest)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/healthz", ID: "health", Tag: "health", Scope: frame.ScopePublic,
		Doc: "200 while the server works, 503 otherwise.",
	}, a.health)
}

func (a *API) attest(ctx context.Context, _ *frame.Caller, _ *frame.None) (*attestOutput, error) {
	rep := a.deps.Registry.Attest(ctx)
	return &attestOutput{Attestation{rep.At, frame.List(rep.Promises, func(p registry.Promise) PromiseState {
		return PromiseState{ID: p.ID, Title: p.Title, State: string(p.State), Evidence: p.Evidence, Unchecked: p.Unchecked}
	})}}, nil
}

type healthOutput struct {
	Status int
	Body   struct {
		OK bool `json:"ok"`
	}
}

func (a *API) health(ctx context.Context, _ *frame.Caller, _ *frame.None) (*healthOutput, error) {
	out := &healthOutput{Status: http.StatusOK}
	out.Body.OK = true
	if a.deps.Health == nil {
		return out, nil
	}
	if err := a.deps.Health(ctx); err != nil {
		a.deps.Log.Warn("not healthy", "err", err)
		out.Status, out.Body.OK = http.StatusServiceUnavailable, false
	}
	return out, nil
}
