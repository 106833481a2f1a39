package recorder

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/token"
)

// domainClock separates the marks of the clock from every other signed statement.
const domainClock token.Domain = "santra/clock/1"

// endless is the expiry of a mark: it has none, and package token wants one.
const endless = 100 * 365 * 24 * time.Hour

// mark is a signed statement of the recorder that its clock showed At.
type mark struct {
	At      time.Time `json:"at"`
	Expires time.Time `json:"exp"`
}

// clockMark reads the last signed mark; a zero time before the first. One that is not ours is errs.Denied.
func (s *service) clockMark(ctx context.Context) (time.Time, error) {
	text, err := s.Store.Clock(ctx)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	var m mark
	err = token.Open(s.public, domainClock, text, time.Time{}, &m)
	return m.At, err
}

// checkClock halts destruction where the machine's clock jumped: forwards it would destroy what is promised to be kept,
// backwards keep what is promised to be destroyed.
func (s *service) checkClock(ctx context.Context, now time.Time) error {
	last, err := s.clockMark(ctx)
	if err != nil {
		s.halted.Store(true)
		return errs.New(errs.Unavailable, "recorder: the clock's mark does not hold (santra recorder confirm-clock makes a new one): %w", err)
	}
	jumped := !last.IsZero() && (now.Sub(last) > MaxClockJump || last.Sub(now) > MaxClockJump)
	s.halted.Store(jumped && !s.demo)
	if jumped && !s.demo {
		return errs.New(errs.Unavailable, "recorder: the clock jumped from %s to %s: a person must check it and say so: santra recorder confirm-clock --config recorder.yaml --by NAME",
			last.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}

// tickClock signs the clock, unless it jumped: then only a person's confirmation does.
func (s *service) tickClock(ctx context.Context, now time.Time) error {
	if err := s.checkClock(ctx, now); err != nil {
		s.Log.Error("recorder: destruction is halted", "alarm", true, "err", err)
		return nil
	}
	return s.signClock(ctx, now, audit.System)
}

func (s *service) signClock(ctx context.Context, now time.Time, by string) error {
	text, err := token.Sign(s.sign, domainClock, mark{now.UTC().Truncate(time.Second), now.Add(endless)})
	if err != nil {
		return err
	}
	e := audit.Entry{Action: "clock.signed", Actor: by, Success: true}
	return s.Store.Do(ctx, e, func(tx Tx) error {
		if err := tx.SignClock(text); err != nil {
			return err
		}
		return tx.Prune(now)
	})
}

func (s *service) confirmClock(ctx context.Context, by string) error {
	if by == "" {
		return errs.At(errs.Invalid, "by", "name the person who checked the clock")
	}
	if err := s.signClock(ctx, time.Now(), by); err != nil {
		return err
	}
	s.halted.Store(false)
	return nil
}
