package app

import (
	"context"
	"sync/atomic"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/dialplan"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/lease"
	"santra/internal/pii"
	"santra/internal/run"
	"santra/internal/voice/callback"
)

// plans gives the number plan of the running city, made anew when the city has changed.
type plans struct {
	current func() *agency.City
	last    atomic.Pointer[plan]
}

type plan struct {
	of *agency.City
	*dialplan.Plan
}

// Plan is the number plan of the city as it runs now.
func (p *plans) Plan() *dialplan.Plan {
	city := p.current()
	if last := p.last.Load(); last != nil && last.of == city {
		return last.Plan
	}
	made := &plan{city, dialplan.New(city)}
	p.last.Store(made)
	return made.Plan
}

// mayCallBack asks the number plan for a caller's number: a callback is a call out at the city's expense.
func mayCallBack(p *dialplan.Plan, q agency.Queue, n pii.Number) error {
	d := p.Decide(n, dialplan.Caller{Queue: q.ID, Agency: q.Agency})
	switch {
	case d.Refused != nil:
		return errs.At(errs.Denied, "number", "can't be called back: %s", d.Refused.Reason)
	case d.Allowed.Group != dialplan.GroupOutside:
		return errs.At(errs.Denied, "number", "can't be called back: %s", d.Allowed.Kind)
	}
	return nil
}

// queues is the dispatcher as callbacks look at it.
type queues interface {
	Queue(id string) (dispatch.QueueView, bool)
}

// openHours are a queue's opening hours with the emergency closing that is in force.
func openHours(d queues, hours func(string, time.Time) (bool, time.Time)) func(string, time.Time) (bool, time.Time) {
	return func(queue string, t time.Time) (bool, time.Time) {
		v, ok := d.Queue(queue)
		if ok && v.Emergency && (v.Changes.IsZero() || t.Before(v.Changes)) {
			return false, v.Changes
		}
		return hours(queue, t)
	}
}

// estimate is how long a call that comes now waits at most.
func estimate(d queues) func(string) callback.Estimate {
	return func(queue string) callback.Estimate {
		v, ok := d.Queue(queue)
		return callback.Estimate{High: v.Estimate.High, Known: ok && v.Estimate.Known}
	}
}

// openCallbacks makes the room that keeps callers' numbers for as long as they are owed a call.
func (c *contactCentre) openCallbacks(context.Context) (err error) {
	numbers := &plans{current: c.book.Current}
	c.callbacks, err = callback.New(callback.Config{
		Store: c.store.Callbacks(), Vault: c.ring, Queue: c.book.Queue, Open: openHours(c.dispatch, c.book.Open), Estimate: estimate(c.dispatch),
		May: func(queue string, n pii.Number) error {
			q, _ := c.book.Queue(queue)
			return mayCallBack(numbers.Plan(), q, n)
		},
		Log: c.log,
	})
	return err
}

// callbackKeeper erases numbers in time, from the start on.
func (c *contactCentre) callbackKeeper() run.Service {
	return &callback.Keeper{Service: c.callbacks, Lease: lease.Config{Store: c.store.Lease(), Owner: id.New(), Alone: c.aloneOnDatabase()}}
}
