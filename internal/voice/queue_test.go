package voice

import (
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// neighbours adds queues beside water-main: of the same agency and announcement, of the same agency in more languages, one
// that is not recorded, and one of another agency.
func neighbours(c *agency.City) {
	c.Agencies = append(c.Agencies, agency.Agency{ID: "tax", FragmentDigits: 2})
	for _, q := range []agency.Queue{
		{ID: "water-bills", Agency: "water", Record: true, Languages: []agency.Lang{"fi"}},
		{ID: "water-all", Agency: "water", Record: true, Languages: agency.Langs()},
		{ID: "water-free", Agency: "water", Languages: []agency.Lang{"fi"}},
		{ID: "tax-main", Agency: "tax", Record: true, Languages: []agency.Lang{"fi"}},
	} {
		q.Name = agency.Text{"fi": q.ID}
		c.Queues = append(c.Queues, q)
	}
	*c = c.WithDefaults()
}

// moved brings a call into another queue while it waits, as routing does, and to anna there.
func (h *house) moved(to string) (caller *siptest.Call, v state.View) {
	h.Helper()
	caller = h.call(waterNumber, siptest.Config{})
	first := h.state(state.Waiting)
	h.svc.Moved(routing.Work{ID: first.ID, Queue: first.Queue}, to, "waited")
	h.view("moved", func(v state.View) bool { return v.Queue == to })
	h.answered(h.agent("anna", 1, siptest.Config{}))
	v = h.state(state.Talking)
	if !v.Arrived.Equal(first.Arrived) || v.Agent != "anna" {
		h.Errorf("%+v after %+v", v, first)
	}
	return caller, v
}

// Within the agency, and where the announcement is the one that was heard, the recording is the new queue's.
func TestMovedWithinTheAgencyIsRecordedThere(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours})
	caller, v := h.moved("water-bills")
	reel := deck.next(h)
	h.view("on", on)
	e := reel.meta.Extension
	if v.Agency != "water" || e.Agency != "water" || e.Queue != "water-bills" || reel.gate.Queue != "water-bills" || reel.gate.Agency != "water" {
		t.Errorf("%+v: %+v, %+v", v, e, reel.gate)
	}
	h.must(caller.HangUp(h.ctx()))
}

// M4: a call is recorded only under an announcement that its caller has heard to the end for this agency, in these words: who comes from
// elsewhere hears it when the agent has answered.
func TestMovedBeyondItsAnnouncementIsToldFirst(t *testing.T) {
	for to, why := range map[string]string{"tax-main": "another agency", "water-all": "languages that were not heard"} {
		t.Run(why, func(t *testing.T) {
			deck := newTapeDeck(t)
			h := newHouse(t, plan{recorder: deck, city: neighbours, announcement: time.Second})
			told := h.movedAndAnswered(to)
			h.hears(told.caller, toneFinnish)
			deck.none(h)
			h.hears(told.agent, toneCaller)
			reel := deck.next(h)
			owner, _ := h.svc.cfg.Book.Queue(to)
			v := h.view("on", on)
			if e := reel.meta.Extension; v.Agency != owner.Agency || e.Queue != to || reel.gate.Queue != to || reel.gate.Agency != owner.Agency {
				t.Errorf("%+v: %+v, %+v", v, e, reel.gate)
			}
			h.must(told.caller.HangUp(h.ctx()))
		})
	}
}

// M4: who was moved and leaves within the announcement leaves no recording.
func TestMovedAndGoneInTheAnnouncement(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours, announcement: 1500 * time.Millisecond})
	told := h.movedAndAnswered("tax-main")
	h.hears(told.caller, toneFinnish)
	if h.svc.Stats().Announced != 1 { // at the start
		t.Error("the announcement was over too soon to test anything")
	}
	h.must(told.caller.HangUp(h.ctx()))
	h.ended(told.agent)
	h.empty()
	deck.none(h)
}

// An agent who leaves within it ends the call, as in a talk.
func TestMovedAndTheAgentGoesInTheAnnouncement(t *testing.T) {
	h := newHouse(t, plan{recorder: newTapeDeck(t), city: neighbours, announcement: 1500 * time.Millisecond})
	told := h.movedAndAnswered("tax-main")
	h.state(state.Informing)
	h.must(told.agent.HangUp(h.ctx()))
	h.ended(told.caller)
	h.empty()
}

