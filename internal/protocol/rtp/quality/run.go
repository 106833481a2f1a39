// Package quality measures how a voice arrives and estimates how it sounds: losses and their bursts from sequence numbers, a
// rating and a mean opinion score by the E-model. It knows no socket and no caller.
package quality

import "time"

// Recently is the length of the windows of a Run: what is recent is the last full one and the one that runs, so 5 to 10 s.
const Recently = 5 * time.Second

// reach is how many packets back one may still come before it counts as lost.
const reach = 64

// Count is what arrived and what did not.
type Count struct {
	Received, Lost uint64 // packets
	Bursts         uint64 // runs of lost packets, one or more each
}

func (c Count) plus(o Count) Count {
	return Count{c.Received + o.Received, c.Lost + o.Lost, c.Bursts + o.Bursts}
}

// Loss is the share lost, 0 to 1.
func (c Count) Loss() float64 {
	if c.Received+c.Lost == 0 {
		return 0
	}
	return float64(c.Lost) / float64(c.Received+c.Lost)
}

// Burst is BurstR of ITU-T G.107 7.4: the mean length of the runs of losses, over that which losses by chance would have,
// 1/(1-Loss). At least 1.
func (c Count) Burst() float64 {
	if c.Bursts == 0 {
		return 1
	}
	return max(float64(c.Lost)/float64(c.Bursts)*(1-c.Loss()), 1)
}

// Run follows the sequence numbers of one voice. The zero value is ready. It is not safe for several goroutines.
type Run struct {
	any     bool
	highest uint16
	seen    uint64 // the last 64 numbers, the highest at bit 0
	known   int    // how many of them there have been
	inBurst bool

	since        time.Duration // the start of the window
	all          Count         // before the window of before
	before, this Count
}

// Take counts a packet; at is its arrival after any fixed moment. A number that is not near the ones before begins anew.
func (r *Run) Take(number uint16, at time.Duration) {
	if at-r.since >= Recently {
		r.turn(at)
	}
	ahead := int16(number - r.highest)
	switch {
	case !r.any || ahead >= 10*reach || ahead <= -10*reach:
		r.Restart()
		r.any, r.highest, r.seen, r.known = true, number, 1, 1
	case ahead > 0:
		for range ahead {
			r.advance()
		}
		r.highest = number
		r.seen |= 1
	case ahead > -reach && int(-ahead) < r.known:
		bit := uint64(1) << -ahead
		if r.seen&bit != 0 {
			return // twice
		}
		r.seen |= bit
	default:
		return // counted as lost already
	}
	r.this.Received++
}

// Restart says that the next number has nothing to do with those before. What is missing among the last ones is lost.
func (r *Run) Restart() {
	for r.known > 0 {
		r.settle(r.known - 1)
		r.known--
	}
	r.any, r.seen, r.inBurst = false, 0, false
}

// advance makes room for one more number; the oldest is settled.
func (r *Run) advance() {
	if r.known == reach {
		r.settle(reach - 1)
		r.known--
	}
	r.seen <<= 1
	r.known++
}

// settle counts the number at a bit, if it is lost.
func (r *Run) settle(bit int) {
	if r.seen>>bit&1 != 0 {
		r.inBurst = false
		return
	}
	r.this.Lost++
	if !r.inBurst {
		r.this.Bursts++
	}
	r.inBurst = true
}

func (r *Run) turn(at time.Duration) {
	r.all = r.all.plus(r.before)
	r.before, r.this = r.this, Count{}
	if at-r.since >= 2*Recently { // a silence
		r.all = r.all.plus(r.before)
		r.before = Count{}
	}
	r.since = at
}

// Count gives what came since the start, and recently.
func (r *Run) Count() (all, recent Count) {
	recent = r.before.plus(r.this)
	return r.all.plus(recent), recent
}
