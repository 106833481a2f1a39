package plain

import (
	"math"
	"time"

	"santra/internal/routing"
)

// remembered is how many answers and predictions a queue's estimate rests on at most.
const remembered = 32

// guess is a prediction for a call that had to wait.
type guess struct{ low, high time.Duration }

// answered notes that a call was answered: when it had to wait, the time since the answer before, and whether its prediction held.
func (e *Engine) answered(w *work) {
	q := e.queue(w.Queue)
	if w.Kind != routing.Call {
		return
	}
	if w.waited && !q.last.IsZero() && !w.entered.After(q.last) {
		q.answers, q.at = last(append(q.answers, e.now.Sub(q.last))), last(append(q.at, e.now))
	}
	if waited := e.now.Sub(w.entered); w.guess.high > 0 {
		q.held = last(append(q.held, w.guess.low <= waited && waited <= w.guess.high))
	}
	q.last = e.now
}

func last[T any](list []T) []T { return list[max(0, len(list)-remembered):] }

// predict makes the prediction for a call that has to wait, where there is enough to go by.
func (e *Engine) predict(w *work, q *queue) {
	if low, high, ok := e.interval(q, e.placeOf(w)); ok && w.Kind == routing.Call && !e.crowded(q) {
		w.guess = guess{low, high}
	}
}

// crowded tells whether more calls wait than anything is said about.
func (e *Engine) crowded(q *queue) bool {
	return e.others(&work{Work: routing.Work{Queue: q.ID}}, isCall) > routing.MaxPredicted
}

// placeOf gives the call's place among the calls that wait in its queue, from 1.
func (e *Engine) placeOf(w *work) int {
	place := 1
	for _, o := range e.work {
		if o != w && o.waits() && o.Queue == w.Queue && o.Kind == routing.Call && o.before(w) {
			place++
		}
	}
	return place
}

// interval gives how long the k-th waits, four times of five, as the sum of k independent times between answers.
func (e *Engine) interval(q *queue, k int) (low, high time.Duration, ok bool) {
	var recent []float64
	for i, d := range q.answers {
		if e.now.Sub(q.at[i]) <= routing.EstimateWindow {
			recent = append(recent, float64(d))
		}
	}
	if len(recent) < routing.MinStarts {
		return 0, 0, false
	}
	mean, deviation := moments(recent)
	spread := 1.28 * deviation * math.Sqrt(float64(k))
	return time.Duration(max(0, float64(k)*mean-spread)), time.Duration(float64(k)*mean + spread), true
}

func moments(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(len(x)-1))
}

// estimate says how long the k-th waits, where that can be said.
func (e *Engine) estimate(q *queue, k int) routing.Estimate {
	low, high, ok := e.interval(q, k)
	held := 0
	for _, h := range q.held {
		held += one(h)
	}
	est := routing.Estimate{Place: k}
	switch {
	case !e.staffed(q):
		est.Why = routing.NobodyServes
	case !ok || len(q.held) < routing.MinStarts:
		est.Why = routing.TooFewStarts
	case 4*held < 3*len(q.held) || e.crowded(q):
		est.Why = routing.NotReliable
	default:
		est.Known, est.Low, est.High = true, low, high
	}
	return est
}
