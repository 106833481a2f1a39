//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/protocol/sip/siptest"
)

// sippRun is SIPp at work.
type sippRun struct {
	cmd  *exec.Cmd
	name string
	out  bytes.Buffer
}

// play starts SIPp with one of testdata/sipp's scenarios, towards an address; "" lets it wait to be called.
func playSIPp(ctx context.Context, t *testing.T, scenario, to, transport string, args ...string) *sippRun {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	all := append([]string{"-sf", path, "-t", transport[:1] + "1"}, args...)
	if to != "" {
		all = append(all, to)
	}
	r := &sippRun{cmd: sipp(ctx, t, t.TempDir(), all...), name: scenario + " over " + transport}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// ends waits until the script has come to its end, as it should.
func (r *sippRun) ends(t *testing.T) {
	t.Helper()
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("SIPp, %s: %v\n%s", r.name, err, r.out.String()[max(0, r.out.Len()-3000):])
	}
}

// freePort is a UDP and TCP port that is free now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestSIPp: other people's SIP in scripts: twenty calls whose sound goes there and back, hold, keys by INFO, registration, and
// a call that is given up while it rings.
func TestSIPp(t *testing.T) {
	t.Parallel()
	partner(t, "sipp", "sip-tester")
	const seats = 5
	c := start(t, "--seats", fmt.Sprint(seats))
	port := freePort(t)
	c.operatorAt(t, netip.MustParseAddrPort("127.0.0.1:"+port))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for _, transport := range []string{"udp", "tcp"} {
		t.Run("registers over "+transport, func(t *testing.T) { sippRegisters(ctx, t, c, transport) })
	}
	agents := make([]*agent, seats)
	for i := range agents {
		agents[i] = c.agent(t, i, siptest.Config{Tone: agentTone})
	}
	for _, transport := range []string{"udp", "tcp"} {
		t.Run("twenty calls over "+transport, func(t *testing.T) { sippEchoes(ctx, t, c, agents, transport) })
	}
	t.Run("no offer", func(t *testing.T) { sippOffersNothing(ctx, t, c, agents) })
	t.Run("hold", func(t *testing.T) { sippHolds(ctx, t, c, agents) })
	t.Run("INFO", func(t *testing.T) { sippPresses(ctx, t, c, agents) })
	t.Run("given up", func(t *testing.T) { sippIsGivenUp(ctx, t, agents[0], port) })
}

// operatorAt lets somebody of the test answer the city's calls out, in the place of the demonstration's own operator. The
// contact centre is started again.
func (c *city) operatorAt(t *testing.T, at netip.AddrPort) {
	t.Helper()
	edit(t, c.dir, "santra.yaml", c.setting(t, "santra.yaml", `operaattori\n\s+address: (\S+)`), at.String())
	c.kill(t, "serve")
	healthy(t, c.HTTP)
}

func sippRegisters(ctx context.Context, t *testing.T, c *city, transport string) {
	s := c.Seats[0]
	playSIPp(ctx, t, "wrong", c.PhonesSIP, transport, "-s", s.SIPUser, "-au", s.SIPUser, "-ap", "wrong", "-m", "1").ends(t)
	playSIPp(ctx, t, "register", c.PhonesSIP, transport, "-s", s.SIPUser, "-au", s.SIPUser, "-ap", s.SIPPassword, "-m", "1").ends(t)
}

// desks waits until so many telephones have answered and gives their calls.
func desks(ctx context.Context, t *testing.T, agents []*agent, n int) (calls map[*agent]*siptest.Call) {
	t.Helper()
	calls = map[*agent]*siptest.Call{}
	eventually(t, soon, fmt.Sprintf("%d telephones have answered", n), func() bool {
		for _, a := range agents {
			select {
			case call := <-a.phone.Calls():
				calls[a] = call
			case <-ctx.Done():
				t.Fatal(ctx.Err())
			default:
			}
		}
		return len(calls) >= n
	})
	return calls
}

// sippEchoes: each agent hears the own tone come back from SIPp, so the sound goes both ways, and hangs up.
func sippEchoes(ctx context.Context, t *testing.T, c *city, agents []*agent, transport string) {
	const calls = 20
	number, _ := newCaller()
	customers := playSIPp(ctx, t, "echo", c.SIP, transport, "-s", c.queue(t, "pysakointi").Number, "-key", "caller", number,
		"-m", fmt.Sprint(calls), "-r", "20", "-l", fmt.Sprint(calls), "-rtp_echo", "-mp", freePort(t))
	for range calls / len(agents) {
		now := desks(ctx, t, agents, len(agents))
		for _, desk := range now {
			if err := desk.WaitHears(ctx, agentTone); err != nil {
				t.Error("no echo:", err)
			}
			if err := desk.HangUp(ctx); err != nil {
				t.Error(err)
			}
		}
		for a := range now {
			a.wrapUpDone(t)
		}
	}
	customers.ends(t)
	nothingKeeps(t, c, number)
}

