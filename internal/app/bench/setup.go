package bench

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"santra/internal/protocol/sip"
)

// How set-ups are measured.
const (
	talkTime    = 300 * time.Millisecond // then the agent hangs up: long enough for the recorder to answer
	cleanShare  = 0.999                  // of the calls must go all the way
	cleanP99    = 2 * time.Second        // of a set-up
	costRate    = 200                    // calls a second at which a set-up's cost is measured
	settleCalls = 2 * time.Second        // after a rate
)

// setUpRates are tried one after the other, until one is not clean. More than 600 a second are more than 200 agents can take
// who talk for talkTime.
func setUpRates() []int { return []int{costRate, 300, 400, 500, 600} }

// Pair is the role of the reference: it answers a call as soon as a second one, to a fixed address, is answered, and ends
// each with the other. No queue, no sound, no routing; the same SIP library.
type Pair struct {
	ep *sip.Endpoint
	to netip.AddrPort
}

// Open listens and gives its address.
func (p *Pair) Open(to string, at *string) (err error) {
	if p.to, err = netip.ParseAddrPort(to); err != nil {
		return err
	}
	if p.ep, err = sip.Listen(sip.Config{Addr: "127.0.0.1:0"}); err != nil {
		return err
	}
	p.ep.Serve(p)
	*at = p.ep.Addr().String()
	return nil
}

// Invite implements sip.Handler.
func (p *Pair) Invite(in *sip.Incoming) {
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	kind, body := in.Body()
	out, err := p.ep.Invite(ctx, sip.Target{URI: "sip:desk@" + p.to.String(), Route: p.to}, sip.InviteOptions{From: in.Caller(), ContentType: kind, Body: body})
	if err != nil {
		in.Reject(503, "")
		return
	}
	far, err := out.Wait(ctx)
	if err != nil {
		in.Reject(503, "")
		return
	}
	near, err := in.Answer(sdpType, far.RemoteBody())
	if err != nil {
		_ = far.Bye(ctx)
		return
	}
	couple(near, far)
}

// couple ends each dialog with the other.
func couple(a, b *sip.Dialog) {
	go attend(a)
	go attend(b)
	other := b
	select {
	case <-a.Ended():
	case <-b.Ended():
		other = a
	}
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	_ = other.Bye(ctx)
}

// SetUpArgs say how many calls a second, for how long, and where ("" for the trunk).
type SetUpArgs struct {
	Number, At string
	Rate       int
	For        time.Duration
}

// SetUps is what became of them.
type SetUps struct {
	Placed, Through int
	Taken           uint64        // by telephones
	P50, P99        time.Duration // from the INVITE to the agent's hang-up, without the talk
}

// Phones gives the telephones' address, for the reference.
func (l *Load) Phones(_ Nothing, at *string) error {
	*at = l.phones.Addr().String()
	return nil
}

