package run

import (
	"context"
	"log/slog"
	"os"
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
	tidyShare  = 100              // between two times pass so many times as long as the first took: a hundredth of a processor at most
	tidyFirst  = 5 * time.Second  // after the start, which allocates much
	smallHeap  = 16 << 20         // bytes in use to which collections are cheap,
	smallRoom  = 50               // and so come when the heap has grown by so many per cent instead of
	largeRoom  = 100              // these,
	busy       = 2                // unless so many times as much as is in use is allocated each second
	bytesTaken = "/gc/heap/allocs:bytes"
	bytesLive  = "/gc/heap/live:bytes"
	bytesHeld  = "/memory/classes/heap/objects:bytes"
	bytesFree  = "/memory/classes/heap/free:bytes"
)

// KeepTidy gives memory that is not in use back to the system while little is allocated, until ctx ends; the function that it gives waits
// for that. While more is allocated it leaves collecting to the runtime, which it has collect oftener while the heap is small: what lasts
// is then put where garbage was, instead of between it. While much is allocated that is too dear. Where GOGC is set it holds.
func KeepTidy(ctx context.Context, log *slog.Logger) (wait func()) {
	room := func(percent int) { debug.SetGCPercent(percent) }
	if os.Getenv("GOGC") != "" {
		room = func(int) {}
	}
	var wg sync.WaitGroup
	Go(&wg, log, "tidy", func() {
		tick := time.NewTicker(tidyEvery)
		defer tick.Stop()
		t := tidy{not: time.Now().Add(tidyFirst), setRoom: room}
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

	room    int // per cent, as set last; 0 before
	setRoom func(percent int)
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
	now, m := time.Now(), readMemory()
	pace, known := t.pace(m, now)
	if !known {
		return
	}
	t.size(m, pace)
	if !t.due(m, pace, now) {
		return
	}
	debug.FreeOSMemory()
	done := time.Now()
	t.not = done.Add(tidyShare * done.Sub(now))
}

// pace is how many bytes have been allocated for each second since the last look; not known at the first.
func (t *tidy) pace(m memory, now time.Time) (pace float64, known bool) {
	if known = now.After(t.at) && !t.at.IsZero(); known {
		pace = float64(m.taken-t.taken) / now.Sub(t.at).Seconds()
	}
	t.at, t.taken = now, m.taken
	return pace, known
}

// size fits the room that the heap has to grow to what is in use: little while it is small, unless collections would come more often than
// twice a second.
func (t *tidy) size(m memory, pace float64) {
	room := largeRoom
	if m.live < smallHeap && pace < busy*float64(m.live) {
		room = smallRoom
	}
	if room != t.room {
		t.room = room
		t.setRoom(room)
	}
}

// due tells whether there is enough to give back, and calm enough to do it.
func (t *tidy) due(m memory, pace float64, now time.Time) bool {
	calm := pace*tidyCalm.Seconds() <= float64(m.live)
	return calm && !now.Before(t.not) && m.idle >= max(m.live/tidyWorth, tidyLeast)
}
