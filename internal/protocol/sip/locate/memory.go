package locate

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"santra/internal/errs"
)

// Bounds of what is remembered.
const (
	MinTTL     = time.Second // answers that say less: a burst of calls asks once
	MaxTTL     = time.Hour   // answers that say more: a domain that has moved is found within it
	AvoidFor   = 30 * time.Second
	MaxAnswers = 1024            // names
	MaxAvoided = 1024            // servers
	MaxSearch  = 5 * time.Second // of one question, whoever waits for it
)

// NAPTR, SRV are what the records say (RFC 3403 4.1, RFC 2782).
type (
	NAPTR struct {
		Order, Preference           uint16
		Flags, Service, Replacement string
	}
	SRV struct {
		Priority, Weight, Port uint16
		Target                 string
	}
)

// Resolver asks name servers. No such name, and no such record, is an empty answer without an error; ttl says for how long an
// answer holds.
type Resolver interface {
	NAPTR(ctx context.Context, name string) (all []NAPTR, ttl time.Duration, err error)
	SRV(ctx context.Context, name string) (all []SRV, ttl time.Duration, err error)
	Addrs(ctx context.Context, name string) (all []netip.Addr, ttl time.Duration, err error)
}

// Locator finds servers, and remembers. It may be used by several goroutines.
type Locator struct {
	from   Resolver
	flight singleflight.Group

	mu      sync.Mutex
	answers map[string]answer
	avoided map[Hop]time.Time // until when
}

type answer struct {
	records any
	until   time.Time
}

// New makes one.
func New(from Resolver) *Locator {
	return &Locator{from: from, answers: map[string]answer{}, avoided: map[Hop]time.Time{}}
}

func (l *Locator) naptr(ctx context.Context, name string) ([]NAPTR, error) {
	return ask(ctx, l, "naptr "+name, func(ctx context.Context) ([]NAPTR, time.Duration, error) { return l.from.NAPTR(ctx, name) })
}

// srv gives the records in an order that is drawn anew each time.
func (l *Locator) srv(ctx context.Context, name string) ([]SRV, error) {
	all, err := ask(ctx, l, "srv "+name, func(ctx context.Context) ([]SRV, time.Duration, error) { return l.from.SRV(ctx, name) })
	return Order(all[:min(len(all), MaxHops)], rand.IntN), err
}

func (l *Locator) addrs(ctx context.Context, name string) ([]netip.Addr, error) {
	return ask(ctx, l, "addr "+name, func(ctx context.Context) ([]netip.Addr, time.Duration, error) { return l.from.Addrs(ctx, name) })
}

// ask answers from memory, or asks; several who want to know the same wait for one answer, each no longer than its ctx lets it.
func ask[T any](ctx context.Context, l *Locator, key string, question func(context.Context) ([]T, time.Duration, error)) ([]T, error) {
	if r, ok := l.remembered(key); ok {
		return r.([]T), nil
	}
	got := l.flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), MaxSearch)
		defer cancel()
		all, ttl, err := question(ctx)
		if err == nil {
			l.remember(key, all, ttl)
		}
		return all, err
	})
	select {
	case r := <-got:
		if r.Err != nil {
			return nil, errs.New(errs.Unavailable, "sip: no name server answers: %w", r.Err)
		}
		return r.Val.([]T), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *Locator) remembered(key string) (any, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.answers[key]
	if !ok || !time.Now().Before(a.until) {
		return nil, false
	}
	return a.records, true
}

func (l *Locator) remember(key string, records any, ttl time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.answers) >= MaxAnswers {
		maps.DeleteFunc(l.answers, func(_ string, a answer) bool { return !time.Now().Before(a.until) })
	}
	if len(l.answers) < MaxAnswers {
		l.answers[key] = answer{records, time.Now().Add(min(max(ttl, MinTTL), MaxTTL))}
	}
}

// Failed tells that a server does not answer, can't be reached or says 503 (RFC 3263 4.3): for AvoidFor it is tried last.
func (l *Locator) Failed(h Hop) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.avoided) >= MaxAvoided {
		maps.DeleteFunc(l.avoided, func(_ Hop, until time.Time) bool { return !time.Now().Before(until) })
	}
	if len(l.avoided) < MaxAvoided {
		l.avoided[h] = time.Now().Add(AvoidFor)
	}
}

// Works tells that a server answers.
func (l *Locator) Works(h Hop) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.avoided, h)
}

// lastResort puts those that failed a short time ago behind the others; where all have, all are tried.
func (l *Locator) lastResort(hops []Hop) []Hop {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	var good, bad []Hop
	for _, h := range slices.Compact(hops) {
		if now.Before(l.avoided[h]) {
			bad = append(bad, h)
			continue
		}
		good = append(good, h)
	}
	return append(good, bad...)
}
