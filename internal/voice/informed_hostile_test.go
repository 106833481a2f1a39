package voice

import (
	"context"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/callback"
	"santra/internal/voice/company"
	"santra/internal/voice/consult"
	"santra/internal/voice/flow"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// M4: what the flow of the number still has to say once an agent has answered, such as a callback that is refused at that moment, cuts no
// announcement short, and leaves nobody waiting for its end.
func TestKeyOfACallbackMeetsAnAnswer(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, callbacks: true, announcement: 1500 * time.Millisecond, city: func(c *agency.City) {
		inviting(c)
		neighbours(c)
	}})
	h.call(waterNumber, siptest.Config{})
	first := h.state(state.Waiting)
	h.svc.Moved(routing.Work{ID: first.ID, Queue: first.Queue}, "tax-main", "waited")
	h.do(func(c *call) {
		c.happens(flow.Woken{Callback: true, Invited: true})
		c.way.run.On(flow.Key{Key: '1'}) // what it asks for is on its way
	})
	agent := h.answered(h.agent("anna", 1, siptest.Config{}))
	h.state(state.Informing)
	h.do(func(c *call) {
		c.promised(flow.Promise{Queue: "water-main", Keep: true}, callback.View{}, routing.Work{}, errs.New(errs.Unavailable, "the store was slow"))
		if c.way.notice == nil {
			t.Error("the announcement was cut short")
		}
	})
	h.hears(agent, toneCaller)
	deck.next(h)
}

// M4: nobody is heard, held, given away, consulted about or watched before they were told; what was refused leaves the announcement alone.
func TestNothingPassesTheAnnouncement(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, browsers: true, announcement: 1500 * time.Millisecond, city: func(c *agency.City) {
		neighbours(c)
		for i := range c.Queues {
			c.Queues[i].Listening = true
		}
	}})
	h.outside(doctor, siptest.Config{})
	told := h.movedAndAnswered("tax-main")
	v := h.state(state.Informing)
	must := map[string]error{
		"hold": h.svc.Hold(v.ID, "anna"), "resume": h.svc.Resume(v.ID, "anna"), "join": h.svc.Join(v.ID, "anna"),
		"swap": h.svc.Swap(v.ID, "anna"), "complete": h.svc.Complete(v.ID, "anna"),
		"consult":  h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}),
		"transfer": h.svc.Transfer(v.ID, "anna", consult.Whom{Number: doctor}),
		"away":     h.svc.Transfer(v.ID, "anna", consult.Whom{Queue: "water-main"}),
		"go on":    h.svc.ResumeRecording(v.ID, "anna"),
	}
	_, _, must["watch"] = h.svc.Supervise(h.ctx(), v.ID, "sari", company.Listening, newBrowser(h).offerTone(toneBoss))
	for what, err := range must {
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.must(told.agent.Hold(h.ctx()))
	h.must(told.agent.Resume(h.ctx()))
	_ = told.agent.Transfer(h.ctx(), doctor) // refused
	h.svc.Moved(routing.Work{ID: v.ID}, "water-main", "late")
	h.svc.Diverted(routing.Work{ID: v.ID}, toClosed(), "late")
	h.do(func(c *call) { // the next owner of routing offers it again
		if c.state == state.Informing {
			c.offered(c.offer)
		}
	})
	deck.none(h)
	h.hears(told.agent, toneCaller)
	if e := deck.next(h).meta.Extension; e.Queue != "tax-main" || e.Agency != "tax" {
		t.Errorf("%+v", e)
	}
	if n := h.svc.Stats().Announced; n != 2 {
		t.Errorf("heard %d times", n)
	}
}

// M4: a customer who has us on hold for a part of the announcement hears all of it afterwards, however often.
func TestHoldWithinTheAnnouncementBeginsItAgain(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours, announcement: 1500 * time.Millisecond})
	told := h.movedAndAnswered("tax-main")
	h.hears(told.caller, toneFinnish)
	for range 3 {
		h.must(told.caller.Hold(h.ctx()))
		h.must(told.caller.Resume(h.ctx()))
	}
	h.must(told.caller.Hold(h.ctx()))
	h.stays(func() bool {
		return h.state(state.Informing).Recording == tape.None && h.svc.Stats().Announced == 1
	})
	deck.none(h)
	h.must(told.caller.Resume(h.ctx()))
	h.hears(told.caller, toneFinnish)
	h.hears(told.agent, toneCaller)
	deck.next(h)
}

