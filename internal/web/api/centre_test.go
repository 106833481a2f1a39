package api

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/email"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/registry"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
	"santra/internal/token"
	"santra/internal/voice"
	"santra/internal/voice/company"
	"santra/internal/voice/consult"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
	"santra/internal/web/api/figures"
	"santra/internal/web/live"
)

// The services that the API is made for.
var (
	_ People           = (*identity.Service)(nil)
	_ Book             = (*agency.Book)(nil)
	_ Dispatch         = (*dispatch.Dispatcher)(nil)
	_ Calls            = (*voice.Service)(nil)
	_ Cases            = (*email.Service)(nil)
	_ Audit            = (*audit.Log)(nil)
	_ Closings         = (*agency.Closings)(nil)
	_ figures.Measures = measure.Journal(nil)
)

const password = "kolme sanaa riittää"

// house is the API over real rooms and a real database; calls, mails and the recorder are played.
type house struct {
	t        *testing.T
	srv      *httptest.Server
	deps     Deps
	people   *identity.Service
	calls    *playedCalls
	cases    *playedCases
	recorder *playedRecorder
	routing  *playedRouting
	measures *playedMeasures
	planner  *playedPlanner
	log      *bytes.Buffer
	tokens   map[string]string
	ids      map[string]string
}

func city() agency.City {
	text := func(s string) agency.Text { return agency.Text{"fi": s, "sv": s, "en": s} }
	return agency.City{
		Name:       text("Esimerkkilä"),
		Controller: agency.Controller{Name: text("Palvelukeskus"), Address: text("PL 1"), Person: text("Päällikkö"), Contact: text("Yksikkö"), DPO: text("dpo@example.org")},
		Agencies:   []agency.Agency{{ID: "parks", Name: text("Puistot"), Address: "parks@example.org"}, {ID: "ports", Name: text("Satama"), Address: "ports@example.org"}},
		Queues: []agency.Queue{
			{ID: "parks-main", Agency: "parks", Name: text("Puistot"), Number: "+358912340001", Mailbox: "parks@example.org", Skills: []string{"parks"}, Record: true},
			{ID: "ports-main", Agency: "ports", Name: text("Satama"), Number: "+358912340002", Mailbox: "ports@example.org", Skills: []string{"ports"}},
		},
		Seats:          []agency.Seat{{Code: "A1", SIPUser: "a1", SIPPassword: "pass"}, {Code: "A2"}},
		ListenNetworks: []string{"127.0.0.0/8"},
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newHouse(t *testing.T, change func(*agency.City)) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{t: t, log: &bytes.Buffer{}, calls: &playedCalls{}, cases: &playedCases{}, tokens: map[string]string{}, ids: map[string]string{}}
	log := slog.New(slog.NewTextHandler(&locked{w: h.log}, nil))
	db := must[*centre.Store](t)(centre.Open(ctx, storetest.SQLite(t), centre.Options{}))
	t.Cleanup(func() { _ = db.Close() })
	book := must[*agency.Book](t)(agency.Open(ctx, agency.Config{Store: db.Agency(), Log: log}))
	c := city()
	if change != nil {
		change(&c)
	}
	must[bool](t)(book.Import(ctx, c))
	must[registry.Published](t)(registry.EnsurePublished(ctx, db.Registry()))
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.recorder = &playedRecorder{key: key}
	ring := must[*keys.Ring](t)(keys.Open(t.TempDir()))
	hub := live.New(log)
	d := dispatch.New(dispatch.Config{Log: log, Events: hub})
	if err := d.SetQueues(dispatch.Queues(book.Current()), book.Open); err != nil {
		t.Fatal(err)
	}
	h.routing = &playedRouting{Dispatcher: d, work: map[string]routing.Explanation{}}
	h.measures, h.planner = &playedMeasures{}, &playedPlanner{}
	h.people = identity.New(identity.Config{Store: db.Identity(), Log: log})
	h.deps = Deps{
		People: h.people, City: book, Dispatch: h.routing, Closings: agency.NewClosings(db.Closings()), Measures: h.measures, Tallies: &playedTallies{}, Planner: h.planner, Trunks: playedTrunks{}, Calls: h.calls, Cases: h.cases, Live: hub, Log: log,
		Registry: registry.New(registry.Config{Store: db.Registry(), Book: book, Recorder: h.recorder, GrantKey: pub, Log: log}),
		Audit:    must[*audit.Log](t)(audit.New(audit.Config{Store: db.Audit(), Keys: ring, Origin: "example.org/centre", Log: log})),
	}
	h.telephone(db, book)
	h.srv = httptest.NewServer(New(h.deps))
	if err := d.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hub.Close(); h.srv.Close(); _ = d.Stop(context.Background()) })
	return h
}

