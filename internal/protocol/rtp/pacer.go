package rtp

import (
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/run"
)

// paceGrid is what a pacer's wake-ups are rounded up to: players whose frames are due within it are served together, and each
// keeps its own place in it, for the usual lengths of packets (10, 20, 30, 40, 60 ms) are multiples. So waking up costs the
// same for one player as for hundreds, and a frame is at most this late.
const paceGrid = 5 * time.Millisecond

// pacer plays on many legs in one goroutine, which runs while there is something to play. A goroutine and a timer for each
// player take nearly as long as sending does.
type pacer struct {
	log    *slog.Logger
	origin time.Time // of the grid
	wake   chan struct{}

	mu      sync.Mutex
	wg      sync.WaitGroup
	running bool
	queue   pacedQueue
}

// paced is the part of a player that a pacer needs. Its sound is the pacer's goroutine's alone.
type paced struct {
	sound  *cursor
	result chan<- error
	due    time.Time // of the next frame: at once, then on the grid

	mu      sync.Mutex
	over    bool
	unwatch func() bool // of the player's context
}

func newPacer(log *slog.Logger) *pacer {
	return &pacer{log: log, origin: time.Now(), wake: make(chan struct{}, 1)}
}

// pacer gives the one that plays on the leg; nil for a transport without one, on which each player has its own goroutine.
func (l *Leg) pacer() *pacer {
	if t, ok := l.t.(interface{ pacer() *pacer }); ok {
		return t.pacer()
	}
	return nil
}

// pacer shares the legs of a pool out.
func (u *UDP) pacer() *pacer { return u.pool.pacers[u.media.FD/2%len(u.pool.pacers)] }

// play begins at once. The player ends with its sound, with ctx, or when another takes its place.
func (c *pacer) play(ctx context.Context, p *player, sound *cursor) {
	e := p.paced
	e.sound, e.due = sound, p.start
	e.mu.Lock()
	if !e.over { // another has not taken its place already
		e.unwatch = context.AfterFunc(ctx, func() { p.finish(ctx.Err()) })
	}
	e.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	heap.Push(&c.queue, p)
	if !c.running {
		c.running = true
		run.Go(&c.wg, c.log, "rtp pacer", c.loop)
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// finish gives the result, once.
func (p *player) finish(err error) {
	e := p.paced
	e.mu.Lock()
	over := e.over
	e.over = true
	unwatch := e.unwatch
	e.mu.Unlock()
	if over {
		return
	}
	if unwatch != nil {
		unwatch()
	}
	p.leg.out.release(p)
	e.result <- err
	p.leg.wg.Done()
}

func (e *paced) ended() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.over
}

func (c *pacer) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, ok := c.serve(time.Now())
		if !ok {
			return
		}
		timer.Reset(time.Until(next))
		select {
		case <-timer.C:
		case <-c.wake:
		}
	}
}

// onGrid rounds up.
func (c *pacer) onGrid(t time.Time) time.Time {
	since := t.Sub(c.origin)
	return c.origin.Add((since + paceGrid - 1).Truncate(paceGrid))
}

// serve sends all frames that are due and gives when the next one is; false, and the goroutine is to end, where none will be.
func (c *pacer) serve(now time.Time) (next time.Time, ok bool) {
	for {
		p, next, ok := c.take(now)
		if p == nil {
			return next, ok
		}
		if c.step(p, now) {
			c.mu.Lock()
			heap.Push(&c.queue, p)
			c.mu.Unlock()
		}
	}
}

// take gives a player whose frame is due; nil and the time of the next where none is.
func (c *pacer) take(now time.Time) (p *player, next time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) > 0 {
		first := c.queue[0]
		if first.paced.due.After(now) {
			return nil, first.paced.due, true
		}
		if p := heap.Pop(&c.queue).(*player); !p.paced.ended() {
			return p, now, true
		}
	}
	c.running = false
	return nil, now, false
}

// step sends a player's frame and tells whether there is more to come. One that breaks is ended, and the others go on.
func (c *pacer) step(p *player, now time.Time) (more bool) {
	var err error = errs.New(errs.Internal, "the player failed")
	over := true
	defer func() {
		if over {
			p.finish(err)
		}
	}()
	defer run.Recover(c.log, "rtp player")
	p.late(now)
	ended, failed := p.frame(p.paced.sound)
	err, over = failed, ended || failed != nil
	p.paced.due = c.onGrid(p.start.Add(p.at))
	return !over
}

// pacedQueue is a heap: whose frame is due first.
type pacedQueue []*player

func (q pacedQueue) Len() int           { return len(q) }
func (q pacedQueue) Less(i, j int) bool { return q[i].paced.due.Before(q[j].paced.due) }
func (q pacedQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *pacedQueue) Push(x any) { *q = append(*q, x.(*player)) }

// Pop implements heap.Interface.
func (q *pacedQueue) Pop() any {
	old := *q
	p := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return p
}
