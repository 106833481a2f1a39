// Package frame is what every operation of the HTTP API has around it: its description (OpenAPI 3.1), log-in and the right to
// ask, bounds of the request, commands done once, and errors told as RFC 9457 problems in the reader's language. It owns the form
// of all these and the headers of each answer. It must not know what an operation is about: those are of the rooms beside it,
// and who may do what is identity's table.
package frame

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"santra/internal/identity"
)

// MaxBody is how many bytes a request without a limit of its own may have.
const MaxBody = 64 << 10

// Config is what a frame asks of those whose operations it serves.
type Config struct {
	// Version is that of the description.
	Version string
	// Schema names a type in the description; nil: Huma does.
	Schema func(t reflect.Type, hint string) string
	// Authenticate says whose a session's token is. It is asked only where Runs says that the operation is there.
	Authenticate func(ctx context.Context, token string) (identity.Principal, error)
	// Runs tells whether the services behind the operations of a tag are there; what is not there answers 503.
	Runs func(tag string) bool
	// Refused hears why a caller may not do an operation, in an agency where one is known, and gives the answer's error.
	Refused func(ctx context.Context, c *Caller, o Op, agencyID string, why error) error
	// Zone is the city's, for times in the words of a refusal.
	Zone func() *time.Location
	// Proxies are the reverse proxies whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	Log     *slog.Logger
}

// Frame serves operations: it knows their description, who asks, what was done before, and how an error is told.
type Frame struct {
	config Config
	mux    *http.ServeMux
	huma   huma.API
	origin *http.CrossOriginProtection
	once   *onces
}

// New makes one without operations.
func New(c Config) *Frame {
	if c.Schema == nil {
		c.Schema = huma.DefaultSchemaNamer
	}
	f := &Frame{config: c, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(), once: newOnces()}
	f.huma = humago.New(f.mux, description(c.Version, c.Schema))
	return f
}

// OpenAPI gives the description of what was registered as JSON, indented, ending with a newline.
func (f *Frame) OpenAPI() ([]byte, error) {
	return describe(f.huma.OpenAPI())
}

// Registered tidies the description when every operation is there.
func (f *Frame) Registered() { tidySchemas(f.huma.OpenAPI()) }
