package consult

import (
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/voice/dial"
	"santra/internal/voice/gate"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

type call struct{}

func TestWhomIsOne(t *testing.T) {
	for kind, w := range map[string]Whom{"agent": {Agent: "anna"}, "queue": {Queue: "water"}, "seat": {Seat: "A11"}, "number": {Number: "+358501112222"}} {
		if err := w.Check(); err != nil || w.Kind() != kind || (w.name() == "") != (kind == "number") {
			t.Errorf("%s: %q, %q, %v", kind, w.Kind(), w.name(), err)
		}
	}
	for _, w := range []Whom{{}, {Agent: "anna", Number: "1"}, {Queue: "water", Seat: "A11"}} {
		if err := w.Check(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

// Of nobody nothing comes.
func TestNobody(t *testing.T) {
	var k *Consultation[*call]
	if k.Stage() != "" || k.Ringing() || k.Sound() != nil || k.Telephone() != nil || k.Keys() != nil || k.Requests() != nil ||
		k.Notice() != nil || k.Line() != nil || k.View() != nil {
		t.Error("something comes of no consultation")
	}
	k.Wait()
}

// An outside number is in no view (M3).
func TestView(t *testing.T) {
	k := New[*call](Whom{Number: "+358501112222"}, dial.Way{Emergency: true})
	if v := k.View(); *v != (state.Consult{Stage: state.ConsultRinging, Kind: "number", Outside: true, Emergency: true}) || !k.Ringing() {
		t.Errorf("%+v", v)
	}
	k = New[*call](Whom{Seat: "A11"}, dial.Way{})
	if v := k.View(); *v != (state.Consult{Stage: state.ConsultRinging, Kind: "seat", Name: "A11"}) {
		t.Errorf("%+v", v)
	}
}

// Who is heard is the telephone that answered, else the agent of the inner call.
func TestSound(t *testing.T) {
	inner, own := new(rtp.Leg), new(rtp.Leg)
	k := &Consultation[*call]{Media: inner}
	if k.Sound() != inner {
		t.Error("the agent is not heard")
	}
	if k.Leg = (&leg.Leg{Media: own}); k.Sound() != own || k.Telephone() != k.Leg {
		t.Error("the telephone is not heard")
	}
}

func TestWaitAndHush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hushed := false
		k := &Consultation[*call]{At: state.ConsultTalking, Noticed: make(chan gate.Outcome), NoticeOf: func() { hushed = true }}
		k.Wait()
		k.Hush()
		k.Hush()
		if k.At != state.ConsultWaiting || !hushed || k.Notice() != nil {
			t.Errorf("%s, hushed %v", k.At, hushed)
		}
		k.At = state.ConsultJoined
		if k.Wait(); k.At != state.ConsultJoined {
			t.Errorf("who has joined is %s", k.At)
		}
		k.Untimed()
		k.Longest = time.AfterFunc(time.Minute, func() { t.Error("ended after all") })
		k.Untimed()
		time.Sleep(time.Hour)
	})
}
