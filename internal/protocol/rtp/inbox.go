package rtp

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inbox receives a few datagrams in one system call (recvmmsg), their senders and control messages included. Since the
// kernel itself goes on until nothing waits, no second call is needed to learn that: that is a fifth of a relay's work saved.
// It is borrowed for the time that a socket has something, so a silent leg holds no buffer.
type inbox struct {
	headers []mmsghdr
	vectors []unix.Iovec
	senders []unix.RawSockaddrAny
	size    int
	bytes   []byte // size for each message
	control []byte // controlLen for each message
}

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	unix.Msghdr
	length uint32
	_      [4]byte
}

// controlLen has room for the control messages that are asked for: a segment size and a time.
const controlLen = 64

func newInbox(messages, size int) *inbox {
	in := &inbox{
		headers: make([]mmsghdr, messages), vectors: make([]unix.Iovec, messages), senders: make([]unix.RawSockaddrAny, messages),
		size: size, bytes: make([]byte, messages*size), control: make([]byte, messages*controlLen),
	}
	for i := range messages {
		in.vectors[i].Base = &in.bytes[i*size]
		in.vectors[i].SetLen(size)
		in.headers[i].Name = (*byte)(unsafe.Pointer(&in.senders[i]))
		in.headers[i].Iov = &in.vectors[i]
		in.headers[i].SetIovlen(1)
		in.headers[i].Control = &in.control[i*controlLen]
	}
	return in
}

// inboxes lends inboxes of one shape.
type inboxes struct{ pool sync.Pool }

func newInboxes(messages, size int) *inboxes {
	return &inboxes{sync.Pool{New: func() any { return newInbox(messages, size) }}}
}

func (p *inboxes) take() *inbox       { return p.pool.Get().(*inbox) }
func (p *inboxes) giveBack(in *inbox) { p.pool.Put(in) }

// receive takes what waits, at most as many messages as the inbox has, and never blocks. Fewer than that means that no more waits.
func (in *inbox) receive(fd uintptr) (int, error) {
	for i := range in.headers {
		in.headers[i].Namelen = unix.SizeofSockaddrAny
		in.headers[i].SetControllen(controlLen)
	}
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.headers[0])), uintptr(len(in.headers)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, errno
		}
	}
}

// full is the number of messages that receive gives at most.
func (in *inbox) full() int { return len(in.headers) }

// message gives the bytes of the i-th message; whole is false if it was cut short.
func (in *inbox) message(i int) (b []byte, whole bool) {
	from := i * in.size
	b = in.bytes[from : from+int(in.headers[i].length) : from+in.size] // so that nobody appends into the next message
	return b, in.headers[i].Flags&unix.MSG_TRUNC == 0
}

// sender gives who sent the i-th message.
func (in *inbox) sender(i int) netip.AddrPort {
	switch s := &in.senders[i]; s.Addr.Family {
	case unix.AF_INET:
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(s))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), hostOrder(&v4.Port))
	case unix.AF_INET6:
		v6 := (*unix.RawSockaddrInet6)(unsafe.Pointer(s))
		return netip.AddrPortFrom(netip.AddrFrom16(v6.Addr).Unmap(), hostOrder(&v6.Port))
	}
	return netip.AddrPort{}
}

func hostOrder(port *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(port))[:])
}

// controlMessage gives the data of a control message of the i-th message, nil without it.
func (in *inbox) controlMessage(i int, level, kind int32) []byte {
	rest := in.control[i*controlLen:][:in.headers[i].Controllen]
	for len(rest) >= unix.SizeofCmsghdr {
		h, data, next, err := unix.ParseOneSocketControlMessage(rest)
		if err != nil {
			return nil
		}
		if h.Level == level && h.Type == kind {
			return data
		}
		rest = next
	}
	return nil
}
