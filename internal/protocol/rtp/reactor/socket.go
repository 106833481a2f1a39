package reactor

import (
	"net"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Socket is a UDP socket outside of the Go runtime's poller: a reactor watches it, or nobody does. No call on it waits.
// Each use holds a reference, and the last one closes the descriptor, so that no packet ever goes out on a descriptor that
// has become another's.
type Socket struct {
	FD     int            // not to be used without a reference
	Local  netip.AddrPort // with the port that the kernel picked
	refs   atomic.Int64   // users, and closing once Close has been called
	Closed chan struct{}  // closed once the descriptor is
	atEnd  func()         // called before the descriptor is closed, if set before the socket is watched
	// AfterEnd is called when it has been closed, if set by who holds a reference.
	AfterEnd func()
}

const closing = 1 << 62

// Open binds a socket; port 0 lets the kernel pick.
func Open(addr netip.AddrPort) (*Socket, error) {
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	s := &Socket{FD: fd, Closed: make(chan struct{})}
	if err := s.bind(addr); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

func (s *Socket) bind(addr netip.AddrPort) error {
	if err := unix.Bind(s.FD, Sockaddr(addr)); err != nil {
		return err
	}
	if addr.Port() != 0 { // then it is known; a call opens up to twelve
		s.Local = addr
		return nil
	}
	bound, err := unix.Getsockname(s.FD)
	switch a := bound.(type) {
	case *unix.SockaddrInet4:
		s.Local = netip.AddrPortFrom(addr.Addr(), uint16(a.Port))
	case *unix.SockaddrInet6:
		s.Local = netip.AddrPortFrom(addr.Addr(), uint16(a.Port))
	}
	return err
}

// Sockaddr is an address as the kernel takes it to bind or connect.
func Sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if a := addr.Addr().Unmap(); a.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: a.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

// Acquire takes a reference; false once Close has been called.
func (s *Socket) Acquire() bool {
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

// Release gives a reference back; the last one after Close closes the descriptor.
func (s *Socket) Release() {
	if s.refs.Add(-1) == closing {
		s.finish()
	}
}

// Close closes the socket once nobody uses it any more; Closed tells when.
func (s *Socket) Close() {
	if s.Acquire() {
		s.refs.Or(closing)
		s.Release()
	}
}

func (s *Socket) finish() {
	if s.atEnd != nil {
		s.atEnd()
	}
	unix.Close(s.FD)
	close(s.Closed)
	if s.AfterEnd != nil {
		s.AfterEnd()
	}
}

// Destination is an address as the kernel takes it.
type Destination struct {
	raw    unix.RawSockaddrInet6 // the larger of the two
	length uintptr
}

// NewDestination makes one of an address.
func NewDestination(addr netip.AddrPort) Destination {
	var d Destination
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

// Send sends one datagram; what does not fit into the socket's buffer is an error.
func (s *Socket) Send(b []byte, to *Destination) error {
	if len(b) == 0 {
		return unix.EINVAL
	}
	if !s.Acquire() {
		return net.ErrClosed
	}
	defer s.Release()
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.FD), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&to.raw)), to.length)
	if errno != 0 {
		return errno
	}
	return nil
}
