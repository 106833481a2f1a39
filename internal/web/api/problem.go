package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"santra/internal/errs"
)

// Problem is an error answer (RFC 9457). It never repeats what was sent.
type Problem struct {
	Status int          `json:"status"`
	Title  string       `json:"title" doc:"In the language of Accept-Language: fi, sv or en."`
	Kind   string       `json:"kind" enum:"internal,invalid,unauthenticated,denied,not_found,conflict,gone,too_large,limited,unavailable"`
	Detail string       `json:"detail,omitempty"`
	Field  string       `json:"field,omitempty" doc:"The input at fault."`
	Errors []FieldError `json:"errors,omitempty" doc:"Every input at fault."`
}

// FieldError names one input at fault and what would be right.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func problemResponse(r huma.Registry) *huma.Response {
	return &huma.Response{Description: "Problem", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: r.Schema(reflect.TypeFor[Problem](), true, "Problem")},
	}}
}

// Error gives the title.
func (p *Problem) Error() string { return p.Title }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func unavailable() error { return errs.New(errs.Unavailable, "not there yet") }

func problem(err error) error {
	if err == nil {
		return nil
	}
	return &Problem{Status: http.StatusServiceUnavailable, Title: err.Error(), Kind: "unavailable"}
}

func localise(_ huma.Context, _ string, v any) (any, error) { return v, nil }
