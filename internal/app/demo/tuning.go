package demo

import (
	"slices"
	"time"

	"santra/internal/agency"
)

// Tuning is how the benchmark's demonstration city differs from the one that people see. The zero value: not at all.
type Tuning struct {
	NoRecord     []string      // ids of queues that are not recorded
	NoWrapUp     bool          // agents are ready at once after a call
	Announcement time.Duration // cuts announcements to so much; 0: whole ones
	Secure       bool          // TLS and SRTP to the recorder, as between two machines
}

// apply changes the city's queues.
func (t Tuning) apply(c *agency.City) {
	for i := range c.Queues {
		q := &c.Queues[i]
		q.Record = q.Record && !slices.Contains(t.NoRecord, q.ID)
		if t.NoWrapUp {
			q.WrapUp = 0
		}
	}
}

// flags are those of santra serve that the configuration has no place for: no city may have them.
func (t Tuning) flags() []string {
	if t.Announcement == 0 {
		return nil
	}
	return []string{"--demo-announcement", t.Announcement.String()}
}
