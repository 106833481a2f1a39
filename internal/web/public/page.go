// Package public serves the register description (M23): a page without script or log-in, in Finnish, Swedish and English,
// generated at each request from the running configuration. It owns the page's look; the words are registry's.
package public

import (
	"bytes"
	"embed"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"santra/internal/registry"
)

//go:embed page.html page.css
var files embed.FS

// Paths that the page is served under.
const (
	Path    = "/register"
	cssPath = "/register/page.css"
)

// MaxAcceptLanguage is the longest header, in bytes, that is looked at.
const MaxAcceptLanguage = 1000

// csp lets the page load its own style sheet and the icon, and nothing else.
const csp = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// Page serves the description.
type Page struct {
	facts func(lang string) registry.Facts
	log   *slog.Logger
	tmpl  *template.Template
	css   []byte
}

// New makes the page; facts gives the running configuration in a language, and is asked at each request.
func New(facts func(lang string) registry.Facts, log *slog.Logger) (*Page, error) {
	tmpl, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	css, err := files.ReadFile("page.css")
	return &Page{facts, log, tmpl, css}, err
}

// Routes adds the page to a mux.
func (p *Page) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET "+Path, p.page)
	mux.HandleFunc("GET "+cssPath, p.style)
}

// content is what the template shows.
type content struct {
	registry.Description
	City  string
	Title string
	Words words
	Links []link
}

type link struct {
	Lang, Name string
	Current    bool
}

// words are the page's own, beside the description.
type words struct{ Title, Languages, Contents, Skip, Generated string }

func wordsIn(lang string) words {
	switch lang {
	case "sv":
		return words{"Registerbeskrivning", "Språk", "Innehåll", "Hoppa till innehållet", "Beskrivningen bildas av de inställningar som gäller i systemet."}
	case "en":
		return words{"Register description", "Language", "Contents", "Skip to content", "This description is generated from the settings in force in the system."}
	}
	return words{"Rekisteriseloste", "Kieli", "Sisältö", "Siirry sisältöön", "Seloste muodostetaan järjestelmän voimassa olevista asetuksista."}
}

func (p *Page) page(w http.ResponseWriter, r *http.Request) {
	lang := Choose(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	body, err := p.render(lang)
	if err != nil {
		p.log.Error("register description", "lang", lang, "err", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	headers(h)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Language")
	_, _ = w.Write(body)
}

func (p *Page) style(w http.ResponseWriter, _ *http.Request) {
	headers(w.Header())
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(p.css)
}

func headers(h http.Header) {
	h.Set("Content-Security-Policy", csp)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

func (p *Page) render(lang string) ([]byte, error) {
	facts := p.facts(lang)
	d, err := registry.Describe(facts, lang)
	if err != nil {
		return nil, err
	}
	c := content{Description: d, City: facts.City, Words: wordsIn(lang)}
	c.Title = c.Words.Title
	for _, l := range [][2]string{{"fi", "Suomeksi"}, {"sv", "På svenska"}, {"en", "In English"}} {
		c.Links = append(c.Links, link{l[0], l[1], l[0] == lang})
	}
	var out bytes.Buffer
	err = p.tmpl.Execute(&out, c)
	return out.Bytes(), err
}

// Choose picks fi, sv or en: by the query's lang, then by Accept-Language (RFC 9110 12.5.4), then fi.
func Choose(query, accept string) string {
	if q := strings.ToLower(query); slices.Contains(registry.Languages(), q) {
		return q
	}
	if len(accept) > MaxAcceptLanguage {
		return registry.Languages()[0]
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return registry.Languages()[0]
	}
	for _, t := range tags {
		base, _ := t.Base()
		if slices.Contains(registry.Languages(), base.String()) {
			return base.String()
		}
	}
	return registry.Languages()[0]
}
