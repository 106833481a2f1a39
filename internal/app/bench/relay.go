package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Loads of the relay.
const (
	relayFew     = 50
	relayMost    = 200
	memoryCalls  = 100
	memoryWarm   = 4
	callsASecond = 80 // set up before a round
	setUpWithin  = 5  // seconds, of many calls
	wholeShare   = 0.99
	maxPacket    = 1500
)

// Relay is the role of the reference: a goroutine for each socket that reads a packet and writes it to the other party, and
// does nothing else.
type Relay struct{ sockets []*net.UDPConn }

// Open relays between the parties 0 and 1, 2 and 3, and so on, and gives where each is to send.
func (r *Relay) Open(parties []string, at *[]string) error {
	peers := make([]netip.AddrPort, len(parties))
	for i := range parties {
		var err error
		if peers[i], err = netip.ParseAddrPort(parties[i]); err != nil {
			return err
		}
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		r.sockets = append(r.sockets, c)
		*at = append(*at, c.LocalAddr().String())
	}
	for i, c := range r.sockets {
		go relay(c, r.sockets[i^1], peers[i^1])
	}
	return nil
}

func relay(from, through *net.UDPConn, to netip.AddrPort) {
	buf := make([]byte, maxPacket)
	for {
		n, _, err := from.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		_, _ = through.WriteToUDPAddrPort(buf[:n], to)
	}
}

// round is what one measurement of a relay gave.
type round struct {
	cpu      float64 // ms a second of a call
	p50, p99 float64 // ms
	arrived  float64 // share of the packets
	byUs     uint64  // packets lost that the parties' own sockets did not drop
	sent     uint64
	received uint64
	kept     float64 // share of the packets due that the load came to send: it has its limits too
}

func roundOf(w window, heard Window, calls int) round {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return round{
		cpu: ms(w.cpu) / w.elapsed.Seconds() / float64(calls), p50: ms(heard.P50), p99: ms(heard.P99),
		arrived: 1 - float64(heard.Lost)/float64(max(heard.Received+heard.Lost, 1)), byUs: heard.Lost - min(heard.Lost, heard.dropped), sent: heard.Sent, received: heard.Received,
		kept: float64(heard.Sent) / (heard.For.Seconds() * float64(calls) * 2 / frameTime.Seconds()),
	}
}

// relay measures 50 and 200 calls, not recorded, recorded and over the bare relay, in turns.
func (b *bench) relay(ctx context.Context) error {
	for _, calls := range []int{relayFew, relayMost} {
		var plain, recorded, bare []round
		for i := range rounds {
			b.say("relay: %d calls, round %d of %d", calls, i+1, rounds)
			p, err := b.ours(ctx, plainQueue, calls)
			if err != nil {
				return err
			}
			r, err := b.ours(ctx, recordedQueue, calls)
			if err != nil {
				return err
			}
			l, err := b.bare(ctx, calls)
			if err != nil {
				return err
			}
			plain, recorded, bare = append(plain, p), append(recorded, r), append(bare, l)
		}
		b.relayRows(calls, plain, recorded, bare)
	}
	return nil
}

// pick takes one figure of each round.
func pick(all []round, f func(round) float64) []float64 {
	out := make([]float64, len(all))
	for i, r := range all {
		out[i] = f(r)
	}
	return out
}

func (b *bench) relayRows(calls int, plain, recorded, bare []round) {
	const unit, reference = "CPU ms for a second of a call", "bare relay"
	cpu := func(r round) float64 { return r.cpu }
	limit := pick(bare, cpu)
	b.add(row{fmt.Sprintf("%d calls, not recorded", calls), unit, pick(plain, cpu), reference, limit, lost(plain)})
	b.add(row{fmt.Sprintf("%d calls, recorded", calls), unit, pick(recorded, cpu), reference, limit, lost(recorded)})
	if calls != relayFew {
		return
	}
	p50, p99 := func(r round) float64 { return r.p50 }, func(r round) float64 { return r.p99 }
	b.add(row{fmt.Sprintf("delay of a packet, %d recorded calls, p50", calls), "ms", pick(recorded, p50), reference, pick(bare, p50), ""})
	b.add(row{fmt.Sprintf("delay of a packet, %d recorded calls, p99", calls), "ms", pick(recorded, p99), reference, pick(bare, p99), ""})
}

// whole is the cost of a second of a call with all its packets, where the load did not come to send them all.
func (r round) whole() float64 { return r.cpu / max(min(r.kept, 1), 0.01) }

// lost is said only where packets were.
func lost(all []round) string {
	arrived := median(pick(all, func(r round) float64 { return r.arrived }))
	if arrived >= wholeShare {
		return ""
	}
	return fmt.Sprintf("%.1f %% of the packets lost", 100*(1-arrived))
}

// ours measures calls through a queue.
func (b *bench) ours(ctx context.Context, queue string, calls int) (round, error) {
	args := CallsArgs{Number: b.city.number(queue), N: calls, PerSecond: max(callsASecond, float64(calls)/setUpWithin)}
	if err := b.load.call(ctx, "Load.Calls", args, &Nothing{}); err != nil {
		return round{}, err
	}
	pause(ctx, settle)
	var w window
	var heard Window
	err := b.city.profiled(func() (err error) {
		w, heard, err = b.listen(ctx, b.city.servers()...)
		return err
	})
	if err != nil {
		return round{}, err
	}
	return roundOf(w, heard, calls), b.load.call(ctx, "Load.HangUp", Nothing{}, &Nothing{})
}

