package frame

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"santra/internal/agency/dialplan"
	"santra/internal/errs"
	"santra/internal/web/api/refusal"
)

// Problem is an error answer (RFC 9457). It never repeats what was sent.
type Problem struct {
	Status int          `json:"status"`
	Title  string       `json:"title" doc:"In the language of Accept-Language: fi, sv or en."`
	Kind   string       `json:"kind" enum:"internal,invalid,unauthenticated,denied,not_found,conflict,gone,too_large,limited,unavailable"`
	Detail string       `json:"detail,omitempty" doc:"In English, for support."`
	Field  string       `json:"field,omitempty" doc:"The input at fault."`
	Errors []FieldError `json:"errors,omitempty" doc:"Every input at fault."`
	Code   string       `json:"code,omitempty" doc:"Why exactly a call out is not made: premium, country, cap, …"`
	Until  *time.Time   `json:"until,omitempty" doc:"When it may be tried again, where that is known."`

	kind errs.Kind
	said refusal.Words // in place of the kind's, where there are better ones
}

// FieldError names one input at fault and what would be right.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Error gives the title.
func (p *Problem) Error() string { return p.Title }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// statuses gives each kind's HTTP status.
func statuses() map[errs.Kind]int {
	return map[errs.Kind]int{
		errs.Internal: http.StatusInternalServerError, errs.Invalid: http.StatusUnprocessableEntity, errs.Unauthenticated: http.StatusUnauthorized,
		errs.Denied: http.StatusForbidden, errs.NotFound: http.StatusNotFound, errs.Conflict: http.StatusConflict, errs.Gone: http.StatusGone,
		errs.TooLarge: http.StatusRequestEntityTooLarge, errs.Limited: http.StatusTooManyRequests, errs.Unavailable: http.StatusServiceUnavailable,
	}
}

// words says each kind in the three languages.
func words() map[errs.Kind]Text {
	return map[errs.Kind]Text{
		errs.Internal:        {"Järjestelmässä tapahtui virhe.", "Ett fel inträffade i systemet.", "Something went wrong in the system."},
		errs.Invalid:         {"Tarkista antamasi tiedot.", "Kontrollera uppgifterna som du gav.", "Check what you entered."},
		errs.Unauthenticated: {"Kirjaudu sisään.", "Logga in.", "Log in."},
		errs.Denied:          {"Sinulla ei ole oikeutta tähän.", "Du har inte rätt att göra detta.", "You are not allowed to do this."},
		errs.NotFound:        {"Tätä ei löydy.", "Detta finns inte.", "There is no such thing."},
		errs.Conflict:        {"Tilanne on muuttunut. Lataa tiedot uudelleen.", "Läget har ändrats. Hämta uppgifterna på nytt.", "This has changed meanwhile. Read it again."},
		errs.Gone:            {"Tätä ei enää ole.", "Detta finns inte längre.", "This is no more."},
		errs.TooLarge:        {"Tämä on liian suuri.", "Detta är för stort.", "This is too large."},
		errs.Limited:         {"Liian monta yritystä. Odota hetki.", "För många försök. Vänta en stund.", "Too many attempts. Wait a moment."},
		errs.Unavailable:     {"Palvelu ei ole juuri nyt käytettävissä. Yritä uudelleen.", "Tjänsten är inte tillgänglig just nu. Försök på nytt.", "This is not available right now. Try again."},
	}
}

// Text is a name in the three languages of the interface.
type Text struct {
	FI string `json:"fi"`
	SV string `json:"sv"`
	EN string `json:"en"`
}

// in gives a text in fi, sv or en.
func (t Text) in(lang string) string {
	switch lang {
	case "fi":
		return t.FI
	case "sv":
		return t.SV
	}
	return t.EN
}

// ProblemOf makes the answer of an error. What went wrong on our side is not told to the caller; it is logged.
func (f *Frame) ProblemOf(operation string, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	p := kindOnly(errs.KindOf(err))
	if r, ok := errors.AsType[*dialplan.Refusal](err); ok {
		p.Code, p.said = r.Reason, refusal.Of(r, f.config.Zone())
		if !r.Until.IsZero() {
			p.Until = new(r.Until.UTC())
		}
	}
	switch p.kind {
	case errs.Internal, errs.Unavailable:
		f.config.Log.Error("request failed", "operation", operation, "err", err)
	default:
		p.tell(err)
	}
	return p
}

func kindOnly(k errs.Kind) *Problem {
	return &Problem{Status: statuses()[k], Title: words()[k].EN, Kind: strings.ReplaceAll(k.String(), " ", "_"), kind: k}
}

// tell adds the error's words, which by the rule of package errs hold nothing personal.
func (p *Problem) tell(err error) {
	p.Detail = err.Error()
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Field != "" {
		p.Field = e.Field
		p.Errors = []FieldError{{e.Field, strings.TrimPrefix(e.Error(), e.Field+": ")}}
	}
}

// localise gives problems their title in the caller's language and turns Huma's own errors into ours.
func localise(ctx huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*Problem)
	if m, own := v.(*huma.ErrorModel); own {
		p, ok = fromHuma(m), true
	}
	if ok {
		copied := *p
		copied.Title = p.title(LanguageOf(ctx.Header("Accept-Language")))
		return &copied, nil
	}
	return v, nil
}

// title is what is told to people.
func (p *Problem) title(lang string) string {
	if t := Text(p.said).in(lang); t != "" {
		return t
	}
	return words()[p.kind].in(lang)
}

// fromHuma keeps where an input is at fault and what would be right, and drops the value that was sent.
func fromHuma(m *huma.ErrorModel) *Problem {
	p := kindOnly(kindOfStatus(m.Status))
	p.Status = m.Status
	for _, d := range m.Errors {
		f := FieldError{Field: d.Location, Message: d.Message}
		if d.Location == "body" || d.Message == "unexpected property" {
			f = FieldError{Field: "body", Message: "is no JSON of the described form"}
		}
		f.Message, _, _ = strings.Cut(f.Message, ": ") // what follows a colon may quote the value
		p.Errors = append(p.Errors, f)
	}
	if len(p.Errors) > 0 {
		p.Field = p.Errors[0].Field
	}
	return p
}

func kindOfStatus(status int) errs.Kind {
	for k, s := range statuses() {
		if s == status {
			return k
		}
	}
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		return errs.Invalid
	}
	return errs.Internal
}

// Write sends a problem outside Huma's own way.
func (p *Problem) Write(w http.ResponseWriter, lang string) {
	copied := *p
	copied.Title = p.title(lang)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(&copied)
}

// LanguageOf picks fi, sv or en from Accept-Language (RFC 9110 12.5.4); en where none is wanted, for programs.
func LanguageOf(accept string) string {
	const longest = 1000
	if len(accept) > longest {
		return "en"
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return "en"
	}
	for _, t := range tags {
		if base, _ := t.Base(); base.String() == "fi" || base.String() == "sv" || base.String() == "en" {
			return base.String()
		}
	}
	return "en"
}

func problemResponse(r huma.Registry) *huma.Response {
	return &huma.Response{Description: "Problem", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: r.Schema(reflect.TypeFor[Problem](), true, "Problem")},
	}}
}

// Unavailable is the error of what does not run here.
func Unavailable() error { return errs.New(errs.Unavailable, "this part is not running") }
