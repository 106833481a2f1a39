// Package ui serves the embedded front end, which is built from /web into dist. It owns the browser's security headers: a
// strict policy with Trusted Types, under which nothing is loaded from elsewhere but audio from the recorder's origin.
package ui

import (
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"santra/internal/errs"
)

//go:embed all:dist
var dist embed.FS

// Files is the front end as it was built; without a build it holds no index.html.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

const index = "index.html"

// immutable is for assets whose name holds the hash of their content.
const immutable = "public, max-age=31536000, immutable"

// Handler serves the front end; unknown paths without a file's extension get index.html, for its own routes.
type Handler struct {
	files fs.FS
	csp   string
	start time.Time
}

// New makes a handler over files. recorder is the origin that audio may come from ("https://rec.example.org:8443"); empty
// for none. errs.Invalid where it is no origin.
func New(files fs.FS, recorder string) (*Handler, error) {
	if err := checkOrigin(recorder); err != nil {
		return nil, err
	}
	return &Handler{files, Policy(recorder), time.Now()}, nil
}

func checkOrigin(s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || s != u.Scheme+"://"+u.Host ||
		strings.ContainsAny(s, " ;,'\"*") {
		return errs.At(errs.Invalid, "recorder.origin", "is no origin such as https://recorder.example.org")
	}
	return nil
}

// trustedTypes are the only policies that may turn text into HTML: the sanitiser's and the mail frame's (web/src/mail/frame.ts).
const trustedTypes = "dompurify santra-mail"

// Policy is the Content-Security-Policy of the desktop. The mail frame is a sandboxed srcdoc, which inherits it: no script,
// and no image but those of the mail itself (data:).
func Policy(recorder string) string {
	from := "'self'"
	media := "'self'" // prompts
	if recorder != "" {
		from, media = from+" "+recorder, media+" "+recorder
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
		"connect-src " + from, "media-src " + media, "frame-src 'self'",
		"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "object-src 'none'",
		"require-trusted-types-for 'script'", "trusted-types " + trustedTypes,
	}, "; ")
}

// SecurityHeaders sets what every answer of the contact centre has.
func SecurityHeaders(h http.Header) {
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=(), payment=(), usb=()")
}

// ServeHTTP serves one file.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	SecurityHeaders(w.Header())
	w.Header().Set("Content-Security-Policy", h.csp)
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" || (!h.has(name) && path.Ext(name) == "") {
		name = index
	}
	h.serve(w, r, name)
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request, name string) {
	if !h.has(name) || strings.HasPrefix(path.Base(name), ".") {
		http.NotFound(w, r)
		return
	}
	cache := "no-cache"
	if strings.HasPrefix(name, "assets/") {
		cache = immutable
	}
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Add("Vary", "Accept-Encoding")
	h.content(w, r, h.pick(w, r, name))
}

// pick prefers a precompressed twin that the browser takes (RFC 9110 12.5.3).
func (h *Handler) pick(w http.ResponseWriter, r *http.Request, name string) string {
	for _, c := range []struct{ coding, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if accepts(r.Header.Get("Accept-Encoding"), c.coding) && h.has(name+c.ext) {
			w.Header().Set("Content-Encoding", c.coding)
			return name + c.ext
		}
	}
	return name
}

func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, coding) {
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

func (h *Handler) content(w http.ResponseWriter, r *http.Request, name string) {
	f, err := h.files.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	file, ok := f.(interface {
		fs.File
		Seek(int64, int) (int64, error)
	})
	if !ok {
		http.Error(w, fmt.Sprintf("%T can't be served", f), http.StatusInternalServerError)
		return
	}
	http.ServeContent(w, r, "", h.start, file)
}

func (h *Handler) has(name string) bool {
	info, err := fs.Stat(h.files, name)
	return err == nil && info.Mode().IsRegular()
}

// contentType knows the few types that a build holds, whatever the machine's own table says.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".webmanifest", ".json":
		return "application/json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
