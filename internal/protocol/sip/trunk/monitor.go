package trunk

import (
	"context"
	"sync"
	"time"

	"santra/internal/protocol/sip"
)

// How a peer is watched.
const (
	Every     = 30 * time.Second // between two questions, by default
	AnswerIn  = 5 * time.Second  // to one of them
	DownAfter = 3                // questions without an answer, one after the other: one lost packet is no outage
	UpAfter   = 2                // answers, one after the other: a peer that comes and goes is not up
	retry     = 5 * time.Second  // until the next question, while it is not clear
)

// MonitorConfig says whom to watch.
type MonitorConfig struct {
	// Ask asks the peer: (*sip.Endpoint).Options with its target.
	Ask     func(ctx context.Context) (sip.Response, error)
	Every   time.Duration // 0: Every
	Changed func(up bool) // told of each change and of the first finding, in order; nil: nobody. It must not block
}

// Monitor asks a peer by OPTIONS whether it is alive (RFC 3261 11). It is a run.Service.
type Monitor struct {
	cfg    MonitorConfig
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	started bool
	known   bool
	up      bool
	streak  int // answers or silences, one after the other, that speak against what is known
}

// NewMonitor makes one; nothing is sent before Start.
func NewMonitor(cfg MonitorConfig) *Monitor {
	if cfg.Every <= 0 {
		cfg.Every = Every
	}
	if cfg.Changed == nil {
		cfg.Changed = func(bool) {}
	}
	m := &Monitor{cfg: cfg}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// Start begins to ask and returns at once.
func (m *Monitor) Start(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.started {
		m.started = true
		m.wg.Go(m.watch)
	}
	return nil
}

// Stop ends it.
func (m *Monitor) Stop(context.Context) error {
	m.cancel()
	m.wg.Wait()
	return nil
}

// Up tells whether the peer was alive when it was last clear; before the first answer or silence nobody knows, and it is not.
func (m *Monitor) Up() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.up
}

func (m *Monitor) watch() {
	for m.ctx.Err() == nil {
		alive := m.ask()
		if m.ctx.Err() != nil {
			return
		}
		select {
		case <-time.After(m.heard(alive)):
		case <-m.ctx.Done():
		}
	}
}

// ask asks once. Every answer is a life sign, be it a refusal; but 503 and 408 of a load balancer say that nobody is behind it.
func (m *Monitor) ask() bool {
	ctx, cancel := context.WithTimeout(m.ctx, AnswerIn)
	defer cancel()
	r, err := m.cfg.Ask(ctx)
	return err == nil && r.Code != 503 && r.Code != 408
}

// heard counts, and gives when to ask again: soon, while it is not clear.
func (m *Monitor) heard(alive bool) time.Duration {
	m.mu.Lock()
	changed := m.count(alive)
	up, clear := m.up, m.streak == 0
	m.mu.Unlock()
	if changed {
		m.cfg.Changed(up)
	}
	if !clear {
		return min(retry, jittered(m.cfg.Every))
	}
	return jittered(m.cfg.Every)
}

// count tells whether what is known has changed. The lock is held.
func (m *Monitor) count(alive bool) bool {
	if !m.known {
		m.known, m.up = true, alive
		return true
	}
	if alive == m.up {
		m.streak = 0
		return false
	}
	m.streak++
	need := UpAfter
	if m.up {
		need = DownAfter
	}
	if m.streak < need {
		return false
	}
	m.up, m.streak = alive, 0
	return true
}
