package email

import (
	"context"
	"fmt"
	"time"

	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/identity"
)

// Limits of cases.
const (
	MailRing    = 2 * time.Minute // an offered case waits so long for its agent
	MaxMessages = 500             // of one case in a list
	MaxLive     = 50_000          // cases that are not closed, offered again at a start
	maxRaces    = 5               // tries of a change that another came before
)

func (s *Service) publishOffer(o dispatch.Offer, state State) {
	fields := map[string]any{"agency": o.Work.Agency, "queue": o.Work.Queue, "state": state}
	if state == StateOffered {
		fields["expires"] = o.Expires
	}
	s.send(event.Event{Kind: "case", ID: o.Work.ID, Version: uint64(time.Now().UnixMicro()), Fields: fields, Agency: o.Work.Agency, To: []string{o.Agent}})
}

// publish tells browsers that a case changed; nothing personal is in it. To its agent alone, or to the agency's people.
func (s *Service) publish(c CaseRow) {
	e := event.Event{
		Kind: "case", ID: c.ID, Version: uint64(time.Now().UnixMicro()), Agency: c.Agency,
		Fields: map[string]any{"agency": c.Agency, "queue": c.Queue, "state": c.State, "failed": c.Failed, "case_version": c.Version},
	}
	if c.Agent != "" {
		e.To = []string{c.Agent}
	}
	s.send(e)
}

func (s *Service) send(e event.Event) {
	if s.cfg.Events != nil {
		s.cfg.Events.Publish(e)
	}
}

func (s *Service) offer(caseID string) (dispatch.Offer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.offers[caseID]
	return o, ok
}

// Cases lists cases, longest waiting first. An agent sees those offered to or held by them; who watches the agency's queues
// sees also the others, without subject and customer (M13).
func (s *Service) Cases(ctx context.Context, p identity.Principal, f Filter) ([]Case, error) {
	if !p.Anywhere(identity.CaseWork) && !p.Anywhere(identity.QueueWatch) {
		return nil, errs.New(errs.Denied, "no role of yours sees cases")
	}
	rows, err := s.cfg.Store.LiveCases(ctx, MaxLive)
	if err != nil {
		return nil, err
	}
	limit := f.Limit
	if limit <= 0 || limit > MaxCases {
		limit = MaxCases
	}
	var out []Case
	for _, row := range rows {
		if len(out) == limit {
			break
		}
		c, ok, err := s.listed(p, row, f)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, c)
		}
	}
	return out, nil
}

// listed gives a case as the principal may see it in a list.
func (s *Service) listed(p identity.Principal, row CaseRow, f Filter) (Case, bool, error) {
	c := s.bare(row)
	mine := c.Agent == p.Person && p.May(identity.CaseWork, row.Agency) == nil
	if !mine && (f.Mine || p.May(identity.QueueWatch, row.Agency) != nil) {
		return c, false, nil
	}
	if (f.Queue != "" && f.Queue != c.Queue) || (f.State != "" && f.State != c.State) {
		return c, false, nil
	}
	if !mine {
		return c, true, nil
	}
	err := s.open(&c, row)
	return c, true, err
}

// bare gives what of a case is not personal, with the standing offer.
func (s *Service) bare(row CaseRow) Case {
	box, _ := s.cfg.Mailboxes.OfQueue(row.Queue)
	c := Case{
		ID: row.ID, Agency: row.Agency, Queue: row.Queue, Mailbox: box.Address, State: row.State, Agent: row.Agent, Version: row.Version,
		Arrived: row.Arrived, Changed: row.Changed, Failed: row.Failed,
	}
	if o, ok := s.offer(row.ID); ok && row.State == StateNew {
		c.State, c.Agent, c.Why, c.Expires = StateOffered, o.Agent, o.Why, o.Expires
	}
	return c
}

// open adds what is personal.
func (s *Service) open(c *Case, row CaseRow) error {
	var content caseContent
	if err := s.unseal(row.Agency, "case/"+row.ID, row.Sealed, &content); err != nil {
		return err
	}
	c.Subject, c.Customer = content.Subject, party{content.Name, content.Address}.shown()
	return nil
}

// mine reads a case that the principal works on: open or waiting, and theirs. errs.Denied else, and for closed ones always
// (M13): who has to look again is an expert or the agency's manager, by OpenArchived.
func (s *Service) mine(ctx context.Context, p identity.Principal, caseID string) (CaseRow, error) {
	c, err := s.cfg.Store.Case(ctx, caseID)
	if err != nil {
		return c, err
	}
	if err := p.May(identity.CaseWork, c.Agency); err != nil {
		return c, err
	}
	if (c.State != StateOpen && c.State != StateWaiting) || c.Agent != p.Person {
		return c, errs.New(errs.Denied, "the case is not in your hands")
	}
	return c, nil
}

// Case reads a case that the principal works on, with its messages and draft; of an offered one its head alone. errs.Denied
// once it is closed (M13).
func (s *Service) Case(ctx context.Context, p identity.Principal, caseID string) (Case, error) {
	row, err := s.mine(ctx, p, caseID)
	if o, ok := s.offer(caseID); errs.Is(err, errs.Denied) && ok && o.Agent == p.Person && p.May(identity.CaseWork, row.Agency) == nil {
		c := s.bare(row)
		return c, s.open(&c, row)
	}
	if err != nil {
		return Case{}, err
	}
	return s.whole(ctx, row)
}

