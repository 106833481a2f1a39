// Package count counts what the telephone's room has done since it started. It owns the counters. It must not know calls, nor anything of
// a person: a figure here is of everybody.
package count

import (
	"sync/atomic"

	"santra/internal/voice/leg"
)

// Stats counts what the room has done since it started, and what is there now. Nothing in it is personal.
type Stats struct {
	Active       int    // calls now, wrap-ups included
	Arrived      uint64 // INVITEs from the trunk
	UnknownCalls uint64 // 404: no such number
	NoCodec      uint64 // 488: no common codec, no common encryption, or a description that is refused
	Unsafe       uint64 // of these, the ones that named an address to which nothing may be sent
	Full         uint64 // 503: too many calls, or draining
	Announced    uint64 // announcements heard to their end: passes
	Abandoned    uint64 // callers who left before an agent answered
	Answered     uint64
	Promised     uint64 // callbacks
	Diverted     uint64 // callers who were told that the queue is closed or full
	Ended        uint64 // conversations
	Failed       uint64 // calls that the house itself had to end
	Recorded     uint64 // parts that the recorder took
	RecordFailed uint64 // tries that it did not take
	RecordLost   uint64 // parts that ended before the conversation

	Quality leg.Counts // ended legs by how they sounded, the best first: tally.Class
}

// Counters are those of Stats that the calls count; they may be used from any goroutine. The zero Counters are ready.
type Counters struct {
	Arrived, Unknown, NoCodec, Unsafe, Full, Announced, Abandoned, Answered, Diverted, Promised, Ended, Failed atomic.Uint64

	Quality leg.Histogram
}

// Stats gives a snapshot; Active and the figures of the recorder are others'.
func (n *Counters) Stats() Stats {
	return Stats{
		Arrived: n.Arrived.Load(), UnknownCalls: n.Unknown.Load(), NoCodec: n.NoCodec.Load(), Unsafe: n.Unsafe.Load(), Full: n.Full.Load(),
		Announced: n.Announced.Load(), Abandoned: n.Abandoned.Load(), Answered: n.Answered.Load(), Diverted: n.Diverted.Load(),
		Promised: n.Promised.Load(), Ended: n.Ended.Load(), Failed: n.Failed.Load(), Quality: n.Quality.Load(),
	}
}
