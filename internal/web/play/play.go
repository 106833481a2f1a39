// Package play is the recorder's own face: grants in, audio ranges out, the catalogue for the centre's signed questions. It
// maps HTTP to package recorder and decides nothing itself but headers and the pace of a stream.
package play

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/recorder"
	"santra/internal/run"
)

// Limits of the face.
const (
	MaxBody    = 64 << 10 // bytes of a request
	CookieName = "santra_play"
	bodyWithin = 10 * time.Second // for a request's body to come
	tellWithin = 30 * time.Second // for an answer that is no stream to be taken
)

// TokenHeader carries a signed question (token.DomainAsk).
const TokenHeader = "Santra-Ask"

// Config of the face.
type Config struct {
	CentreOrigin string // the one origin that may call with credentials
	Secure       bool   // the recorder is reached over HTTPS: cookies are marked Secure
	Log          *slog.Logger
}

type face struct {
	s   *recorder.Service
	cfg Config
}

// New makes the handler.
func New(s *recorder.Service, cfg Config) http.Handler {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	f := face{s, cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /play", f.open)
	mux.HandleFunc("GET /play/{id}", f.stream)
	mux.HandleFunc("GET /play/{id}/peaks", f.peaks)
	mux.HandleFunc("POST /play/{id}/renew", f.renew)
	mux.HandleFunc("POST /revoke", f.revoke)
	mux.HandleFunc("POST /end", f.end)
	mux.HandleFunc("POST /catalogue/search", f.search)
	mux.HandleFunc("GET /catalogue/{key}", f.get)
	mux.HandleFunc("GET /evidence", f.evidence)
	mux.HandleFunc("POST /evidence", f.evidence)
	mux.HandleFunc("GET /healthz", f.health)
	return f.guard(mux)
}

// guard sets the headers of every answer, answers preflights and keeps panics from printing values.
func (f face) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer f.caught(w)
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-site")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Robots-Tag", "noindex")
		if !f.cors(w, r) {
			return
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(tellWithin)) // not every writer has one (tests)
		next.ServeHTTP(w, r)
	})
}

// caught logs a panic by its type; http.ErrAbortHandler cuts the connection as it should.
func (f face) caught(http.ResponseWriter) {
	if v := recover(); v == http.ErrAbortHandler { //nolint:errorlint // the value itself is what net/http compares
		panic(v)
	} else if v != nil {
		func() {
			defer run.Recover(f.cfg.Log, "play")
			panic(v)
		}()
	}
}

// cors lets exactly the centre's pages in, and refuses those of others.
func (f face) cors(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin == "" {
		return true
	}
	if origin != f.cfg.CentreOrigin {
		fail(w, errs.New(errs.Denied, "another origin than the centre's"))
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "Content-Range, Accept-Ranges")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Range")
		h.Set("Access-Control-Max-Age", "600")
	}
	return true
}

// remote is the address of who asks, from the connection alone: a header could be written by anybody.
func remote(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr()
}

type grantBody struct {
	Grant string `json:"grant"`
}

// Opened is the answer to POST /play.
type Opened struct {
	URL   string `json:"url"`   // path of the WAV stream
	Renew string `json:"renew"` // path to POST renewed grants to
	Peaks string `json:"peaks"` // path of the waveform
}

func (f face) open(w http.ResponseWriter, r *http.Request) {
	var b grantBody
	if !read(w, r, &b) {
		return
	}
	p, err := f.s.OpenPlay(r.Context(), b.Grant, remote(r))
	if err != nil {
		fail(w, err)
		return
	}
	path := "/play/" + p.ID
	http.SetCookie(w, &http.Cookie{Name: CookieName, Value: p.Secret, Path: path, HttpOnly: true, Secure: f.cfg.Secure, SameSite: http.SameSiteStrictMode})
	tell(w, Opened{URL: path, Renew: path + "/renew", Peaks: path + "/peaks"})
}

// play finds the running play of a request: path, cookie and network must fit.
func (f face) play(w http.ResponseWriter, r *http.Request) (*recorder.Play, bool) {
	p, err := f.s.FindPlay(r.Context(), r.PathValue("id"), remote(r))
	if err == nil {
		c, missing := r.Cookie(CookieName)
		if missing != nil || !p.Belongs(c.Value) {
			err = errs.New(errs.Denied, "not opened by this browser")
		}
	}
	if err != nil {
		fail(w, err)
	}
	return p, err == nil
}

