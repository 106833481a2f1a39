package email

import (
	"context"
	"math"
	"slices"
	"time"

	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/routing"
)

// routeRetry is how long after a failure of the database what routing needs of it is tried again.
const routeRetry = time.Second

// work is how the router sees a case: nothing personal. What its queue asks, and how long it is kept for who had it last, the
// router knows.
func (s *Service) work(c CaseRow) routing.Work {
	box, _ := s.cfg.Mailboxes.OfQueue(c.Queue)
	w := routing.Work{
		ID: c.ID, Kind: routing.Mail, Queue: c.Queue, Agency: c.Agency, Language: c.Language, Skills: box.Skills, Priority: box.Priority,
		Arrived: c.Arrived, Ring: MailRing, Preferred: c.LastAgent,
	}
	if w.Language == "" {
		w.Language = box.Language
	}
	return w
}

// enqueue lets a new case wait for an agent. Where the router takes nothing just now, the case waits in the database and is
// announced to the router's next owner, or told at the next start.
func (s *Service) enqueue(c CaseRow) {
	if err := s.cfg.Router.Enqueue(s.work(c)); err != nil && !errs.Is(err, errs.Conflict) {
		s.cfg.Log.Error("mail case not queued", "case", c.ID, "err", err)
	}
}

// resume tells the router, whose state is memory, what waits and what is in hand.
func (s *Service) resume(ctx context.Context) error {
	rows, err := s.cfg.Store.LiveCases(ctx, MaxLive)
	if err != nil {
		return err
	}
	for _, c := range rows {
		switch c.State {
		case StateNew:
			s.enqueue(c)
		case StateOpen:
			if err := s.cfg.Router.Restore(s.work(c), c.Agent); err != nil {
				s.cfg.Log.Debug("open case of an agent who is away", "case", c.ID)
			}
		}
	}
	return nil
}

// Announce implements dispatch.Announcer: what waits, rings or is in hand, from the database. Where that gives nothing, it is
// told as at a start as soon as it does.
func (s *Service) Announce() []dispatch.Announcement {
	ctx := s.life()
	rows, err := s.cfg.Store.LiveCases(ctx, MaxLive)
	if err != nil {
		s.cfg.Log.Error("mail cases not announced yet", "err", err)
		kick(s.again)
		return nil
	}
	list := make([]dispatch.Announcement, 0, len(rows))
	for _, c := range rows {
		a := dispatch.Announcement{Work: s.work(c)}
		switch c.State {
		case StateNew:
			if o, ok := s.offer(c.ID); ok {
				a.Agent, a.Until, a.Epoch = o.Agent, o.Expires, o.Epoch
			}
		case StateOpen:
			a.Agent = c.Agent
		default:
			continue
		}
		list = append(list, a)
	}
	return list
}

// life is the context of what the room does by itself.
func (s *Service) life() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		return context.Background()
	}
	return s.ctx
}

// Offered implements dispatch.Worker.
func (s *Service) Offered(o dispatch.Offer) {
	s.mu.Lock()
	s.offers[o.Work.ID] = o
	s.mu.Unlock()
	s.publishOffer(o, StateOffered)
}

// Withdrawn implements dispatch.Worker. What a former owner of routing still says of an offer that was made again is not heard.
func (s *Service) Withdrawn(o dispatch.Offer, _ string) {
	s.mu.Lock()
	now, ok := s.offers[o.Work.ID]
	again := ok && now.Agent == o.Agent && now.Epoch > o.Epoch
	if ok && now.Agent == o.Agent && !again {
		delete(s.offers, o.Work.ID)
	}
	s.mu.Unlock()
	if !again {
		s.publishOffer(o, StateNew)
	}
}

// Diverted implements dispatch.Carrier. E-mails are not diverted: routing.Queue.Overflow says so.
func (s *Service) Diverted(w routing.Work, to routing.Target, reason string) {
	s.cfg.Log.Error("a mail can't be diverted: it waits in its queue again", "case", w.ID, "to", to.Kind.String(), "why", reason)
	s.stay(w)
}

// Expired implements dispatch.Carrier. E-mails don't expire.
func (s *Service) Expired(w routing.Work) { s.Diverted(w, routing.Target{}, routing.Expired) }

// Moved implements dispatch.Carrier: another queue of the same agency has the case from now on. Another agency's people never
// get it, nor a queue that can't answer a mail: there it stays where it was.
func (s *Service) Moved(w routing.Work, to, reason string) {
	box, ok := s.cfg.Mailboxes.OfQueue(to)
	if !ok || box.Agency != w.Agency {
		s.cfg.Log.Error("a mail can't overflow there: another agency's queue, or one without a mailbox; it stays", "case", w.ID, "from", w.Queue, "to", to, "why", reason)
		s.cfg.Router.Remove(w.ID, routing.Closed)
		s.dropOffer(w.ID)
		s.stay(w)
		return
	}
	s.mu.Lock()
	s.moves[w.ID] = to
	s.mu.Unlock()
	kick(s.moved)
}

// stay lets a case wait in its queue, with its place, and go nowhere else: all its rules count as tried.
func (s *Service) stay(w routing.Work) {
	w.Past = &routing.Placement{Entered: time.Now(), Hops: routing.MaxHops, Fired: math.MaxUint16}
	if err := s.cfg.Router.Enqueue(w); err != nil && !errs.Is(err, errs.Conflict) {
		s.cfg.Log.Error("mail case not queued", "case", w.ID, "err", err)
	}
}

// routeLoop brings routing's moves into the database, and the database's cases to routing where that was missed.
func (s *Service) routeLoop() {
	for {
		retry := make(<-chan time.Time)
		if !s.keepMoves() {
			retry = time.After(routeRetry)
		}
		select {
		case <-s.moved:
		case <-retry:
		case <-s.again:
			if err := s.resume(s.ctx); err != nil {
				time.AfterFunc(routeRetry, func() { kick(s.again) })
			}
		case <-s.ctx.Done():
			return
		}
	}
}

// keepMoves writes what was moved; false where something must be tried again.
func (s *Service) keepMoves() bool {
	s.mu.Lock()
	ids := make([]string, 0, len(s.moves))
	for id := range s.moves {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	slices.Sort(ids)
	done := true
	for _, id := range ids {
		s.mu.Lock()
		to := s.moves[id]
		s.mu.Unlock()
		if err := s.move(s.ctx, id, to); err != nil {
			s.cfg.Log.Error("mail case not moved yet", "case", id, "to", to, "err", err)
			done = false
			continue
		}
		s.mu.Lock()
		if s.moves[id] == to { // not moved on meanwhile
			delete(s.moves, id)
		}
		s.mu.Unlock()
	}
	return done && s.ctx.Err() == nil
}

// move gives a case to another queue of its agency.
func (s *Service) move(ctx context.Context, caseID, to string) error {
	row, err := s.cfg.Store.Case(ctx, caseID)
	if err != nil {
		return unless(errs.NotFound, err)
	}
	e := audit.Entry{
		Action: ActionMoved, Actor: audit.System, Agency: row.Agency, Object: caseID, Success: true,
		Detail: map[string]string{"from": row.Queue, "to": to},
	}
	_, err = s.change(ctx, caseID, e, func(_ Tx, c *CaseRow) error {
		c.Queue = to
		return nil
	})
	return unless(errs.NotFound, err)
}