// listen measures processes and what the parties hear meanwhile.
func (b *bench) listen(ctx context.Context, pids ...int) (w window, heard Window, err error) {
	if err = b.load.call(ctx, "Load.Begin", Nothing{}, &Nothing{}); err != nil {
		return w, heard, err
	}
	before, err1 := droppedOf(b.load.pid)
	w, err2 := b.watch(ctx, pids...)
	after, err3 := droppedOf(b.load.pid)
	if err = errors.Join(err1, err2, err3); err != nil {
		return w, heard, err
	}
	err = b.load.call(ctx, "Load.End", Nothing{}, &heard)
	heard.dropped = after - before
	return w, heard, err
}

// bare measures the same calls over the reference.
func (b *bench) bare(ctx context.Context, calls int) (round, error) {
	relay, err := b.bareRelay(ctx, calls)
	if err != nil {
		return round{}, err
	}
	defer relay.stop()
	pause(ctx, settle)
	w, heard, err := b.listen(ctx, relay.pid)
	if err != nil {
		return round{}, err
	}
	return roundOf(w, heard, calls), b.load.call(ctx, "Load.Drop", Nothing{}, &Nothing{})
}

// bareRelay starts the reference with the parties of so many calls speaking through it.
func (b *bench) bareRelay(ctx context.Context, calls int) (*child, error) {
	relay, err := spawn("relay")
	if err != nil {
		return nil, err
	}
	var parties, at []string
	if err = b.load.call(ctx, "Load.Streams", StreamsArgs{N: 2 * calls}, &parties); err == nil {
		if err = relay.call(ctx, "Relay.Open", parties, &at); err == nil {
			err = b.load.call(ctx, "Load.Aim", at, &Nothing{})
		}
	}
	if err != nil {
		relay.stop()
		return nil, err
	}
	return relay, nil
}

// memory measures how much both servers grow by recorded calls.
func (b *bench) memory(ctx context.Context) error {
	const mib = 1 << 20
	if err := b.warm(ctx); err != nil {
		return err
	}
	before, err := rssOf(b.city.servers()...)
	if err != nil {
		return err
	}
	recorder, err := rssOf(b.city.recorder)
	if err != nil {
		return err
	}
	b.say("memory: %d recorded calls", memoryCalls)
	args := CallsArgs{Number: b.city.number(recordedQueue), N: memoryCalls, PerSecond: callsASecond}
	if err := b.load.call(ctx, "Load.Calls", args, &Nothing{}); err != nil {
		return err
	}
	pause(ctx, b.Round)
	raw, err := rssOf(b.city.servers()...)
	if err != nil {
		return err
	}
	recorderRaw, err := rssOf(b.city.recorder)
	if err != nil {
		return err
	}
	if err := b.city.trim(ctx); err != nil {
		return err
	}
	live, err := rssOf(b.city.servers()...)
	if err != nil {
		return err
	}
	if err := b.load.call(ctx, "Load.HangUp", Nothing{}, &Nothing{}); err != nil {
		return err
	}
	limit, err := b.bareMemory(ctx)
	if err != nil {
		return err
	}
	b.add(row{
		fmt.Sprintf("memory of %d recorded calls", memoryCalls), "MiB",
		[]float64{float64(raw-before) / mib},
		"bare relay",
		[]float64{float64(limit) / mib},
		fmt.Sprintf("the recorder's: %.1f; %.1f MiB are garbage; before: %.0f MiB",
			float64(recorderRaw-recorder)/mib, float64(raw-live)/mib, float64(before)/mib),
	})
	return nil
}

// warm places a few calls and forgets them, for the program's own code is read from disk when it is first used.
func (b *bench) warm(ctx context.Context) error {
	args := CallsArgs{Number: b.city.number(recordedQueue), N: memoryWarm, PerSecond: callsASecond}
	if err := b.load.call(ctx, "Load.Calls", args, &Nothing{}); err != nil {
		return err
	}
	pause(ctx, settle)
	if err := b.load.call(ctx, "Load.HangUp", Nothing{}, &Nothing{}); err != nil {
		return err
	}
	pause(ctx, settle)
	return b.city.trim(ctx)
}

// bareMemory is by how much the reference grows, in bytes.
func (b *bench) bareMemory(ctx context.Context) (int64, error) {
	few, err := b.bareRSS(ctx, memoryWarm)
	if err != nil {
		return 0, err
	}
	many, err := b.bareRSS(ctx, memoryWarm+memoryCalls)
	return many - few, err
}

func (b *bench) bareRSS(ctx context.Context, calls int) (int64, error) {
	relay, err := b.bareRelay(ctx, calls)
	if err != nil {
		return 0, err
	}
	defer relay.stop()
	pause(ctx, settle)
	rss, err := rssOf(relay.pid)
	return rss, errors.Join(err, b.load.call(ctx, "Load.Drop", Nothing{}, &Nothing{}))
}