// M4: from agency to agency, each time by its agent: everybody is told for each, and each part is its own queue's.
func TestGivenFromAgencyToAgency(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours})
	phone := h.agent("anna", 1, siptest.Config{})
	h.call(waterNumber, siptest.Config{})
	h.answered(phone)
	v := h.view("on", on)
	if e := deck.next(h).meta.Extension; e.Queue != "water-main" {
		t.Errorf("%+v", e)
	}
	for i, to := range []string{"tax-main", "water-main", "tax-main"} {
		h.must(h.svc.Transfer(v.ID, "anna", consult.Whom{Queue: to}))
		h.answered(phone)
		h.view("on "+to, func(v state.View) bool { return on(v) && v.Queue == to })
		e := deck.next(h)
		if e.meta.Extension.Queue != to || e.gate.Queue != to || h.svc.Stats().Announced != uint64(i)+2 {
			t.Errorf("%+v %+v, heard %d times", e.meta.Extension, e.gate, h.svc.Stats().Announced)
		}
	}
}

// The end of the service within the announcement: no recording, and everybody is let go.
func TestStopWithinTheAnnouncement(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours, announcement: 5 * time.Second})
	told := h.movedAndAnswered("tax-main")
	h.state(state.Informing)
	ctx, cancel := context.WithTimeout(h.Context(), 200*time.Millisecond)
	defer cancel()
	h.must(h.svc.Stop(ctx))
	h.ended(told.agent)
	h.ended(told.caller)
	deck.none(h)
}

// A callback that a caller wants who was moved keeps the place where the call waits, and is that queue's.
func TestCallbackOfWhoWasMovedIsTheirQueues(t *testing.T) {
	h := newHouse(t, plan{callbacks: true, city: func(c *agency.City) {
		inviting(c)
		neighbours(c)
	}})
	caller := h.call(waterNumber, siptest.Config{})
	first := h.state(state.Waiting)
	h.svc.Moved(routing.Work{ID: first.ID, Queue: first.Queue}, "tax-main", "waited")
	h.do(func(c *call) {
		c.happens(flow.Woken{Callback: true, Invited: true})
		c.happens(flow.Key{Key: '1'})
	})
	h.ended(caller)
	if all := h.owed(); len(all) != 1 || all[0].Queue != "tax-main" || all[0].Agency != "tax" {
		t.Errorf("%+v", all)
	}
}

// M4, M8: a callback that comes to nothing, for the telephone of an agent rings already, leaves the call where it is: it is never recorded
// as another agency's.
func TestCallbackThatIsRefusedMovesNoCall(t *testing.T) {
	h := newHouse(t, plan{recorder: newTapeDeck(t), callbacks: true, city: func(c *agency.City) {
		inviting(c)
		neighbours(c)
	}})
	h.call(waterNumber, siptest.Config{})
	first := h.state(state.Waiting)
	h.svc.Moved(routing.Work{ID: first.ID, Queue: first.Queue}, "tax-main", "waited")
	h.agent("anna", 1, siptest.Config{Answer: -1})
	h.state(state.Offered)
	h.do(func(c *call) {
		c.happens(flow.Woken{Callback: true, Invited: true})
		c.happens(flow.Key{Key: '1'})
	})
	h.until("refused", func() bool { return len(h.owed()) == 0 })
	if v := h.state(state.Offered); v.Queue != "tax-main" || v.Agency != "tax" {
		t.Errorf("%+v", v)
	}
	h.do(func(c *call) {
		if c.queue.ID != "tax-main" || c.owner.ID != "tax" || !c.untold() {
			t.Errorf("%s of %s", c.queue.ID, c.owner.ID)
		}
	})
}

// M4: who is given to another queue that was asked, before anybody there has answered, hears its announcement as who was given to it at once.
func TestGivenWhileTheAskedQueueRings(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours, announcement: time.Second})
	caller, _, v := h.talking(siptest.Config{}, siptest.Config{})
	deck.next(h)
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Queue: "tax-main"}))
	h.must(h.svc.Complete(v.ID, "anna"))
	bob := h.answered(h.agent("bob", 2, siptest.Config{Tone: toneBob}))
	h.hears(caller, toneFinnish)
	h.hears(bob, toneCaller)
	if reel := deck.next(h); reel.gate.Queue != "tax-main" || reel.gate.Agency != "tax" || h.svc.Stats().Announced != 2 {
		t.Errorf("%+v, heard %d times", reel.gate, h.svc.Stats().Announced)
	}
	h.must(caller.HangUp(h.ctx()))
}
