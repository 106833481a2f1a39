package rtp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
)

// UDP is a Transport over a pair of UDP sockets. It is Addressed, a Pusher and Controlled.
type UDP struct {
	pool           *Pool
	media, control *socket
	peer           atomic.Pointer[peer]
	foreign        atomic.Uint64

	watchOnce sync.Once
	watched   error
	ready     chan struct{} // packets have come, for who reads in a goroutine of its own
}

// peer is where packets go and may come from.
type peer struct {
	media, control     netip.AddrPort
	toMedia, toControl destination
	latch              bool
}

func newUDP(p *Pool, media, control *socket) *UDP {
	_ = unix.SetsockoptInt(control.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // without it there is no round trip to show
	return &UDP{pool: p, media: media, control: control, ready: make(chan struct{}, 1)}
}

// Local is the address for SDP: that of the RTP socket.
func (u *UDP) Local() netip.AddrPort { return u.media.local }

// Connect implements Addressed.
func (u *UDP) Connect(remote netip.AddrPort, latch bool) {
	u.peer.Store(newPeer(remote, latch))
}

func newPeer(remote netip.AddrPort, latch bool) *peer {
	p := &peer{media: netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()), latch: latch}
	p.control = netip.AddrPortFrom(p.media.Addr(), remote.Port()+1)
	p.toMedia, p.toControl = newDestination(p.media), newDestination(p.control)
	return p
}

// Foreign implements Addressed.
func (u *UDP) Foreign() uint64 { return u.foreign.Load() }

// admits tells whether a packet from there is the peer's, and latches its port where that is allowed.
func (u *UDP) admits(from netip.AddrPort) bool {
	p := u.peer.Load()
	switch {
	case p == nil:
	case p.media == from:
		if p.latch {
			u.peer.CompareAndSwap(p, newPeer(from, false))
		}
		return true
	case p.latch && p.media.Addr() == from.Addr():
		return u.peer.CompareAndSwap(p, newPeer(from, false))
	}
	u.foreign.Add(1)
	return false
}

// ReadPacket implements Transport. A Leg uses Push instead.
func (u *UDP) ReadPacket(buf []byte) (int, error) {
	err := u.watch(u.signal)
	if err != nil {
		return 0, err
	}
	for {
		if n, err := u.readOne(buf); n > 0 || err != nil {
			return n, err
		}
	}
}

// readOne reads one packet, or waits for one to be there and gives 0.
func (u *UDP) readOne(buf []byte) (int, error) {
	n, more, err := u.receiveOne(buf)
	if n > 0 || more || err != nil {
		return n, err
	}
	return 0, u.wait()
}

// receiveOne takes one packet off the socket; more says that one was taken, if only to be dropped.
func (u *UDP) receiveOne(buf []byte) (n int, more bool, err error) {
	if !u.media.acquire() {
		return 0, false, net.ErrClosed
	}
	defer u.media.release()
	in := u.pool.control.take()
	defer u.pool.control.giveBack(in)
	messages, err := in.receive(uintptr(u.media.fd))
	if messages == 0 || !u.admits(in.sender(0)) {
		return 0, messages > 0, err
	}
	b, _ := in.message(0)
	return copy(buf, b), true, nil
}

// signal tells wait that packets have come.
func (u *UDP) signal() {
	select {
	case u.ready <- struct{}{}:
	default:
	}
}

// wait waits for packets or the end.
func (u *UDP) wait() error {
	select {
	case <-u.ready:
		return nil
	case <-u.media.closed:
		return net.ErrClosed
	}
}

// watch gives the media socket to a reactor, once.
func (u *UDP) watch(serve func()) error {
	u.watchOnce.Do(func() {
		if !u.media.acquire() {
			u.watched = net.ErrClosed
			return
		}
		defer u.media.release()
		u.watched = u.pool.reactorOf(u.media).add(u.media, serve)
	})
	return u.watched
}

// Push implements Pusher: one system call a packet, or fewer when several wait. handle runs in the goroutine of a reactor,
// which serves other sockets as well: it must not wait for anything.
func (u *UDP) Push(handle func(packet []byte)) error {
	if err := u.watch(func() { u.drain(handle) }); err != nil {
		return err
	}
	<-u.media.closed
	return net.ErrClosed
}

// drain hands out all that waits in the socket.
func (u *UDP) drain(handle func(packet []byte)) {
	in := u.pool.packets.take()
	defer u.pool.packets.giveBack(in)
	for {
		n, err := in.receive(uintptr(u.media.fd))
		if err != nil {
			return // an error of the network (ICMP) has been taken off the socket by telling of it
		}
		for i := range n {
			if b, _ := in.message(i); u.admits(in.sender(i)) {
				handle(b)
			}
		}
		if n < in.full() {
			return
		}
	}
}

// WritePacket implements Transport.
func (u *UDP) WritePacket(b []byte) error {
	p := u.peer.Load()
	if p == nil {
		return errNoPeer()
	}
	return u.media.send(b, &p.toMedia)
}

func errNoPeer() error { return errs.New(errs.Unavailable, "the peer's address is not known yet") }

// ReadControl implements Controlled. The time is the kernel's, so it does not matter how long the packet has waited.
func (u *UDP) ReadControl(buf []byte) (n int, arrived time.Time, err error) {
	if !u.control.acquire() {
		return 0, arrived, net.ErrClosed
	}
	defer u.control.release()
	in := u.pool.control.take()
	defer u.pool.control.giveBack(in)
	for n == 0 && err == nil {
		var messages int
		if messages, err = in.receive(uintptr(u.control.fd)); messages == 0 {
			return 0, arrived, err
		}
		n, arrived = u.controlPacket(in, buf)
	}
	return n, arrived, err
}

// controlPacket copies the received packet, or gives 0 for one that is not the peer's.
func (u *UDP) controlPacket(in *inbox, buf []byte) (int, time.Time) {
	p := u.peer.Load()
	if p == nil || p.media.Addr() != in.sender(0).Addr() {
		u.foreign.Add(1)
		return 0, time.Time{}
	}
	b, _ := in.message(0)
	arrived := time.Now()
	if stamp := in.controlMessage(0, unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS); len(stamp) >= 16 {
		arrived = time.Unix(int64(binary.NativeEndian.Uint64(stamp)), int64(binary.NativeEndian.Uint64(stamp[8:])))
	}
	return copy(buf, b), arrived
}

// WriteControl implements Controlled.
func (u *UDP) WriteControl(b []byte) error {
	p := u.peer.Load()
	if p == nil {
		return errNoPeer()
	}
	return u.control.send(b, &p.toControl)
}

// Close implements Transport.
func (u *UDP) Close() error {
	u.media.Close()
	u.control.Close()
	return nil
}