// serve serves with the services that deps have now.
func (h *house) serve() {
	h.srv.Close()
	h.srv = httptest.NewServer(New(h.deps))
}

// locked lets handlers log while a test reads.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// person makes somebody trained with one role and logs in.
func (h *house) person(name string, role identity.Role, agencyID string) {
	h.t.Helper()
	ctx, op := h.t.Context(), identity.Operator("test")
	p := must[identity.Person](h.t)(h.people.CreatePerson(ctx, op, identity.NewPerson{
		Name: name, Display: "Display " + name, Password: password, Skills: map[string]int{"parks": 3}, Languages: agency.Langs(),
		Roles: []identity.RoleGrant{{Role: role, Agency: agencyID}},
	}))
	training := identity.Training{Course: identity.DataProtection, Passed: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Hour)}
	if err := h.people.RecordTraining(ctx, op, p.ID, training); err != nil {
		h.t.Fatal(err)
	}
	h.ids[name] = p.ID
	h.login(name)
}

func (h *house) login(name string) {
	h.t.Helper()
	var out LoginAnswer
	h.do("", "POST", "/api/login", LoginRequest{name, password}).want(http.StatusOK).into(&out)
	h.tokens[name] = out.Token
}

// answer is what the server said.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

func (h *house) do(who, method, path string, body any, headers ...string) answer {
	h.t.Helper()
	res := h.send(who, method, path, body, headers...)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{h.t, who + " " + method + " " + path, res.StatusCode, res.Header, text}
}

func (h *house) send(who, method, path string, body any, headers ...string) *http.Response {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.srv.URL+path, reader(h.t, body))
	if err != nil {
		h.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token := h.tokens[who]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := h.srv.Client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return res
}

func reader(t *testing.T, body any) io.Reader {
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return strings.NewReader(b)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text)
}

func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

func (a answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
}

// playedCalls has one call, of whoever is its agent.
type playedCalls struct {
	mu    sync.Mutex
	view  state.View
	err   error
	boom  any
	calls []string
}

func (p *playedCalls) act(name, id, agent string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.boom != nil {
		panic(p.boom)
	}
	if id != p.view.ID || agent != p.view.Agent {
		return errs.New(errs.NotFound, "no such call of yours")
	}
	p.calls = append(p.calls, name)
	return p.err
}

func (p *playedCalls) Calls(agent string) []state.View {
	if agent == p.view.Agent {
		return []state.View{p.view}
	}
	return nil
}

func (p *playedCalls) Call(id string) (state.View, error) {
	if id != p.view.ID {
		return state.View{}, errs.New(errs.NotFound, "no such call")
	}
	return p.view, p.err
}

func (p *playedCalls) Caller(id, agent string) (pii.Number, error) {
	return pii.NewNumber("+358401234567"), p.act("caller", id, agent)
}

