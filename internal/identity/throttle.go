package identity

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Throttling of failed log-ins. There is no lock-out: a pause grows to MaxPause and no further, and belongs to an account as
// seen from one address, so that a stranger elsewhere can't keep a person out.
const (
	FreeFailures       = 5  // of one account from one address before pauses begin
	FreeFailuresRemote = 50 // of all accounts from one address
	FirstPause         = time.Second
	MaxPause           = 5 * time.Minute
	ForgetAfter        = 15 * time.Minute // of quiet
	MaxTracked         = 20000            // accounts and addresses remembered at once
)

// throttle remembers failures.
type throttle struct {
	mu    sync.Mutex
	seen  map[string]*failures
	limit int
}

type failures struct {
	count int
	last  time.Time
	until time.Time // no try before
}

func newThrottle(limit int) *throttle { return &throttle{seen: map[string]*failures{}, limit: limit} }

func pairKey(name, remote string) string { return remote + " " + name }

// wait gives how long a log-in of name from remote must wait; 0 lets it try now.
func (t *throttle) wait(name, remote string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.left(pairKey(name, remote), now), t.left(remote, now))
}

func (t *throttle) left(key string, now time.Time) time.Duration {
	f := t.seen[key]
	if f == nil || now.Sub(f.last) > ForgetAfter {
		return 0
	}
	return max(0, f.until.Sub(now))
}

// failed counts a failure.
func (t *throttle) failed(name, remote string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count(pairKey(name, remote), FreeFailures, now)
	t.count(remote, FreeFailuresRemote, now)
}

func (t *throttle) count(key string, free int, now time.Time) {
	f := t.seen[key]
	if f == nil {
		t.makeRoom(now)
		f = &failures{}
		t.seen[key] = f
	}
	if now.Sub(f.last) > ForgetAfter {
		f.count = 0
	}
	f.count++
	f.last = now
	if over := f.count - free; over >= 0 {
		f.until = now.Add(pauseAfter(over))
	}
}

// pauseAfter doubles with each failure over the free ones.
func pauseAfter(over int) time.Duration {
	if over >= 30 {
		return MaxPause
	}
	return min(MaxPause, FirstPause<<over)
}

// succeeded forgets the failures of the account from this address; those of the address stay.
func (t *throttle) succeeded(name, remote string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, pairKey(name, remote))
}

// makeRoom drops what is forgotten anyway, and where that is not enough, anything: an attacker with that many addresses is
// held by MaxHashing.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.seen) < t.limit {
		return
	}
	for key, f := range t.seen {
		if now.Sub(f.last) > ForgetAfter {
			delete(t.seen, key)
		}
	}
	for key := range t.seen {
		if len(t.seen) < t.limit {
			return
		}
		delete(t.seen, key)
	}
}

const ipv6Site = 64 // bits of an IPv6 address that one customer of a provider has to themselves

// remoteKey reduces an address ("host:port" or "host") to what one attacker has: an IPv4 address or an IPv6 /64.
func remoteKey(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(ipv6Site)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
