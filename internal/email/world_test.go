package email_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/email"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/identity"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/routing"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

// boxes is a city of two agencies, the first with two queues.
type boxes map[string]email.Mailbox

func city() boxes {
	return boxes{
		"parks@city.example":   {Address: "parks@city.example", Name: "Puistot", Queue: "parks", Agency: "parks"},
		"streets@city.example": {Address: "streets@city.example", Name: "Kadut", Queue: "streets", Agency: "parks"},
		"tax@city.example":     {Address: "tax@city.example", Name: "Verot", Queue: "tax", Agency: "tax"},
	}
}

func (b boxes) Mailbox(address string) (email.Mailbox, bool) {
	box, ok := b[strings.ToLower(address)]
	return box, ok
}

func (b boxes) OfQueue(queue string) (email.Mailbox, bool) {
	for _, box := range b {
		if box.Queue == queue {
			return box, true
		}
	}
	return email.Mailbox{}, false
}

func (b boxes) Agencies() []string { return []string{"parks", "tax"} }

// relay is where our mail goes; fail says how it refuses.
type relay struct {
	mu   sync.Mutex
	got  []submission
	fail func(attempt int) error
	n    int
	came chan struct{}
}

type submission struct {
	from string
	to   []string
	raw  []byte
}

func (r *relay) Submit(_ context.Context, from string, to []string, raw []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() {
		select {
		case r.came <- struct{}{}:
		default:
		}
	}()
	r.n++
	if r.fail != nil {
		if err := r.fail(r.n); err != nil {
			return err
		}
	}
	r.got = append(r.got, submission{from, to, raw})
	return nil
}

func (r *relay) all() []submission { r.mu.Lock(); defer r.mu.Unlock(); return r.got }

// events keeps what browsers would get and wakes who waits.
type events struct {
	mu   sync.Mutex
	all  []event.Event
	came chan struct{}
}

func (e *events) Publish(ev event.Event) {
	e.mu.Lock()
	e.all = append(e.all, ev)
	e.mu.Unlock()
	select {
	case e.came <- struct{}{}:
	default:
	}
}

// world is a running room on a real database with the real dispatcher.
type world struct {
	t      testing.TB
	dir    string
	dsn    string
	boxes  boxes
	store  *centre.Store
	router *dispatch.Dispatcher
	relay  *relay
	events *events
	svc    *email.Service
	change func(*email.Config)
}

func newWorld(t testing.TB, dsn string, change func(*email.Config)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), dsn: dsn, boxes: city(), relay: &relay{came: make(chan struct{}, 1)}, change: change}
	w.start()
	t.Cleanup(w.stop)
	return w
}

func sqliteWorld(t testing.TB) *world { return newWorld(t, storetest.SQLite(t), nil) }

func (w *world) start() {
	w.t.Helper()
	w.events = &events{came: make(chan struct{}, 1)}
	store, err := centre.Open(w.t.Context(), w.dsn, centre.Options{})
	w.must(err)
	ring, err := keys.Open(filepath.Join(w.dir, "keys"))
	w.must(err)
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	w.store, w.router = store, dispatch.New(dispatch.Config{Log: log})
	cfg := email.Config{
		Store: store.Email(), Dir: filepath.Join(w.dir, "archive"), Keys: ring, Mailboxes: w.boxes, Router: w.router, Events: w.events,
		Relay: w.relay, Log: log, Backoff: func(int) time.Duration { return 0 },
	}
	if w.change != nil {
		w.change(&cfg)
	}
	w.svc, err = email.New(w.t.Context(), cfg)
	w.must(err)
	w.router.Handle(routing.Mail, w.svc)
	w.must(w.router.Start(w.t.Context()))
	w.must(w.svc.Start(w.t.Context()))
}

func (w *world) stop() {
	if w.svc == nil {
		return
	}
	_ = w.svc.Stop(context.Background())
	_ = w.router.Stop(context.Background())
	_ = w.store.Close()
	w.svc = nil
}

