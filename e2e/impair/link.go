// Package impair is a bad network for tests: proxies for UDP, TCP and SIP with its RTP on loopback that lose, delay, reorder
// and double what passes, go silent for a while, and let a peer move to another port. Kernels without netem are common. What
// it does is drawn from a seed, for each direction by itself; every queue, socket and goroutine is bounded and ends with Close.
//
// It knows of SIP what an application layer gateway in a cheap router knows: it writes its own addresses over those of the two
// sides, also in descriptions (SDP), so that neither side needs to be told of it. RTCP on a port of its own and SRTP's keys are not
// its business: the first is not carried, the second pass as they are.
package impair

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Direction is a way through a proxy.
type Direction int

// The directions.
const (
	ToServer Direction = iota // from who uses the proxy to the proxy's target
	ToClient
)

// Faults is what happens to what goes in one direction. The zero value: nothing.
type Faults struct {
	Loss      float64       // share (0–1) of packets that are lost; TCP loses nothing
	Duplicate float64       // share of packets that come twice
	Reorder   float64       // share of packets that come Late, so that others overtake them
	Late      time.Duration // how much later those of Reorder come
	Delay     time.Duration // of everything
	Jitter    time.Duration // further delay of 0 to so much, by chance. It overtakes nothing: that is Reorder's
}

// Counts is what has passed in one direction.
type Counts struct {
	Taken     uint64 // packets, or messages and chunks of TCP
	Lost      uint64 // by Loss
	Cut       uint64 // in an outage
	Doubled   uint64
	Reordered uint64
	Overflow  uint64 // lost because a queue was full
	Strange   uint64 // from somebody who is neither side
}

// Link is the network that any number of proxies share.
type Link struct {
	mu  sync.Mutex
	way [2]way
}

type way struct {
	faults Faults
	random *rand.Rand
	out    time.Time // until when nothing passes
	counts Counts
}

// NewLink makes a perfect network whose faults, once set, are drawn from seed.
func NewLink(seed uint64) *Link {
	l := new(Link)
	for d := range l.way {
		l.way[d].random = rand.New(rand.NewPCG(seed, uint64(d)))
	}
	return l
}

// Set changes what happens in one direction from now on.
func (l *Link) Set(d Direction, f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.way[d].faults = f
}

// Both sets both directions.
func (l *Link) Both(f Faults) {
	l.Set(ToServer, f)
	l.Set(ToClient, f)
}

// Cut lets nothing pass in one direction for so long: packets are lost, TCP stands still.
func (l *Link) Cut(d Direction, length time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.way[d].out = time.Now().Add(length)
}

// Counts tells what has passed in one direction.
func (l *Link) Counts(d Direction) Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.way[d].counts
}

// fate decides about a packet: when each of its copies (none to two) is due.
func (l *Link) fate(d Direction, now time.Time) (copies []due) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &l.way[d]
	w.counts.Taken++
	f, r := w.faults, w.random
	switch {
	case now.Before(w.out):
		w.counts.Cut++
		return nil
	case f.Loss > 0 && r.Float64() < f.Loss:
		w.counts.Lost++
		return nil
	}
	one := due{at: now.Add(f.Delay + between(r, f.Jitter))}
	if f.Reorder > 0 && r.Float64() < f.Reorder {
		w.counts.Reordered++
		one = due{at: one.at.Add(f.Late), loose: true}
	}
	copies = append(copies, one)
	if f.Duplicate > 0 && r.Float64() < f.Duplicate {
		w.counts.Doubled++
		copies = append(copies, one)
	}
	return copies
}

// steady is fate for a stream, of which nothing may be lost: when the next bytes are due.
func (l *Link) steady(d Direction, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &l.way[d]
	w.counts.Taken++
	if now.Before(w.out) {
		now = w.out
	}
	return now.Add(w.faults.Delay + between(w.random, w.faults.Jitter))
}

// count changes what has been counted in a direction.
func (l *Link) count(d Direction, f func(*Counts)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.way[d].counts)
}

func between(r *rand.Rand, most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	return time.Duration(r.Int64N(int64(most) + 1))
}

// Network opens sockets; memnet's hosts and the machine's own (nil in a Config) are such.
type Network interface {
	ListenPacket(addr string) (net.PacketConn, error)
	Listen(addr string) (net.Listener, error)
	Dial(ctx context.Context, addr string) (net.Conn, error)
}

// loopback is the machine's own network.
type loopback struct{}

func (loopback) ListenPacket(addr string) (net.PacketConn, error) {
	return net.ListenPacket("udp", addr)
}

func (loopback) Listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }

func (loopback) Dial(ctx context.Context, addr string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}