// SetUp places calls without sound at a steady rate, whether or not the ones before are done. Agents answer at once and hang
// up after talkTime; a call is through when it ends so.
func (l *Load) SetUp(args SetUpArgs, reply *SetUps) error {
	l.desk.hangUp.Store(int64(talkTime))
	taken := l.desk.taken.Load()
	if args.At != "" {
		at, err := netip.ParseAddrPort(args.At)
		if err != nil {
			return err
		}
		was := l.trunk
		l.trunk = at
		defer func() { l.trunk = was }()
	}
	var mu sync.Mutex
	var times []time.Duration
	var wg sync.WaitGroup
	start := time.Now()
	n := int(float64(args.Rate) * args.For.Seconds())
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(args.Rate))))
		wg.Go(func() {
			if took, ok := l.through(args.Number); ok {
				mu.Lock()
				times = append(times, took)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(times)
	*reply = SetUps{Placed: n, Through: len(times), Taken: l.desk.taken.Load() - taken, P50: percentile(times, 0.5), P99: percentile(times, 0.99)}
	return nil
}

// through places one call and waits until an agent has ended it.
func (l *Load) through(number string) (time.Duration, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	began := time.Now()
	d, _, err := l.call(ctx, number, false)
	if err != nil {
		return 0, false
	}
	go attend(d)
	select {
	case <-d.Ended():
		return time.Since(began) - talkTime, d.Reason() == sip.EndRemote
	case <-ctx.Done():
		_ = d.Bye(context.Background())
		return 0, false
	}
}

// setUp measures what a set-up costs, beside the reference, and finds the highest clean rate.
func (b *bench) setUp(ctx context.Context) error {
	p, err := spawn("pair")
	if err != nil {
		return err
	}
	defer p.stop()
	var desk, at string
	if err := b.load.call(ctx, "Load.Phones", Nothing{}, &desk); err != nil {
		return err
	}
	if err := p.call(ctx, "Pair.Open", desk, &at); err != nil {
		return err
	}
	if err := b.setUpCosts(ctx, SetUpArgs{Number: "1", At: at, Rate: costRate, For: b.Round}, p.pid); err != nil {
		return err
	}
	for _, q := range queues() {
		if err := b.climb(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// queue is one of the two that are measured.
type queue struct{ id, name string }

func queues() []queue { return []queue{{plainQueue, "not recorded"}, {recordedQueue, "recorded"}} }

// setUpCosts measures both queues and the reference in turns, at the same rate.
func (b *bench) setUpCosts(ctx context.Context, reference SetUpArgs, pair int) error {
	var limit []float64
	ours := map[string][]float64{}
	for i := range rounds {
		b.say("setup: %d a second, round %d of %d", costRate, i+1, rounds)
		_, cost, err := b.rate(ctx, reference, pair)
		if err != nil {
			return err
		}
		limit = append(limit, cost)
		for _, q := range queues() {
			_, cost, err := b.through(ctx, q, costRate)
			if err != nil {
				return err
			}
			ours[q.id] = append(ours[q.id], cost)
		}
	}
	for _, q := range queues() {
		b.add(row{"call set-up through a queue, " + q.name, "CPU ms each", ours[q.id], "bare pair of SIP legs", limit, fmt.Sprintf("at %d a second", costRate)})
	}
	return nil
}

// through places calls into a queue.
func (b *bench) through(ctx context.Context, q queue, rate int) (s SetUps, cost float64, err error) {
	err = b.city.profiled(func() (err error) {
		s, cost, err = b.rate(ctx, SetUpArgs{Number: b.city.number(q.id), Rate: rate, For: b.Round}, b.city.servers()...)
		return err
	})
	return s, cost, err
}

// rate places calls and gives what each cost.
func (b *bench) rate(ctx context.Context, args SetUpArgs, pids ...int) (s SetUps, cost float64, err error) {
	before, err := cpuOf(pids...)
	if err != nil {
		return s, 0, err
	}
	if err := b.load.call(ctx, "Load.SetUp", args, &s); err != nil {
		return s, 0, err
	}
	pause(ctx, settleCalls) // what follows a call is its cost too
	after, err := cpuOf(pids...)
	return s, float64(after-before) / float64(time.Millisecond) / float64(max(s.Placed, 1)), err
}

// climb finds the highest rate at which all goes well. A rate that is not clean is tried once more: a stranger's burst of work
// looks the same.
func (b *bench) climb(ctx context.Context, q queue) error {
	best, note := 0, ""
	for _, rate := range setUpRates() {
		clean, said, err := b.tryRate(ctx, q, rate)
		if err == nil && !clean {
			clean, said, err = b.tryRate(ctx, q, rate)
		}
		if err != nil {
			return err
		}
		if !clean {
			note = "not clean, twice, at " + said
			break
		}
		best, note = rate, "at "+said
	}
	b.add(row{"call set-ups through a queue, " + q.name, "clean a second", []float64{float64(best)}, "", nil, note})
	return nil
}

func (b *bench) tryRate(ctx context.Context, q queue, rate int) (clean bool, said string, err error) {
	s, cost, err := b.through(ctx, q, rate)
	if err != nil {
		return false, "", err
	}
	said = fmt.Sprintf("%d: %d of %d, p50 %d ms, p99 %d ms, CPU %.2f ms each", rate, s.Through, s.Placed, s.P50.Milliseconds(), s.P99.Milliseconds(), cost)
	b.say("setup: %s, %s", q.name, said)
	return s.clean(), said, nil
}

func (s SetUps) clean() bool {
	return float64(s.Through) >= cleanShare*float64(s.Placed) && s.P99 <= cleanP99
}
