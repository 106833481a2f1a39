package leg

import (
	"context"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
)

// Of nobody nothing comes.
func TestNobody(t *testing.T) {
	var l *Leg
	if l.Sound() != nil || l.Requests() != nil || l.Ended() != nil || l.Connected() != nil || l.Keys() != nil {
		t.Error("something comes of a nil leg")
	}
}

func TestKeysEnd(t *testing.T) {
	l := newLeg(t, sdp.Plain, sdp.PCMA)
	if l.Keys() == nil {
		t.Fatal("no keys are waited for")
	}
	if l.KeysEnded(); l.Keys() != nil {
		t.Error("keys are waited for after their end")
	}
}

// taken answers a call with a leg.
type taken struct {
	l    *Leg
	t    *testing.T
	done chan *Leg
}

// Invite implements sip.Handler.
func (h taken) Invite(in *sip.Incoming) {
	_, body := in.Body()
	answer, err := h.l.Describe(body)
	if err != nil {
		h.t.Error(err)
	}
	if h.l.Dialog, err = in.Answer(SDPType, answer); err != nil {
		h.t.Error(err)
	}
	h.done <- h.l
}

// A telephone on a leg: it is there as long as it sends or answers, hears the ringing, and hears the good-bye before the BYE.
func TestTelephone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ep, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer ep.Close(ctx) //nolint:errcheck // a test's socket
	h := taken{newLeg(t, sdp.Plain, sdp.PCMA), t, make(chan *Leg, 1)}
	ep.Serve(h)
	phone, err := siptest.NewPhone(siptest.Config{Server: ep.Addr(), NoMedia: true})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close() //nolint:errcheck // a test's socket
	call, err := phone.Call(ctx, "+358931012345", pii.Number{})
	if err != nil {
		t.Fatal(err)
	}
	l := <-h.done
	if err := l.Settled(ctx); err != nil {
		t.Errorf("its offer came with the INVITE: %v", err)
	}
	if !l.Quiet() {
		t.Error("it sent nothing and is not quiet")
	}
	if l.Probe(ctx); l.Dialog.Early() {
		t.Error("the dialog does not stand")
	}
	select {
	case <-l.Ended():
		t.Fatal("a telephone that answers is taken for gone")
	default:
	}
	said := false
	l.Before = func(context.Context) { said = true }
	l.HangUp(ctx)
	<-l.Ended()
	<-call.Ended()
	if !said {
		t.Error("nothing was said before the BYE")
	}
	var none Leg
	none.Bye(ctx) // nobody is there
}
