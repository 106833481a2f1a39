package app

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/web/api"
)

// closer is the dispatcher as emergency closings need it.
type closer interface {
	Queues() map[string]dispatch.QueueView
	Close(queue, reason string, until time.Time) error
	Reopen(queue string) error
}

// followClosings tells routing of the emergency closings that are in force: of those from before a restart, and of what was
// closed or opened again on another node. Repeating it does nothing.
func (c *contactCentre) followClosings(ctx context.Context) error {
	return follow(ctx, agency.NewClosings(c.store.Closings()), c.dispatch)
}

// follow looks at routing first: a closing is kept before routing hears of it, so one that routing has and that is not kept
// was ended elsewhere.
func follow(ctx context.Context, closings *agency.Closings, d closer) error {
	before, now := d.Queues(), time.Now()
	all, err := closings.InForce(ctx, now)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, k := range all {
		kept[k.Queue] = true
		err := d.Close(k.Queue, api.ReasonEmergency, k.Until)
		if err != nil && !errs.Is(err, errs.NotFound) && time.Now().Before(k.Until) { // not found: not configured any more
			return err
		}
	}
	for id, v := range before {
		if v.Emergency && !kept[id] {
			if err := d.Reopen(id); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
	}
	return nil
}
