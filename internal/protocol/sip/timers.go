package sip

import (
	"sync"
	"time"
)

// The timers of RFC 3261 17 (table 4) and RFC 6026 7.1, 8.4, 8.5.
const (
	T1 = 500 * time.Millisecond // round-trip time estimate
	T2 = 4 * time.Second        // longest retransmission interval
	T4 = 5 * time.Second        // how long a message stays in the network

	timeout     = 64 * T1                // timers B, F, H, J, L, M
	timerD      = 32 * time.Second       // how long a refused INVITE is remembered
	tryingAfter = 200 * time.Millisecond // RFC 3261 17.2.1
)

// alarm is a timer that can be set anew and that never rings after it was stopped under its owner's lock: ring is called
// with the lock held.
type alarm struct {
	mu *sync.Mutex
	t  *time.Timer
	n  int // of the setting; an older one that is already on its way does nothing
}

// set rings after d instead of at any time set before. The lock must be held.
func (a *alarm) set(d time.Duration, ring func()) {
	a.stop()
	n := a.n
	a.t = time.AfterFunc(d, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.n == n {
			ring()
		}
	})
}

// stop makes it silent. The lock must be held.
func (a *alarm) stop() {
	a.n++
	if a.t != nil {
		a.t.Stop()
		a.t = nil
	}
}
