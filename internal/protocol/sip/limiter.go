package sip

import (
	"net/netip"
	"sync"
	"time"
)

// What a source may cause: answers to refused or malformed messages, failed passwords, and lines in the log.
const (
	answersPerSecond = 5
	answersBurst     = 20
	challengesPerSec = 200 // 401s to a source: a whole office may sit behind one address
	challengesBurst  = 2000
	failuresPerMin   = 30 // wrong passwords for a user from a source a minute; afterwards only the user's registered phone is heard there
	logEvery         = time.Minute
	maxSources       = 8192 // sources remembered; further ones share one allowance
)

// limiter gives each source address (an IPv6 one by its /64) a token bucket.
type limiter struct {
	perSecond, burst float64
	mu               sync.Mutex
	sources          map[source]*bucket
	shared           bucket
}

// source is whose tokens are counted: an address, or an address that speaks for a user.
type source struct {
	addr netip.Addr
	user string
}

type bucket struct {
	tokens float64
	last   time.Time
}

func newLimiter(perSecond, burst float64) *limiter {
	return &limiter{perSecond: perSecond, burst: burst, sources: map[source]*bucket{}}
}

// allow takes a token of an address.
func (l *limiter) allow(src netip.Addr) bool { return l.take(source{addr: src}) }

// take takes a token.
func (l *limiter) take(src source) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.find(src).take(l, 1)
}

// exhausted tells whether there is no token left, without taking one.
func (l *limiter) exhausted(src source) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.find(src).take(l, 0)
}

func (l *limiter) find(src source) *bucket {
	if src.addr.Is6() {
		if p, err := src.addr.Prefix(64); err == nil {
			src.addr = p.Addr()
		}
	}
	if b := l.sources[src]; b != nil {
		return b
	}
	if len(l.sources) >= maxSources {
		l.sweep()
	}
	if len(l.sources) >= maxSources {
		return &l.shared
	}
	b := &bucket{tokens: l.burst, last: time.Now()}
	l.sources[src] = b
	return b
}

// sweep forgets sources that have their whole allowance again.
func (l *limiter) sweep() {
	now := time.Now()
	for src, b := range l.sources {
		if b.tokens+now.Sub(b.last).Seconds()*l.perSecond >= l.burst {
			delete(l.sources, src)
		}
	}
}

func (b *bucket) take(l *limiter, n float64) bool {
	now := time.Now()
	b.tokens = min(l.burst, b.tokens+now.Sub(b.last).Seconds()*l.perSecond)
	b.last = now
	if b.tokens < max(n, 1) {
		return false
	}
	b.tokens -= n
	return true
}
