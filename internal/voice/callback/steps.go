package callback

import (
	"context"
	"errors"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// Open gives the number to the agent who has the callback in hand, once for each try. The audit log knows of it before the
// number is read. errs.Conflict where it is opened already, errs.Gone where it is over or its key is not there.
func (s *Service) Open(ctx context.Context, id, agent string) (Call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(ctx, id)
	if err != nil {
		return Call{}, err
	}
	if r.State != Waiting || r.Ring != s.ring {
		return Call{}, errs.New(errs.Conflict, "callback %s is opened already, or its key is another node's", id)
	}
	r.State, r.Agent = Opened, agent
	if err := s.set(ctx, s.entry(ActionOpened, agent, r), r, Waiting); err != nil {
		return Call{}, err
	}
	n, err := unseal(s.cfg.Vault, r)
	if err != nil { // a key that is gone or a record that was altered: it can't be kept, and is no number any more
		return Call{}, errors.Join(errs.New(errs.Gone, "callback %s can't be read: %w", id, err), s.end(ctx, audit.System, r, Lost))
	}
	return Call{
		ID: id, Queue: r.Queue, Agency: r.Agency, Language: r.Language, Number: n, Until: r.Until, Expires: r.Expires, Try: r.Tries + 1,
	}, nil
}

// Done ends a callback whose customer answered: its number is erased before the talk begins. errs.Gone where it was over.
func (s *Service) Done(ctx context.Context, id, agent string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.opened(ctx, id, agent)
	if err != nil {
		return err
	}
	return s.end(ctx, agent, r, Reached)
}

// Tried says that a try came to nothing: Busy, Silent or Failed. again tells that it waits for another one, not before a time:
// it goes back to dispatch (Work). Otherwise it is over (Unreached) and its number erased.
func (s *Service) Tried(ctx context.Context, id, agent string, how Outcome) (again bool, notBefore time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.opened(ctx, id, agent)
	if err != nil {
		return false, time.Time{}, err
	}
	return s.tried(ctx, agent, r, how)
}

func (s *Service) tried(ctx context.Context, agent string, r Record, how Outcome) (again bool, notBefore time.Time, err error) {
	gap, ok := map[Outcome]time.Duration{Busy: BusyGap, Silent: SilentGap, Failed: FailedGap}[how]
	if !ok {
		return false, time.Time{}, errs.At(errs.Invalid, "outcome", "must be busy, no_answer or failed")
	}
	next := time.Now().UTC().Truncate(time.Microsecond).Add(gap)
	r.Tries++
	if r.Tries >= MaxTries || !next.Before(r.Expires) {
		return false, time.Time{}, s.end(ctx, agent, r, Unreached)
	}
	r.State, r.Agent, r.NotBefore = Waiting, "", next
	e := s.entry(ActionTried, agent, r)
	e.Detail["outcome"] = string(how)
	return true, next, s.set(ctx, e, r, Opened)
}

// Cancel ends a callback that waits, in the name of by: a supervisor, or audit.System for the caller who would rather wait.
// errs.Conflict while an agent calls, errs.Gone where it is over.
func (s *Service) Cancel(ctx context.Context, id, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	if r.State == Opened {
		return errs.New(errs.Conflict, "callback %s is being made", id)
	}
	return s.end(ctx, by, r, Cancelled)
}

// Expire ends a callback that dispatch has given up (routing.Expired, routing.Closed), whatever its time; errs.Gone where it was over.
func (s *Service) Expire(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.get(ctx, id)
	if err != nil {
		return err
	}
	return s.end(ctx, audit.System, r, Expired)
}

// get reads a record that is not over; errs.Gone otherwise.
func (s *Service) get(ctx context.Context, id string) (Record, error) {
	r, err := s.cfg.Store.Callback(ctx, id)
	if errs.Is(err, errs.NotFound) || err == nil && r.State == Ending {
		return Record{}, errs.New(errs.Gone, "callback %s is over", id)
	}
	return r, err
}

func (s *Service) opened(ctx context.Context, id, agent string) (Record, error) {
	r, err := s.get(ctx, id)
	if err == nil && (r.State != Opened || r.Agent != agent) {
		return Record{}, errs.New(errs.Conflict, "callback %s is not in that agent's hands", id)
	}
	return r, err
}

func (s *Service) set(ctx context.Context, e audit.Entry, r Record, was State) error {
	return s.cfg.Store.Do(ctx, e, func(tx Tx) error { return tx.Set(ctx, r, was) })
}

// end ends a callback: the outcome is written down, the key destroyed, the record dropped. Where the database is away the key is
// destroyed all the same, for a number is not kept because a log can't be written; Sweep then finds a record without a key.
// What begins here goes on when ctx ends.
func (s *Service) end(ctx context.Context, actor string, r Record, how Outcome) error {
	ctx = context.WithoutCancel(ctx)
	was := r.State
	r.State, r.Outcome, r.Agent, r.Sealed, r.Once = Ending, how, "", []byte{}, []byte{}
	marked := s.set(ctx, s.entry(ActionEnded, actor, r), r, was)
	if errs.Is(marked, errs.Conflict) { // another node ended it, or the lease has passed: it is theirs
		return marked
	}
	if err := errors.Join(marked, s.destroy(r)); err != nil {
		return err
	}
	return s.drop(ctx, r)
}

// destroy destroys the key of a record of this node; another's is left to that node's own Sweep.
func (s *Service) destroy(r Record) error {
	if r.Ring != s.ring {
		return nil
	}
	return s.cfg.Vault.Destroy(keyName(r.ID))
}

func (s *Service) drop(ctx context.Context, r Record) error {
	return s.cfg.Store.Do(ctx, s.entry(ActionErased, audit.System, r), func(tx Tx) error { return tx.Drop(ctx, r.ID) })
}
