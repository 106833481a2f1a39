package voice

import (
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/dial"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// calls out: the agent's own telephone first, then the other.
func (h *house) callOut(agent, number string) state.View {
	h.Helper()
	v, err := h.svc.CallOut(h.ctx(), agent, Outgoing{Queue: "water-main", Number: number})
	h.must(err)
	return v
}

// The other party hears the announcement to its end before anything is recorded, and before the agent (M4).
func TestCallOutIsAnnouncedThenRecorded(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, announcement: 1200 * time.Millisecond})
	far := h.outside(doctor, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	v := h.callOut("anna", doctor)
	if v.Direction != state.Out || v.State != state.Dialling || v.Agent != "anna" || v.Seat != "A11" {
		t.Errorf("%+v", v)
	}
	agent, called := h.answered(phone), h.answered(far)
	h.hears(called, toneFinnish)
	h.hears(agent, 425)
	h.state(state.Informing)
	deck.none(h)
	reel := deck.next(h)
	h.hears(called, toneAgent)
	h.hears(agent, toneDoctor)
	if n, err := h.svc.Caller(v.ID, "anna"); err != nil || n.Reveal() != doctor {
		t.Errorf("%v", err)
	}
	for !reel.has(rtp.Customer, toneDoctor) || !reel.has(rtp.Agent, toneAgent) {
		h.breathe()
	}
	if e := reel.meta.Extension; e.Seat != "A11" || e.Fragment != doctor[len(doctor)-4:] {
		t.Errorf("%+v", e)
	}
	h.must(called.HangUp(h.ctx()))
	h.ended(agent)
	h.empty()
	if h.world.left() != 0 {
		t.Error("the way is still in use")
	}
	if a, _ := h.disp.Agent("anna"); a.State != routing.Ready {
		t.Errorf("%+v", a)
	}
}

func TestCallOutOfAnUnrecordedQueueTalksAtOnce(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].Record = false }, announcement: 10 * time.Second})
	far := h.outside(doctor, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	h.callOut("anna", doctor)
	agent, called := h.answered(phone), h.answered(far)
	h.hears(called, toneAgent)
	h.hears(agent, toneDoctor)
	h.must(agent.HangUp(h.ctx()))
	h.ended(called)
	h.empty()
}

func TestCallOutThatFailsSaysWhy(t *testing.T) {
	for code, want := range map[int]string{486: dial.Busy, 404: dial.Unknown, 603: dial.Refused, 480: dial.NoAnswer} {
		t.Run(want, func(t *testing.T) {
			h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].WrapUp = 5 * time.Second }})
			h.outside(doctor, siptest.Config{Reject: code})
			phone := h.agent("anna", 1, siptest.Config{})
			h.callOut("anna", doctor)
			agent := h.answered(phone)
			h.ended(agent)
			if v := h.state(state.WrapUp); v.Failed != want {
				t.Errorf("%+v", v)
			}
		})
	}
}

// moved answers every call with another place to call.
type moved string

func (m moved) Invite(in *sip.Incoming) {
	in.Reject(302, "", sip.Header{Name: "Contact", Value: "<" + string(m) + ">"})
}

// Who is called can't send the call elsewhere (RFC 3261 8.1.3.4 leaves that to us): a number plan that let the first call go has not seen
// the second, which may be a premium number or another country. Nothing rings there, and the agent hears that it failed.
func TestRedirectionsAreNotFollowed(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].WrapUp = 5 * time.Second }})
	elsewhere := h.phone(h.trunk, siptest.Config{Answer: -1})
	exchange := h.listen(nil, nil)
	exchange.Serve(moved("sip:" + premium + "@" + elsewhere.Addr().String()))
	h.world.put(doctor, exchange)
	phone := h.agent("anna", 1, siptest.Config{})
	h.callOut("anna", doctor)
	h.ended(h.answered(phone))
	if v := h.state(state.WrapUp); v.Failed != dial.Unavailable {
		t.Errorf("%+v", v)
	}
	if s := elsewhere.Endpoint().Stats(); s.Requests != 0 {
		t.Errorf("the call went on: %+v", s)
	}
}

