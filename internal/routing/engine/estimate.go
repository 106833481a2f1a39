package engine

import (
	"iter"
	"math"
	"math/bits"
	"time"

	"santra/internal/routing"
)

// experience is what a queue's estimates rest on.
type experience struct {
	last      int64 // when the last call was answered
	at        [remembered]int64
	interval  [remembered]int64
	n         int    // intervals so far
	graded    int    // predictions so far
	predicted uint32 // of the last 32, bit 0 the latest: it held
}

const (
	remembered = 32
	// deviations on each side give 80 % of a normal distribution.
	deviations = 1.28
	// reliable of four predictions must have held.
	reliable = 3
)

// answered learns from a call that is answered.
func (e *Engine) answered(w *work) {
	if w.kind != routing.Call {
		return
	}
	p := &w.queue.past
	if w.waited && p.last > 0 && w.entered <= p.last {
		i := p.n % remembered
		p.at[i], p.interval[i] = e.now, e.now-p.last
		p.n++
	}
	p.last = e.now
	if w.high > 0 {
		waited := e.now - w.entered
		p.predicted <<= 1
		if w.low <= waited && waited <= w.high {
			p.predicted |= 1
		}
		p.graded++
	}
}

// predict notes what is to be graded when the call is answered.
func (e *Engine) predict(w *work) {
	q := w.queue
	if w.kind != routing.Call || q.waiting[routing.Call] > routing.MaxPredicted || q.past.n < routing.MinStarts {
		return
	}
	if low, high, ok := q.past.wait(e.now, q.before(w)+1); ok {
		w.low, w.high = int64(low), int64(high)
	}
}

// wait gives the wait of the k-th from now: the sum of k intervals like those of late.
func (p *experience) wait(now int64, k int) (low, high time.Duration, ok bool) {
	var n, sum int64
	for i := range p.recent(now) {
		n, sum = n+1, sum+p.interval[i]
	}
	if n < routing.MinStarts {
		return 0, 0, false
	}
	mean, squares := float64(sum)/float64(n), 0.0
	for i := range p.recent(now) {
		squares += (float64(p.interval[i]) - mean) * (float64(p.interval[i]) - mean)
	}
	deviation := math.Sqrt(squares / float64(n-1))
	middle, margin := float64(k)*mean, deviations*deviation*math.Sqrt(float64(k))
	return time.Duration(max(middle-margin, 0)), time.Duration(middle + margin), true
}

// recent gives the places of the intervals that count, oldest first.
func (p *experience) recent(now int64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := max(p.n-remembered, 0); n < p.n; n++ {
			if i := n % remembered; now-p.at[i] <= int64(routing.EstimateWindow) && !yield(i) {
				return
			}
		}
	}
}

// trusted tells whether enough predictions were graded and held.
func (p *experience) trusted() bool {
	return 4*bits.OnesCount32(p.predicted) >= reliable*min(p.graded, remembered)
}

// estimate says how long the k-th of a queue will wait, if that can be said.
func (e *Engine) estimate(q *queue, k int) routing.Estimate {
	low, high, ok := q.past.wait(e.now, k)
	switch {
	case !e.staffed(q):
		return routing.Estimate{Place: k, Why: routing.NobodyServes}
	case !ok || q.past.graded < routing.MinStarts:
		return routing.Estimate{Place: k, Why: routing.TooFewStarts}
	case !q.past.trusted() || q.waiting[routing.Call] > routing.MaxPredicted:
		return routing.Estimate{Place: k, Why: routing.NotReliable}
	}
	return routing.Estimate{Place: k, Known: true, Low: low, High: high}
}

// Estimate says how long a call that came to the queue now would wait. Unknown queues are served by nobody.
func (e *Engine) Estimate(queue string) routing.Estimate {
	q := e.queues[queue]
	if q == nil || q.removed {
		return routing.Estimate{Why: routing.NobodyServes}
	}
	return e.estimate(q, q.waiting[routing.Call]+1)
}
