package voice

import (
	"sync/atomic"

	"santra/internal/voice/tally"
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

	Quality [tally.ClassCount]uint64 // ended legs by how they sounded: tally.Class
}

type counters struct {
	arrived, unknown, noCodec, unsafe, full, announced, abandoned, answered, diverted, promised, ended, failed atomic.Uint64
	quality                                                                                                    histogram
	recorded, recordFailed, recordLost                                                                         atomic.Uint64
}

// Stats gives a snapshot.
func (s *Service) Stats() Stats {
	n := &s.count
	return Stats{
		Active: s.calls.len(), Arrived: n.arrived.Load(), UnknownCalls: n.unknown.Load(), NoCodec: n.noCodec.Load(), Unsafe: n.unsafe.Load(),
		Full: n.full.Load(), Announced: n.announced.Load(), Abandoned: n.abandoned.Load(), Answered: n.answered.Load(),
		Diverted: n.diverted.Load(), Promised: n.promised.Load(), Ended: n.ended.Load(), Failed: n.failed.Load(), Recorded: n.recorded.Load(), RecordFailed: n.recordFailed.Load(),
		RecordLost: n.recordLost.Load(), Quality: n.quality.load(),
	}
}
