// Package limit gives sources their allowances: token buckets for each address, and one for all of them together, so that
// neither one stranger nor ten thousand of them can make the house work, answer or write without end. It knows no protocol.
package limit

import (
	"net/netip"
	"sync"
	"time"
)

// MaxSources bounds the sources that a Limiter remembers; further ones share one allowance.
const MaxSources = 8192

// sweepEvery is how often, at most, the sources are gone through for those that may be forgotten: a crowd of new sources must
// not make each of its messages cost a walk over all.
const sweepEvery = time.Second

// Rate is an allowance: so many at once, and so many a second again. The zero Rate means no bound.
type Rate struct{ PerSecond, Burst float64 }

// Limiter gives each source (an IPv6 address by its /64) a token bucket. It may be used by several goroutines.
type Limiter struct {
	each, total Rate

	mu      sync.Mutex
	sources map[Source]*bucket
	shared  bucket // of the sources that found no room
	all     bucket
	swept   time.Time
}

// Source is whose tokens are counted: an address, or an address that speaks for a user.
type Source struct {
	Addr netip.Addr
	User string
}

type bucket struct {
	tokens float64
	last   time.Time
}

// New makes one: each is the allowance of a source, total that of all together.
func New(each, total Rate) *Limiter {
	now := time.Now()
	return &Limiter{
		each: each, total: total, sources: map[Source]*bucket{},
		shared: bucket{each.Burst, now}, all: bucket{total.Burst, now},
	}
}

// Allow takes a token of an address.
func (l *Limiter) Allow(a netip.Addr) bool { return l.Take(Source{Addr: a}) }

// Take takes a token of the source and one of all; false, and nothing is taken, where either has none.
func (l *Limiter) Take(src Source) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	b := l.find(src, now)
	b.fill(l.each, now)
	l.all.fill(l.total, now)
	if b.tokens < 1 || l.total != (Rate{}) && l.all.tokens < 1 {
		return false
	}
	b.tokens--
	l.all.tokens--
	return true
}

// Exhausted tells whether a source has no token left, without taking one.
func (l *Limiter) Exhausted(src Source) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	b := l.find(src, now)
	b.fill(l.each, now)
	return b.tokens < 1
}

// Len is how many sources are remembered.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.sources)
}

func (l *Limiter) find(src Source, now time.Time) *bucket {
	if src.Addr.Is6() {
		if p, err := src.Addr.Prefix(64); err == nil {
			src.Addr = p.Addr()
		}
	}
	if b := l.sources[src]; b != nil {
		return b
	}
	if len(l.sources) >= MaxSources && now.Sub(l.swept) >= sweepEvery {
		l.sweep(now)
	}
	if len(l.sources) >= MaxSources {
		return &l.shared
	}
	b := &bucket{l.each.Burst, now}
	l.sources[src] = b
	return b
}

// sweep forgets the sources that have their whole allowance again.
func (l *Limiter) sweep(now time.Time) {
	l.swept = now
	for src, b := range l.sources {
		if b.fill(l.each, now); b.tokens >= l.each.Burst {
			delete(l.sources, src)
		}
	}
}

// fill adds what has come since the last time.
func (b *bucket) fill(r Rate, now time.Time) {
	b.tokens = min(r.Burst, b.tokens+now.Sub(b.last).Seconds()*r.PerSecond)
	b.last = now
}
