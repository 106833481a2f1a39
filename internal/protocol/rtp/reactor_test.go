package rtp

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"santra/internal/protocol/media"
)

func TestTheReactorEndsWithItsLastSocketAndComesBack(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		heard := make(chan byte, 1)
		var legs []*Leg
		for range 3 {
			u, err := pool.Open()
			if err != nil {
				t.Fatal(err)
			}
			legs = append(legs, NewLeg(u, LegConfig{Heard: func(_ media.Codec, _ uint32, p []byte) { heard <- p[0] }}))
		}
		local := legs[0].t.(*UDP).Local()
		p := newPhone(t)
		for _, l := range legs {
			l.Start(p.addr(), media.PCMA, 0)
		}
		p.say(local, Header{PayloadType: 8}, frameOf(5))
		if v := <-heard; v != 5 {
			t.Error(v)
		}
		for _, l := range legs {
			l.Close()
		}
		pool.reactors[0].Wait() // in vain if it did not end
	}
}

func TestAPanicInOneLegLeavesTheOthers(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan byte, 1)
	p := newPhone(t)
	open := func(ear func(media.Codec, uint32, []byte)) netip.AddrPort {
		u, err := pool.Open()
		if err != nil {
			t.Fatal(err)
		}
		l := NewLeg(u, LegConfig{Heard: ear})
		t.Cleanup(func() { l.Close() })
		l.Start(p.addr(), media.PCMA, 0)
		return u.Local()
	}
	bad := open(func(media.Codec, uint32, []byte) { panic("deaf") })
	good := open(func(_ media.Codec, _ uint32, b []byte) { heard <- b[0] })
	p.say(bad, Header{PayloadType: 8}, frameOf(1))
	p.say(good, Header{PayloadType: 8}, frameOf(2))
	if v := <-heard; v != 2 {
		t.Error(v)
	}
}

// Legs are opened, bridged, tapped, fed and closed all at once: for the race detector, and for descriptors that are used
// again at once.
func TestClosingUnderFire(t *testing.T) {
	pool := benchPool(t)
	stop := make(chan struct{})
	var targets sync.Map
	var fire, wg sync.WaitGroup
	for range 2 {
		p := newPhone(t)
		fire.Go(func() {
			for seq := uint16(0); ; seq++ {
				select {
				case <-stop:
					return
				default:
				}
				targets.Range(func(to, _ any) bool {
					_, _ = p.WriteToUDPAddrPort(packetOf(Header{PayloadType: 8, Sequence: seq}, frameOf(1)), to.(netip.AddrPort))
					return true
				})
			}
		})
		for range 2 {
			wg.Go(func() { openAndClose(t, pool, p.addr(), &targets) })
		}
	}
	wg.Wait()
	close(stop)
	fire.Wait()
}

func openAndClose(t *testing.T, pool *Pool, from netip.AddrPort, targets *sync.Map) {
	for range 40 {
		tap, err := NewTap(TapConfig{Pool: pool})
		if err != nil {
			t.Error(err)
			return
		}
		tap.Start(from, from)
		var pair [2]*Leg
		for i := range pair {
			u, err := pool.Open()
			if err != nil {
				t.Error(err)
				return
			}
			pair[i] = NewLeg(u, LegConfig{})
			pair[i].Start(from, media.PCMA, 0)
			pair[i].Tap(tap, Channel(i))
			targets.Store(u.Local(), true)
			defer targets.Delete(u.Local())
		}
		Bridge(pair[0], pair[1])
		played := pair[0].Play(t.Context(), []media.Clip{media.NewClip(frameOf(1))}, false)
		<-played
		tap.Close()
		pair[1].Close()
		pair[0].Close()
	}
}

// nowhere swallows what is sent.
type nowhere struct{}

func (nowhere) ReadPacket([]byte) (int, error) { return 0, net.ErrClosed }
func (nowhere) WritePacket([]byte) error       { return nil }
func (nowhere) Close() error                   { return nil }