func (p *playedCalls) AnswerBrowser(_ context.Context, id, agent, offer string) (string, error) {
	return "answer to " + offer, p.act("answer", id, agent)
}
func (p *playedCalls) Decline(id, agent string) error { return p.act("decline", id, agent) }
func (p *playedCalls) Hold(id, agent string) error    { return p.act("hold", id, agent) }
func (p *playedCalls) Resume(id, agent string) error  { return p.act("resume", id, agent) }
func (p *playedCalls) HangUp(id, agent string) error  { return p.act("hangup", id, agent) }
func (p *playedCalls) Mute(id, agent string, on bool) error {
	return p.act(map[bool]string{true: "mute", false: "unmute"}[on], id, agent)
}

func (p *playedCalls) SendDTMF(id, agent, digits string) error {
	return p.act("dtmf "+digits, id, agent)
}

func (p *playedCalls) CallOut(_ context.Context, agent string, o voice.Outgoing) (state.View, error) {
	return p.view, p.act("out "+o.Queue+" "+o.Number, p.view.ID, agent)
}

func (p *playedCalls) Consult(id, agent string, to consult.Whom) error {
	return p.act("consult "+to.Agent+to.Queue+to.Seat+to.Number, id, agent)
}

func (p *playedCalls) Transfer(id, agent string, to consult.Whom) error {
	return p.act("transfer "+to.Agent+to.Queue+to.Seat+to.Number, id, agent)
}
func (p *playedCalls) Complete(id, agent string) error { return p.act("complete", id, agent) }
func (p *playedCalls) Swap(id, agent string) error     { return p.act("swap", id, agent) }
func (p *playedCalls) Join(id, agent string) error     { return p.act("join", id, agent) }
func (p *playedCalls) CancelConsult(id, agent string) error {
	return p.act("cancel-consult", id, agent)
}

func (p *playedCalls) PauseRecording(id, agent string) error {
	return p.act("pause-recording", id, agent)
}

func (p *playedCalls) ResumeRecording(id, agent string) error {
	return p.act("resume-recording", id, agent)
}

func (p *playedCalls) Notes(id, agent string) (string, error) {
	return "noted", p.act("notes", id, agent)
}

func (p *playedCalls) SetNotes(id, agent, text string) error {
	return p.act("notes "+text, id, agent)
}

func (p *playedCalls) SetOutcome(id, agent, code string) error {
	return p.act("outcome "+code, id, agent)
}
func (p *playedCalls) Running(string) []state.View { return []state.View{p.view} }
func (p *playedCalls) Supervise(_ context.Context, id, person string, m company.Mode, offer string) (watch, answer string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, string(m)+" by "+person)
	return "w", "answer to " + offer, p.err
}

func (p *playedCalls) Quality(id, person string, supervisor bool) ([]leg.Quality, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, "quality for "+person+map[bool]string{true: ", a supervisor"}[supervisor])
	return []leg.Quality{{Leg: leg.Customer, Loss: 0.05, Jitter: 12500 * time.Microsecond, RoundTrip: 40 * time.Millisecond, MOS: 4.1}}, p.err
}

func (p *playedCalls) Restart(_ context.Context, id, agent, offer string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, "restart by "+agent)
	return "answer to " + offer, p.err
}

func (p *playedCalls) RestartWatch(_ context.Context, id, watch, person, offer string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, "restart of "+watch+" by "+person)
	return "answer to " + offer, p.err
}

func (p *playedCalls) SetMode(id, watch, person string, m company.Mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, "now "+string(m)+" by "+person)
	return p.err
}

// playedCases has one case and one message.
type playedCases struct {
	who     identity.Principal
	purpose string
	draft   email.Draft
}

func (p *playedCases) see(who identity.Principal) { p.who = who }

func (p *playedCases) Cases(_ context.Context, who identity.Principal, _ email.Filter) ([]email.Case, error) {
	p.see(who)
	return []email.Case{{ID: "k", State: email.StateOpen}}, nil
}

