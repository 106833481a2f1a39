package rtp

import (
	"net"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is a UDP socket outside of the Go runtime's poller: a reactor watches it, or nobody does. No call on it waits.
// Each use holds a reference, and the last one closes the descriptor, so that no packet ever goes out on a descriptor that
// has become another's.
type socket struct {
	fd     int
	local  netip.AddrPort
	refs   atomic.Int64 // users, and closing once Close has been called
	closed chan struct{}
	atEnd  func() // called before the descriptor is closed, if set before the socket is watched
	// afterEnd is called when it has been closed, if set by who holds a reference.
	afterEnd func()
}

const closing = 1 << 62

// openSocket binds a socket; port 0 lets the kernel pick.
func openSocket(addr netip.AddrPort) (*socket, error) {
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	s := &socket{fd: fd, closed: make(chan struct{})}
	if err := s.bind(addr); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *socket) bind(addr netip.AddrPort) error {
	if err := unix.Bind(s.fd, sockaddr(addr)); err != nil {
		return err
	}
	bound, err := unix.Getsockname(s.fd)
	switch a := bound.(type) {
	case *unix.SockaddrInet4:
		s.local = netip.AddrPortFrom(addr.Addr(), uint16(a.Port))
	case *unix.SockaddrInet6:
		s.local = netip.AddrPortFrom(addr.Addr(), uint16(a.Port))
	}
	return err
}

func sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if a := addr.Addr().Unmap(); a.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: a.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

// acquire takes a reference; false once Close has been called.
func (s *socket) acquire() bool {
	for {
		n := s.refs.Load()
		if n >= closing {
			return false
		}
		if s.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *socket) release() {
	if s.refs.Add(-1) == closing {
		s.finish()
	}
}

// Close closes the socket once nobody uses it any more; closed tells when.
func (s *socket) Close() {
	if s.acquire() {
		s.refs.Or(closing)
		s.release()
	}
}

func (s *socket) finish() {
	if s.atEnd != nil {
		s.atEnd()
	}
	unix.Close(s.fd)
	close(s.closed)
	if s.afterEnd != nil {
		s.afterEnd()
	}
}

// destination is an address as the kernel takes it.
type destination struct {
	raw    unix.RawSockaddrInet6 // the larger of the two
	length uintptr
}

func newDestination(addr netip.AddrPort) destination {
	var d destination
	a := addr.Addr().Unmap()
	port := [2]byte{byte(addr.Port() >> 8), byte(addr.Port())}
	if a.Is4() {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&d.raw))
		v4.Family, v4.Addr, v4.Port = unix.AF_INET, a.As4(), *(*uint16)(unsafe.Pointer(&port))
		d.length = unix.SizeofSockaddrInet4
		return d
	}
	d.raw.Family, d.raw.Addr, d.raw.Port = unix.AF_INET6, a.As16(), *(*uint16)(unsafe.Pointer(&port))
	d.length = unix.SizeofSockaddrInet6
	return d
}

// send sends one datagram; what does not fit into the socket's buffer is an error.
func (s *socket) send(b []byte, to *destination) error {
	if len(b) == 0 {
		return unix.EINVAL
	}
	if !s.acquire() {
		return net.ErrClosed
	}
	defer s.release()
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&to.raw)), to.length)
	if errno != 0 {
		return errno
	}
	return nil
}
