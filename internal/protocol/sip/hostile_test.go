package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/guard"
	"santra/internal/protocol/sip/limit"
	"santra/internal/protocol/sip/transaction"
)

// scan is one request of a scanner.
func scan(i int, ip string) string {
	method := []string{"INVITE", "REGISTER", "OPTIONS"}[i%3]
	return strings.NewReplacer("INVITE", method, "192.0.2.2", ip, "-one", fmt.Sprintf("-%d", i), "call-one", fmt.Sprintf("c%d", i), "alpha", fmt.Sprintf("t%d", i)).Replace(invite)
}

// 10,000 unauthorised requests a second for three seconds, from a thousand addresses or from three: real calls are set up as on
// a quiet day, the log has a bound, and nothing of it is left.
func TestScanners(t *testing.T) {
	const perSecond = 10000
	seconds := 3
	if testing.Short() {
		seconds = 1
	}
	for _, sources := range []int{3, 1000} {
		t.Run(fmt.Sprint(sources, " sources"), func(t *testing.T) {
			inBubble(t, memnet.Faults{Delay: time.Millisecond}, func(t *testing.T, n *memnet.Network) {
				var log bytes.Buffer
				h := newAnswering()
				e := listen(t, n, "192.0.2.1", h, byPassword, logTo(&log))
				a := listen(t, n, "192.0.2.7", nil)
				var wires []*wire
				for i := range sources {
					wires = append(wires, newWire(t, n, fmt.Sprintf("10.9.%d.%d", i/250, i%250+1)))
				}
				most := 0
				var flood sync.WaitGroup
				flood.Go(func() {
					for i := range seconds * perSecond {
						w := wires[i%sources]
						w.send(server, scan(i, addrOf(w).String()))
						if i%10 == 9 {
							time.Sleep(time.Millisecond)
							most = max(most, e.Stats().Transactions)
						}
					}
				})
				for range 20 * seconds {
					start := time.Now()
					d := call(t, a, e, "udp")
					if took := time.Since(start); took > 10*time.Millisecond {
						t.Error("a real call took", took)
					}
					_ = d.Bye(t.Context())
					time.Sleep(time.Second / 20)
				}
				flood.Wait()
				time.Sleep(40 * time.Second)
				s := e.Stats()
				if s.Transactions != 0 || s.Calls != 0 || most > 500 {
					t.Errorf("%d transactions at a time; left: %+v", most, s)
				}
				if lines := strings.Count(log.String(), "\n"); lines > guard.LinesBurstAll+guard.LinesPerSecondAll*(seconds+1) {
					t.Error(lines, "lines in the log")
				}
				answered := seconds*perSecond - int(s.Limited)
				bound := guard.ChallengesBurstAll + guard.AnswersBurstAll + (guard.ChallengesPerSecondAll+guard.AnswersPerSecondAll)*(seconds+1)
				if answered > bound || s.Limited == 0 {
					t.Errorf("%d answers to strangers, want at most %d", answered, bound)
				}
				if e.guard.Remembers() > limit.MaxSources {
					t.Error("more sources than may be remembered")
				}
			})
		})
	}
}

func addrOf(w *wire) netip.Addr { return netip.MustParseAddrPort(w.c.LocalAddr().String()).Addr() }

