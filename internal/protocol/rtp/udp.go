package rtp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
)

// UDP is a Transport over a pair of UDP sockets. It is Addressed, a Pusher and Controlled.
type UDP struct {
	pool           *Pool
	media, control *net.UDPConn
	raw            syscall.RawConn // of media
	rawControl     syscall.RawConn
	peer           atomic.Pointer[peer]
	foreign        atomic.Uint64
}

// peer is where packets go and may come from.
type peer struct {
	media, control netip.AddrPort
	latch          bool
}

func newUDP(p *Pool, media, control *net.UDPConn) *UDP {
	u := &UDP{pool: p, media: media, control: control}
	// These fail for a closed socket only, and these two have just been opened.
	u.raw, _ = media.SyscallConn()
	u.rawControl, _ = control.SyscallConn()
	_ = u.rawControl.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // without it there is no round trip to show
	})
	return u
}

// Local is the address for SDP: that of the RTP socket.
func (u *UDP) Local() netip.AddrPort { return u.media.LocalAddr().(*net.UDPAddr).AddrPort() }

// Connect implements Addressed.
func (u *UDP) Connect(remote netip.AddrPort, latch bool) {
	u.peer.Store(newPeer(remote, latch))
}

func newPeer(remote netip.AddrPort, latch bool) *peer {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	return &peer{media: remote, control: netip.AddrPortFrom(remote.Addr(), remote.Port()+1), latch: latch}
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

// ReadPacket implements Transport.
func (u *UDP) ReadPacket(buf []byte) (int, error) {
	for {
		n, from, err := u.media.ReadFromUDPAddrPort(buf)
		if err != nil {
			return 0, err
		}
		if u.admits(netip.AddrPortFrom(from.Addr().Unmap(), from.Port())) {
			return n, nil
		}
	}
}

// Push implements Pusher: one system call a packet, or fewer when several wait.
func (u *UDP) Push(handle func(packet []byte)) error {
	var failed error
	err := u.raw.Read(func(fd uintptr) (done bool) {
		failed = u.drain(fd, handle)
		return failed != nil
	})
	return errors.Join(failed, err)
}

// drain hands out all that waits in the socket. The runtime's poller is edge-triggered, and each new packet is a new edge, so
// waiting after a drained socket misses none.
func (u *UDP) drain(fd uintptr, handle func(packet []byte)) error {
	in := u.pool.packets.take()
	defer u.pool.packets.giveBack(in)
	for {
		n, err := in.receive(fd)
		if err != nil {
			return err
		}
		for i := range n {
			if b, _ := in.message(i); u.admits(in.sender(i)) {
				handle(b)
			}
		}
		if n < in.full() {
			return nil
		}
	}
}

// WritePacket implements Transport.
func (u *UDP) WritePacket(b []byte) error {
	p := u.peer.Load()
	if p == nil {
		return errNoPeer()
	}
	_, err := u.media.WriteToUDPAddrPort(b, p.media)
	return err
}

func errNoPeer() error { return errs.New(errs.Unavailable, "the peer's address is not known yet") }

// ReadControl implements Controlled. The time is the kernel's, so it does not matter how long the packet has waited.
func (u *UDP) ReadControl(buf []byte) (n int, arrived time.Time, err error) {
	in := u.pool.control.take()
	defer u.pool.control.giveBack(in)
	failed := u.rawControl.Control(func(fd uintptr) {
		for n == 0 && err == nil {
			var messages int
			if messages, err = in.receive(fd); messages == 0 {
				return
			}
			n, arrived = u.controlPacket(in, buf)
		}
	})
	return n, arrived, errors.Join(failed, err)
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
	_, err := u.control.WriteToUDPAddrPort(b, p.control)
	return err
}

// Close implements Transport.
func (u *UDP) Close() error {
	return errors.Join(closeOnce(u.media), closeOnce(u.control))
}

func closeOnce(c *net.UDPConn) error {
	if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
