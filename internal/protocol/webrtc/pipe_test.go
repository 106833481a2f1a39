package webrtc

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/transport/v5/packetio"

	"santra/internal/protocol/rtp"
)

// What came before there was a leg comes first, then what comes, in order; nothing after the end.
func TestPipeHandsOnInOrder(t *testing.T) {
	p, over := newPipe(), make(chan struct{})
	for i := range 10 {
		if n, err := p.Write([]byte{byte(i)}); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	buf := make([]byte, 10)
	if n, err := p.Read(buf); n != 1 || buf[0] != 0 || err != nil {
		t.Fatal("pion looks at the first", n, err)
	}
	var got []byte
	all := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		p.push(func(b []byte) {
			if got = append(got, b...); len(got) == 19 {
				close(all)
			}
		}, over)
	})
	for i := 10; i < 20; {
		if _, err := p.Write([]byte{byte(i)}); err == nil || errors.Is(err, packetio.ErrFull) {
			i++
		}
	}
	await(t, all, "the packets")
	close(over)
	wg.Wait()
	for i, b := range got {
		if int(b) != i+1 {
			t.Fatal(got)
		}
	}
	if _, err := p.Write([]byte{99}); err != nil || len(got) != 19 {
		t.Error("after the end nothing is handed on:", err, got)
	}
}

func TestPipeKeepsAFewOnly(t *testing.T) {
	p := newPipe()
	for i := range packetsKept + 5 {
		if _, err := p.Write([]byte{byte(i)}); errors.Is(err, packetio.ErrFull) != (i >= packetsKept) {
			t.Error(i, err)
		}
	}
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Error(err)
	}
	p = newPipe()
	p.Close()
	if _, err := p.Write([]byte{1}); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	p = newPipe()
	p.Close()
	if _, err := p.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// Writers, a leg that comes and goes, and the end, all at once: only one handle runs at a time.
func TestPipeUnderRace(t *testing.T) {
	p, over := newPipe(), make(chan struct{})
	var running, handled atomic.Int32
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 2000 {
			_, _ = p.Write([]byte{byte(i)})
		}
		close(over)
	})
	for range 2 {
		wg.Go(func() {
			p.push(func([]byte) {
				if running.Add(1) != 1 {
					t.Error("two at a time")
				}
				handled.Add(1)
				running.Add(-1)
			}, over)
		})
	}
	wg.Wait()
	if handled.Load() == 0 {
		t.Error("nothing was handed on")
	}
}

// A browser that makes up sources fills no more than a few.
func TestSourcesAreBounded(t *testing.T) {
	p := &Peer{pipes: make(map[uint32]*pipe)}
	for ssrc := range uint32(100) {
		if b := p.buffer(packetio.RTPBufferPacket, ssrc); b == nil {
			t.Fatal("no buffer")
		}
		p.buffer(packetio.RTCPBufferPacket, 1000+ssrc)
	}
	if len(p.pipes) != sourcesKept {
		t.Error(len(p.pipes))
	}
}

// The leg of a browser is served by the goroutine that decrypts: Push ends with the peer.
func TestPushEndsWithThePeer(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/PCMA")
	p := connect(t, s, b)
	b.keepSaying(t, 0x2A)
	var _ rtp.Pusher = p
	got, ended := make(chan byte, 1000), make(chan error, 1)
	go func() { ended <- p.Push(func(packet []byte) { got <- packet[rtp.HeaderLen] }) }()
	for range 10 {
		if v := await(t, got, "the browser's voice"); v != 0x2A {
			t.Error(v)
		}
	}
	if p.pipe == nil {
		t.Error("it is not pushed but read")
	}
	p.Close()
	if err := await(t, ended, "the end"); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
