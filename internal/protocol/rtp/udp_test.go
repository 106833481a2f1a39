package rtp

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// end is a leg on a real socket.
type end struct {
	l *Leg
	u *UDP
}

func udpEnd(t *testing.T, cfg LegConfig) end {
	t.Helper()
	u, err := benchPool(t).Open()
	if err != nil {
		t.Fatal(err)
	}
	l := NewLeg(u, cfg)
	t.Cleanup(func() { l.Close() })
	return end{l, u}
}

func udpPair(t *testing.T) (a, b end) { return udpEnd(t, LegConfig{}), udpEnd(t, LegConfig{}) }

// phone is a plain socket that says and hears packets.
type phone struct {
	*net.UDPConn
	t *testing.T
}

func newPhone(t *testing.T) phone {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return phone{c, t}
}

func (p phone) addr() netip.AddrPort { return p.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p phone) say(to netip.AddrPort, h Header, payload []byte) {
	p.t.Helper()
	if _, err := p.WriteToUDPAddrPort(packetOf(h, payload), to); err != nil {
		p.t.Fatal(err)
	}
}

func (p phone) hear() Packet {
	p.t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, MaxPacket)
	n, err := p.Read(b)
	if err != nil {
		p.t.Fatal(err)
	}
	got, err := Parse(b[:n])
	if err != nil {
		p.t.Fatal(err)
	}
	return got
}

func TestRelayOverSockets(t *testing.T) {
	a, b := udpPair(t)
	pa, pb, stranger := newPhone(t), newPhone(t), newPhone(t)
	a.l.Start(pa.addr(), media.PCMA, 101)
	b.l.Start(pb.addr(), media.PCMA, 96)
	Bridge(a.l, b.l)
	stranger.say(a.u.Local(), Header{PayloadType: 8, SSRC: 666}, frameOf(66))
	for i := range 20 {
		pa.say(a.u.Local(), Header{PayloadType: 8, Sequence: uint16(i), SSRC: 1}, frameOf(byte(i)))
	}
	for i := range 20 {
		if got := pb.hear(); got.Payload[0] != byte(i) || got.SSRC == 1 {
			t.Fatal(i, got)
		}
	}
	pa.say(a.u.Local(), Header{PayloadType: 101, Sequence: 20, Timestamp: 5, SSRC: 1}, []byte{3, 0, 0, 160})
	if got := pb.hear(); got.PayloadType != 96 || got.Payload[0] != 3 {
		t.Error("events have the other leg's payload type", got)
	}
	pb.say(b.u.Local(), Header{PayloadType: 8, SSRC: 2}, frameOf(9))
	if got := pa.hear(); got.Payload[0] != 9 {
		t.Error(got)
	}
	if s := a.l.Stats(); s.Foreign != 1 || s.Packets != 21 {
		t.Errorf("%+v", s)
	}
}

func TestLatchSetsThePortOnce(t *testing.T) {
	e := udpEnd(t, LegConfig{Latch: true})
	said, real, late := newPhone(t), newPhone(t), newPhone(t)
	heard := make(chan byte, 10)
	e.l.heard = func(_ media.Codec, _ uint32, p []byte) { heard <- p[0] }
	e.l.Start(said.addr(), media.PCMA, 0)
	real.say(e.u.Local(), Header{PayloadType: 8, Sequence: 1}, frameOf(1))
	if <-heard != 1 {
		t.Error("another port of the same address")
	}
	late.say(e.u.Local(), Header{PayloadType: 8, Sequence: 2}, frameOf(2))
	said.say(e.u.Local(), Header{PayloadType: 8, Sequence: 2}, frameOf(3))
	real.say(e.u.Local(), Header{PayloadType: 8, Sequence: 2}, frameOf(4))
	if v := <-heard; v != 4 || e.u.Foreign() != 2 {
		t.Error("it latches once", v, e.u.Foreign())
	}
	if err := <-e.l.Play(t.Context(), []media.Clip{media.NewClip(frameOf(7))}, false); err != nil || real.hear().Payload[0] != 7 {
		t.Error("and sends there", err)
	}
}

