package dialplan

import (
	"slices"
	"sync"
	"time"

	"santra/internal/agency"
)

// Windows of a cap.
const (
	WindowHour   = "hour"
	WindowDay    = "day"
	WindowAtOnce = "at_once"
)

// Limits of a Meter.
const (
	// MaxCounted bounds the agents, seats, queues, agencies and countries that are counted at a time.
	MaxCounted = 1 << 16
	day        = 24 * time.Hour
	grain      = time.Minute // calls of the same minute are counted together, and all of them until the last of them is over
	spared     = 64          // keys that a call looks at to forget those that are idle
)

// Meter counts calls out against the caps, so that a stolen password or a broken program costs little (toll fraud). Windows
// slide: at no instant were more calls begun within the last hour, or day, than the cap. Time is an argument and never goes
// back: an earlier one counts as the latest seen. Emergencies and calls inside are neither counted nor refused. It may be used
// by several goroutines; its zero value is ready, with DefaultCaps.
type Meter struct {
	mu   sync.Mutex
	now  time.Time
	caps agency.Caps
	set  bool
	kept map[key]*count
}

// key is one that is counted: an agent, a seat, …
type key struct{ scope, id string }

// count is what was begun within a day, by minute, oldest first, and what is there now.
type count struct {
	minutes []minute
	running int
}

type minute struct {
	at time.Time // its beginning
	n  int
}

// Ticket is a call that was counted. The zero Ticket is of one that is not.
type Ticket struct{ keys []key }

// SetCaps makes other caps hold from now on; what was counted stays.
func (m *Meter) SetCaps(c agency.Caps) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.caps, m.set = c, true
}

// Take counts a call that is about to begin at now, or says which cap it would break and when that frees; then nothing is
// counted. Of several caps it names the first of agent, seat, queue, agency and country. Who took a Ticket gives it back by
// Done at the call's end.
func (m *Meter) Take(a *Allowed, from Caller, now time.Time) (Ticket, *Refusal) {
	if a == nil || a.Kind == Emergency112 || a.Kind == Internal {
		return Ticket{}, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(now)
	keys := keysOf(a, from)
	for _, k := range keys {
		if refused := m.full(k); refused != nil {
			return Ticket{}, refused
		}
	}
	if len(m.kept)+len(keys) > MaxCounted {
		m.sweep(len(m.kept))
	}
	if len(m.kept)+len(keys) > MaxCounted {
		return Ticket{}, &Refusal{Reason: MeterFull}
	}
	for _, k := range keys {
		m.add(k)
	}
	m.sweep(spared)
	return Ticket{keys}, nil
}

// Done ends a call that was counted. It is idempotent.
func (m *Meter) Done(t *Ticket) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range t.keys {
		if c := m.kept[k]; c != nil && c.running > 0 {
			c.running--
		}
	}
	t.keys = nil
}

func keysOf(a *Allowed, from Caller) (keys []key) {
	for _, k := range []key{{"agent", from.Agent}, {"seat", from.Seat}, {"queue", from.Queue}, {"agency", from.Agency}} {
		if k.id != "" {
			keys = append(keys, k)
		}
	}
	if a.Kind == International {
		keys = append(keys, key{"country", a.Country})
	}
	return keys
}

func (m *Meter) advance(now time.Time) {
	if now.After(m.now) {
		m.now = now
	}
	if !m.set {
		m.caps, m.set = agency.DefaultCaps(), true
	}
	if m.kept == nil {
		m.kept = map[key]*count{}
	}
}

// full tells which cap another call of k would break.
func (m *Meter) full(k key) *Refusal {
	c := m.kept[k]
	if c == nil {
		c = &count{}
	}
	c.forget(m.now)
	all := m.caps.Each()
	limit := all[slices.IndexFunc(all, func(n agency.NamedCap) bool { return n.Name == k.scope })].Cap
	refusal := &Refusal{Reason: CapReached, Scope: k.scope}
	if k.scope == "country" {
		refusal.Country = k.id
	}
	if c.running >= limit.AtOnce {
		refusal.Window, refusal.Limit = WindowAtOnce, limit.AtOnce
		return refusal
	}
	hour, daily := c.frees(m.now, time.Hour, limit.Hour), c.frees(m.now, day, limit.Day)
	switch { // of two windows the one that frees later is told
	case hour.IsZero() && daily.IsZero():
		return nil
	case hour.After(daily):
		refusal.Window, refusal.Limit, refusal.Until = WindowHour, limit.Hour, hour
	default:
		refusal.Window, refusal.Limit, refusal.Until = WindowDay, limit.Day, daily
	}
	return refusal
}

func (m *Meter) add(k key) {
	c := m.kept[k]
	if c == nil {
		c = &count{}
		m.kept[k] = c
	}
	c.running++
	at := m.now.Truncate(grain)
	if n := len(c.minutes); n > 0 && c.minutes[n-1].at.Equal(at) {
		c.minutes[n-1].n++
		return
	}
	c.minutes = append(c.minutes, minute{at, 1})
}

// sweep forgets those of some keys that have neither a call nor a memory of one.
func (m *Meter) sweep(look int) {
	for k, c := range m.kept {
		if look--; look < 0 {
			return
		}
		if c.forget(m.now); c.running == 0 && len(c.minutes) == 0 {
			delete(m.kept, k)
		}
	}
}

// forget drops what is over a day old.
func (c *count) forget(now time.Time) {
	old := 0
	for old < len(c.minutes) && !c.minutes[old].over(day).After(now) {
		old++
	}
	c.minutes = slices.Delete(c.minutes, 0, old)
}

// over is when a minute's calls have left a window.
func (m minute) over(window time.Duration) time.Time { return m.at.Add(grain + window) }

// frees tells when one more call fits under limit within a window; zero: now.
func (c *count) frees(now time.Time, window time.Duration, limit int) time.Time {
	held := 0
	for _, m := range slices.Backward(c.minutes) {
		if !m.over(window).After(now) {
			break
		}
		if held += m.n; held >= limit {
			return m.over(window)
		}
	}
	return time.Time{}
}
