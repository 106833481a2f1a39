package recorder

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/protocol/siprec"
	"santra/internal/token"
)

// openAsk checks a question of the centre for an agency; "" is that of the evidence.
func (s *service) openAsk(ask, agency string) (token.Ask, error) {
	var a token.Ask
	now := time.Now()
	if err := token.Open(s.centre, token.DomainAsk, ask, now, &a); err != nil {
		return a, err
	}
	if a.Agency != agency || a.ID == "" || a.Expires.After(now.Add(token.AskLife+lifeSlack)) {
		return a, errs.New(errs.Denied, "the question is for another agency or lives too long")
	}
	return a, nil
}

func (s *service) search(ctx context.Context, ask string, f Filter) ([]Row, error) {
	if f.Agency == "" {
		return nil, errs.At(errs.Invalid, "agency", "name an agency")
	}
	a, err := s.openAsk(ask, f.Agency)
	if err != nil {
		s.refuse(audit.Entry{Action: "catalogue.refused", Actor: "unknown", Agency: a.Agency}, err)
		return nil, err
	}
	if err := f.settle(); err != nil {
		return nil, err
	}
	e := audit.Entry{Action: "catalogue.searched", Actor: actorOf(a), Agency: a.Agency, Purpose: a.Purpose, Success: true}
	if err := s.Store.Do(ctx, e, nil); err != nil {
		return nil, err
	}
	return s.Store.Recordings(ctx, f)
}

func actorOf(a token.Ask) string {
	if a.Person == "" {
		return audit.System
	}
	return a.Person
}

// settle checks a filter and fills in its limit. A fragment is a whole one: nobody looks for numbers digit by digit (M11).
func (f *Filter) settle() error {
	if !siprec.ValidFragment(f.Fragment) {
		return errs.At(errs.Invalid, "fragment", "want up to %d digits", MaxFragment)
	}
	if f.Seat != "" && !siprec.ValidSeat(f.Seat) {
		return errs.At(errs.Invalid, "seat", "want a seat code")
	}
	if f.Limit < 0 || f.Limit > MaxRows {
		return errs.At(errs.Invalid, "limit", "want 1 to %d", MaxRows)
	}
	def(&f.Limit, DefaultSearchLimit)
	return nil
}

func (s *service) get(ctx context.Context, ask, key string) (Row, error) {
	r, err := s.Store.Recording(ctx, key)
	if err != nil {
		return Row{}, err
	}
	if _, err := s.openAsk(ask, r.Agency); err != nil {
		return Row{}, errs.New(errs.NotFound, "no such recording") // neither seen nor guessed (M10)
	}
	return r, nil
}
