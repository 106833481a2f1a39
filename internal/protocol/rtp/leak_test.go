package rtp

import (
	"os"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"
)

// held is what a process has that could leak.
type held struct {
	goroutines, descriptors int
	heap                    uint64
}

func holds(t *testing.T) held {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc:", err)
	}
	var m runtime.MemStats
	for range 3 { // pools are emptied by the second collection
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return held{runtime.NumGoroutine(), len(fds), m.HeapAlloc}
}

// settleTime is how long goroutines that have nothing to do any more may take to return.
const settleTime = 5 * time.Second

// TenThousand legs in 5,000 calls of every kind leave nothing behind.
func TestNothingIsLeftOfTenThousandLegs(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	const calls, atOnce, spare = 5000, 50, 1 << 20
	run := func(calls int) {
		for range calls / atOnce {
			var over []func()
			for kind := range atOnce {
				over = append(over, openCall(t, pool, kind))
			}
			for _, end := range over {
				end()
			}
			pool.reactors[0].Wait() // it ends with its last socket
		}
	}
	run(2 * atOnce) // what is made once
	before := holds(t)
	start := time.Now()
	run(calls)
	after := holds(t)
	for end := time.Now().Add(settleTime); after.goroutines > before.goroutines && time.Now().Before(end); after = holds(t) {
		runtime.Gosched() // the last goroutines return while we look
	}
	t.Logf("%d legs in %v: %+v, then %+v", 2*calls, time.Since(start).Round(time.Millisecond), before, after)
	if after.goroutines > before.goroutines || after.descriptors > before.descriptors || after.heap > before.heap+spare {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// openCall opens a call of a kind and says a packet on it; what it gives ends it.
func openCall(t *testing.T, pool *Pool, kind int) (end func()) {
	t.Helper()
	var legs [2]*Leg
	var sockets [2]*UDP
	for i := range legs {
		u, err := pool.Open()
		if err != nil {
			t.Fatal(err)
		}
		sockets[i], legs[i] = u, NewLeg(u, LegConfig{Latch: kind%2 == 0})
	}
	if kind%5 == 0 {
		k := newKeys(sdp.AES128SHA180)
		_, _ = legs[0].Secure(k), legs[1].Secure(turned(k))
	}
	for i, l := range legs { // each is the other's peer
		l.Start(sockets[1-i].Local(), media.PCMA, 101)
	}
	closers := []func(){func() { legs[0].Close(); legs[1].Close() }}
	switch kind % 4 {
	case 0:
		m := NewMix(MixConfig{})
		if err := m.Connect(map[*Leg][]*Leg{legs[0]: legs[1:], legs[1]: legs[:1]}); err != nil {
			t.Fatal(err)
		}
		closers = append(closers, m.Close)
	case 1:
		tap, err := NewTap(TapConfig{Pool: pool})
		if err != nil {
			t.Fatal(err)
		}
		tap.Start(sockets[0].Local(), sockets[1].Local())
		legs[0].Tap(tap, Customer)
		closers = append(closers, func() { tap.Close() })
		Bridge(legs[0], legs[1])
	default:
		legs[0].Play(t.Context(), []media.Clip{media.NewClip(frameOf(1))}, true)
	}
	_ = sockets[0].WritePacket(packetOf(Header{PayloadType: 8, Sequence: 1}, frameOf(1)))
	if kind%8 == 0 { // some calls end the other way round
		closers[0], closers[1] = closers[1], closers[0]
	}
	return func() {
		for _, c := range closers {
			c()
		}
	}
}

// The reader stalls for half a second while a peer speaks on: all that has waited is relayed at once, in order, and from then on
// nothing waits. Time is virtual, so the delays are exact.
func TestARelayCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const stall, speaks = 500 * ms, 2 * time.Second
		ma, mb := newMemory(), newMemory()
		stalled := false
		a := NewLeg(ma, LegConfig{Heard: func(_ media.Codec, stamp uint32, _ []byte) {
			if !stalled && stamp >= 50*160 {
				stalled = true
				time.Sleep(stall)
			}
		}})
		a.Start(noAddr, media.PCMA, 0)
		b := NewLeg(mb, LegConfig{})
		b.Start(noAddr, media.PCMA, 0)
		defer a.Close()
		defer b.Close()
		Bridge(a, b)
		ta := &talker{Header{PayloadType: 8, SSRC: 1}, ma}
		start := time.Now()
		for n := range int(speaks / frameTime) {
			ta.say(byte(n))
			time.Sleep(frameTime)
		}
		synctest.Wait()
		all := mb.all()
		steady(t, all)
		if len(all) != 100 {
			t.Fatal("relayed", len(all))
		}
		over := start.Add(50*frameTime + stall)
		for n, p := range all {
			delay := p.at.Sub(start.Add(time.Duration(n) * frameTime))
			if late := p.at.After(over); late && delay > 0 || delay > stall {
				t.Errorf("packet %d is %v late", n, delay)
			}
		}
	})
}

// The same over a socket: while the reader is held up, 25 packets wait in the kernel; let go, it hands on all of them before
// it looks at anything else, and the next packet finds nothing before it.
func TestARelayOverSocketsCatchesUp(t *testing.T) {
	a, b := udpPair(t)
	pa, pb := newPhone(t), newPhone(t)
	entered, goOn := make(chan bool, 1), make(chan bool)
	a.l.heard = func(_ media.Codec, _ uint32, p []byte) {
		if p[0] == 0 {
			entered <- true
			<-goOn
		}
	}
	a.l.Start(pa.addr(), media.PCMA, 0)
	b.l.Start(pb.addr(), media.PCMA, 0)
	Bridge(a.l, b.l)
	for n := range 26 {
		pa.say(a.u.Local(), Header{PayloadType: 8, SSRC: 1, Sequence: uint16(n), Timestamp: uint32(n) * 160}, frameOf(byte(n)))
		if n == 0 {
			<-entered
		}
	}
	close(goOn)
	for n := range 26 {
		if got := pb.hear(); got.Payload[0] != byte(n) {
			t.Fatal(n, got)
		}
	}
	if s := b.l.Stats(); s.Sent != 26 || s.Unsent != 0 || a.l.Stats().Lost != 0 {
		t.Errorf("%+v", s)
	}
}
