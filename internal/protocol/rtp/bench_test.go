package rtp

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/secure"
	"santra/internal/protocol/sdp"
)

// benchCalls are the loads: so many calls of two parties, each saying a packet every 20 ms.
func benchCalls(b *testing.B, bench func(b *testing.B, calls int)) {
	for _, calls := range []int{50, 200} {
		b.Run(fmt.Sprint("calls=", calls), func(b *testing.B) { bench(b, calls) })
	}
}

// cpu is what the process has used: user and system time.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// parties are the callers of a benchmark, in a process of their own, so that what they cost is not counted. They say a packet
// every 20 ms, spread evenly, and do not listen: the kernel drops what is sent to them once their sockets are full.
type parties struct {
	addrs   []netip.AddrPort
	targets []netip.AddrPort
	orders  io.Writer
	answers *bufio.Scanner
}

const (
	partiesEnv = "SANTRA_BENCH_PARTIES"
	suiteEnv   = "SANTRA_BENCH_SUITE" // they encrypt
)

// benchKeys are the same in both processes, for each party: good for nothing but this.
func benchKeys(suite sdp.Suite) sdp.Keys {
	inline := strings.Repeat("A", base64.RawStdEncoding.EncodedLen(suite.KeyLen()+suite.SaltLen()))
	s, err := sdp.Parse([]byte("v=0\r\nm=audio 4 RTP/SAVP 8\r\na=crypto:1 " + string(suite) + " inline:" + inline + "\r\n"))
	if err != nil {
		panic(err)
	}
	k := s.Media[0].Crypto[0].Key
	return sdp.Keys{Local: k, Remote: k}
}

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(partiesEnv)); err == nil {
		beParties(n)
		return
	}
	os.Exit(m.Run())
}

func newParties(b *testing.B, n int, suite sdp.Suite) *parties {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d", partiesEnv, n), suiteEnv+"="+string(suite))
	child.Stderr = os.Stderr
	orders, _ := child.StdinPipe()
	answers, _ := child.StdoutPipe()
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { orders.Close(); _ = child.Wait() })
	p := &parties{targets: make([]netip.AddrPort, n), orders: orders, answers: bufio.NewScanner(answers)}
	for range n {
		p.answers.Scan()
		p.addrs = append(p.addrs, netip.MustParseAddrPort(p.answers.Text()))
	}
	return p
}

func (p *parties) addr(i int) netip.AddrPort { return p.addrs[i] }

// speak lets the parties say so many packets each, and waits until they have.
func (p *parties) speak(rounds int) {
	for _, t := range p.targets {
		fmt.Fprintln(p.orders, t)
	}
	fmt.Fprintln(p.orders, rounds)
	p.answers.Scan()
}

// beParties is what the other process does.
func beParties(n int) {
	var sockets []*net.UDPConn
	packets, seals := make([][]byte, n), make([]func([]byte) []byte, n)
	for i := range n {
		seals[i] = benchSeal(sdp.Suite(os.Getenv(suiteEnv)))
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			panic(err)
		}
		sockets = append(sockets, c)
		packets[i] = packetOf(Header{PayloadType: 8, SSRC: uint32(i + 1)}, frameOf(byte(i)))
		fmt.Println(c.LocalAddr())
	}
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		targets := make([]netip.AddrPort, n)
		for i := range n {
			targets[i] = netip.MustParseAddrPort(orders.Text())
			orders.Scan()
		}
		rounds, _ := strconv.Atoi(orders.Text())
		start := time.Now()
		for step := range rounds * n {
			i := step % n
			time.Sleep(time.Until(start.Add(time.Duration(step) * frameTime / time.Duration(n))))
			h := header(packets[i])
			h.Sequence++
			h.Timestamp += media.FrameSamples
			h.Put(packets[i])
			_, _ = sockets[i].WriteToUDPAddrPort(seals[i](packets[i]), targets[i])
		}
		fmt.Println("done")
	}
}

// benchSeal encrypts a packet, or leaves it as it is without a suite.
func benchSeal(suite sdp.Suite) func([]byte) []byte {
	if suite == "" {
		return func(b []byte) []byte { return b }
	}
	s, err := secure.New(benchKeys(suite))
	if err != nil {
		panic(err)
	}
	out := make([]byte, 0, MaxPacket)
	return func(b []byte) []byte {
		sealed, err := s.Protect(out, b)
		if err != nil {
			panic(err)
		}
		return sealed
	}
}

// measure runs a relay under the parties' load and reports its processor time for each packet that it relays.
func measure(b *testing.B, p *parties, relayed func() uint64) {
	const rounds = 150
	p.speak(10)
	var used time.Duration
	var packets uint64
	for b.Loop() {
		before, count := cpu(), relayed()
		p.speak(rounds)
		used += cpu() - before
		packets += relayed() - count
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(used)/float64(time.Microsecond)/float64(packets), "µs-cpu/packet")
	b.ReportMetric(100*float64(packets)/float64(b.N*rounds*len(p.addrs)), "%relayed")
}

