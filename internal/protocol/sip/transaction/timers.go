package transaction

import (
	"sync"
	"time"
)

// The timers of RFC 3261 17 (table 4) and RFC 6026 7.1, 8.4, 8.5.
const (
	T1 = 500 * time.Millisecond // round-trip time estimate
	T2 = 4 * time.Second        // longest retransmission interval
	T4 = 5 * time.Second        // how long a message stays in the network

	Timeout     = 64 * T1                // timers B, F, H, J, L, M
	timerD      = 32 * time.Second       // how long a refused INVITE is remembered
	tryingAfter = 200 * time.Millisecond // RFC 3261 17.2.1
)

// Alarm is a timer that can be set anew and that never rings after it was stopped under its owner's lock: ring is called
// with the lock held.
type Alarm struct {
	mu *sync.Mutex
	t  *time.Timer
	n  int // of the setting; an older one that is already on its way does nothing
}

// Guard says whose lock it is. It is called before anything else.
func (a *Alarm) Guard(mu *sync.Mutex) { a.mu = mu }

// Set rings after d instead of at any time set before. The lock must be held.
func (a *Alarm) Set(d time.Duration, ring func()) {
	a.Stop()
	n := a.n
	a.t = time.AfterFunc(d, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.n == n {
			ring()
		}
	})
}

// Stop makes it silent. The lock must be held.
func (a *Alarm) Stop() {
	a.n++
	if a.t != nil {
		a.t.Stop()
		a.t = nil
	}
}
