//go:build e2e

package e2e

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"santra/e2e/impair"
	"santra/internal/protocol/sip/siptest"
)

const (
	turnedBy  = 1400.0                 // Hz by which everybody's tone changes at a mark
	alignedTo = 100 * time.Millisecond // how well a recording tells when something was said
	calmFor   = 3 * time.Second        // talk before and after a mark
)

// weather is a bad network, and a call through it.
type weather struct {
	name      string
	transport string
	always    impair.Faults                              // from before the call on
	storm     func(*testing.T, *impair.Proxy, *weather)  // between the marks
	after     func(context.Context, *siptest.Call) error // what the customer does then; nil: nothing

	link      *impair.Link
	proxy     *impair.Proxy
	phone     *siptest.Phone
	number    string
	tone      float64 // the customer's
	desk      *siptest.Call
	call      *siptest.Call
	agentTone float64
	marks     [2]time.Time
	hungUp    time.Time
	recorded  recording
}

const outageLength = 3 * time.Second

func outage(_ *testing.T, _ *impair.Proxy, w *weather) {
	w.link.Cut(impair.ToServer, outageLength)
	w.link.Cut(impair.ToClient, outageLength)
}

// rebinding: nothing passes for a while, then the address translation between begins anew at another port.
func rebinding(t *testing.T, p *impair.Proxy, w *weather) {
	outage(t, p, w)
	moves(t, p, w)
}

func moves(t *testing.T, p *impair.Proxy, _ *weather) {
	if err := p.Move(); err != nil {
		t.Error(err)
	}
}

func weathers() []*weather {
	faults := func(f impair.Faults) func(*testing.T, *impair.Proxy, *weather) {
		return func(_ *testing.T, _ *impair.Proxy, w *weather) { w.link.Both(f) }
	}
	return []*weather{
		{name: "5 % loss", transport: "udp", always: impair.Faults{Loss: 0.05}},
		{name: "100 ms jitter", transport: "udp", storm: faults(impair.Faults{Jitter: 100 * time.Millisecond})},
		{name: "reordering", transport: "udp", storm: faults(impair.Faults{Reorder: 0.1, Late: 50 * time.Millisecond})},
		{name: "duplication", transport: "udp", always: impair.Faults{Duplicate: 0.1}},
		{name: "an outage", transport: "udp", storm: outage},
		{name: "a rebinding", transport: "udp", storm: rebinding},
		{name: "a peer that moves and says so", transport: "udp", storm: moves, after: func(ctx context.Context, c *siptest.Call) error { return c.Resume(ctx) }},
		{name: "a slow TCP with an outage", transport: "tcp", always: impair.Faults{Delay: 20 * time.Millisecond, Jitter: 30 * time.Millisecond}, storm: outage},
	}
}

