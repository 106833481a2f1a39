package email

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/protocol/mail"
	"santra/internal/run"
)

// Limits of submission.
const (
	SubmitAtOnce = 8                  // submissions under way
	SubmitPoll   = 5 * time.Second    // how often the outbox is looked through for what is due again
	GiveUp       = 5 * 24 * time.Hour // after which a message counts as failed (RFC 5321 4.5.4.1: 4–5 days)
)

// Backoff is the wait before the next submission: 1, 2, 4, ... minutes, at most 4 hours.
func Backoff(attempt int) time.Duration {
	return min(4*time.Hour, time.Minute<<min(attempt, 12))
}

// submitLoop gives the relay what is queued, the same bytes that were archived.
func (s *Service) submitLoop() {
	poll := time.NewTicker(SubmitPoll)
	defer poll.Stop()
	for {
		if err := s.submitDue(s.ctx); err != nil && s.ctx.Err() == nil {
			s.cfg.Log.Error("mail submit", "err", err)
		}
		select {
		case <-s.out:
		case <-poll.C:
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Service) submitDue(ctx context.Context) error {
	if s.cfg.Relay == nil {
		return nil
	}
	s.submitting.Lock()
	defer s.submitting.Unlock()
	for {
		due, err := s.cfg.Store.Queued(ctx, time.Now(), SubmitAtOnce)
		if err != nil || len(due) == 0 || ctx.Err() != nil {
			return err
		}
		failures := make([]error, len(due))
		var wg sync.WaitGroup
		for i, m := range due {
			run.Go(&wg, s.cfg.Log, "mail submission", func() { failures[i] = s.submit(ctx, m) })
		}
		wg.Wait()
		if err := errors.Join(failures...); err != nil { // the same ones would come again at once
			return err
		}
	}
}

// submit tries one message once. That it is tried is written first: where the process dies in between, nobody can know
// whether the relay has the message, and it is marked as possibly sent twice when it is sent.
func (s *Service) submit(ctx context.Context, m MessageRow) error {
	d := m.Delivery
	if d.Trying {
		d.Unsure = true
	}
	d.Trying = true
	entry := audit.Entry{Action: "mail.submitting", Actor: audit.System, Agency: m.Agency, Object: m.ID, Detail: map[string]string{"attempt": fmt.Sprint(d.Attempts + 1)}, Success: true}
	if err := s.cfg.Store.Do(ctx, []audit.Entry{entry}, func(tx Tx) error { return tx.SetDelivery(ctx, m.ID, d) }); err != nil {
		return err
	}
	st, err := s.archive.Read(ctx, m.Ref())
	if err == nil {
		err = s.cfg.Relay.Submit(ctx, st.Envelope.From.Reveal(), st.Envelope.To, st.Raw)
	}
	if ctx.Err() != nil && err != nil {
		return nil // stopped: tried again at the next start, as unsure
	}
	return s.submitted(context.WithoutCancel(ctx), m, d, err)
}

// submitted writes how it went.
func (s *Service) submitted(ctx context.Context, m MessageRow, d DeliveryRow, err error) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	d.Trying = false
	d.Attempts++
	d.Reply = ""
	entry := audit.Entry{
		Action: ActionSubmitted, Actor: audit.System, Agency: m.Agency, Object: m.ID, Success: err == nil,
		Detail: map[string]string{"sha256": m.SHA256, "attempt": fmt.Sprint(d.Attempts)},
	}
	if err == nil {
		d.State, d.Next = Sent, time.Time{}
		if d.Unsure {
			d.State = Unsure
		}
		return s.settle(ctx, m, d, entry, false)
	}
	class, reply, unsure := classify(err)
	entry.Action, entry.Detail["class"], entry.Detail["reply"] = ActionRefused, string(class), reply
	d.Reply = reply
	d.Unsure = d.Unsure || unsure
	d.Next = now.Add(s.cfg.Backoff(d.Attempts))
	if class == mail.Permanent || now.Sub(m.At) > GiveUp {
		d.State, d.Next = Failed, time.Time{}
	}
	return s.settle(ctx, m, d, entry, d.State == Failed)
}

// classify says what a failure means: anything but a clear 5xx is tried again.
func classify(err error) (class mail.Class, reply string, unsure bool) {
	if e, ok := errors.AsType[*mail.SubmitError](err); ok {
		return e.Class, fmt.Sprintf("%d %s %s", e.Code, e.Class, e.Stage), e.Unsure
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Gone) {
		return mail.Permanent, "0 permanent message", false
	}
	return mail.Temporary, "0 temporary message", false
}

// settle writes a delivery and makes it visible on the case. One that failed for good brings the case back to its queue: the
// customer has no answer.
func (s *Service) settle(ctx context.Context, m MessageRow, d DeliveryRow, entry audit.Entry, failed bool) error {
	entered := false
	c, err := s.change(ctx, m.CaseID, entry, func(tx Tx, c *CaseRow) error {
		entered = false
		if failed {
			c.Failed = true
			if c.State == StateWaiting || c.State == StateClosed {
				c.State, c.Agent, c.Arrived, entered = StateNew, "", time.Now().UTC().Truncate(time.Microsecond), true
			}
		}
		return tx.SetDelivery(ctx, m.ID, d)
	})
	if err == nil && entered {
		s.enqueue(c)
	}
	return err
}