func TestReadPacketFiltersToo(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	friend, stranger := newPhone(t), newPhone(t)
	if err := e.u.WritePacket(make([]byte, 12)); !errs.Is(err, errs.Unavailable) {
		t.Error("no peer yet:", err)
	}
	if err := e.u.WriteControl(make([]byte, 12)); !errs.Is(err, errs.Unavailable) {
		t.Error("no peer yet:", err)
	}
	e.u.Connect(friend.addr(), false)
	stranger.say(e.u.Local(), Header{}, nil)
	friend.say(e.u.Local(), Header{Sequence: 5}, nil)
	buf := make([]byte, MaxPacket)
	n, err := e.u.ReadPacket(buf)
	if p, _ := Parse(buf[:n]); err != nil || p.Sequence != 5 || e.u.Foreign() != 1 {
		t.Error(p, err)
	}
	e.u.Close()
	if _, err := e.u.ReadPacket(buf); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestPool(t *testing.T) {
	for name, cfg := range map[string]PoolConfig{
		"turned": {Min: 30000, Max: 20000}, "one": {Min: 20000, Max: 20000}, "odd": {Min: 20001, Max: 20002}, "no least": {Max: 20000},
		"all": {IP: netip.IPv4Unspecified()},
	} {
		if _, err := NewPool(cfg); !errs.Is(err, errs.Invalid) {
			t.Error(name, err)
		}
	}
	p, err := NewPool(PoolConfig{Min: 21010, Max: 21013})
	if err != nil {
		t.Fatal(err)
	}
	var open []*UDP
	for {
		u, err := p.Open()
		if err != nil {
			if !errs.Is(err, errs.Unavailable) {
				t.Error(err)
			}
			break
		}
		open = append(open, u)
		if port := u.Local().Port(); port%2 != 0 || port < 21010 || port > 21012 {
			t.Error(port)
		}
	}
	if len(open) > 2 {
		t.Error("two pairs are all there are:", len(open))
	}
	for _, u := range open {
		if err := errors.Join(u.Close(), u.Close()); err != nil {
			t.Error(err)
		}
	}
	if u, err := p.Open(); len(open) > 0 && err != nil {
		t.Error("closed pairs are free again:", err)
	} else if err == nil {
		u.Close()
	}
}

func TestIPv6(t *testing.T) {
	p, err := NewPool(PoolConfig{IP: netip.IPv6Loopback(), Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	u, err := p.Open()
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	l := NewLeg(u, LegConfig{})
	defer l.Close()
	v, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan byte, 1)
	m := NewLeg(v, LegConfig{Heard: func(_ media.Codec, _ uint32, p []byte) { heard <- p[0] }})
	defer m.Close()
	m.Start(u.Local(), media.PCMA, 0)
	l.Start(v.Local(), media.PCMA, 0)
	l.Play(t.Context(), []media.Clip{media.NewClip(frameOf(5))}, false)
	if <-heard != 5 {
		t.Error("not heard")
	}
}

// TestWatchedEndsOnce: who watches is told once of the end, whether the socket is closed before, meanwhile or afterwards.
func TestWatchedEndsOnce(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		u, err := pool.Open()
		if err != nil {
			t.Fatal(err)
		}
		told := make(chan error, 2)
		var wg sync.WaitGroup
		switch i % 3 {
		case 0:
			_ = u.Close()
			u.Watch(func([]byte) {}, func(err error) { told <- err })
		case 1:
			wg.Go(func() { _ = u.Close() })
			u.Watch(func([]byte) {}, func(err error) { told <- err })
		default:
			u.Watch(func([]byte) {}, func(err error) { told <- err })
			if len(told) != 0 {
				t.Fatal("told before the end")
			}
			_ = u.Close()
		}
		wg.Wait()
		_ = u.Close()
		if err := <-told; !errors.Is(err, net.ErrClosed) {
			t.Fatal(i, err)
		}
		if len(told) != 0 {
			t.Fatal(i, "told twice")
		}
	}
}

// TestALegOverASocketNeedsNoGoroutine counts them.
func TestALegOverASocketNeedsNoGoroutine(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	p := newPhone(t)
	const legs = 50
	for range legs {
		u, err := pool.Open()
		if err != nil {
			t.Fatal(err)
		}
		l := NewLeg(u, LegConfig{})
		defer l.Close()
		l.Start(p.addr(), media.PCMA, 0)
	}
	if more := runtime.NumGoroutine() - before; more > legs/10 {
		t.Errorf("%d goroutines for %d legs", more, legs)
	}
}
