// Package rtp carries the sound of calls: sockets, legs, the relay between two of them, prompts and music, telephone
// events (RFC 4733), reports (RFC 3550) and the tap that sends a copy of a call to the recorder. It owns the way of a packet
// from one wire to the other. It must not know what a call, a queue or a person is.
//
// A packet is read, rewritten in place and sent by one goroutine: that of a reactor, which serves all sockets of a pool, or
// that of the leg for other transports. There is no queue, no timer and no allocation on that way, so after a stall all that
// has waited goes out at once and no delay stays. Only what we say ourselves (prompts, music, digits) is paced.
package rtp

import (
	"net/netip"
	"time"
)

// MaxPacket is the largest packet read or written, in bytes: an Ethernet frame's worth.
const MaxPacket = 1500

// Transport carries the RTP packets of one leg. UDP is one, a browser's webrtc.Peer is another.
type Transport interface {
	// ReadPacket waits for the next packet of the peer, RTP header included. After Close it gives net.ErrClosed.
	ReadPacket(buf []byte) (n int, err error)
	// WritePacket sends one packet, RTP header included; it does not keep b. It may be called by several goroutines.
	WritePacket(b []byte) error
	// Close ends a waiting ReadPacket. It may be called more than once.
	Close() error
}

// Addressed is a Transport whose peer's address comes from SDP. Packets from elsewhere are dropped and counted; with latch
// the first valid packet from the same IP address sets the port (symmetric RTP behind a NAT, RFC 4961), once: see MoveAfter.
type Addressed interface {
	Transport
	Connect(remote netip.AddrPort, latch bool)
	Judge(valid func(packet []byte) bool) // says which packets may set the port; valid is called by the reader, and must not wait
	Foreign() uint64                      // packets dropped since they came from another address
}

// Pusher is a Transport that hands out packets itself, which saves system calls and a buffer for each leg. It gives each
// packet to handle until Close; the packet, of which handle may write to every byte, is handle's own until it returns.
type Pusher interface {
	Transport
	Push(handle func(packet []byte)) error
}

// Watched is a Pusher that needs no goroutine to wait in: Watch returns at once, and ended is called when no more packets will
// be handled, by whoever ends it, once. Most legs are such, and a goroutine with its stack is a good part of a leg's memory.
type Watched interface {
	Pusher
	Watch(handle func(packet []byte), ended func(error))
}

// Controlled is a Transport with a way of its own for RTCP.
type Controlled interface {
	Transport
	// ReadControl gives a waiting RTCP packet and when it came, or 0 bytes; it does not wait.
	ReadControl(buf []byte) (n int, arrived time.Time, err error)
	WriteControl(b []byte) error
}

// Sourced is a Transport that says which synchronisation source the packets that it sends must have.
type Sourced interface {
	Transport
	SSRC() uint32
}
