package callback

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/routing"
)

// Config is what a Service needs.
type Config struct {
	Store Store
	Vault Vault
	// Queue finds a queue by its id; agency.Book.Queue.
	Queue func(queue string) (agency.Queue, bool)
	// Open tells whether a queue is open, emergency closings included, and until when that stays so.
	Open func(queue string, t time.Time) (bool, time.Time)
	// Estimate gives the queue's estimate of the wait.
	Estimate func(queue string) Estimate
	// May asks the number plan whether a number may be called for a queue: a caller's number is what the caller says it is, and
	// would be called at the city's expense. errs.Denied where not.
	May func(queue string, n pii.Number) error
	Log *slog.Logger
}

// Service is the room. One at a time works with a folder of keys (who opens the data folder holds its lock).
type Service struct {
	cfg  Config
	ring string
	mu   sync.Mutex // one step at a time: a step is a file and a row, and Sweep looks at both
}

// New makes the service; errs.Invalid where something is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Vault == nil || cfg.Queue == nil || cfg.Open == nil || cfg.Estimate == nil || cfg.May == nil {
		return nil, errs.At(errs.Invalid, "callback", "needs Store, Vault, Queue, Open, Estimate and May")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ring, err := ringOf(cfg.Vault)
	if err != nil {
		return nil, err
	}
	return &Service{cfg: cfg, ring: ring}, nil
}

// Offerable tells whether a queue's callers may be offered a callback now, and by when they would be called.
func (s *Service) Offerable(queue string) (until time.Time, ok bool) {
	q, known := s.cfg.Queue(queue)
	if !known {
		return time.Time{}, false
	}
	calendar := func(t time.Time) (bool, time.Time) { return s.cfg.Open(queue, t) }
	return Promise(time.Now(), calendar, s.cfg.Estimate(queue), cmp.Or(q.CallbackExpires, agency.DefaultCallbackExpires))
}

