// Package email is the room of written contact: mailboxes, cases and threads, drafts and replies, and the sending of the same bytes
// that were archived. The archive, which owns each message from the moment it is acknowledged, is the room email/archive.
//
// It calls dispatch to find an agent for a case, protocol/mail for syntax and sockets, and its own Store for what it knows.
// It must not know HTTP, calls or recordings, nor keep anything about a customer besides the messages themselves (M15).
package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/keys"
	"santra/internal/protocol/mail"
	"santra/internal/routing"
	"santra/internal/run"
)

// Router finds agents for cases; *dispatch.Dispatcher is one.
type Router interface {
	Enqueue(w routing.Work) error
	Remove(workID, outcome string)
	AcceptOffer(o dispatch.Offer) error
	Decline(workID, agent string) error
	Finish(workID, agent string)
	Restore(w routing.Work, agent string) error
	// Transfer gives what the agent has in hand back to a queue: for the measures it is no new case.
	Transfer(workID, agent string, to routing.Work) error
	// Mail tells of a step that only the measures count; w is the case as the router knows it.
	Mail(m dispatch.Mark, w routing.Work, agent string)
}

// Relay submits messages; *mail.Client is one. Its errors are *mail.SubmitError.
type Relay interface {
	Submit(ctx context.Context, from string, to []string, raw []byte) error
}

// Config is what a Service needs.
type Config struct {
	Store     Store
	Dir       string     // of the archive; a folder for each agency is made in it
	Keys      *keys.Ring // agency/<id>/{archive,seal,index}
	Mailboxes Mailboxes  // see FromBook
	Router    Router
	Events    event.Publisher                 // may be nil
	Relay     Relay                           // nil: replies wait
	Purpose   func(purpose string) error      // tells whether a purpose is on the closed list for mail; nil: any but none
	Backoff   func(attempt int) time.Duration // before the next submission; nil: Backoff
	Log       *slog.Logger                    // may be nil

	openFile func(path string) (archive.File, error) // a failing disk in a test
}

// Service is the room. It is a run.Service, a mail.Backend and a dispatch.Worker.
type Service struct {
	cfg       Config
	archive   *archive.Archive
	sanitiser *mail.Sanitiser
	tongues   tongues
	keys      *agencyKeys

	indexing, lexing, submitting sync.Mutex // one at a time

	mu      sync.Mutex
	offers  map[string]dispatch.Offer
	moves   map[string]string           // queue by case: what routing moved and the database does not know yet
	sending map[string]bool             // cases with a reply on its way into the archive
	waiters map[string]waiter           // by message id: who waits for its indexing
	cursors map[string]archive.Position // how far each agency is indexed

	arriving atomic.Int64 // messages between their first byte and their acknowledgement

	kicks   chan struct{} // the archive has more
	out     chan struct{} // the outbox has more
	moved   chan struct{} // moves has more
	again   chan struct{} // what waits must be told to the router again
	lexes   chan struct{} // the search index has more to do
	ctx     context.Context
	cancel  context.CancelFunc
	started bool
	wg      sync.WaitGroup
}

var (
	_ run.Service        = (*Service)(nil)
	_ mail.Backend       = (*Service)(nil)
	_ dispatch.Worker    = (*Service)(nil)
	_ dispatch.Carrier   = (*Service)(nil)
	_ dispatch.Announcer = (*Service)(nil)
)

// New opens the archive; Start does the rest.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Keys == nil || cfg.Mailboxes == nil || cfg.Router == nil || cfg.Dir == "" {
		return nil, errs.New(errs.Invalid, "email: store, keys, mailboxes, router and dir are needed")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Backoff == nil {
		cfg.Backoff = Backoff
	}
	s := &Service{
		cfg: cfg, sanitiser: mail.NewSanitiser(), tongues: newTongues(), keys: newAgencyKeys(cfg.Keys), offers: map[string]dispatch.Offer{}, sending: map[string]bool{},
		waiters: map[string]waiter{}, cursors: map[string]archive.Position{}, kicks: make(chan struct{}, 1), out: make(chan struct{}, 1), lexes: make(chan struct{}, 1),
		moves: map[string]string{}, moved: make(chan struct{}, 1), again: make(chan struct{}, 1),
	}
	agencies, err := archive.AgenciesIn(cfg.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, agency := range agencies {
		if s.cursors[agency], err = cfg.Store.Cursor(ctx, agency); err != nil {
			return nil, fmt.Errorf("email: how far the archive is known: %w", err)
		}
	}
	known := maps.Clone(s.cursors) // of an agency that comes later nothing is known
	a, err := archive.Open(archive.Config{Dir: cfg.Dir, Keys: cfg.Keys, Open: cfg.openFile, Known: func(agency string) archive.Position { return known[agency] }})
	if err != nil {
		return nil, err
	}
	s.archive = a
	return s, nil
}

