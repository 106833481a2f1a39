package bench

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"santra/internal/protocol/media"
)

// farEnd is a socket that a party speaks to.
func farEnd(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func newTestGateway(t *testing.T) *gateway {
	t.Helper()
	g, err := newGateway()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestPartiesOfOneGatewayAreToldApart by the address that they hear from, though all have one of their own.
func TestPartiesOfOneGatewayAreToldApart(t *testing.T) {
	g := newTestGateway(t)
	var ends [2]*net.UDPConn
	var streams [2]*stream
	for i := range ends {
		var at netip.AddrPort
		ends[i], at = farEnd(t)
		streams[i] = newStream(g)
		streams[i].aim(at)
		streams[i].next()
	}
	g.send(streams[:], func(_ *stream, sent bool) {
		if !sent {
			t.Error("a packet did not leave")
		}
	})
	buf := make([]byte, packetBytes)
	for i, c := range ends {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil || from != g.local || n != headBytes+frameSamples || string(buf[:n]) != string(streams[i].packet[:]) {
			t.Fatal(i, n, from, err)
		}
		if _, err := c.WriteToUDPAddrPort(buf[:20+i], g.local); err != nil {
			t.Fatal(err)
		}
	}
	heard := map[*stream]int{}
	eventually(t, func() bool {
		g.receive(func(to *stream, packet, control []byte) {
			if at := arrivedAt(control); len(control) == 0 || time.Since(time.Unix(0, at)) > time.Minute {
				t.Error("the kernel's time is missing")
			}
			heard[to] = len(packet)
		})
		return len(heard) == 2
	})
	if heard[streams[0]] != 20 || heard[streams[1]] != 21 {
		t.Error("each other's packets are heard:", heard)
	}
}

func TestAPortThatIsAnothersByNowStaysTheirs(t *testing.T) {
	g := newTestGateway(t)
	at := netip.MustParseAddrPort("127.0.0.1:4711")
	before, after := newStream(g), newStream(g)
	before.aim(at)
	after.aim(at)
	g.forget(before)
	if g.by[4711].Load() != after {
		t.Error("the new stream is forgotten with the old one")
	}
	g.forget(after)
	if g.by[4711].Load() != nil {
		t.Error("it is kept")
	}
	g.forget(newStream(g)) // of no aim
}

// TestWhatDoesNotLeaveIsNotMissed: the load's own failure is not a loss of what is measured.
func TestWhatDoesNotLeaveIsNotMissed(t *testing.T) {
	d, err := newDriver()
	if err != nil {
		t.Fatal(err)
	}
	g := newTestGateway(t)
	_, at := farEnd(t)
	bad, good := newStream(g), newStream(g)
	bad.aim(netip.MustParseAddrPort("127.0.0.1:0")) // refused by the kernel
	good.aim(at)
	d.begin()
	b := batch{n: 2}
	b.streams[0], b.streams[1] = bad, good
	b.send(d)
	if bad.spoken != 0 || good.spoken != 1 || d.sent.Load() != 1 {
		t.Error(bad.spoken, good.spoken, d.sent.Load())
	}
}

func TestStreamsAreSpreadEvenly(t *testing.T) {
	for _, c := range []struct{ streams, slots int }{{0, 1}, {1, 1}, {20, 20}, {100, 100}, {101, 51}, {150, 75}, {1000, 100}, {2000, 100}, {2001, 96}} {
		slots := slotsFor(c.streams)
		if slots != c.slots {
			t.Error(c.streams, "streams in", slots, "slots")
		}
		most, least := (c.streams+slots-1)/slots, c.streams/slots
		if most-least > 1 {
			t.Error(c.streams, "streams:", least, "to", most, "in a slot")
		}
	}
}

func TestABrowsersVoice(t *testing.T) {
	for codec, c := range map[media.Codec]struct {
		ticks  uint32
		marked bool
	}{media.PCMA: {160, true}, media.G722: {160, false}, media.Opus: {960, false}} {
		s := newVoice(codec)
		if s == nil {
			t.Fatal(codec.Name())
		}
		before := s.ts
		s.next()
		_, _, marked := marked(s.packet)
		if s.packet[1] != codec.PayloadType() || s.ts-before != c.ticks || marked != c.marked || len(s.packet) <= headBytes {
			t.Errorf("%s: payload type %d, %d ticks, marked %v, %d bytes", codec.Name(), s.packet[1], s.ts-before, marked, len(s.packet))
		}
	}
}

// TestABrowserSpeaks: what it says is counted as sent, what it hears as received.
func TestABrowserSpeaks(t *testing.T) {
	d, err := newDriver()
	if err != nil {
		t.Fatal(err)
	}
	s := newVoice(media.PCMA)
	s.say = func(packet []byte) error { d.take(s, packet, nil); return nil }
	d.begin()
	d.add(s)
	eventually(t, func() bool { return d.received.Load() > 5 })
	release(s)
	eventually(t, func() bool { return len(d.snapshot()) == 0 })
	if w := d.end(); w.Sent == 0 || w.Lost != 0 || w.Sent+1 < w.Received {
		t.Errorf("%+v", w)
	}
}
