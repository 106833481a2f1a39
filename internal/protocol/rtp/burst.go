package rtp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"santra/internal/protocol/rtp/reactor"
)

// burst sends several packets of one size in one system call (udp(7), UDP_SEGMENT): on the wire they are ordinary ones.
// Where the kernel or the device refuses, it sends them one by one. It never waits: what does not fit is lost.
type burst struct {
	socket *reactor.Socket
	addr   unix.Sockaddr
	plain  bool // the kernel has refused
	oob    [48]byte
	oobLen int
}

func newBurst(u *UDP) burst { return burst{socket: u.media} }

func (b *burst) to(remote netip.AddrPort) { b.addr = reactor.Sockaddr(remote) }

// send sends n packets, all segment bytes long. It gives how many went out, and how many calls took several.
func (b *burst) send(packets []byte, segment, n int) (sent, batches int) {
	if n > 1 && !b.plain {
		err := b.call(packets, b.segments(segment))
		switch err {
		case nil:
			return n, 1
		case unix.EINVAL, unix.EIO, unix.ENOPROTOOPT, unix.EOPNOTSUPP, unix.EMSGSIZE:
			b.plain = true
		default:
			return 0, 0
		}
	}
	for i := range n {
		if b.call(packets[i*segment:(i+1)*segment], nil) == nil {
			sent++
		}
	}
	return sent, 0
}

func (b *burst) call(packet, oob []byte) error {
	if !b.socket.Acquire() {
		return net.ErrClosed
	}
	defer b.socket.Release()
	_, err := unix.SendmsgN(b.socket.FD, packet, oob, b.addr, unix.MSG_DONTWAIT)
	return err
}

// segments is the control message with the size of a packet.
func (b *burst) segments(size int) []byte {
	if b.oobLen == 0 {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b.oob[0]))
		h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		h.SetLen(unix.CmsgLen(2))
		b.oobLen = unix.CmsgSpace(2)
	}
	binary.NativeEndian.PutUint16(b.oob[unix.CmsgLen(0):], uint16(size))
	return b.oob[:b.oobLen]
}
