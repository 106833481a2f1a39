package actor

import (
	"sync"

	"santra/internal/errs"
)

// MailboxSize is how many things may wait to be done by one actor. One that lets more pile up is broken and should end.
const MailboxSize = 64

// Mailbox hands functions to an actor. It never blocks who posts, and nothing posted is lost: what is put before Close is
// run by the actor, what comes later is refused, and the one who put it cleans up.
type Mailbox struct {
	what   string
	mu     sync.Mutex
	closed bool
	jammed bool
	in     chan func()
	jam    chan struct{}
}

// NewMailbox makes the mailbox of one actor; what the actor is ("call") is said in errors.
func NewMailbox(what string) *Mailbox {
	return &Mailbox{what: what, in: make(chan func(), MailboxSize), jam: make(chan struct{})}
}

// Next gives the actor what it is to do, in the order in which it was put.
func (m *Mailbox) Next() <-chan func() { return m.in }

// Jam is closed when something that may not be lost found no room: the actor is to end.
func (m *Mailbox) Jam() <-chan struct{} { return m.jam }

// Put hands over what can be refused: errs.Limited when full, errs.Gone when closed.
func (m *Mailbox) Put(f func()) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errs.New(errs.Gone, "the %s is over", m.what)
	}
	select {
	case m.in <- f:
		return nil
	default:
		return errs.New(errs.Limited, "too many commands for one %s", m.what)
	}
}

// Must is Put for what may not be lost: no room for it jams the mailbox, and the actor ends. False: it was not taken.
func (m *Mailbox) Must(f func()) bool {
	if m.Put(f) == nil {
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

// Ask has the actor run f and waits for what f gives; errors as Put. Where f panics, and the actor with it, errs.Internal.
func (m *Mailbox) Ask(f func() error) error {
	reply := make(chan error, 1)
	err := m.Put(func() {
		answer := errs.New(errs.Internal, "the %s broke: its log says why", m.what)
		defer func() { reply <- answer }() // also where f breaks, and the actor with it
		answer = f()
	})
	if err != nil {
		return err
	}
	return <-reply // what was put is always run
}

// Close refuses everything from now on and gives what is still to be run.
func (m *Mailbox) Close() (rest []func()) {
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