func (w *world) restart() { w.t.Helper(); w.stop(); w.start() }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func person(id string, role identity.Role, agency string) identity.Principal {
	return identity.Principal{Person: id, Roles: []identity.RoleGrant{{Role: role, Agency: agency}}}
}

func agent() identity.Principal { return person("agent1", identity.Agent, "") }

// receive delivers a message over the room's own front door.
func (w *world) receive(from, to, raw string) {
	w.t.Helper()
	w.must(w.svc.Deliver(w.t.Context(), envelope(from, to), strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n"))))
	w.must(w.svc.Settle())
}

func envelope(from string, to ...string) mail.Envelope {
	return mail.Envelope{Protocol: "smtp", From: pii.NewAddress(from), To: to, Received: time.Now()}
}

// letter is a message of a customer.
func letter(from, subject, more, text string) string {
	return "From: " + from + "\nTo: parks@city.example\nSubject: " + subject + "\nMessage-ID: <" + fmt.Sprint(len(text)) + "." + strings.ReplaceAll(subject, " ", "") + "@customer.example>\n" + more + "\n" + text + "\n"
}

// ready signs an agent in.
func (w *world) ready(id string) {
	w.t.Helper()
	w.router.SignIn(routing.Agent{ID: id, Seat: "A1"})
	w.must(w.router.SetState(id, routing.Ready, ""))
}

// wait waits until ok, looking again at every event and every submission.
func (w *world) wait(what string, ok func() bool) {
	w.t.Helper()
	timeout := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-w.events.came:
		case <-w.relay.came:
		case <-timeout:
			w.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// offered waits until a case is offered to the agent.
func (w *world) offered(p identity.Principal) email.Case {
	w.t.Helper()
	var found email.Case
	w.wait("an offer", func() bool {
		list, err := w.svc.Cases(w.t.Context(), p, email.Filter{Mine: true, State: email.StateOffered})
		w.must(err)
		if len(list) > 0 {
			found = list[0]
		}
		return len(list) > 0
	})
	return found
}

// accepted takes the next case.
func (w *world) accepted(p identity.Principal) email.Case {
	w.t.Helper()
	c, err := w.svc.Accept(w.t.Context(), p, w.offered(p).ID)
	w.must(err)
	return c
}

// answered writes and sends a reply.
func (w *world) answered(p identity.Principal, caseID, text string) email.Summary {
	w.t.Helper()
	d, err := w.svc.SaveDraft(w.t.Context(), p, caseID, email.Draft{Text: text})
	w.must(err)
	m, err := w.svc.Send(w.t.Context(), p, caseID, d.Version)
	w.must(err)
	return m
}

// live reads all cases that are not closed, from the database.
func (w *world) live() []email.CaseRow {
	w.t.Helper()
	rows, err := w.store.Email().LiveCases(w.t.Context(), 1000)
	w.must(err)
	return rows
}

func (w *world) messages(caseID string) []email.MessageRow {
	w.t.Helper()
	rows, err := w.store.Email().Messages(w.t.Context(), caseID, 1000)
	w.must(err)
	return rows
}

func (w *world) entries(action string) []audit.Row {
	w.t.Helper()
	rows, err := w.store.Audit().Search(w.t.Context(), audit.Filter{Action: action, Limit: 1000})
	w.must(err)
	return rows
}

func wantKind(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("want %v, got %v", kind, err)
	}
}

var errDown = errors.New("down")

func (w *world) ring() *keys.Ring {
	w.t.Helper()
	r, err := keys.Open(filepath.Join(w.dir, "keys"))
	w.must(err)
	return r
}

// poke is wait for what the outbox does: each time it looks, what is due is submitted.
func (w *world) poke(what string, ok func() bool) {
	w.t.Helper()
	for range 100 {
		w.must(w.svc.SubmitDue())
		if ok() {
			return
		}
	}
	w.t.Fatalf("waited in vain for %s", what)
}
