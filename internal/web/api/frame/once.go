package frame

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"santra/internal/errs"
)

// Limits of idempotency keys.
const (
	MaxKeyLen  = 128              // bytes of an Idempotency-Key
	MaxKeys    = 20_000           // remembered at once; the oldest go first
	KeyLife    = 10 * time.Minute // a browser retries within seconds
	keyPending = 0                // status of a command that still runs
)

// errDone says that the command was done before.
var errDone = errors.New("done before")

// onces remembers which commands were done, by person, operation and key, without their bodies: a repetition is answered
// 204 with Idempotency-Replayed, and who needs the result reads it. The memory is this process's alone and is bounded.
type onces struct {
	mu    sync.Mutex
	seen  map[onceKey]*once
	order []onceKey
}

type onceKey struct{ person, operation, key string }

type once struct {
	all    *onces
	key    onceKey
	status int
	at     time.Time
}

func newOnces() *onces { return &onces{seen: map[onceKey]*once{}} }

// begin starts a command. errDone where it was done, errs.Conflict while it runs. Without a key, or for reading, nothing is
// remembered.
func (s *onces) begin(c *Caller, o Op, key string) (*once, error) {
	if key == "" || o.Method == http.MethodGet || c.Person == "" {
		return nil, nil
	}
	if len(key) > MaxKeyLen {
		return nil, errs.At(errs.Invalid, "Idempotency-Key", "is over %d bytes", MaxKeyLen)
	}
	k := onceKey{c.Person, o.ID, key}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	if before := s.seen[k]; before != nil {
		if before.status == keyPending {
			return nil, errs.New(errs.Conflict, "the same command is running")
		}
		return nil, errDone
	}
	n := &once{all: s, key: k, at: now}
	s.seen[k] = n
	s.order = append(s.order, k)
	return n, nil
}

// forget drops what is old or too much; called with s locked.
func (s *onces) forget(now time.Time) {
	for len(s.order) > 0 {
		first := s.seen[s.order[0]]
		if first != nil && len(s.order) < MaxKeys && now.Sub(first.at) < KeyLife {
			return
		}
		delete(s.seen, s.order[0])
		s.order = s.order[1:]
	}
}

// end remembers a success; after a failure the command may be tried again.
func (o *once) end(status int) {
	if o == nil {
		return
	}
	o.all.mu.Lock()
	defer o.all.mu.Unlock()
	if status >= http.StatusOK && status < http.StatusMultipleChoices {
		o.status = status
		return
	}
	if o.all.seen[o.key] == o {
		delete(o.all.seen, o.key)
	}
}