func TestAPacketCostsNoAllocation(t *testing.T) {
	tap, ends := newTapped(t)
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	a, b := NewLeg(nowhere{}, LegConfig{}), NewLeg(nowhere{}, LegConfig{})
	a.Start(netip.AddrPort{}, media.PCMA, 0)
	b.Start(netip.AddrPort{}, media.PCMU, 0)
	Bridge(a, b)
	a.Tap(tap, Customer)
	packet := packetOf(Header{PayloadType: 8}, frameOf(1))
	h, scratch := header(packet), make([]byte, len(packet))
	per := testing.AllocsPerRun(1000, func() {
		h.Sequence++
		h.Timestamp += 160
		h.Put(packet)
		copy(scratch, packet)
		a.handle(scratch)
	})
	if per >= 0.5 { // a batch of the tap may cost one
		t.Error(per, "allocations for a packet")
	}
}

func TestUDPReadEndsWithClose(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	ended := make(chan error, 1)
	go func() {
		_, err := e.u.ReadPacket(make([]byte, MaxPacket))
		ended <- err
	}()
	p := newPhone(t)
	p.say(e.u.Local(), Header{}, nil) // foreign: it is dropped, and the reader goes on waiting
	for deadline := time.Now().Add(10 * time.Second); e.u.Foreign() == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the packet never came")
		}
	}
	e.u.Close()
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

// A flood on one port does not make the other calls of the reactor wait until it is over.
func TestAFloodLeavesTheOthersTheirTurn(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := newPhone(t)
	entered, goOn, order := make(chan bool, 1), make(chan bool), make(chan string, 1000)
	open := func(name string) netip.AddrPort {
		u, err := pool.Open()
		if err != nil {
			t.Fatal(err)
		}
		l := NewLeg(u, LegConfig{Heard: func(_ media.Codec, _ uint32, b []byte) {
			if name == "gate" {
				entered <- true
				<-goOn
			}
			order <- name
		}})
		t.Cleanup(func() { l.Close() })
		l.Start(p.addr(), media.PCMA, 0)
		return u.Local()
	}
	gate, flooded, other := open("gate"), open("flooded"), open("other")
	p.say(gate, Header{PayloadType: 8}, frameOf(1)) // the reader is held up, so that all waits
	<-entered
	const flood = 200
	for i := range flood {
		p.say(flooded, Header{PayloadType: 8, Sequence: uint16(i)}, frameOf(1)[:1])
	}
	p.say(other, Header{PayloadType: 8}, frameOf(1))
	close(goOn)
	<-order
	before := 0
	for name := range order {
		if name == "other" {
			break
		}
		before++
	}
	if before > fairShare*readMessages {
		t.Error("the other call waited for", before, "packets")
	}
	for n := before; n < flood; n++ { // the rest is not forgotten
		<-order
	}
}

func TestStrangersReportsAreBounded(t *testing.T) {
	e := udpEnd(t, LegConfig{})
	stranger := newPhone(t)
	e.l.Start(netip.MustParseAddrPort("127.0.0.9:4000"), media.PCMA, 0)
	to := netip.AddrPortFrom(e.u.Local().Addr(), e.u.Local().Port()+1)
	for range maxStrange + 10 {
		stranger.say(to, Header{PayloadType: 72}, nil)
	}
	buf := make([]byte, MaxPacket)
	if n, _, err := e.u.ReadControl(buf); n != 0 || err != nil || e.u.Foreign() != maxStrange {
		t.Error(n, err, e.u.Foreign())
	}
}

// The first number leaves an SRTP peer room before the roll.
func TestNumbersStartInTheLowerHalf(t *testing.T) {
	high := false
	for range 200 {
		l := NewLeg(nowhere{}, LegConfig{})
		if l.out.rewrite.seq >= 1<<15 {
			t.Error(l.out.rewrite.seq)
		}
		high = high || l.out.rewrite.seq >= 1<<14
	}
	if !high {
		t.Error("not random")
	}
}
