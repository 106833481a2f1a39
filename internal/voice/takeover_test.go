package voice

import (
	"testing"
	"time"

	"santra/internal/dispatch"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/state"
)

// announces waits until the room announces one piece of work like this.
func (h *house) announces(what string, is func(dispatch.Announcement) bool) dispatch.Announcement {
	h.Helper()
	var last []dispatch.Announcement
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		if last = h.svc.Announce(); len(last) == 1 && is(last[0]) {
			return last[0]
		}
	}
	h.Fatalf("not announced: %s, but %+v", what, last)
	return dispatch.Announcement{}
}

func (h *house) announcesNothing() {
	h.Helper()
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		if len(h.svc.Announce()) == 0 {
			return
		}
	}
	h.Fatalf("announced: %+v", h.svc.Announce())
}

// From the announcement to the wrap-up: what the next owner of routing is told of a call.
func TestAnnounceTellsWhereACallStands(t *testing.T) {
	h := newHouse(t, plan{announcement: 3 * time.Second})
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(caller, toneFinnish)
	if list := h.svc.Announce(); len(list) != 0 {
		t.Errorf("in the announcement: %+v", list)
	}
	waiting := h.announces("waiting", func(a dispatch.Announcement) bool { return a.Agent == "" })
	w, v := waiting.Work, h.state(state.Waiting)
	if w.ID != v.ID || w.Queue != "water-main" || w.Agency != "water" || !w.Arrived.Equal(v.Arrived) || w.Past != nil {
		t.Errorf("%+v %+v", w, w.Past)
	}
	phone := h.agent("anna", 1, siptest.Config{Answer: time.Second})
	ringing := h.announces("ringing", func(a dispatch.Announcement) bool { return a.Agent == "anna" && !a.Until.IsZero() })
	if o, ok := h.disp.Offer(v.ID); !ok || !ringing.Until.Equal(o.Expires) || ringing.Epoch != o.Epoch || ringing.Work.Past != nil {
		t.Errorf("%+v, %+v", ringing, o)
	}
	h.answered(phone)
	inHand := h.announces("in hand", func(a dispatch.Announcement) bool { return a.Agent == "anna" && a.Until.IsZero() })
	if inHand.Work.ID != v.ID || inHand.Work.Past != nil {
		t.Errorf("%+v", inHand)
	}
	h.must(caller.HangUp(h.ctx()))
	h.announcesNothing()
}

func TestAnnounceTellsWhereACallHasMovedTo(t *testing.T) {
	h := newHouse(t, plan{city: neighbours})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	before, moved := h.svc.Announce()[0], time.Now()
	h.svc.Moved(routing.Work{ID: v.ID}, "water-bills", "waited")
	after := h.announces("moved", func(a dispatch.Announcement) bool { return a.Work.Queue == "water-bills" })
	if after.Work.Past.Hops != 1 || after.Work.Past.Entered.Before(moved) || !after.Work.Arrived.Equal(before.Work.Arrived) {
		t.Errorf("%+v after %+v", after.Work.Past, before.Work.Past)
	}
	h.divert(v, toClosed())
	h.announcesNothing()
	h.ended(caller)
}

// The new owner makes the same offer again: the telephone rings on, and what the old one still says is not heard.
func TestOfferedAgainAfterATakeOver(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	h.call(waterNumber, siptest.Config{})
	rings := <-phone.Rings()
	v := h.state(state.Offered)
	old, _ := h.disp.Offer(v.ID)
	again := old
	again.Epoch++
	again.Expires = old.Expires.Add(time.Second)
	h.svc.Offered(again)
	h.svc.Withdrawn(old, routing.Forced)
	h.announces("the new epoch", func(a dispatch.Announcement) bool { return a.Epoch == again.Epoch && a.Until.Equal(again.Expires) })
	select {
	case <-rings.Done():
		t.Error("the telephone stopped")
	default:
	}
	if now := h.state(state.Offered); now.Since != v.Since {
		t.Errorf("%+v after %+v", now, v)
	}
	h.svc.Withdrawn(again, routing.Forced)
	<-rings.Done()
	h.state(state.Waiting)
}

// The new owner offers it to somebody else: the first telephone stops, the other rings.
func TestOfferedToAnotherAfterATakeOver(t *testing.T) {
	h := newHouse(t, plan{})
	anna := h.agent("anna", 1, siptest.Config{Answer: -1})
	h.call(waterNumber, siptest.Config{})
	rings := <-anna.Rings()
	v := h.state(state.Offered)
	bo := h.agent("bo", 2, siptest.Config{Answer: -1})
	o, _ := h.disp.Offer(v.ID)
	o.Agent, o.Seat, o.Epoch = "bo", "A12", o.Epoch+1
	h.svc.Offered(o)
	<-rings.Done()
	<-bo.Rings()
	if v := h.state(state.Offered); v.Agent != "bo" || v.Seat != "A12" {
		t.Errorf("%+v", v)
	}
}

// An owner who lost the answer offers a call that somebody has: it stays with who has it.
func TestOfferedThoughItIsAnswered(t *testing.T) {
	h := newHouse(t, plan{})
	caller, agent, v := h.talking(siptest.Config{}, siptest.Config{})
	o := dispatch.Offer{Work: routing.Work{ID: v.ID}, Agent: "bo", Seat: "A12", Epoch: 9}
	h.svc.Offered(o)
	h.svc.Withdrawn(o, routing.NoAnswer)
	h.do(func(*call) {})
	h.hears(agent, toneCaller)
	if now := h.state(state.Talking); now.Agent != "anna" {
		t.Errorf("%+v", now)
	}
	h.agentIs("anna", routing.Busy)
	h.must(caller.HangUp(h.ctx()))
	h.agentIs("anna", routing.WrapUp)
}

// An offer of a call that is over, or on its way out, is taken back at once.
func TestOfferedThoughItIsGone(t *testing.T) {
	h := newHouse(t, plan{})
	h.must(h.disp.Enqueue(routing.Work{ID: "ghost", Queue: "water-main"}))
	h.svc.Offered(dispatch.Offer{Work: routing.Work{ID: "ghost"}, Agent: "anna"})
	if q := h.disp.Queues()["water-main"]; q.Calls != 0 {
		t.Errorf("%+v", q)
	}
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.svc.Diverted(routing.Work{ID: v.ID}, toClosed(), "closed") // dispatch still has it, as after a take-over in between
	h.state(state.Leaving)
	h.svc.Offered(dispatch.Offer{Work: routing.Work{ID: v.ID}, Agent: "anna"})
	h.do(func(*call) {})
	if q := h.disp.Queues()["water-main"]; q.Calls != 0 {
		t.Errorf("%+v", q)
	}
}
