package run

import (
	"context"
	"log/slog"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// How memory is given back. By itself the runtime collects when the heap has doubled, and keeps what it had at its fullest moment for
// minutes: after a busy time that is a multiple of what is in use.
const (
	tidyEvery  = 500 * time.Millisecond
	tidyCalm   = 30 * time.Second // allocation is slow where the runtime would not collect for so long
	tidyWorth  = 8                // a part of the heap in use that there must be to give back,
	tidyLeast  = 1 << 20          // and bytes
	tidyShare  = 200              // between two times pass so many times as long as the first took: half a per cent of a processor
	tidyFirst  = 5 * time.Second  // after the start, which allocates much
	bytesTaken = "/gc/heap/allocs:bytes"
	bytesLive  = "/gc/heap/live:bytes"
	bytesHeld  = "/memory/classes/heap/objects:bytes"
	bytesFree  = "/memory/classes/heap/free:bytes"
)

// KeepTidy gives memory that is not in use back to the system while little is allocated, until ctx ends; the function that it gives waits
// for that. While much is allocated it leaves collecting to the runtime.
func KeepTidy(ctx context.Context, log *slog.Logger) (wait func()) {
	var wg sync.WaitGroup
	Go(&wg, log, "tidy", func() {
		tick := time.NewTicker(tidyEvery)
		defer tick.Stop()
		t := tidy{not: time.Now().Add(tidyFirst)}
		for ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-tick.C:
				t.look()
			}
		}
	})
	return wg.Wait
}

// tidy is when it was looked last, and what was seen.
type tidy struct {
	at    time.Time
	taken uint64    // bytes allocated by then
	not   time.Time // nothing is given back before
}

// memory is what the runtime tells.
type memory struct {
	taken, live uint64 // bytes allocated in all, and found in use at the last collection
	idle        uint64 // garbage, and free memory that is not the system's
}

func readMemory() memory {
	all := []metrics.Sample{{Name: bytesTaken}, {Name: bytesLive}, {Name: bytesHeld}, {Name: bytesFree}}
	metrics.Read(all)
	m := memory{taken: all[0].Value.Uint64(), live: all[1].Value.Uint64(), idle: all[3].Value.Uint64()}
	m.idle += max(all[2].Value.Uint64(), m.live) - m.live
	return m
}

// look gives memory back where that is due.
func (t *tidy) look() {
	now := time.Now()
	if !t.due(readMemory(), now) {
		return
	}
	debug.FreeOSMemory()
	done := time.Now()
	t.not = done.Add(tidyShare * done.Sub(now))
}

// due tells whether there is enough to give back, and calm enough to do it.
func (t *tidy) due(m memory, now time.Time) bool {
	passed, taken := now.Sub(t.at), m.taken-t.taken
	first := t.at.IsZero()
	t.at, t.taken = now, m.taken
	calm := !first && float64(taken)*tidyCalm.Seconds() <= float64(m.live)*passed.Seconds()
	return calm && !now.Before(t.not) && m.idle >= max(m.live/tidyWorth, tidyLeast)
}