// TestBadNetworks: calls through networks that lose, delay, reorder, double and cut, and from a customer who moves to another
// port. They go on, both hear each other, and in the recordings both sides stay where they were said.
func TestBadNetworks(t *testing.T) {
	t.Parallel()
	all := weathers()
	c := start(t, "--seats", "8")
	agents := make([]*agent, len(all))
	for i := range agents {
		phone := siptest.Config{Tone: 1000 + 50*float64(i)}
		if i == 0 {
			phone.Server = c.lossyDesk(t)
		}
		agents[i] = c.agent(t, i, phone)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c.blow(ctx, t, all)
	pairUp(ctx, t, all, agents)
	mark(all, 0)
	during(t, calmFor)
	for _, w := range all {
		if w.storm != nil {
			w.storm(t, w.proxy, w)
		}
		if w.after != nil {
			if err := w.after(ctx, w.call); err != nil {
				t.Errorf("%s: %v", w.name, err)
			}
		}
	}
	during(t, outageLength+calmFor)
	mark(all, 1)
	during(t, calmFor)
	for _, w := range all {
		w.survives(ctx, t)
	}
	c.compare(t, all)
}

// lossyDesk is where a telephone on a desk registers that has a bad network as well.
func (c *city) lossyDesk(t *testing.T) netip.AddrPort {
	t.Helper()
	link := impair.NewLink(99)
	link.Both(impair.Faults{Loss: 0.02, Delay: 5 * time.Millisecond, Jitter: 10 * time.Millisecond})
	p, err := impair.Listen(impair.Config{Target: addr(t, c.PhonesSIP), Link: link, SIP: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p.Addr()
}

// blow lets every customer call through a network of its own.
func (c *city) blow(ctx context.Context, t *testing.T, all []*weather) {
	t.Helper()
	ringing := make([]*siptest.Ringing, len(all))
	for i, w := range all {
		w.link, w.tone = impair.NewLink(uint64(i)+1), 400+50*float64(i)
		w.link.Both(w.always)
		var err error
		if w.proxy, err = impair.Listen(impair.Config{Target: addr(t, c.SIP), Link: w.link, SIP: true}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.proxy.Close() })
		w.phone = newPhone(t, siptest.Config{Server: w.proxy.Addr(), Transport: w.transport, Tone: w.tone})
		number, caller := newCaller()
		w.number = number
		if ringing[i], err = w.phone.Dial(ctx, c.queue(t, "pysakointi").Number, caller); err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
	}
	for i, w := range all {
		var err error
		if w.call, err = ringing[i].Wait(ctx); err != nil {
			t.Fatalf("%s: %v", w.name, err)
		}
	}
}

// pairUp finds by their tones who talks with whom, when both hear each other.
func pairUp(ctx context.Context, t *testing.T, all []*weather, agents []*agent) {
	t.Helper()
	desks := make([]*siptest.Call, len(agents))
	for i, a := range agents {
		select {
		case desks[i] = <-a.phone.Calls():
		case <-ctx.Done():
			t.Fatalf("only %d telephones rang", i)
		}
	}
	for _, w := range all {
		eventually(t, soon, w.name+": both hear each other", func() bool {
			for i, d := range desks {
				if d.Hears(w.tone) > 0.5 && w.call.Hears(1000+50*float64(i)) > 0.5 {
					w.desk, w.agentTone = d, 1000+50*float64(i)
					return true
				}
			}
			return false
		})
	}
	for _, a := range agents {
		eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
	}
}

// mark changes everybody's tone, up and down in turn.
func mark(all []*weather, n int) {
	for _, w := range all {
		w.marks[n] = time.Now()
		up := turnedBy * float64(1-n)
		w.call.SetTone(w.tone + up)
		w.desk.SetTone(w.agentTone + up)
	}
}

// survives: after all that they hear each other still, and the customer hangs up.
func (w *weather) survives(ctx context.Context, t *testing.T) {
	t.Helper()
	within, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	if err := w.desk.WaitHears(within, w.tone); err != nil {
		t.Errorf("%s: the agent does not hear the customer: %v", w.name, err)
	}
	if err := w.call.WaitHears(within, w.agentTone); err != nil {
		t.Errorf("%s: the customer does not hear the agent: %v", w.name, err)
	}
	w.link.Both(impair.Faults{}) // when the call ended is compared with its recording's length
	w.hungUp = time.Now()
	if err := w.call.HangUp(within); err != nil {
		t.Errorf("%s: %v", w.name, err)
	}
	select {
	case <-w.desk.Ended():
	case <-within.Done():
		t.Errorf("%s: the agent's telephone was not told of the end", w.name)
	}
	for d, name := range map[impair.Direction]string{impair.ToServer: "there", impair.ToClient: "back"} {
		t.Logf("%s, %s: %+v", w.name, name, w.link.Counts(d))
	}
}

// compare looks for the marks in the recordings.
func (c *city) compare(t *testing.T, all []*weather) {
	t.Helper()
	rows := c.recorded(t, "kaupunkiymparisto", len(all))
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	for _, w := range all {
		for _, r := range rows {
			if strings.HasSuffix(r.Identification, w.number[len(w.number)-4:]) {
				w.recorded = r
			}
		}
		if w.recorded.ID == "" {
			t.Errorf("%s: no recording", w.name)
			continue
		}
		customer, agent := sides(t, play(t, manager, w.recorded.ID))
		w.aligned(t, customer, agent)
	}
}

// aligned: both sides changed their tones at the marks, as far from each other and from the end as they were.
func (w *weather) aligned(t *testing.T, customer, agent sound) {
	t.Helper()
	between := w.marks[1].Sub(w.marks[0])
	half := customer.length() - w.hungUp.Sub(w.marks[1]) - between/2
	near := func(what string, got, want time.Duration) {
		t.Logf("%s: %s %s, want %s", w.name, what, got, want)
		if d := (got - want).Abs(); d > alignedTo {
			t.Errorf("%s: %s is off by %s", w.name, what, d)
		}
	}
	var at [2][2]time.Duration // by side and mark
	for side, s := range []sound{customer, agent} {
		tone := []float64{w.tone, w.agentTone}[side]
		at[side][0], _ = s.turn(0, tone, tone+turnedBy, half)
		at[side][1], _ = s.turn(half, tone+turnedBy, tone, s.length())
		near([]string{"customer's", "agent's"}[side]+" marks apart", at[side][1]-at[side][0], between)
		near("from the last mark to the end", s.length()-at[side][1], w.hungUp.Sub(w.marks[1]))
	}
	near("both sides at the first mark", at[0][0]-at[1][0], 0)
	near("both sides at the second mark", at[0][1]-at[1][1], 0)
}
