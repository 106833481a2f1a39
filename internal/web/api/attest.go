package api

import (
	"context"
	"net/http"
	"time"

	"santra/internal/identity"
	"santra/internal/registry"
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
	register(a, op{
		method: "POST", path: "/api/attest", id: "attest", tag: "attest", action: identity.AttestRun, scope: scopeAny,
		doc: "Check every promise on the running system; takes up to 40 s.",
	}, a.attest)
	register(a, op{
		method: "GET", path: "/healthz", id: "health", tag: "health", scope: scopePublic,
		doc: "200 while the server works, 503 otherwise.",
	}, a.health)
}

func (a *API) attest(ctx context.Context, _ *caller, _ *none) (*attestOutput, error) {
	rep := a.deps.Registry.Attest(ctx)
	return &attestOutput{Attestation{rep.At, list(rep.Promises, func(p registry.Promise) PromiseState {
		return PromiseState{ID: p.ID, Title: p.Title, State: string(p.State), Evidence: p.Evidence, Unchecked: p.Unchecked}
	})}}, nil
}

type healthOutput struct {
	Status int
	Body   struct {
		OK bool `json:"ok"`
	}
}

func (a *API) health(ctx context.Context, _ *caller, _ *none) (*healthOutput, error) {
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
