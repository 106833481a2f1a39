// Package tally adds up, by half-hour, what calls leave behind that is of nobody: how their legs sounded, and what became of
// those that came into no queue. It owns these sums from a call's end to the database. It must not know calls, callers or agents:
// what it is given has no name, no number but the city's own, and no time but the half-hour.
package tally

import (
	"context"
	"time"
)

// Line is by what a leg of a call came.
type Line string

// The lines.
const (
	Trunk     Line = "trunk"     // the telephone network
	Telephone Line = "telephone" // of the house
	Browser   Line = "browser"
)

// Band is how much of a voice the codec of a leg carries.
type Band string

// The bands.
const (
	Narrow Band = "narrow" // 300 to 3,400 Hz: G.711
	Wide   Band = "wide"   // 50 to 7,000 Hz and more: G.722, Opus
)

// ClassCount is how many classes of sound there are.
const ClassCount = 5

// ClassBounds are the lower bounds of the mean opinion scores by which ended legs are counted, and what users then say of them
// (ITU-T G.107 annex B, table B.1): very satisfied, satisfied, some dissatisfied, many dissatisfied; nearly all below.
func ClassBounds() [ClassCount - 1]float64 { return [...]float64{4.34, 4.03, 3.60, 3.10} }

// Class is that of a mean opinion score: 0 is the best, ClassCount-1 the worst.
func Class(mos float64) int {
	for i, least := range ClassBounds() {
		if mos >= least {
			return i
		}
	}
	return ClassCount - 1
}

// Leg is how a leg has sounded that ended.
type Leg struct {
	Queue, Agency string // in which its call was then; Queue is "" for a flow without one
	Line          Line
	Band          Band
	MOS           float64       // mean opinion score, 1 to 4.5 (ITU-T G.107)
	Loss          float64       // share lost, 0 to 1
	Jitter        time.Duration // RFC 3550 A.8
}

// SoundKey is what the sums of legs are kept by.
type SoundKey struct {
	Start         time.Time // UTC, of the half-hour in which they ended (measure.Start)
	Queue, Agency string
	Line          Line
	Band          Band
}

// Sound is sums over legs. They are whole numbers, so that the order in which they are added changes nothing.
type Sound struct {
	Legs    int64
	MOS     int64             // thousandths of a mean opinion score
	Loss    int64             // millionths: shares lost
	Jitter  time.Duration     // to the microsecond
	Classes [ClassCount]int64 // legs by Class
}

// The parts in which scores and shares are summed.
const (
	perScore = 1e3
	perWhole = 1e6
)

// SoundOf is the sum of one leg.
func SoundOf(l Leg) Sound {
	s := Sound{
		Legs: 1, MOS: int64(l.MOS*perScore + 0.5), Loss: int64(l.Loss*perWhole + 0.5), Jitter: l.Jitter.Truncate(time.Microsecond),
	}
	s.Classes[Class(l.MOS)] = 1
	return s
}

// Plus adds two sums.
func (s Sound) Plus(o Sound) Sound {
	s.Legs, s.MOS, s.Loss, s.Jitter = s.Legs+o.Legs, s.MOS+o.MOS, s.Loss+o.Loss, s.Jitter+o.Jitter
	for i, n := range o.Classes {
		s.Classes[i] += n
	}
	return s
}

// Means gives the mean score, the mean share lost (0 to 1) and the mean jitter; zeros of no legs.
func (s Sound) Means() (mos, loss float64, jitter time.Duration) {
	if s.Legs == 0 {
		return 0, 0, 0
	}
	n := float64(s.Legs)
	return float64(s.MOS) / perScore / n, float64(s.Loss) / perWhole / n, s.Jitter / time.Duration(s.Legs)
}

// SoundRow is what is kept of the legs of a half-hour.
type SoundRow struct {
	SoundKey
	Sound
}

// End is what became of a call from the telephone network that came into no queue.
type End string

// The ends.
const (
	HungUp    End = "hung_up"   // by the caller, in a menu or an announcement
	Closed    End = "closed"    // by its flow, which had met closed hours
	Said      End = "said"      // by its flow, which had said all
	Promised  End = "promised"  // by its flow, which promised a callback instead of a wait: its work is counted as a callback
	Connected End = "connected" // by either side, after its flow had connected it to another telephone
	Failed    End = "failed"    // by the house: a fault, the longest time, a stop
)

// EndKey is what ends are counted by.
type EndKey struct {
	Start  time.Time // UTC, of the half-hour in which the call came (measure.Start), as in the measures of queues
	Number string    // the city's own, that was called, E.164
	Flow   string    // id of that which answered it (agency.Book.FlowByNumber)
	Agency string    // the flow's
	End    End
}

// EndRow is how many calls ended so.
type EndRow struct {
	EndKey
	N int64
}

// Batch is what is written at once. Source and Seq name it, so that one that is given twice counts once.
type Batch struct {
	Source string // of this start of the program, opaque
	Seq    int64  // from 1
	Sounds []SoundRow
	Ends   []EndRow
}

// Store keeps the sums.
type Store interface {
	// Add adds a batch to what there is, all of it or nothing. Of a Source only a greater Seq than the last is added.
	Add(ctx context.Context, b Batch) error
	// Sounds gives the rows of [from, to), by key, up to limit.
	Sounds(ctx context.Context, from, to time.Time, limit int) ([]SoundRow, error)
	// Ends gives the rows of [from, to), by key, up to limit.
	Ends(ctx context.Context, from, to time.Time, limit int) ([]EndRow, error)
	// Erase drops the rows from before a time, with an audit entry where there are any, and says how many.
	Erase(ctx context.Context, before time.Time) (int, error)
}
