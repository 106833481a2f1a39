package api

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"santra/internal/errs"
	"santra/internal/identity"
)

// scope says how far an operation's action must be allowed before its handler runs.
type scope string

const (
	scopePublic scope = "public" // no log-in
	scopeSelf   scope = "self"   // a log-in is enough: it is about the one who asks, or about what is no secret
	scopeAny    scope = "any"    // allowed in at least one agency; the handler shows those agencies' things alone
	scopeAgency scope = "agency" // allowed in the agency of the thing asked for
	scopeRoom   scope = "room"   // allowed in at least one agency; the room finds the thing's agency and asks again
)

// op is an operation's metadata. Its action stands in the document as x-action, its scope as x-scope.
type op struct {
	method, path, id, tag, doc string
	action                     identity.Action
	scope                      scope
	maxBody                    int64
}

// caller is who asks, from where.
type caller struct {
	identity.Principal
	token  string
	remote netip.Addr
}

type handler[I, O any] func(context.Context, *caller, *I) (*O, error)

// agencyOf finds the agency of what is asked for; its error is the answer.
type agencyOf[I any] func(context.Context, *caller, *I) (string, error)

type callerKey struct{}

// register adds an operation of any scope but scopeAgency.
func register[I, O any](a *API, o op, h handler[I, O]) {
	if o.scope == scopeAgency {
		panic("api: " + o.id + " names no agency")
	}
	add(a, o, h)
}

// registerFor adds an operation of scopeAgency: which finds the agency, then the action must be allowed there, then h runs.
func registerFor[I, O any](a *API, o op, which agencyOf[I], h handler[I, O]) {
	o.scope = scopeAgency
	add(a, o, func(ctx context.Context, c *caller, in *I) (*O, error) {
		id, err := which(ctx, c, in)
		if err != nil {
			return nil, err
		}
		if err := c.May(o.action, id); err != nil {
			return nil, a.refused(ctx, c, o, id, err)
		}
		return h(ctx, c, in)
	})
}

func add[I, O any](a *API, o op, h handler[I, O]) {
	if (o.action == "") != (o.scope == scopePublic || o.scope == scopeSelf) {
		panic("api: " + o.id + " needs an action, or has one that nobody asks for")
	}
	huma.Register(a.huma, o.describe(a), func(ctx context.Context, in *I) (*O, error) {
		c, ok := ctx.Value(callerKey{}).(*caller)
		if !ok {
			return nil, a.problemOf(o.id, errs.New(errs.Internal, "no guard before %s", o.id))
		}
		out, err := h(ctx, c, in)
		if err != nil {
			return nil, a.problemOf(o.id, err)
		}
		if out == nil && reflect.TypeFor[O]() != reflect.TypeFor[none]() {
			return nil, a.problemOf(o.id, errs.New(errs.Internal, "%s answered nothing", o.id))
		}
		return out, nil
	})
}

func (o op) describe(a *API) huma.Operation {
	if o.maxBody == 0 {
		o.maxBody = MaxBody
	}
	action := string(o.action)
	if action == "" {
		action = string(o.scope)
	}
	return huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Description: o.doc, Tags: []string{o.tag},
		MaxBodyBytes: o.maxBody, Security: o.security(),
		Middlewares: huma.Middlewares{a.guard(o)},
		Responses:   map[string]*huma.Response{"default": problemResponse(a.huma.OpenAPI().Components.Schemas)},
		Extensions:  map[string]any{"x-action": action, "x-scope": string(o.scope)},
	}
}

func (o op) security() []map[string][]string {
	if o.scope == scopePublic {
		return []map[string][]string{}
	}
	return []map[string][]string{{"session": {}}, {"bearer": {}}}
}

// guard runs before anything of the request's body is read: log-in, the action in at least one agency, and once-only.
func (a *API) guard(o op) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		lang := languageOf(r.Header.Get("Accept-Language"))
		c, err := a.admit(r, o)
		if err != nil {
			a.problemOf(o.id, err).write(w, lang)
			return
		}
		once, err := a.once.begin(c, o, r.Header.Get("Idempotency-Key"))
		if errors.Is(err, errDone) {
			w.Header().Set("Idempotency-Replayed", "true")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if err != nil {
			a.problemOf(o.id, err).write(w, lang)
			return
		}
		defer func() { once.end(ctx.Status()) }()
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// admit says who asks and refuses who may not ask for the operation anywhere.
func (a *API) admit(r *http.Request, o op) (*caller, error) {
	c := &caller{remote: a.remote(r)}
	if !a.runs(o.tag) {
		return nil, unavailable()
	}
	if o.scope == scopePublic {
		return c, nil
	}
	c.token = tokenOf(r)
	if c.token == "" {
		return nil, errs.New(errs.Unauthenticated, "log in")
	}
	p, err := a.deps.People.Authenticate(r.Context(), c.token)
	if err != nil {
		return nil, err
	}
	c.Principal = p
	if o.scope != scopeSelf && !p.Anywhere(o.action) {
		return nil, a.refused(r.Context(), c, o, "", p.May(o.action, ""))
	}
	return c, nil
}

// runs tells whether the services behind a group of operations are there.
func (a *API) runs(tag string) bool {
	d := a.deps
	if tag == "health" {
		return true
	}
	there := d.People != nil
	switch tag {
	case "me":
		there = there && d.Dispatch != nil && d.City != nil
	case "city":
		there = there && d.Dispatch != nil && d.City != nil && d.Registry != nil
	case "measures":
		there = there && d.City != nil && d.Measures != nil
	case "simulations":
		there = there && d.City != nil && d.Planner != nil
	case "outcomes":
		there = there && d.City != nil && d.Outcomes != nil
	case "callbacks":
		there = there && d.Callbacks != nil
	case "prompts":
		there = there && d.City != nil && d.Prompts != nil && d.Flows != nil
	case "flows":
		there = there && d.City != nil && d.Flows != nil
	case "versions":
		there = there && d.Versions != nil
	case "calls":
		there = there && d.Calls != nil
	case "cases":
		there = there && d.Cases != nil
	case "archive":
		there = there && d.Cases != nil && d.Registry != nil
	case "recordings", "grants", "attest":
		there = there && d.Registry != nil
	case "audit":
		there = there && d.Audit != nil && d.Registry != nil
	case "events":
		there = there && d.Live != nil
	}
	return there
}