// The same on real sockets, as fast as it goes: the heap does not grow with what strangers send.
func TestScannersOnRealSockets(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: takes seconds")
	}
	h := handlerFunc(func(in *Incoming) { _, _ = in.Answer("application/sdp", []byte("answer")) })
	known := func(c *Config) {
		c.Admit = func(src netip.AddrPort) bool { return src.Addr() == netip.MustParseAddr("127.0.0.1") }
	}
	e, a := listen(t, nil, "", h, known), listen(t, nil, "", nil)
	var conns []net.Conn
	for i := range 200 {
		c, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: net.IPv4(127, 1, byte(i/250), byte(i%250+1))}}).Dial("udp", e.Addr().String())
		if err != nil {
			t.Skip("skipped: this machine has no further loopback addresses:", err)
		}
		defer c.Close() //nolint:errcheck // of the test
		conns = append(conns, c)
	}
	before := heap()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	var flood sync.WaitGroup
	sent := 0
	flood.Go(func() {
		tick, start := time.NewTicker(time.Millisecond), time.Now()
		defer tick.Stop()
		for ctx.Err() == nil {
			for ctx.Err() == nil && float64(sent) < time.Since(start).Seconds()*10000 { // a slow machine never catches up
				_, _ = conns[sent%len(conns)].Write([]byte(crlfs(scan(sent, "127.0.0.1"))))
				sent++
			}
			<-tick.C
		}
	})
	calls := 0
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for ctx.Err() == nil {
		_ = call(t, a, e, "udp").Bye(t.Context())
		calls++
		<-pause.C
	}
	flood.Wait()
	if grown := int64(heap()) - int64(before); grown > 20<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
	for end := time.Now().Add(transaction.Timeout); e.Stats().Calls != 0 && time.Now().Before(end); { // an ACK that the flood drowned comes again
		<-pause.C
	}
	if s := e.Stats(); s.Calls != 0 || s.Refused == 0 {
		t.Errorf("%+v", s)
	}
	t.Logf("%d calls while %d requests of strangers came: %+v", calls, sent, e.Stats())
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Calls that are never acknowledged, by the thousand, from a trunk that may call: each ends by itself, and what is held at a
// time has a bound.
func TestHalfOpenDialogs(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		h := handlerFunc(func(in *Incoming) {
			if d, err := in.Answer("application/sdp", []byte("answer")); err == nil {
				<-d.Ended()
			}
		})
		e := listen(t, n, "192.0.2.1", h, func(c *Config) { c.Limits.Calls = 1000 })
		w := newWire(t, n, "192.0.2.2")
		for i := range 3000 {
			id := strconv.Itoa(i)
			w.send(server, strings.NewReplacer("-one", "-"+id, "call-one", "c"+id, "alpha", "t"+id).Replace(invite))
			if i%100 == 99 {
				time.Sleep(time.Millisecond)
				for w.read(time.Microsecond) != "" {
				}
			}
		}
		synctest.Wait()
		if s := e.Stats(); s.Calls != 1000 {
			t.Errorf("%+v", s)
		}
		time.Sleep(3 * transaction.Timeout)
		if s := e.Stats(); s.Calls != 0 || s.Transactions != 0 {
			t.Errorf("left: %+v", s)
		}
	})
}

// The answer to a stranger carries the same tag when its request comes again (RFC 3261 8.2.7), and no other request's.
func TestStatelessAnswers(t *testing.T) {
	inBubble(t, memnet.Faults{}, func(t *testing.T, n *memnet.Network) {
		e := listen(t, n, "192.0.2.1", newAnswering(), func(c *Config) { c.Admit = func(netip.AddrPort) bool { return false } })
		w := newWire(t, n, "192.0.2.2")
		w.send(server, invite)
		first := field(w.want("SIP/2.0 403"), "To")
		w.send(server, invite)
		if again := field(w.want("SIP/2.0 403"), "To"); again != first || !strings.Contains(first, ";tag=") {
			t.Errorf("%q, then %q", first, again)
		}
		w.send(server, strings.Replace(invite, "-one", "-two", 1))
		if other := field(w.want("SIP/2.0 403"), "To"); other == first {
			t.Error("one tag for all")
		}
		w.send(server, strings.NewReplacer("INVITE sip", "ACK sip", "1 INVITE", "1 ACK").Replace(invite))
		time.Sleep(time.Minute)
		if m := w.read(time.Second); m != "" || e.Stats().Transactions != 0 {
			t.Error("a stranger is answered again and again:", m)
		}
	})
}