func TestCallOutIsRefused(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{})
	out := func(agent, queue, number string) error {
		_, err := h.svc.CallOut(h.ctx(), agent, Outgoing{Queue: queue, Number: number})
		return err
	}
	if err := out("anna", "water-main", doctor); !errs.Is(err, errs.Conflict) {
		t.Errorf("without a seat: %v", err)
	}
	h.signIn("anna", 1)
	for _, c := range []struct {
		queue, number string
		want          errs.Kind
	}{{"water-main", premium, errs.Denied}, {"no-such", doctor, errs.NotFound}, {"water-main", waterNumber, errs.Invalid}} {
		if err := out("anna", c.queue, c.number); !errs.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if len(h.svc.Running("")) != 0 || h.world.left() != 0 {
		t.Error("something is left of a refused call")
	}
}

func TestWhoHasACallCallsNobody(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{})
	h.talking(siptest.Config{}, siptest.Config{})
	if _, err := h.svc.CallOut(h.ctx(), "anna", Outgoing{Queue: "water-main", Number: doctor}); !errs.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
}

// An agent may give a call up that nobody has answered yet: the own telephone and the other one stop ringing.
func TestAgentGivesACallOutUp(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{Answer: -1})
	phone := h.agent("anna", 1, siptest.Config{})
	v := h.callOut("anna", doctor)
	agent := h.answered(phone)
	h.hears(agent, 425)
	h.must(h.svc.HangUp(v.ID, "anna"))
	h.ended(agent)
	h.empty()
	if h.world.left() != 0 {
		t.Error("the way is still in use")
	}
	h.agentIs("anna", routing.Ready)
}

// While the agent calls out, nobody else's call rings there.
func TestCallOutMakesBusy(t *testing.T) {
	h := newHouse(t, plan{})
	h.outside(doctor, siptest.Config{Answer: -1})
	h.agent("anna", 1, siptest.Config{})
	h.callOut("anna", doctor)
	h.call(waterNumber, siptest.Config{})
	h.state(state.Waiting)
	if a, _ := h.disp.Agent("anna"); a.State != routing.Busy {
		t.Errorf("%+v", a)
	}
}

// An emergency call goes out whatever the agent does and is neither announced nor recorded.
func TestEmergencyCallGoesOutBesideACall(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, announcement: 300 * time.Millisecond})
	help := h.outside(emergency, siptest.Config{})
	phone := h.agent("anna", 1, siptest.Config{})
	h.call(waterNumber, siptest.Config{})
	first := h.answered(phone)
	deck.next(h)
	v := h.callOut("anna", emergency)
	if !v.Emergency {
		t.Errorf("%+v", v)
	}
	second, called := h.answered(phone), h.answered(help)
	h.hears(called, toneAgent)
	h.hears(second, toneDoctor)
	if v := h.view("emergency", func(v state.View) bool { return v.Emergency && v.State == state.Talking }); v.Recording != tape.None {
		t.Errorf("%+v", v)
	}
	h.must(called.HangUp(h.ctx()))
	h.hears(first, toneCaller)
}

// A call out can be given up at each moment: while the own telephone rings, and while the other does.
func TestCallOutIsGivenUp(t *testing.T) {
	h := newHouse(t, plan{})
	far := h.outside(doctor, siptest.Config{Answer: -1})
	h.agent("anna", 1, siptest.Config{Answer: -1})
	v := h.callOut("anna", doctor)
	h.must(h.svc.HangUp(v.ID, "anna"))
	h.empty()
	phone := h.agent("bob", 2, siptest.Config{})
	v = h.callOut("bob", doctor)
	mine := h.answered(phone)
	rings := <-far.Rings()
	h.must(h.svc.HangUp(v.ID, "bob"))
	h.ended(mine)
	<-rings.Done()
	h.empty()
	if h.world.left() != 0 {
		t.Error("the way is still in use")
	}
}