func benchPool(b testing.TB) *Pool {
	pool, err := NewPool(PoolConfig{Ephemeral: true})
	if err != nil {
		b.Fatal(err)
	}
	return pool
}

func benchRelay(b *testing.B, calls int, tapped bool, suite sdp.Suite) {
	pool, p := benchPool(b), newParties(b, 2*calls, suite)
	var legs []*Leg
	for call := range calls {
		var pair [2]*Leg
		for side := range pair {
			u, err := pool.Open()
			if err != nil {
				b.Fatal(err)
			}
			i := 2*call + side
			pair[side] = NewLeg(u, LegConfig{})
			b.Cleanup(func() { pair[side].Close() })
			if suite != "" {
				if err := pair[side].Secure(benchKeys(suite)); err != nil {
					b.Fatal(err)
				}
			}
			pair[side].Start(p.addr(i), media.PCMA, 0)
			p.targets[i] = u.Local()
		}
		Bridge(pair[0], pair[1])
		if tapped {
			tapCall(b, pool, pair)
		}
		legs = append(legs, pair[:]...)
	}
	b.ReportAllocs()
	measure(b, p, func() (sum uint64) {
		for _, l := range legs {
			sum += l.Stats().Sent
		}
		return sum
	})
}

// tapCall adds a tap and its receivers, which only read: both ends are in the figure.
func tapCall(b *testing.B, pool *Pool, pair [2]*Leg) {
	tap, err := NewTap(TapConfig{Pool: pool})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { tap.Close() })
	var ends [2]netip.AddrPort
	for ch := range ends {
		r, err := Listen(pool)
		if err != nil {
			b.Fatal(err)
		}
		r.Expect(tap.Local(Channel(ch)))
		ends[ch] = r.Local()
		var wg sync.WaitGroup
		wg.Go(func() { _ = r.Push(func(Packet) {}) })
		b.Cleanup(func() { r.Close(); wg.Wait() })
		pair[ch].Tap(tap, Channel(ch))
	}
	tap.Start(ends[0], ends[1])
}

// BenchmarkRelay is a bridge of two legs.
func BenchmarkRelay(b *testing.B) {
	benchCalls(b, func(b *testing.B, calls int) { benchRelay(b, calls, false, "") })
}

// BenchmarkRelayTapped is the same with a tap, the recorder's receiving included.
func BenchmarkRelayTapped(b *testing.B) {
	benchCalls(b, func(b *testing.B, calls int) { benchRelay(b, calls, true, "") })
}

// BenchmarkRelaySealed is a bridge of two legs that both encrypt: each packet is opened and sealed anew. Plain is the same without.
func BenchmarkRelaySealed(b *testing.B) {
	for _, suite := range []sdp.Suite{"", sdp.AES128SHA180, sdp.AES128GCM, sdp.AES256GCM} {
		b.Run("suite="+cmp.Or(string(suite), "plain"), func(b *testing.B) { benchRelay(b, 100, false, suite) })
	}
}

// BenchmarkMix is a conference of three on UDP legs: the processor time of a second of it.
func BenchmarkMix(b *testing.B) {
	const mixes, seconds = 20, 3
	pool, p := benchPool(b), newParties(b, 3*mixes, "")
	for i := range mixes {
		m := NewMix(MixConfig{})
		hears, legs := make(map[*Leg][]*Leg), make([]*Leg, 3)
		for side := range legs {
			u, err := pool.Open()
			if err != nil {
				b.Fatal(err)
			}
			legs[side] = NewLeg(u, LegConfig{})
			b.Cleanup(func() { legs[side].Close() })
			legs[side].Start(p.addr(3*i+side), media.PCMA, 0)
			p.targets[3*i+side] = u.Local()
		}
		for _, l := range legs {
			hears[l] = legs
		}
		if err := m.Connect(hears); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(m.Close)
	}
	p.speak(25)
	var used time.Duration
	for b.Loop() {
		before := cpu()
		p.speak(50 * seconds)
		used += cpu() - before
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(used)/float64(time.Millisecond)/float64(b.N*mixes*seconds), "ms-cpu/conference-second")
}

// BenchmarkBareRelay is the limit to compare with: a goroutine for each socket that reads and writes, and does nothing else.
func BenchmarkBareRelay(b *testing.B) { benchCalls(b, bareRelay) }

func bareRelay(b *testing.B, calls int) {
	p := newParties(b, 2*calls, "")
	var sockets []*net.UDPConn
	for i := range 2 * calls {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		sockets = append(sockets, c)
		p.targets[i] = c.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	var relayed atomic.Uint64
	for i, c := range sockets {
		to, other := p.addr(i^1), sockets[i^1]
		go func() {
			buf := make([]byte, MaxPacket)
			for {
				n, _, err := c.ReadFromUDPAddrPort(buf)
				if err != nil {
					return
				}
				_, _ = other.WriteToUDPAddrPort(buf[:n], to)
				relayed.Add(1)
			}
		}()
	}
	b.ReportAllocs()
	measure(b, p, relayed.Load)
}
