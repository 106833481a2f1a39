package voice

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/voice/tape"

	"santra/internal/voice/state"

	"santra/internal/voice/leg"

	"santra/internal/agency"
	"santra/internal/memnet"
	"santra/internal/pii"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/routing"
)

// bubble is virtual time for a house and its peers: SIP is in memory, and sound, which nobody says here, has real sockets that
// nobody reads. Nil, it is the real world.
type bubble struct {
	*testing.T
	host  *memnet.Host
	ports *rtp.Pool
	tapes *deafPeer
}

// inBubble runs a test in virtual time. The goroutine that waits for sound of the whole pool must be outside, for it waits in
// the kernel, and time would stand still: a socket that is watched from outside begins it there, before any other.
func inBubble(t *testing.T, test func(t *testing.T, b *bubble)) {
	t.Helper()
	t.Parallel()
	pools, watched := make(chan *rtp.Pool), make(chan *rtp.UDP)
	go func() {
		u, err := (<-pools).Open()
		if err != nil {
			t.Error(err)
			close(watched)
			return
		}
		u.Watch(func([]byte) {}, func(error) {})
		watched <- u
	}()
	synctest.Test(t, func(t *testing.T) {
		pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true, Readers: 1})
		if err != nil {
			t.Fatal(err)
		}
		pools <- pool
		if u := <-watched; u != nil {
			defer u.Close() //nolint:errcheck // the test is over
		}
		b := &bubble{T: t, host: memnet.New(memnet.Faults{}).Host("127.0.0.1"), ports: pool}
		b.tapes = b.peer(-1)
		test(t, b)
	})
}

// network is that of all endpoints.
func (b *bubble) network() sip.Network {
	if b == nil {
		return nil
	}
	return b.host
}

// pool is the house's.
func (b *bubble) pool() (*rtp.Pool, error) {
	if b == nil {
		return rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	}
	return b.ports, nil
}

func (b *bubble) recorder() sip.Target {
	at := b.tapes.ep.Addr()
	return sip.Target{URI: "sip:recorder@" + at.String(), Route: at, Transport: "tcp"}
}

// deafPeer is a telephone or a recorder that answers every call and says nothing.
type deafPeer struct {
	*bubble
	ep     *sip.Endpoint
	listen [2]netip.AddrPort
	calls  chan *sip.Dialog
}

// peer opens one that refreshes its sessions so often; negative: it speaks no session timers.
func (b *bubble) peer(session time.Duration) *deafPeer {
	b.Helper()
	p := &deafPeer{bubble: b, calls: make(chan *sip.Dialog, 8)}
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true, Readers: 1}) // one of its own: the house sends nothing to itself
	if err != nil {
		b.Fatal(err)
	}
	for i := range p.listen {
		u, err := pool.Open()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = u.Close() })
		p.listen[i] = u.Local()
	}
	if p.ep, err = sip.Listen(sip.Config{Addr: "127.0.0.1:0", Network: b.host, Dialogs: sip.DialogPolicy{Session: session}}); err != nil {
		b.Fatal(err)
	}
	p.ep.Serve(p)
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.ep.Close(ctx)
	})
	return p
}

// Invite implements sip.Handler.
func (p *deafPeer) Invite(in *sip.Incoming) {
	kind, body := in.Body()
	if _, offer, err := siprec.Parse(kind, body); err == nil {
		body = offer
	}
	offer, err := sdp.Parse(body)
	if err != nil {
		p.Error(err)
		return
	}
	answer, _, err := sdp.AnswerAll(sdp.Options{}, offer, p.listen[:len(offer.Audio())], nil, sdp.SendRecv)
	if err != nil {
		p.Error(err)
		return
	}
	if d, err := in.Answer(leg.SDPType, answer); err == nil {
		go agreeable(d)
		p.calls <- d
	}
}

// agreeable lives: it takes all that it is asked inside its call.
func agreeable(d *sip.Dialog) {
	for r := range d.Requests() {
		_ = r.Respond(sip.StatusOK, "", nil)
	}
}

