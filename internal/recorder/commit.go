package recorder

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// How changes of the catalogue are put together.
const (
	commitLinger = 25 * time.Millisecond // a change waits so long for others to come along; the tap keeps 200 ms
	commitMost   = 256                   // changes of one transaction
	commitQueue  = 1024                  // that wait; who brings another waits too
)

// change is a change of the catalogue with the entry of the log that tells of it.
type change struct {
	entry audit.Entry
	apply func(Tx) error
	done  func(error) // called once, when the change is durable or refused; must not wait for a further change
}

// committer makes changes durable, those that come within a few milliseconds in one transaction: a recording's beginning
// and end would else cost a sync of the disk each. Every change is as durable as one made alone before done is called.
type committer struct {
	store Store
	queue chan change
	over  chan struct{} // closed when nothing is committed any more
}

func newCommitter(s Store) *committer {
	return &committer{store: s, queue: make(chan change, commitQueue), over: make(chan struct{})}
}

// add brings a change; errs.Unavailable after the end, and done is not called.
func (c *committer) add(ch change) error {
	select {
	case <-c.over:
		return errs.New(errs.Unavailable, "recorder: it is stopping")
	default:
	}
	select {
	case c.queue <- ch:
		return nil
	case <-c.over:
		return errs.New(errs.Unavailable, "recorder: it is stopping")
	}
}

// do brings a change and waits until it is durable or refused.
func (c *committer) do(e audit.Entry, apply func(Tx) error) error {
	result := make(chan error, 1)
	if err := c.add(change{e, apply, func(err error) { result <- err }}); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-c.over: // it may have been the last one, or none
		select {
		case err := <-result:
			return err
		default:
			return errs.New(errs.Unavailable, "recorder: it is stopping")
		}
	}
}

// run commits until stop is closed and nothing waits any more.
func (c *committer) run(ctx context.Context, stop <-chan struct{}) {
	defer close(c.over)
	for {
		select {
		case first := <-c.queue:
			c.commit(ctx, c.gather(first))
		case <-stop:
			select {
			case first := <-c.queue:
				c.commit(ctx, c.gather(first))
			default:
				return
			}
		}
	}
}

// gather takes along what comes while the first change lingers.
func (c *committer) gather(first change) []change {
	all := []change{first}
	linger := time.NewTimer(commitLinger)
	defer linger.Stop()
	for len(all) < commitMost {
		select {
		case ch := <-c.queue:
			all = append(all, ch)
		case <-linger.C:
			return all
		}
	}
	return all
}

// commit makes all changes in one transaction. Where one of them is refused, or the transaction fails, each is tried alone.
func (c *committer) commit(ctx context.Context, all []change) {
	if len(all) > 1 && c.together(ctx, all) == nil {
		for _, ch := range all {
			ch.done(nil)
		}
		return
	}
	for _, ch := range all {
		ch.done(c.store.Do(ctx, ch.entry, ch.apply))
	}
}

func (c *committer) together(ctx context.Context, all []change) error {
	entries := make([]audit.Entry, len(all))
	for i, ch := range all {
		entries[i] = ch.entry
	}
	return c.store.DoAll(ctx, entries, func(tx Tx) error {
		for _, ch := range all {
			if err := ch.apply(tx); err != nil {
				return err
			}
		}
		return nil
	})
}
