package frame

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"santra/internal/errs"
	"santra/internal/identity"
)

// Scope says how far an operation's action must be allowed before its handler runs.
type Scope string

// The scopes; that of RegisterFor is the agency of the thing asked for.
const (
	ScopePublic Scope = "public" // no log-in
	ScopeSelf   Scope = "self"   // a log-in is enough: it is about the one who asks, or about what is no secret
	ScopeAny    Scope = "any"    // allowed in at least one agency; the handler shows those agencies' things alone
	scopeAgency Scope = "agency" // allowed in the agency of the thing asked for
	ScopeRoom   Scope = "room"   // allowed in at least one agency; the room finds the thing's agency and asks again
)

// Op is an operation's metadata. Its action stands in the document as x-action, its scope as x-scope.
type Op struct {
	Method, Path string          // as of net/http's patterns
	ID, Tag, Doc string          // of the document; by the tag is known whether its services run
	Action       identity.Action // "" for ScopePublic and ScopeSelf
	Scope        Scope           // nothing for RegisterFor
	MaxBody      int64           // bytes; 0: MaxBody
}

// Caller is who asks, from where.
type Caller struct {
	identity.Principal
	Token  string     // of the session
	Remote netip.Addr // of the browser, where a believed proxy names it
}

// Handler answers an operation; a nil answer of None is 204.
type Handler[I, O any] func(context.Context, *Caller, *I) (*O, error)

// AgencyOf finds the agency of what is asked for; its error is the answer.
type AgencyOf[I any] func(context.Context, *Caller, *I) (string, error)

type callerKey struct{}

// Register adds an operation of any scope but the agency's.
func Register[I, O any](f *Frame, o Op, h Handler[I, O]) {
	if o.Scope == scopeAgency {
		panic("api: " + o.ID + " names no agency")
	}
	add(f, o, h)
}

// RegisterFor adds an operation of the agency's scope: which finds the agency, then the action must be allowed there, then h runs.
func RegisterFor[I, O any](f *Frame, o Op, which AgencyOf[I], h Handler[I, O]) {
	o.Scope = scopeAgency
	add(f, o, func(ctx context.Context, c *Caller, in *I) (*O, error) {
		id, err := which(ctx, c, in)
		if err != nil {
			return nil, err
		}
		if err := c.May(o.Action, id); err != nil {
			return nil, f.config.Refused(ctx, c, o, id, err)
		}
		return h(ctx, c, in)
	})
}

func add[I, O any](f *Frame, o Op, h Handler[I, O]) {
	if (o.Action == "") != (o.Scope == ScopePublic || o.Scope == ScopeSelf) {
		panic("api: " + o.ID + " needs an action, or has one that nobody asks for")
	}
	huma.Register(f.huma, o.describe(f), func(ctx context.Context, in *I) (*O, error) {
		c, ok := ctx.Value(callerKey{}).(*Caller)
		if !ok {
			return nil, f.ProblemOf(o.ID, errs.New(errs.Internal, "no guard before %s", o.ID))
		}
		out, err := h(ctx, c, in)
		if err != nil {
			return nil, f.ProblemOf(o.ID, err)
		}
		if out == nil && reflect.TypeFor[O]() != reflect.TypeFor[None]() {
			return nil, f.ProblemOf(o.ID, errs.New(errs.Internal, "%s answered nothing", o.ID))
		}
		return out, nil
	})
}

func (o Op) describe(f *Frame) huma.Operation {
	if o.MaxBody == 0 {
		o.MaxBody = MaxBody
	}
	action := string(o.Action)
	if action == "" {
		action = string(o.Scope)
	}
	return huma.Operation{
		Method: o.Method, Path: o.Path, OperationID: o.ID, Description: o.Doc, Tags: []string{o.Tag},
		MaxBodyBytes: o.MaxBody, Security: o.security(),
		Middlewares: huma.Middlewares{f.guard(o)},
		Responses:   map[string]*huma.Response{"default": problemResponse(f.huma.OpenAPI().Components.Schemas)},
		Extensions:  map[string]any{"x-action": action, "x-scope": string(o.Scope)},
	}
}

func (o Op) security() []map[string][]string {
	if o.Scope == ScopePublic {
		return []map[string][]string{}
	}
	return []map[string][]string{{"session": {}}, {"bearer": {}}}
}

// guard runs before anything of the request's body is read: log-in, the action in at least one agency, and once-only.
func (f *Frame) guard(o Op) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		lang := LanguageOf(r.Header.Get("Accept-Language"))
		c, err := f.admit(r, o)
		if err != nil {
			f.ProblemOf(o.ID, err).Write(w, lang)
			return
		}
		once, err := f.once.begin(c, o, r.Header.Get("Idempotency-Key"))
		if errors.Is(err, errDone) {
			w.Header().Set("Idempotency-Replayed", "true")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if err != nil {
			f.ProblemOf(o.ID, err).Write(w, lang)
			return
		}
		defer func() { once.end(ctx.Status()) }()
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// admit says who asks and refuses who may not ask for the operation anywhere.
func (f *Frame) admit(r *http.Request, o Op) (*Caller, error) {
	c := &Caller{Remote: f.remote(r)}
	if !f.config.Runs(o.Tag) {
		return nil, Unavailable()
	}
	if o.Scope == ScopePublic {
		return c, nil
	}
	c.Token = tokenOf(r)
	if c.Token == "" {
		return nil, errs.New(errs.Unauthenticated, "log in")
	}
	p, err := f.config.Authenticate(r.Context(), c.Token)
	if err != nil {
		return nil, err
	}
	c.Principal = p
	if o.Scope != ScopeSelf && !p.Anywhere(o.Action) {
		return nil, f.config.Refused(r.Context(), c, o, "", p.May(o.Action, ""))
	}
	return c, nil
}

// None is an input or output without anything.
type None struct{}

// List maps a list, never to nil.
func List[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for x := range slices.Values(in) {
		out = append(out, f(x))
	}
	return out
}