func (s *Service) whole(ctx context.Context, row CaseRow) (Case, error) {
	c := s.bare(row)
	if err := s.open(&c, row); err != nil {
		return c, err
	}
	rows, err := s.cfg.Store.Messages(ctx, row.ID, MaxMessages)
	if err != nil {
		return c, err
	}
	for _, m := range rows {
		sum, err := s.summary(m)
		if err != nil {
			return c, err
		}
		c.Messages = append(c.Messages, sum)
	}
	d, err := s.draft(ctx, row)
	if err == nil {
		c.Draft = &d
	} else if !errs.Is(err, errs.NotFound) {
		return c, err
	}
	return c, nil
}

// Accept takes the case that dispatch offers to the principal; errs.Conflict when it is offered no more.
func (s *Service) Accept(ctx context.Context, p identity.Principal, caseID string) (Case, error) {
	row, o, err := s.offeredTo(ctx, p, caseID)
	if err != nil {
		return Case{}, err
	}
	if err := s.cfg.Router.AcceptOffer(o); err != nil {
		return Case{}, err
	}
	row, err = s.change(ctx, caseID, s.entry(ActionOpened, p, row), func(_ Tx, c *CaseRow) error {
		if c.State != StateNew {
			return errs.New(errs.Conflict, "the case is %s", c.State)
		}
		c.State, c.Agent, c.LastAgent = StateOpen, p.Person, p.Person
		return nil
	})
	s.dropOffer(caseID)
	if err != nil { // the router believes that it is in hand
		s.cfg.Router.Finish(caseID, p.Person)
		if errs.Is(err, errs.Unavailable) {
			s.enqueue(row)
		}
		return Case{}, err
	}
	return s.whole(ctx, row)
}

func (s *Service) dropOffer(caseID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.offers, caseID)
}

func (s *Service) offeredTo(ctx context.Context, p identity.Principal, caseID string) (CaseRow, dispatch.Offer, error) {
	row, err := s.cfg.Store.Case(ctx, caseID)
	if err != nil {
		return row, dispatch.Offer{}, err
	}
	if err := p.May(identity.CaseWork, row.Agency); err != nil {
		return row, dispatch.Offer{}, err
	}
	o, ok := s.offer(caseID)
	if !ok || o.Agent != p.Person {
		return row, o, errs.New(errs.Conflict, "the case is not offered to you")
	}
	return row, o, nil
}

// Decline lets the offer go to another.
func (s *Service) Decline(ctx context.Context, p identity.Principal, caseID string) error {
	if _, _, err := s.offeredTo(ctx, p, caseID); err != nil {
		return err
	}
	return s.cfg.Router.Decline(caseID, p.Person)
}

// Release gives a case back to its queue, where it keeps its place by the time of its arrival. Who gave it back is not asked
// first for it.
func (s *Service) Release(ctx context.Context, p identity.Principal, caseID string) error {
	row, err := s.mine(ctx, p, caseID)
	if err != nil {
		return err
	}
	row, err = s.change(ctx, caseID, s.entry(ActionReleased, p, row), func(_ Tx, c *CaseRow) error {
		if err := held(*c, p); err != nil {
			return err
		}
		c.State, c.Agent, c.LastAgent = StateNew, "", ""
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.cfg.Router.Transfer(caseID, p.Person, s.work(row)); err != nil { // not in hand: it was answered
		s.cfg.Router.Finish(caseID, p.Person)
		s.enqueue(row)
	}
	return nil
}

// Close ends a case. Who closed it can't open it again (M13).
func (s *Service) Close(ctx context.Context, p identity.Principal, caseID string) error {
	row, err := s.mine(ctx, p, caseID)
	if err != nil {
		return err
	}
	row, err = s.change(ctx, caseID, s.entry(ActionClosed, p, row), func(tx Tx, c *CaseRow) error {
		if err := held(*c, p); err != nil {
			return err
		}
		c.State, c.Agent = StateClosed, ""
		return tx.DropDraft(ctx, caseID, maxVersion)
	})
	if err != nil {
		return err
	}
	s.cfg.Router.Finish(caseID, p.Person)
	s.cfg.Router.Mail(dispatch.Resolved, s.work(row), p.Person)
	return nil
}

// maxVersion is above every draft's, and fits the database's integers.
const maxVersion = 1<<63 - 1

// held checks within the transaction what mine checked before it.
func held(c CaseRow, p identity.Principal) error {
	if c.Agent != p.Person || (c.State != StateOpen && c.State != StateWaiting) {
		return errs.New(errs.Conflict, "the case is %s and no more yours", c.State)
	}
	return nil
}

func (s *Service) entry(action string, p identity.Principal, c CaseRow) audit.Entry {
	return audit.Entry{Action: action, Actor: p.Person, Agency: c.Agency, Object: c.ID, Success: true}
}

// change reads a case, lets f change it and writes it back with the audit entry; where another change came between, again.
// The changed case is published.
func (s *Service) change(ctx context.Context, caseID string, e audit.Entry, f func(Tx, *CaseRow) error) (CaseRow, error) {
	var c CaseRow
	var before string
	err := fmt.Errorf("email: no try")
	for range maxRaces {
		refused := error(nil)
		err = s.cfg.Store.Do(ctx, []audit.Entry{e}, func(tx Tx) (err error) {
			if c, err = tx.Case(ctx, caseID); err != nil {
				return err
			}
			before = c.Agent
			if refused = f(tx, &c); refused != nil {
				return refused
			}
			c.Version++
			c.Changed = time.Now().UTC().Truncate(time.Microsecond)
			return tx.SetCase(ctx, c)
		})
		if refused != nil || !errs.Is(err, errs.Conflict) {
			break
		}
	}
	if err != nil {
		return c, err
	}
	s.publish(c)
	if before != "" && before != c.Agent { // who had it must hear that it is gone, too
		told := c
		told.Agent = before
		s.publish(told)
	}
	return c, nil
}
