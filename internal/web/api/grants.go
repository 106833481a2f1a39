package api

import (
	"context"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/web/api/frame"
)

// ListenGrant lets one named person listen to one agency's recordings until a date (M10).
type ListenGrant struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Display string    `json:"display"`
	Agency  string    `json:"agency"`
	Until   time.Time `json:"until"`
	Granted time.Time `json:"granted"`
	By      string    `json:"by" doc:"Person who granted it."`
}

// ListenGrantRequest is a new grant.
type ListenGrantRequest struct {
	Person string    `json:"person" minLength:"1" maxLength:"64"`
	Agency string    `json:"agency" minLength:"1" maxLength:"64"`
	Until  time.Time `json:"until" doc:"At most a year from now."`
	Reason string    `json:"reason,omitempty" maxLength:"2000"`
}

type (
	grantsOutput struct {
		Body struct {
			Grants []ListenGrant `json:"grants"`
		}
	}
	grantInput  struct{ Body ListenGrantRequest }
	grantOutput struct{ Body ListenGrant }
	grantID     struct {
		ID string `path:"id" maxLength:"64"`
	}
)

// Candidate is somebody to whom a grant to listen can be given: an agency's manager.
type Candidate struct {
	Person  string `json:"person"`
	Display string `json:"display"`
	Agency  string `json:"agency"`
}

type candidatesOutput struct {
	Body struct {
		Candidates []Candidate `json:"candidates"`
	}
}

func (a *API) grantRoutes() {
	route := func(method, path, id, doc string) frame.Op {
		return frame.Op{Method: method, Path: "/api/grants" + path, ID: id, Tag: "grants", Action: identity.ListenGrant, Scope: frame.ScopeAny, Doc: doc}
	}
	frame.Register(a.frame, route("GET", "", "grants", "The valid grants to listen."), a.getGrants)
	frame.Register(a.frame, route("GET", "/candidates", "grant-candidates", "Managers, who need a grant to listen."), a.getCandidates)
	frame.RegisterFor(a.frame, route("POST", "", "grant-create", "Grant a named person the right to listen to an agency's recordings until a date (M10)."),
		func(_ context.Context, _ *frame.Caller, in *grantInput) (string, error) { return in.Body.Agency, nil }, a.createGrant)
	frame.Register(a.frame, route("DELETE", "/{id}", "grant-withdraw", "Withdraw a grant; what is playing stops."), func(ctx context.Context, c *frame.Caller, in *grantID) (*frame.None, error) {
		return nil, a.deps.Registry.Withdraw(ctx, c.Principal, in.ID)
	})
}

func (a *API) getGrants(ctx context.Context, c *frame.Caller, _ *frame.None) (*grantsOutput, error) {
	all, err := a.deps.Registry.Grants(ctx, c.Principal)
	var out grantsOutput
	out.Body.Grants = frame.List(all, func(g registry.Grant) ListenGrant { return a.grantOf(ctx, g) })
	return &out, err
}

func (a *API) grantOf(ctx context.Context, g registry.Grant) ListenGrant {
	person, _ := a.deps.People.Lookup(ctx, g.Person) // somebody who is gone is shown by the id
	return ListenGrant{ID: g.ID, Person: g.Person, Display: person.Display, Agency: g.Agency, Until: g.Until, Granted: g.Granted, By: g.By}
}

// getCandidates reads people as the operator would: who may grant need not manage people.
func (a *API) getCandidates(ctx context.Context, _ *frame.Caller, _ *frame.None) (*candidatesOutput, error) {
	people, err := a.deps.People.People(ctx, identity.Operator("api"))
	var out candidatesOutput
	out.Body.Candidates = []Candidate{}
	for _, p := range people {
		for _, r := range p.Roles {
			if r.Role == identity.Manager && !p.Disabled {
				out.Body.Candidates = append(out.Body.Candidates, Candidate{p.ID, p.Display, r.Agency})
			}
		}
	}
	return &out, err
}

func (a *API) createGrant(ctx context.Context, c *frame.Caller, in *grantInput) (*grantOutput, error) {
	b := in.Body
	person, err := a.deps.People.Lookup(ctx, b.Person)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(person.Roles, identity.RoleGrant{Role: identity.Manager, Agency: b.Agency}) {
		return nil, errs.At(errs.Invalid, "person", "is no manager of the agency")
	}
	g, err := a.deps.Registry.GrantListen(ctx, c.Principal, person.ID, b.Agency, b.Until, b.Reason)
	if err != nil {
		return nil, err
	}
	return &grantOutput{a.grantOf(ctx, g)}, nil
}
