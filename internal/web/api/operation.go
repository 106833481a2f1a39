package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// scope says how far an operation's action must be allowed.
type scope string

const (
	scopePublic scope = "public" // no log-in
	scopeSelf   scope = "self"   // a log-in is enough: it is about the one who asks, or about what is no secret
	scopeAny    scope = "any"    // allowed in at least one agency; the handler shows that agency's things alone
	scopeAgency scope = "agency" // allowed in the agency of the thing asked for
)

// op is an operation's metadata. Its action stands in the document as x-action, its scope as x-scope.
type op struct {
	method, path, id, tag, doc string
	action                     string
	scope                      scope
	maxBody                    int64
}

// caller is who asks.
type caller struct{}

type handler[I, O any] func(context.Context, *caller, *I) (*O, error)

func register[I, O any](a *API, o op, h handler[I, O]) {
	if o.action == "" {
		o.action = string(o.scope)
	}
	if o.maxBody == 0 {
		o.maxBody = MaxBody
	}
	huma.Register(a.huma, huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Description: o.doc, Tags: []string{o.tag},
		MaxBodyBytes: o.maxBody, Security: o.security(),
		Responses:  map[string]*huma.Response{"default": problemResponse(a.huma.OpenAPI().Components.Schemas)},
		Extensions: map[string]any{"x-action": o.action, "x-scope": string(o.scope)},
	}, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, &caller{}, in)
		return out, problem(err)
	})
}

func (o op) security() []map[string][]string {
	if o.scope == scopePublic {
		return []map[string][]string{}
	}
	return []map[string][]string{{"session": {}}, {"bearer": {}}}
}

// ServeHTTP serves the API's paths.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }
