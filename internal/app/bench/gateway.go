package bench

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of a gateway. Packets that go out in one call have nearly one time of sending: what they wait for each other is in
// their delay, some 10 µs at four.
const (
	sentAtOnce     = 4
	receivedAtOnce = 32
	controlBytes   = 64
	packetBytes    = 2048
	gatewayBuffer  = 4 << 20 // asked of the kernel, in bytes; less if net.core.rmem_max is
)

// gateway is one UDP socket for the sound of many parties, as behind a carrier's media gateway. Who is spoken to is told by the
// address that a packet comes from, which is another one for each call. Only the driver reads and writes it.
type gateway struct {
	fd    int
	local netip.AddrPort
	by    [1 << 16]atomic.Pointer[stream] // by the port of the other side
	in    *messages
	out   *messages
}

// messages are what recvmmsg and sendmmsg take.
type messages struct {
	headers []header
	vectors []unix.Iovec
	senders []unix.RawSockaddrInet4
	bytes   []byte // packetBytes for each
	control []byte // controlBytes for each
}

// header is struct mmsghdr of recvmmsg(2).
type header struct {
	unix.Msghdr
	length uint32
	_      [4]byte
}

func newMessages(n int) *messages {
	m := &messages{headers: make([]header, n), vectors: make([]unix.Iovec, n), senders: make([]unix.RawSockaddrInet4, n)}
	for i := range m.headers {
		m.headers[i].Iov = &m.vectors[i]
		m.headers[i].SetIovlen(1)
	}
	return m
}

func newInMessages() *messages {
	m := newMessages(receivedAtOnce)
	m.bytes, m.control = make([]byte, receivedAtOnce*packetBytes), make([]byte, receivedAtOnce*controlBytes)
	for i := range m.headers {
		m.vectors[i].Base = &m.bytes[i*packetBytes]
		m.vectors[i].SetLen(packetBytes)
		m.headers[i].Name = (*byte)(unsafe.Pointer(&m.senders[i]))
		m.headers[i].Control = &m.control[i*controlBytes]
	}
	return m
}

func newGateway() (*gateway, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	g := &gateway{fd: fd, in: newInMessages(), out: newMessages(sentAtOnce)}
	if err := g.bind(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return g, nil
}

// bind takes a free port. The kernel stamps what arrives, so that it does not matter when the driver looks.
func (g *gateway) bind() error {
	if err := unix.Bind(g.fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	name, err := unix.Getsockname(g.fd)
	if err != nil {
		return err
	}
	g.local = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(name.(*unix.SockaddrInet4).Port))
	_ = unix.SetsockoptInt(g.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, gatewayBuffer)
	return unix.SetsockoptInt(g.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
}

// rawAddr is an address as the kernel takes it.
func rawAddr(to netip.AddrPort) *unix.RawSockaddrInet4 {
	raw := &unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: to.Addr().Unmap().As4()}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&raw.Port))[:], to.Port())
	return raw
}

// receive takes what waits, at most receivedAtOnce packets, and hands each out with the stream that it is for (nil: none) and
// its control messages; false when no more waits.
func (g *gateway) receive(take func(to *stream, packet, control []byte)) (more bool) {
	m := g.in
	for i := range m.headers {
		m.headers[i].Namelen = unix.SizeofSockaddrInet4
		m.headers[i].SetControllen(controlBytes)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(g.fd), uintptr(unsafe.Pointer(&m.headers[0])), receivedAtOnce, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return errno == unix.EINTR
	}
	for i := range m.headers[:n] {
		h := &m.headers[i]
		port := binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&m.senders[i].Port))[:])
		take(g.by[port].Load(), m.bytes[i*packetBytes:][:h.length], m.control[i*controlBytes:][:h.Controllen])
	}
	return n == receivedAtOnce
}

// send sends a packet of each of at most sentAtOnce streams, and tells of each whether it went out.
func (g *gateway) send(streams []*stream, told func(s *stream, sent bool)) {
	m := g.out
	for i, s := range streams {
		to := s.remote.Load()
		m.senders[i] = *to
		m.vectors[i].Base = &s.packet[0]
		m.vectors[i].SetLen(len(s.packet))
		m.headers[i].Name, m.headers[i].Namelen = (*byte)(unsafe.Pointer(&m.senders[i])), unix.SizeofSockaddrInet4
	}
	for i := 0; i < len(streams); {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(g.fd), uintptr(unsafe.Pointer(&m.headers[i])), uintptr(len(streams)-i), unix.MSG_DONTWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 { // the first of them has failed: the others have their own chance
			told(streams[i], false)
			i++
			continue
		}
		for _, s := range streams[i : i+int(n)] {
			told(s, true)
		}
		i += int(n)
	}
	runtime.KeepAlive(streams)
}

// listen hands what comes from an address to a stream.
func (g *gateway) listen(s *stream, from netip.AddrPort) { g.by[from.Port()].Store(s) }

// forget ends that, unless the port is another's by now.
func (g *gateway) forget(s *stream) {
	if from := s.remote.Load(); from != nil {
		g.by[binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&from.Port))[:])].CompareAndSwap(s, nil)
	}
}
