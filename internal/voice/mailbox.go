package voice

import (
	"sync"

	"santra/internal/errs"
)

// MailboxSize is how many things may wait to be done by one call's actor. A call that lets more pile up is broken and ends.
const MailboxSize = 64

// mailbox hands functions to an actor. It never blocks who posts, and nothing posted is lost: what is put before close is
// run by the actor, what comes later is refused, and the one who put it cleans up.
type mailbox struct {
	mu     sync.Mutex
	closed bool
	jammed bool
	in     chan func()
	jam    chan struct{} // closed when something that may not be lost found no room
}

func newMailbox() *mailbox {
	return &mailbox{in: make(chan func(), MailboxSize), jam: make(chan struct{})}
}

// put hands over what can be refused: errs.Limited when full, errs.Gone when closed.
func (m *mailbox) put(f func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errs.New(errs.Gone, "the call is over")
	}
	select {
	case m.in <- f:
		return nil
	default:
		return errs.New(errs.Limited, "too many commands for one call")
	}
}

// must is put for what may not be lost: no room for it jams the mailbox, and the call ends.
func (m *mailbox) must(f func()) bool {
	if m.put(f) == nil {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed && !m.jammed {
		m.jammed = true
		close(m.jam)
	}
	return false
}

// close refuses everything from now on and gives what is still to be run.
func (m *mailbox) close() (rest []func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for {
		select {
		case f := <-m.in:
			rest = append(rest, f)
		default:
			return rest
		}
	}
}