// Archive gives the archive, for verification and backup.
func (s *Service) Archive() *archive.Archive { return s.archive }

// Start indexes what the archive has and the database has not, offers what waits and begins to submit what is queued. It
// returns once the room knows all that it ever acknowledged.
func (s *Service) Start(ctx context.Context) error {
	if err := s.indexAll(ctx); err != nil {
		return err
	}
	if err := s.resume(ctx); err != nil {
		return err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	run.Go(&s.wg, s.cfg.Log, "mail index", s.indexLoop)
	run.Go(&s.wg, s.cfg.Log, "mail submit", s.submitLoop)
	run.Go(&s.wg, s.cfg.Log, "mail lexemes", s.lexLoop)
	run.Go(&s.wg, s.cfg.Log, "mail routing", s.routeLoop)
	s.mu.Lock()
	s.started = true
	s.mu.Unlock()
	return nil
}

// Stop ends indexing and submission and closes the archive; what is not done is done at the next start.
func (s *Service) Stop(context.Context) error {
	s.mu.Lock()
	started := s.started
	s.started = false
	s.mu.Unlock()
	if started {
		s.cancel()
		s.wg.Wait()
	}
	s.mu.Lock()
	for id, w := range s.waiters { // their replies are archived, and known after the next start
		delete(s.waiters, id)
		close(w.indexed)
	}
	s.mu.Unlock()
	return s.archive.Close()
}

// Recipient answers RCPT for the SMTP and LMTP servers (mail.Backend).
func (s *Service) Recipient(_ context.Context, address string) error {
	if _, ok := s.cfg.Mailboxes.Mailbox(address); !ok {
		return errs.New(errs.NotFound, "email: no such mailbox")
	}
	return nil
}

// Deliver takes one message for one or more mailboxes and returns after it is durable in the archive of each agency (M12).
// errs.Unavailable: nothing may be acknowledged.
func (s *Service) Deliver(ctx context.Context, e mail.Envelope, r io.Reader) error {
	s.arriving.Add(1)
	defer s.arriving.Add(-1)
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	batch := s.inbound(e, raw)
	if len(batch) == 0 {
		return errs.New(errs.NotFound, "email: no such mailbox")
	}
	if _, err := s.archive.Append(ctx, batch); err != nil {
		return err
	}
	kick(s.kicks)
	return nil
}

// inbound makes a record for each mailbox: each is a case of its own.
func (s *Service) inbound(e mail.Envelope, raw []byte) []archive.Record {
	var batch []archive.Record
	var seen []string
	for _, to := range e.To {
		box, ok := s.cfg.Mailboxes.Mailbox(to)
		if !ok || slices.Contains(seen, box.Queue) {
			continue
		}
		seen = append(seen, box.Queue)
		own := e
		own.To = []string{to}
		batch = append(batch, archive.Record{Agency: box.Agency, Direction: archive.In, Envelope: own, Raw: raw})
	}
	return batch
}

// kick wakes a loop that may be awake already.
func kick(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// FromBook reads the mailboxes of the city's configuration.
func FromBook(b *agency.Book) Mailboxes { return book{b} }

type book struct{ b *agency.Book }

// Mailbox finds a mailbox; a tag ("parks+x@…") is ignored.
func (b book) Mailbox(address string) (Mailbox, bool) {
	local, domain, ok := cutLast(strings.ToLower(address), "@")
	if !ok {
		return Mailbox{}, false
	}
	q, found := b.b.QueueByMailbox(local + "@" + domain)
	if !found {
		local, _, _ = strings.Cut(local, "+")
		q, found = b.b.QueueByMailbox(local + "@" + domain)
	}
	return b.of(q, found)
}

// OfQueue gives a queue's mailbox.
func (b book) OfQueue(id string) (Mailbox, bool) {
	q, ok := b.b.Queue(id)
	return b.of(q, ok)
}

// Agencies lists the agencies' ids.
func (b book) Agencies() []string {
	var ids []string
	for _, a := range b.b.Current().Agencies {
		ids = append(ids, a.ID)
	}
	return ids
}

func (b book) of(q agency.Queue, ok bool) (Mailbox, bool) {
	if !ok || q.Mailbox == "" {
		return Mailbox{}, false
	}
	name := q.Name.In(agency.Finnish)
	if a, ok := b.b.Agency(q.Agency); ok {
		name = a.Name.In(agency.Finnish)
	}
	box := Mailbox{Address: q.Mailbox, Name: name, Queue: q.ID, Agency: q.Agency, Priority: q.Priority}
	for _, l := range q.Languages {
		box.Languages = append(box.Languages, string(l))
	}
	if b.b.Lent(q.ID) { // what the city's own queues ask, dispatch knows
		box.Skills = q.Skills
	}
	return box, true
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