// sippOffersNothing: the answer to our offer comes in SIPp's ACK, and the sound goes both ways.
func sippOffersNothing(ctx context.Context, t *testing.T, c *city, agents []*agent) {
	number, _ := newCaller()
	customer := playSIPp(ctx, t, "late", c.SIP, "udp", "-s", c.queue(t, "pysakointi").Number, "-key", "caller", number, "-m", "1", "-rtp_echo", "-mp", freePort(t))
	for a, desk := range desks(ctx, t, agents, 1) {
		if err := desk.WaitHears(ctx, agentTone); err != nil {
			t.Error("no echo:", err)
		}
		if err := desk.HangUp(ctx); err != nil {
			t.Error(err)
		}
		a.wrapUpDone(t)
	}
	customer.ends(t)
}

// sippHolds: the offers and answers of a hold are checked by SIPp; afterwards the sound goes both ways again.
func sippHolds(ctx context.Context, t *testing.T, c *city, agents []*agent) {
	number, _ := newCaller()
	customer := playSIPp(ctx, t, "hold", c.SIP, "udp", "-s", c.queue(t, "pysakointi").Number, "-key", "caller", number, "-m", "1", "-rtp_echo", "-mp", freePort(t))
	for a, desk := range desks(ctx, t, agents, 1) {
		during(t, 5*time.Second) // the script holds meanwhile
		if err := desk.WaitHears(ctx, agentTone); err != nil {
			t.Error("after the hold:", err)
		}
		if err := desk.HangUp(ctx); err != nil {
			t.Error(err)
		}
		a.wrapUpDone(t)
	}
	customer.ends(t)
}

// sippPresses: 2 by INFO chooses Swedish.
func sippPresses(ctx context.Context, t *testing.T, c *city, agents []*agent) {
	number, _ := newCaller()
	customer := playSIPp(ctx, t, "info", c.SIP, "udp", "-s", c.queue(t, "neuvonta").Number, "-key", "caller", number, "-m", "1")
	for a, desk := range desks(ctx, t, agents, 1) {
		var calls struct{ Calls []struct{ Language string } }
		a.must("GET", "/api/calls", nil, &calls)
		if len(calls.Calls) != 1 || calls.Calls[0].Language != "sv" {
			t.Errorf("the caller pressed 2: %+v", calls)
		}
		if err := desk.HangUp(ctx); err != nil {
			t.Error(err)
		}
		a.wrapUpDone(t)
	}
	customer.ends(t)
}

// sippIsGivenUp: SIPp is the operator of a call out; the agent gives it up while it rings, and SIPp gets CANCEL.
func sippIsGivenUp(ctx context.Context, t *testing.T, a *agent, port string) {
	called := playSIPp(ctx, t, "cancel", "", "udp", "-p", port, "-m", "1")
	number, _ := newCaller()
	call := a.callOut(t, "pysakointi", number)
	desks(ctx, t, []*agent{a}, 1)
	eventually(t, soon, "it is dialled", func() bool { return a.callState(call) == "dialling" })
	during(t, time.Second) // it rings
	a.must("POST", "/api/calls/"+call+"/hangup", nil, nil)
	called.ends(t)
	eventually(t, soon, "the call is over", func() bool { s := a.callState(call); return s == "" || s == "wrap_up" })
	_ = a.try("POST", "/api/me/wrapup/done", nil, nil)
}

// callOut calls a number in a queue's name and gives the call's id.
func (a *agent) callOut(t *testing.T, queue, number string) string {
	t.Helper()
	var made struct{ ID string }
	a.must("POST", "/api/calls", map[string]string{"queue": queue, "number": number}, &made)
	return made.ID
}

// ownCall is a call as its agent sees it.
type ownCall struct {
	ID, State, Recording, Direction, Failed, Location, Supervised string
	Emergency                                                     bool
	Consult                                                       *struct{ Stage, Kind, Name string }
}

// calls are the agent's.
func (a *agent) calls() []ownCall {
	var all struct{ Calls []ownCall }
	a.must("GET", "/api/calls", nil, &all)
	return all.Calls
}

func (a *agent) call(id string) (one ownCall) {
	for _, k := range a.calls() {
		if k.ID == id {
			return k
		}
	}
	return one
}

// callState is the state of a call; "" for one that is gone.
func (a *agent) callState(id string) string { return a.call(id).State }
