package impair

import (
	"container/heap"
	"sync"
	"time"
)

// MaxQueued bounds what is on its way in one direction of one flow: 20 s of a call's packets. Further ones are lost and
// counted (Counts.Overflow).
const MaxQueued = 1024

// due is when a packet arrives; a loose one does not wait for those before it.
type due struct {
	at    time.Time
	loose bool
}

// line holds packets until they are due and gives each to deliver, from a goroutine of its own.
type line struct {
	deliver func([]byte)
	wake    chan struct{}
	done    chan struct{}
	ended   chan struct{}

	mu    sync.Mutex
	queue packets
	last  time.Time // when the last one that keeps its place is due
	count uint64
}

// parcel is a packet on its way; order settles who goes first of those due together.
type parcel struct {
	at    time.Time
	order uint64
	data  []byte
}

func newLine(deliver func([]byte)) *line {
	l := &line{deliver: deliver, wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{})}
	go l.run()
	return l
}

// put takes a packet, whose bytes are the line's from then on; false where the line is full.
func (l *line) put(d due, data []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) >= MaxQueued {
		return false
	}
	if !d.loose {
		if d.at.Before(l.last) {
			d.at = l.last
		}
		l.last = d.at
	}
	l.count++
	heap.Push(&l.queue, parcel{d.at, l.count, data})
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

// next gives the packet that is due, or else how long to wait; negative: for the next put.
func (l *line) next(now time.Time) (data []byte, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil, -1
	}
	if d := l.queue[0].at.Sub(now); d > 0 {
		return nil, d
	}
	return heap.Pop(&l.queue).(parcel).data, 0
}

func (l *line) run() {
	defer close(l.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		data, wait := l.next(time.Now())
		if data != nil {
			l.deliver(data)
			continue
		}
		var later <-chan time.Time
		if wait >= 0 {
			timer.Reset(wait)
			later = timer.C
		}
		select {
		case <-later:
		case <-l.wake:
		case <-l.done:
			return
		}
	}
}

// close ends the line and forgets what is on its way.
func (l *line) close() {
	close(l.done)
	<-l.ended
}

// packets is a heap by time, then by order.
type packets []parcel

func (p packets) Len() int { return len(p) }

func (p packets) Less(i, j int) bool {
	if !p[i].at.Equal(p[j].at) {
		return p[i].at.Before(p[j].at)
	}
	return p[i].order < p[j].order
}

func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

// Push implements heap.Interface.
func (p *packets) Push(x any) { *p = append(*p, x.(parcel)) }

// Pop implements heap.Interface.
func (p *packets) Pop() any {
	old := *p
	last := old[len(old)-1]
	*p = old[:len(old)-1]
	return last
}
