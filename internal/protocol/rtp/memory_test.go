package rtp

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"santra/internal/protocol/media"
)

// memory is a Transport without a wire: what the peer says is put into in, what it hears is kept with its time.
type memory struct {
	in   chan []byte
	done chan struct{}
	once sync.Once

	mu     sync.Mutex
	heard  []heard
	refuse bool
}

type heard struct {
	Packet
	at time.Time
}

func newMemory() *memory { return &memory{in: make(chan []byte, 1000), done: make(chan struct{})} }

func (m *memory) ReadPacket(buf []byte) (int, error) {
	select {
	case b := <-m.in:
		return copy(buf, b), nil
	case <-m.done:
		return 0, net.ErrClosed
	}
}

func (m *memory) WritePacket(b []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse {
		return net.ErrWriteToConnected
	}
	p, err := Parse(append([]byte(nil), b...))
	if err != nil {
		return err
	}
	m.heard = append(m.heard, heard{p, time.Now()})
	return nil
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) all() []heard {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]heard(nil), m.heard...)
}

// say puts one packet of the peer on the way.
func (m *memory) say(h Header, payload []byte) { m.in <- packetOf(h, payload) }

func packetOf(h Header, payload []byte) []byte {
	b := make([]byte, HeaderLen, HeaderLen+len(payload))
	h.Put(b)
	return append(b, payload...)
}

// talker says frames of one byte, numbered as a phone does.
type talker struct {
	Header
	m *memory
}

func newTalker(m *memory, ssrc uint32) *talker {
	return &talker{Header{PayloadType: 8, Sequence: uint16(ssrc * 7), Timestamp: ssrc * 1000, SSRC: ssrc}, m}
}

func (t *talker) say(b byte) {
	t.m.say(t.Header, frameOf(b))
	t.skip()
}

func (t *talker) skip() {
	t.Sequence++
	t.Timestamp += media.FrameSamples
}

func frameOf(b byte) []byte {
	frame := make([]byte, media.FrameSamples)
	for i := range frame {
		frame[i] = b
	}
	return frame
}

// newLeg makes a started leg on a memory transport.
func newLeg(t *testing.T, c media.Codec, events uint8) (*Leg, *memory) {
	t.Helper()
	m := newMemory()
	l := NewLeg(m, LegConfig{})
	l.Start(netip.AddrPort{}, c, events)
	return l, m
}

// steady checks that the numbers go up by one and the time never goes back.
func steady(t *testing.T, all []heard) {
	t.Helper()
	if err := unsteady(all); err != nil {
		t.Fatal(err)
	}
}

func unsteady(all []heard) error {
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if b.Sequence != a.Sequence+1 || b.SSRC != a.SSRC || int32(b.Timestamp-a.Timestamp) < 0 {
			return fmt.Errorf("packet %d: %+v after %+v", i, b.Header, a.Header)
		}
	}
	return nil
}