func (p *deafPeer) target(user string, at *sip.Endpoint) sip.Target {
	return sip.Target{URI: "sip:" + user + "@" + at.Addr().String(), User: user, Password: "secret"}
}

// dial calls the queue for water.
func (p *deafPeer) dial(h *house, o sip.InviteOptions) *sip.Dialog {
	h.Helper()
	o.From, o.ContentType = pii.NewNumber(callerNumber), leg.SDPType
	o.Body = sdp.Offer(sdp.Options{}, sdp.Stream{Local: p.listen[0], Codecs: []string{sdp.PCMA}, DTMF: true})
	out, err := p.ep.Invite(h.ctx(), p.target(waterNumber, h.trunk), o)
	h.must(err)
	d, err := out.Wait(h.ctx())
	h.must(err)
	go agreeable(d)
	return d
}

// talks makes a house with one agent, and is over when the agent talks with who calls and is recorded: the agent's call, that
// to the recorder, and the caller's.
func (b *bubble) talks(caller *deafPeer, o sip.InviteOptions) (h *house, customer, agent, recorder *sip.Dialog, answered time.Time) {
	b.Helper()
	h = houseOf(b.T, plan{bubble: b, city: func(c *agency.City) { c.Queues[0].WrapUp = time.Hour }})
	phone := b.peer(-1)
	_, err := phone.ep.Registrant(phone.target("phone1", h.phones)).Register(h.ctx(), 12*time.Hour)
	h.must(err)
	h.signIn("anna", 1)
	customer, answered = caller.dial(h, o), time.Now()
	agent, recorder = <-phone.calls, <-b.tapes.calls
	h.view("recorded", func(v state.View) bool { return v.State == state.Talking && v.Recording == tape.On })
	return h, customer, agent, recorder, answered
}

// A caller who is to refresh the session and never does is hung up on a third of 90 s before the end (RFC 4028 10), though it
// lives and answers what it is asked: on both sides, and the recording is closed.
func TestASessionThatNobodyRefreshes(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		silent := sip.InviteOptions{NoSessionTimer: true, Headers: []sip.Header{
			{Name: "Supported", Value: "timer"}, {Name: "Session-Expires", Value: "90;refresher=uac"},
		}}
		h, customer, agent, recorder, answered := b.talks(b.peer(-1), silent)
		time.Sleep(time.Until(answered.Add(59 * time.Second)))
		for what, d := range map[string]*sip.Dialog{"customer": customer, "agent": agent, "recorder": recorder} {
			select {
			case <-d.Ended():
				t.Fatalf("the %s's call ended too early: %s", what, d.Reason())
			default:
			}
		}
		for what, d := range map[string]*sip.Dialog{"customer": customer, "agent": agent, "recorder": recorder} {
			<-d.Ended()
			if d.Reason() != sip.EndRemote {
				t.Errorf("the %s's call ended: %s", what, d.Reason())
			}
		}
		if after := time.Since(answered); after != 60*time.Second {
			t.Errorf("ended after %s", after)
		}
		if v := h.state(state.WrapUp); v.Agent != "anna" || v.Recording == tape.On {
			t.Errorf("%+v", v)
		}
		synctest.Wait() // the call shows it before it tells dispatch
		if a, _ := h.disp.Agent("anna"); a.State != routing.WrapUp {
			t.Errorf("the agent is %s", a.State)
		}
	})
}

// One who does refresh it talks on for as long as they like.
func TestASessionThatIsRefreshed(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		h, customer, agent, recorder, _ := b.talks(b.peer(sip.MinSession), sip.InviteOptions{})
		time.Sleep(time.Hour)
		for what, d := range map[string]*sip.Dialog{"customer": customer, "agent": agent, "recorder": recorder} {
			select {
			case <-d.Ended():
				t.Errorf("the %s's call ended: %s", what, d.Reason())
			default:
			}
		}
		h.state(state.Talking)
	})
}
