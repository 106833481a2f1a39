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
	"santra/internal/protocol/rtp/reactor"
	"santra/internal/protocol/rtp/secure"
)

// UDP is a Transport over a pair of UDP sockets. It is Addressed, Watched and Controlled.
type UDP struct {
	pool           *Pool
	media, control *reactor.Socket
	peer           atomic.Pointer[peer]
	judge          atomic.Pointer[func(packet []byte) bool]
	sealed         atomic.Pointer[sealed] // nil: sound in the clear
	foreign        atomic.Uint64
	forged         atomic.Uint64

	watchOnce sync.Once
	watched   error
	ready     chan struct{} // packets have come, for who reads in a goroutine of its own
}

func newUDP(p *Pool, media, control *reactor.Socket) *UDP {
	_ = unix.SetsockoptInt(control.FD, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // without it there is no round trip to show
	return &UDP{pool: p, media: media, control: control, ready: make(chan struct{}, 1)}
}

// Local is the address for SDP: that of the RTP socket.
func (u *UDP) Local() netip.AddrPort { return u.media.Local }

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
	if !u.media.Acquire() {
		return 0, false, net.ErrClosed
	}
	defer u.media.Release()
	in := u.pool.control.take()
	defer u.pool.control.giveBack(in)
	messages, err := in.receive(uintptr(u.media.FD))
	if messages == 0 {
		return 0, false, err
	}
	b, _ := in.message(0)
	if b, ok := u.admit(in.sender(0), b, time.Now()); ok {
		return copy(buf, b), true, nil
	}
	return 0, true, nil
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
	case <-u.media.Closed:
		return net.ErrClosed
	}
}

// watch gives the media socket to a reactor, once.
func (u *UDP) watch(serve func()) error {
	u.watchOnce.Do(func() {
		if !u.media.Acquire() {
			u.watched = net.ErrClosed
			return
		}
		defer u.media.Release()
		u.watched = u.pool.reactorOf(u.media).Add(u.media, serve)
	})
	return u.watched
}

// Push implements Pusher: one system call a packet, or fewer when several wait. handle runs in the goroutine of a reactor,
// which serves other sockets as well: it must not wait for anything.
func (u *UDP) Push(handle func(packet []byte)) error {
	if err := u.watch(func() { u.drain(handle) }); err != nil {
		return err
	}
	<-u.media.Closed
	return net.ErrClosed
}

// Watch implements Watched. ended gets net.ErrClosed, or why the socket can't be watched.
func (u *UDP) Watch(handle func(packet []byte), ended func(error)) {
	if !u.media.Acquire() {
		ended(net.ErrClosed)
		return
	}
	u.media.AfterEnd = func() { ended(net.ErrClosed) } // not before our reference is given back
	err := u.watch(func() { u.drain(handle) })
	if err != nil {
		u.media.AfterEnd = nil
	}
	u.media.Release()
	if err != nil {
		ended(err)
	}
}

// fairShare is how many times a socket is read before others of its reactor have their turn: a flood on one port must not make
// the other calls wait.
const fairShare = 16

// drain hands out what waits in the socket: all of it, unless that is more than its share.
func (u *UDP) drain(handle func(packet []byte)) {
	in := u.pool.packets.take()
	defer u.pool.packets.giveBack(in)
	for range fairShare {
		n, err := in.receive(uintptr(u.media.FD))
		if err != nil {
			return // an error of the network (ICMP) has been taken off the socket by telling of it
		}
		now := time.Now()
		for i := range n {
			b, _ := in.message(i)
			if b, ok := u.admit(in.sender(i), b, now); ok {
				handle(b)
			}
		}
		if n < in.full() {
			return
		}
	}
	u.pool.reactorOf(u.media).Again(u.media)
}

// WritePacket implements Transport.
func (u *UDP) WritePacket(b []byte) error {
	p := u.peer.Load()
	if p == nil {
		return errNoPeer()
	}
	if s := u.sealed.Load(); s != nil {
		return s.send(u.media, b, &p.toMedia, (*secure.Session).Protect)
	}
	return u.media.Send(b, &p.toMedia)
}

func errNoPeer() error { return errs.New(errs.Unavailable, "the peer's address is not known yet") }

// maxStrange is how many packets of strangers are passed over in search of a report.
const maxStrange = 64

// ReadControl implements Controlled. The time is the kernel's, so it does not matter how long the packet has waited.
func (u *UDP) ReadControl(buf []byte) (n int, arrived time.Time, err error) {
	if !u.control.Acquire() {
		return 0, arrived, net.ErrClosed
	}
	defer u.control.Release()
	in := u.pool.control.take()
	defer u.pool.control.giveBack(in)
	for range maxStrange {
		messages, err := in.receive(uintptr(u.control.FD))
		if messages == 0 {
			return 0, arrived, err
		}
		if n, arrived = u.controlPacket(in, buf); n > 0 {
			return n, arrived, nil
		}
	}
	return 0, arrived, nil
}

// controlPacket copies the received packet, or gives 0 for one that is not the peer's.
func (u *UDP) controlPacket(in *inbox, buf []byte) (int, time.Time) {
	b, _ := in.message(0)
	b, ok := u.admitControl(in.sender(0), b)
	if !ok {
		return 0, time.Time{}
	}
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
	if s := u.sealed.Load(); s != nil {
		return s.send(u.control, b, &p.toControl, (*secure.Session).ProtectControl)
	}
	return u.control.Send(b, &p.toControl)
}

// Close implements Transport.
func (u *UDP) Close() error {
	if u.pool.open.CompareAndDelete(u.media.Local.Port(), u) { // before the sockets: a port is another's as soon as they are closed
		u.pool.busy.Add(-1)
	}
	u.pool.open.CompareAndDelete(u.control.Local.Port(), u)
	u.media.Close()
	u.control.Close()
	return nil
}
