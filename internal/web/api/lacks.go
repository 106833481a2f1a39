package api

import (
	"context"
	"sync"
	"time"

	"santra/internal/agency"
	"santra/internal/web/api/frame"
)

// LacksAge is how long the staff is remembered from which is told what queues lack: wallboards ask every few seconds, accounts
// change seldom.
const LacksAge = 15 * time.Second

// staff remembers who takes work. Its zero value is ready to use.
type staff struct {
	mu   sync.Mutex
	read time.Time
	all  []agency.Staff
}

// known gives who takes work, at most LacksAge old; nil where that can't be said.
func (s *staff) known(ctx context.Context, read func(context.Context) ([]agency.Staff, error)) ([]agency.Staff, error) {
	if read == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.read.IsZero() || now.Sub(s.read) >= LacksAge {
		all, err := read(ctx)
		if err != nil {
			return nil, err
		}
		s.all, s.read = all, now
	}
	return s.all, nil
}

// lacks tells what nobody can, by queue.
func (a *API) lacks(ctx context.Context) (map[string][]Lack, error) {
	able, err := a.staff.known(ctx, a.deps.Staff)
	if err != nil || len(able) == 0 { // nobody at all: a new house, and the wallboard says "nobody to serve"
		return nil, err
	}
	out := map[string][]Lack{}
	for _, w := range a.deps.City.Current().Warnings(able) {
		if w.Lack != "" {
			out[w.Queue] = append(out[w.Queue], Lack{string(w.Lack), frame.List(w.Needs, needWanted)})
		}
	}
	return out, nil
}

func needWanted(n agency.Need) Need {
	return Need{n.Skill, max(n.Level, agency.DefaultLevel), n.Preferred}
}