// M4: without a sound to play nobody is told, so nothing is recorded; they talk all the same.
func TestMovedWhereTheAnnouncementIsMissing(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours, mute: []string{media.Announcement, media.AnnouncementListening}})
	told := h.movedAndAnswered("tax-main")
	h.hears(told.agent, toneCaller)
	if v := h.state(state.Talking); v.Recording != tape.Off {
		t.Errorf("%+v", v)
	}
	deck.none(h)
}

// One who has us on hold is told when they hear us again.
func TestMovedAndOnHold(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours, announcement: time.Second})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.must(caller.Hold(h.ctx()))
	h.svc.Moved(routing.Work{ID: v.ID, Queue: v.Queue}, "tax-main", "waited")
	phone := h.agent("anna", 1, siptest.Config{})
	h.answered(phone)
	h.state(state.Informing)
	h.stays(func() bool { return h.state(state.Informing).Recording == tape.None })
	h.must(caller.Resume(h.ctx()))
	h.hears(caller, toneFinnish)
	h.view("on", on)
	deck.next(h)
}

// movedCall is a call that was moved, and its agent.
type movedCall struct{ caller, agent *siptest.Call }

// movedAndAnswered brings a call into another queue while it waits, and anna there answers.
func (h *house) movedAndAnswered(to string) movedCall {
	h.Helper()
	caller := h.call(waterNumber, siptest.Config{})
	first := h.state(state.Waiting)
	h.svc.Moved(routing.Work{ID: first.ID, Queue: first.Queue}, to, "waited")
	h.view("moved", func(v state.View) bool { return v.Queue == to })
	return movedCall{caller, h.answered(h.agent("anna", 1, siptest.Config{}))}
}

func TestMovedWhereNothingIsRecorded(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours})
	if _, v := h.moved("water-free"); v.Recording != tape.None {
		t.Errorf("%+v", v)
	}
	deck.none(h)
}

// There and back: what was given up is not had again, but heard again.
func TestMovedBackFromAnotherAgencyIsToldAgain(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck, city: neighbours})
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	for _, to := range []string{"tax-main", "water-main"} {
		h.svc.Moved(routing.Work{ID: v.ID}, to, "waited")
		h.view("moved", func(v state.View) bool { return v.Queue == to })
	}
	h.answered(h.agent("anna", 1, siptest.Config{}))
	h.view("on", on)
	if n := h.svc.Stats().Announced; n != 2 {
		t.Errorf("heard %d times", n)
	}
	deck.next(h)
}

// A queue that the room does not know: the call keeps its name and is not recorded.
func TestMovedToAnUnknownQueue(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{recorder: deck})
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.svc.Moved(routing.Work{ID: v.ID}, "nowhere", "waited")
	h.do(func(c *call) {
		if c.pass.Valid() || c.queue.ID != "water-main" || c.hops != 1 {
			t.Errorf("%+v %+v", c.pass, c.queue)
		}
	})
}

// A closed queue is told at once: neither recording announcement nor music come before.
func TestAClosedQueueTurnsAwayAtOnce(t *testing.T) {
	h := newHouse(t, plan{})
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.do(func(c *call) {
		c.quiet = true
		c.customer.Media.StopPlay()
	})
	h.do(func(c *call) { c.unquiet() }) // the queue opened at that moment
	h.hears(caller, toneMusic)
	h.divert(v, toClosed())
	h.ended(caller)
}

// What dispatch is told of a queue that it knows, and of one that is only lent.
func TestWorkSaysWhatTheQueueDoesNot(t *testing.T) {
	h := newHouse(t, plan{city: func(c *agency.City) { c.Queues[0].Priority = 3 }})
	h.call(waterNumber, siptest.Config{})
	v := h.state(state.Waiting)
	h.do(func(c *call) {
		c.language = "sv"
		w := c.work()
		if w.ID != v.ID || w.Queue != "water-main" || w.Agency != "water" || w.Language != "sv" || w.Priority != 3 || !w.Arrived.Equal(v.Arrived) {
			t.Errorf("%+v", w)
		}
		if w.Skills != nil || w.Ring != 0 || w.WrapUp != 0 {
			t.Errorf("the queue says it already: %+v", w)
		}
		giveBack := h.svc.cfg.Book.Lend(agency.Loan{Queue: agency.Queue{ID: "water-main", Skills: []string{"x"}, NoAnswer: 7, WrapUp: 9}})
		defer giveBack()
		c.queue.Skills, c.queue.NoAnswer, c.queue.WrapUp = []string{"x"}, 7, 9
		if w := c.work(); len(w.Skills) != 1 || w.Ring != 7 || w.WrapUp != 9 {
			t.Errorf("lent: %+v", w)
		}
	})
}
