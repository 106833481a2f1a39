package webrtc

import (
	"io"
	"sync"

	"github.com/pion/transport/v5/packetio"
)

// pipe stands between the SRTP session of a browser and the leg that reads it. Until there is a leg it keeps a few packets;
// then it hands each on in the session's own goroutine, which saves a goroutine, a buffer and a change of goroutines for
// every packet. It is pion's buffer of one synchronisation source.
type pipe struct {
	waiting chan []byte
	closed  chan struct{}
	once    sync.Once

	mu     sync.Mutex
	handle func([]byte)
}

// packetsKept bounds what waits: half a second of sound before there is a leg (more is of no use to anybody), or reports.
const packetsKept = 25

func newPipe() *pipe {
	return &pipe{waiting: make(chan []byte, packetsKept), closed: make(chan struct{})}
}

// Write implements io.Writer for pion: packetio.ErrFull tells it that there is nothing (more) to be read.
func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.handle != nil {
		p.handle(b)
		return 0, packetio.ErrFull
	}
	select {
	case <-p.closed:
		return 0, io.ErrClosedPipe
	case p.waiting <- append([]byte(nil), b...):
		return len(b), nil
	default:
		return 0, packetio.ErrFull
	}
}

// Read implements io.Reader for pion, which looks at the first packet, and for who reads packet by packet.
func (p *pipe) Read(b []byte) (int, error) {
	select {
	case packet := <-p.waiting:
		return copy(b, packet), nil
	case <-p.closed:
		return 0, io.EOF
	}
}

// Close implements io.Closer.
func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// push hands what waits, then every packet, to handle until over or Close. Only one call of handle runs at a time, and none
// after it has returned.
func (p *pipe) push(handle func([]byte), over <-chan struct{}) {
	p.turn(handle)
	select {
	case <-over:
	case <-p.closed:
	}
	p.turn(nil)
}

func (p *pipe) turn(handle func([]byte)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handle = handle
	for handle != nil {
		select {
		case packet := <-p.waiting:
			handle(packet)
		default:
			return
		}
	}
}

// buffer makes the buffer of a source; it is pion's BufferFactory.
func (p *Peer) buffer(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	in := newPipe()
	p.mu.Lock()
	defer p.mu.Unlock()
	if kind == packetio.RTPBufferPacket && len(p.pipes) < sourcesKept {
		p.pipes[ssrc] = in
	}
	return in
}

// sourcesKept bounds what a browser that makes up sources can fill; it has one.
const sourcesKept = 16