// Request keeps a caller's number until the callback is over, and gives the callback for dispatch.Convert: from then on the
// promise stands. until is what the caller was told (Offerable). errs.Conflict, with the callback that is there, where the
// number is owed one by the queue already; errs.Denied for a number that may not be called; errs.Invalid for a withheld one;
// errs.Limited where as many are owed as may be.
func (s *Service) Request(ctx context.Context, callID, queue string, n pii.Number, lang agency.Lang, until time.Time) (View, error) {
	q, known := s.cfg.Queue(queue)
	now := time.Now().UTC().Truncate(time.Microsecond)
	expires := now.Add(min(cmp.Or(q.CallbackExpires, agency.DefaultCallbackExpires), MaxKept))
	switch {
	case !known:
		return View{}, errs.At(errs.NotFound, "queue", "there is no queue %q", queue)
	case !id.Valid(callID):
		return View{}, errs.At(errs.Invalid, "id", "is no id")
	case !until.After(now) || until.After(expires.Add(SweepEvery)): // what was told some seconds ago may be some seconds late
		return View{}, errs.At(errs.Invalid, "until", "must be after now and at most %v later", expires.Sub(now))
	}
	if err := s.cfg.May(queue, n); err != nil {
		return View{}, err
	}
	if until.After(expires) {
		until = expires
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if owed, err := s.owed(ctx, queue, n); err != nil {
		return owed, err
	}
	return s.keep(ctx, n, Record{
		ID: callID, Ring: s.ring, Queue: queue, Agency: q.Agency, Language: lang, State: Waiting, Requested: now,
		Until: until.UTC().Truncate(time.Microsecond), Expires: expires,
	})
}

// owed refuses a second callback to a number from a queue, and one too many.
func (s *Service) owed(ctx context.Context, queue string, n pii.Number) (View, error) {
	all, err := s.cfg.Store.Callbacks(ctx, MaxOwed)
	if err != nil {
		return View{}, err
	}
	own := slices.DeleteFunc(slices.Clone(all), func(r Record) bool { return r.Queue != queue })
	for _, r := range own {
		if r.Ring != s.ring || r.State == Ending {
			continue
		}
		same, err := matches(s.cfg.Vault, r, n)
		if err != nil {
			return View{}, err
		}
		if same {
			return r.view(), errs.New(errs.Conflict, "this number is owed a callback by the queue already")
		}
	}
	if len(all) >= MaxOwed || len(own) >= MaxOwedByQueue {
		return View{}, errs.New(errs.Limited, "%d callbacks are owed, %d of them by the queue: no more are promised", len(all), len(own))
	}
	return View{}, nil
}

// keep stores the key, then the record. Between the two a crash leaves a key without a record, which Sweep destroys: nothing
// was promised yet.
func (s *Service) keep(ctx context.Context, n pii.Number, r Record) (View, error) {
	var err error
	if r.Sealed, r.Once, err = seal(s.cfg.Vault, r.ID, n); err != nil {
		return View{}, err
	}
	e := s.entry(ActionRequested, audit.System, r)
	err = s.cfg.Store.Do(ctx, e, func(tx Tx) error { return tx.Add(ctx, r) })
	if err != nil {
		return View{}, s.undo(ctx, r.ID, err)
	}
	return r.view(), nil
}

// undo destroys the key of a record that could not be stored. Where the database does not say whether it was (a connection that
// broke in the commit), the key stays and Sweep, which sees both, decides.
func (s *Service) undo(ctx context.Context, id string, cause error) error {
	if _, err := s.cfg.Store.Callback(context.WithoutCancel(ctx), id); errs.Is(err, errs.NotFound) {
		if err := s.cfg.Vault.Destroy(keyName(id)); err != nil {
			s.cfg.Log.Error("a callback's key could not be destroyed; it is tried again within a minute", "callback", id, "error", err)
		}
	}
	return cause
}

// Due lists the callbacks that wait, of this node's keys, as work for dispatch: after a start, and at a take-over. Each keeps
// its place by when it was asked for.
func (s *Service) Due(ctx context.Context) ([]routing.Work, error) {
	all, err := s.cfg.Store.Callbacks(ctx, MaxOwed)
	if err != nil {
		return nil, err
	}
	var work []routing.Work
	for _, r := range all {
		if r.Ring == s.ring && r.State == Waiting {
			work = append(work, r.work())
		}
	}
	return work, nil
}

// Work gives a callback as work for dispatch.Convert or Enqueue; errs.NotFound where it is over.
func (s *Service) Work(ctx context.Context, id string) (routing.Work, error) {
	r, err := s.cfg.Store.Callback(ctx, id)
	return r.work(), err
}

// work is the callback in routing. Once is the id: a second request from the same number does not come so far (owed).
func (r Record) work() routing.Work {
	return routing.Work{
		ID: r.ID, Kind: routing.Callback, Queue: r.Queue, Agency: r.Agency, Language: string(r.Language), Arrived: r.Requested,
		Once: r.ID, Expires: r.Expires, NotBefore: r.NotBefore,
	}
}

func (r Record) view() View {
	return View{
		ID: r.ID, Queue: r.Queue, Agency: r.Agency, Language: string(r.Language), State: r.State, Agent: r.Agent, Requested: r.Requested,
		Until: r.Until, Expires: r.Expires, NotBefore: r.NotBefore, Tries: r.Tries,
	}
}

// List gives the callbacks that are owed, oldest first, without their numbers.
func (s *Service) List(ctx context.Context) ([]View, error) {
	all, err := s.cfg.Store.Callbacks(ctx, MaxOwed)
	if err != nil {
		return nil, err
	}
	views := make([]View, len(all))
	for i, r := range all {
		views[i] = r.view()
	}
	return views, nil
}

// Get gives one that is owed, without its number; errs.NotFound without it.
func (s *Service) Get(ctx context.Context, id string) (View, error) {
	r, err := s.cfg.Store.Callback(ctx, id)
	if err != nil {
		return View{}, err
	}
	return r.view(), nil
}

// Counts says how many are owed at now.
func (s *Service) Counts(ctx context.Context, now time.Time) (c Counts, err error) {
	all, err := s.cfg.Store.Callbacks(ctx, MaxOwed)
	for _, r := range all {
		switch r.State {
		case Waiting:
			c.Waiting++
		case Opened:
			c.Opened++
		case Ending:
			c.Ending++
		}
		if r.State != Ending && r.Until.Before(now) {
			c.Overdue++
		}
		if c.Oldest.IsZero() {
			c.Oldest = r.Requested
		}
	}
	return c, err
}

// entry tells of a step; the number is in none of its fields.
func (s *Service) entry(action, actor string, r Record) audit.Entry {
	e := audit.Entry{Action: action, Actor: actor, Agency: r.Agency, Object: r.ID, Success: true, Detail: map[string]string{"queue": r.Queue}}
	if r.Outcome != "" {
		e.Detail["outcome"] = string(r.Outcome)
	}
	return e
}
