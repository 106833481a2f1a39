package rtp

import (
	"encoding/binary"
	"iter"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Receiver receives an RTP stream in bulk (UDP_GRO): the recorder's end of a tap. Streams of others work as well.
type Receiver struct {
	socket    *UDP
	reading   sync.Mutex // of who hands out, by Handle and Flush
	flush     func()     // set by Handle
	packets   atomic.Uint64
	bytes     atomic.Uint64
	malformed atomic.Uint64
	foreign   atomic.Uint64
}

// Listen opens a receiver on a pair of ports of the pool; errs.Unavailable.
func Listen(p *Pool) (*Receiver, error) {
	socket, err := p.Open()
	if err != nil {
		return nil, err
	}
	_ = unix.SetsockoptInt(socket.media.FD, unix.SOL_UDP, unix.UDP_GRO, 1) // without it packets come one by one
	return &Receiver{socket: socket}, nil
}

// Local is the address for the SDP answer.
func (r *Receiver) Local() netip.AddrPort { return r.socket.Local() }

// Expect sets the only source that packets are taken from; port 0 is any port of the address. Without it none is taken.
func (r *Receiver) Expect(remote netip.AddrPort) { r.socket.Connect(remote, false) }

func (r *Receiver) admits(from netip.AddrPort) bool {
	p := r.socket.peer.Load()
	if p != nil && p.media.Addr() == from.Addr() && (p.media.Port() == 0 || p.media.Port() == from.Port()) {
		return true
	}
	r.foreign.Add(1)
	return false
}

// Packets yields packets until Close. A packet's payload is a view that is valid until the next one. It may be ranged over
// once at a time.
func (r *Receiver) Packets() iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		if r.socket.watch(r.socket.signal) != nil {
			return
		}
		for r.drain(yield, fairShare) && r.socket.wait() == nil {
		}
	}
}

// Handle hands out packets until Close, as Packets does but in the goroutine of a reactor: cheaper, for who does not wait for
// anything in handle. It is called instead of Packets, once, and returns at once; net.ErrClosed after Close.
func (r *Receiver) Handle(handle func(Packet)) error {
	all := func(p Packet) bool {
		handle(p)
		return true
	}
	read := func(share int) {
		r.reading.Lock()
		defer r.reading.Unlock()
		r.drain(all, share)
	}
	r.flush = func() { read(flushed) }
	return r.socket.watch(func() { read(fairShare) })
}

// flushed is how many times Flush reads at most: more than a socket's buffer holds, so that only what comes meanwhile is left.
const flushed = 4096

// Flush hands out what has come until now, in the caller's goroutine: what was sent before a request that is being answered
// is not taken for what was sent after it. It is for who has called Handle.
func (r *Receiver) Flush() {
	if r.flush != nil {
		r.flush()
	}
}

// Push is Handle that returns only after Close, with net.ErrClosed.
func (r *Receiver) Push(handle func(Packet)) error {
	if err := r.Handle(handle); err != nil {
		return err
	}
	<-r.socket.media.Closed
	return net.ErrClosed
}

// drain yields what waits, read at most so many times; false when the reader has had enough or the socket is closed.
func (r *Receiver) drain(yield func(Packet) bool, share int) bool {
	media := r.socket.media
	if !media.Acquire() {
		return false
	}
	defer media.Release()
	in := r.socket.pool.bulk.take()
	defer r.socket.pool.bulk.giveBack(in)
	for range share {
		n, err := in.receive(uintptr(media.FD))
		if err != nil || n == 0 {
			return true
		}
		if r.admits(in.sender(0)) && !r.split(in, yield) {
			return false
		}
	}
	r.socket.pool.reactorOf(media).Again(media)
	return true
}

// split yields the packets that the kernel has put together.
func (r *Receiver) split(in *inbox, yield func(Packet) bool) bool {
	now := time.Now()
	b, whole := in.message(0)
	if !whole {
		r.malformed.Add(1)
	}
	size := len(b)
	if m := in.controlMessage(0, unix.SOL_UDP, unix.UDP_GRO); len(m) >= 4 {
		size = int(int32(binary.NativeEndian.Uint32(m)))
	}
	for len(b) > 0 && size > 0 {
		one := b[:min(size, len(b))]
		b = b[len(one):]
		if !r.yield(one, now, yield) {
			return false
		}
	}
	return true
}

func (r *Receiver) yield(b []byte, now time.Time, yield func(Packet) bool) bool {
	if s := r.socket.sealed.Load(); s != nil {
		var err error
		if b, err = s.session.Open(b); err != nil {
			r.socket.forged.Add(1)
			return true
		}
	}
	start, end, ok := span(b)
	if !ok {
		r.malformed.Add(1)
		return true
	}
	r.packets.Add(1)
	r.bytes.Add(uint64(end - start))
	return yield(Packet{Header: header(b), Payload: b[start:end], At: now})
}

// Stats are the receiver's counters: Packets, Bytes, Foreign, Forged and Malformed.
func (r *Receiver) Stats() Stats {
	return Stats{
		Packets: r.packets.Load(), Bytes: r.bytes.Load(), Foreign: r.foreign.Load(), Forged: r.socket.Forged(), Malformed: r.malformed.Load(),
	}
}

// Close ends Packets. It may be called more than once.
func (r *Receiver) Close() error {
	return r.socket.Close()
}