func (f face) renew(w http.ResponseWriter, r *http.Request) {
	var b grantBody
	p, ok := f.play(w, r)
	if !ok || !read(w, r, &b) {
		return
	}
	if err := f.s.RenewPlay(r.Context(), p.ID, b.Grant, remote(r)); err != nil {
		fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Peaks is the answer to GET /play/{id}/peaks.
type Peaks struct {
	Seconds   float64 `json:"seconds"`    // length
	PerSecond int     `json:"per_second"` // values of a channel for each second
	Customer  []int   `json:"customer"`   // 0–255
	Agent     []int   `json:"agent"`
	Pauses    []Pause `json:"pauses"` // in order
}

// Pause is a part of a recording in which nothing was recorded because the agent paused it, in seconds from its beginning.
type Pause struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

func (f face) peaks(w http.ResponseWriter, r *http.Request) {
	p, ok := f.play(w, r)
	if !ok {
		return
	}
	a, err := p.Audio(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	x := a.Index()
	out := Peaks{
		Seconds: float64(x.Frames) / recorder.Rate, PerSecond: recorder.PeaksPerSecond,
		Customer: []int{}, Agent: []int{}, Pauses: []Pause{},
	}
	for _, p := range x.Pauses {
		out.Pauses = append(out.Pauses, Pause{From: float64(p.From) / recorder.Rate, To: float64(p.To) / recorder.Rate})
	}
	for i, v := range x.Peaks {
		if i%2 == 0 {
			out.Customer = append(out.Customer, int(v))
		} else {
			out.Agent = append(out.Agent, int(v))
		}
	}
	tell(w, out)
}

func (f face) revoke(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Revoke string `json:"revoke"`
	}
	if !read(w, r, &b) {
		return
	}
	n, err := f.s.Revoke(r.Context(), b.Revoke)
	if err != nil {
		fail(w, err)
		return
	}
	tell(w, map[string]int{"ended": n})
}

func (f face) end(w http.ResponseWriter, r *http.Request) {
	var b struct {
		End string `json:"end"`
	}
	if !read(w, r, &b) {
		return
	}
	d, err := f.s.EndAgency(r.Context(), b.End)
	if err != nil {
		fail(w, err)
		return
	}
	tell(w, map[string]int{"recordings": d.Recordings, "keys": d.Keys})
}

func (f face) search(w http.ResponseWriter, r *http.Request) {
	var filter recorder.Filter
	if !read(w, r, &filter) {
		return
	}
	rows, err := f.s.Search(r.Context(), r.Header.Get(TokenHeader), filter)
	if err != nil {
		fail(w, err)
		return
	}
	tell(w, rows)
}

func (f face) get(w http.ResponseWriter, r *http.Request) {
	row, err := f.s.Get(r.Context(), r.Header.Get(TokenHeader), r.PathValue("key"))
	if err != nil {
		fail(w, err)
		return
	}
	tell(w, row)
}

// evidence takes canaries in a POST; they are made-up numbers, and are not kept.
func (f face) evidence(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Canaries []string `json:"canaries"`
	}
	if r.Method == http.MethodPost && !read(w, r, &b) {
		return
	}
	signed, err := f.s.Evidence(r.Context(), r.Header.Get(TokenHeader), b.Canaries)
	if err != nil {
		fail(w, err)
		return
	}
	tell(w, map[string]string{"evidence": signed})
}

func (f face) health(w http.ResponseWriter, r *http.Request) {
	if err := f.s.Health(r.Context()); err != nil {
		fail(w, err)
		return
	}
	tell(w, map[string]any{"ok": true, "recording": f.s.Active()})
}

// read reads a JSON body strictly.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(bodyWithin)) // not every writer has one (tests)
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		return true
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		fail(w, errs.New(errs.TooLarge, "the request is over %d bytes", MaxBody))
	} else {
		fail(w, errs.New(errs.Invalid, "the body is not the JSON that belongs here"))
	}
	return false
}

func tell(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the reader may be gone
}

// fail writes RFC 9457 problem JSON. An internal error tells nothing.
func fail(w http.ResponseWriter, err error) {
	status, ok := map[errs.Kind]int{
		errs.Invalid: 400, errs.Unauthenticated: 401, errs.Denied: 403, errs.NotFound: 404, errs.Conflict: 409, errs.Gone: 410,
		errs.TooLarge: 413, errs.Limited: 429, errs.Unavailable: 503,
	}[errs.KindOf(err)]
	detail := err.Error()
	if !ok {
		status, detail = 500, "see the recorder's log"
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": http.StatusText(status), "detail": detail})
}

// stream sends the WAV in ranges. It is for hearing: no name to save it under, no cache, and no faster than Pace.
func (f face) stream(w http.ResponseWriter, r *http.Request) {
	p, ok := f.play(w, r)
	if !ok {
		return
	}
	a, err := p.Audio(r.Context())
	if err != nil {
		f.cfg.Log.Error("play: a recording could not be opened", "recording", p.Row.Key, "err", err)
		fail(w, err)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := endWith(ctx, w, p)
	defer stop()
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	h.Set("Content-Disposition", "inline")
	http.ServeContent(w, r, "", time.Time{}, &paced{Audio: a, ctx: ctx, begun: time.Now()})
	if p.Check() != nil {
		panic(http.ErrAbortHandler) // a stream that was cut must not look whole
	}
}

// endWith cuts a connection when its play ends: whatever the client has not taken yet is not sent any more.
func endWith(ctx context.Context, w http.ResponseWriter, p *recorder.Play) (stop func()) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Time{}) // a stream lasts as long as its play
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(done)
		select {
		case <-p.Done():
			_ = c.SetWriteDeadline(time.Now())
		case <-ctx.Done():
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// The pace of a stream: what a client holds when its play is revoked is no more than this ahead of its ear.
const (
	paceBurst = 4 * 16000 // bytes at once: 4 s of sound
	pace      = 4 * 16000 // bytes a second from then on: four times as fast as it sounds
)

type paced struct {
	*recorder.Audio
	ctx   context.Context // of the request
	begun time.Time
	sent  int64
}

// Read implements io.Reader; it waits until the pace allows more.
func (p *paced) Read(b []byte) (int, error) {
	ahead := p.sent - paceBurst - int64(time.Since(p.begun).Seconds()*pace)
	if ahead > 0 {
		t := time.NewTimer(time.Duration(ahead) * time.Second / pace)
		defer t.Stop()
		select {
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		case <-t.C:
		}
	}
	n, err := p.Audio.Read(b[:min(len(b), pace/4)])
	p.sent += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errs.New(errs.KindOf(err), "play: %s", strings.TrimSpace(err.Error()))
	}
	return n, err
}
