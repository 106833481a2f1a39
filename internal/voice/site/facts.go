package site

import (
	"time"

	"santra/internal/agency"
)

// Facts is what a flow asks about the world.
type Facts struct{ Site *Config }

// Open implements flow.Facts: a queue that is closed, but sends its calls to another, takes them.
func (f Facts) Open(h agency.HoursStep) (open bool, until time.Time) {
	if h.Queue == "" {
		return f.Site.Book.OpenHours(h.Of, time.Now())
	}
	q, ok := f.Site.Book.Queue(h.Queue)
	if !ok {
		return true, time.Time{}
	}
	return !f.Site.TurnsAway(q), f.Site.Dispatch.Changes(q.ID)
}

// Records implements flow.Facts.
func (f Facts) Records(queue string) bool {
	q, ok := f.Site.Book.Queue(queue)
	return ok && q.Record
}

// Now implements flow.Facts.
func (f Facts) Now() time.Time { return time.Now().In(f.Site.Book.Zone()) }