func (p *playedCases) Case(_ context.Context, who identity.Principal, id string) (email.Case, error) {
	p.see(who)
	if id != "k" {
		return email.Case{}, errs.New(errs.NotFound, "no such case")
	}
	return email.Case{
		ID: id, Customer: email.Party{Name: pii.NewAddress("Aino"), Address: pii.NewAddress("aino@example.net")},
		Draft: &email.Draft{Version: 3, To: []pii.Address{pii.NewAddress("aino@example.net")}},
	}, nil
}

func (p *playedCases) Message(_ context.Context, who identity.Principal, _, id string) (email.Message, error) {
	p.see(who)
	return email.Message{
		Summary: email.Summary{ID: id, Direction: archive.In, Delivery: email.Received}, Text: "hei",
		Files: []mail.Attachment{{Name: "kuva.png", Size: 3}},
	}, nil
}

func (p *playedCases) Attachment(context.Context, identity.Principal, string, string, int) (mail.Attachment, []byte, error) {
	return mail.Attachment{Name: "kuvä \"1\".html", Type: "text/html"}, []byte("<script>"), nil
}

func (p *playedCases) Raw(context.Context, identity.Principal, string, string) ([]byte, error) {
	return []byte("Subject: x\r\n\r\n\x00\xff"), nil
}

func (p *playedCases) Accept(_ context.Context, who identity.Principal, id string) (email.Case, error) {
	p.see(who)
	return email.Case{ID: id, State: email.StateOpen}, nil
}
func (p *playedCases) Decline(context.Context, identity.Principal, string) error { return nil }
func (p *playedCases) Release(context.Context, identity.Principal, string) error { return nil }
func (p *playedCases) Close(context.Context, identity.Principal, string) error   { return nil }
func (p *playedCases) SaveDraft(_ context.Context, _ identity.Principal, _ string, d email.Draft) (email.Draft, error) {
	if d.Version != p.draft.Version {
		return email.Draft{}, errs.New(errs.Conflict, "saved meanwhile")
	}
	d.Version++
	p.draft = d
	return d, nil
}

func (p *playedCases) Send(context.Context, identity.Principal, string, uint64) (email.Summary, error) {
	return email.Summary{ID: "m", Direction: archive.Out, Delivery: email.Queued}, nil
}

func (p *playedCases) SearchArchive(_ context.Context, who identity.Principal, purpose, _ string, _ email.ArchiveFilter) ([]email.Summary, error) {
	p.see(who)
	p.purpose = purpose
	return nil, nil
}

func (p *playedCases) OpenArchived(_ context.Context, who identity.Principal, purpose, _, id string) (email.Message, error) {
	p.see(who)
	p.purpose = purpose
	return email.Message{Summary: email.Summary{ID: id}}, nil
}

// playedRecorder has one recording of the parks.
type playedRecorder struct {
	key     ed25519.PrivateKey
	mu      sync.Mutex
	revoked []token.Revoke
}

func (p *playedRecorder) row() registry.Recording {
	return registry.Recording{Key: "rec1", Name: "2026-11-23-A1-4567", Agency: "parks", Seat: "A1", Fragment: "4567", Length: 90 * time.Second}
}

func (p *playedRecorder) Search(_ context.Context, _, _ string, f registry.Filter) ([]registry.Recording, error) {
	if f.Agency != "parks" {
		return nil, nil
	}
	return []registry.Recording{p.row()}, nil
}

func (p *playedRecorder) Get(_ context.Context, _, _, agencyID, key string) (registry.Recording, error) {
	if agencyID != "parks" || key != "rec1" {
		return registry.Recording{}, errs.New(errs.NotFound, "no such recording")
	}
	return p.row(), nil
}

func (p *playedRecorder) Grant(g token.Play) (string, token.Play, error) {
	g.Expires = time.Now().Add(token.PlayLife)
	text, err := token.Sign(p.key, token.DomainPlay, g)
	return text, g, err
}

func (p *playedRecorder) Revoke(_ context.Context, v token.Revoke) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = append(p.revoked, v)
	return nil
}

func (p *playedRecorder) Origin() string { return "http://127.0.0.1:9" }
