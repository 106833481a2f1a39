package sip

import (
	"runtime"
	"testing"
	"time"
	"weak"

	"santra/internal/protocol/sip/message"
)

// TestAnAnsweredCallKeepsNoInvite: what only the set-up needs, the INVITE with all its fields at one end and its body and further
// fields at the other, is let go of when the call is answered, though the transactions live for half a minute more.
func TestAnAnsweredCallKeepsNoInvite(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			h := newAnswering()
			b, a := listen(t, nil, "", h), listen(t, nil, "", nil)
			o, err := a.Invite(t.Context(), to(b, transport), opts())
			if err != nil {
				t.Fatal(err)
			}
			near, err := o.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			far, came := <-h.dialogs, weak.Make((<-h.calls).in)
			<-far.Acked()
			for end := time.Now().Add(5 * time.Second); came.Value() != nil && time.Now().Before(end); {
				runtime.GC() // the goroutine of the handler may still be on its way out
			}
			if came.Value() != nil {
				t.Error("the INVITE is still held")
			}
			if b.Stats().Transactions == 0 || o.opt.Body != nil || went(o).Content != nil || went(o).Extra != nil {
				t.Error("what was sent is still held, or nothing was to be seen")
			}
			runtime.KeepAlive(far)
			runtime.KeepAlive(near)
		})
	}
}

// TestWhatWasReadOnceIsKeptNoLonger, and a description may take the place of the one that was sent.
func TestWhatWasReadOnceIsKeptNoLonger(t *testing.T) {
	h := newAnswering()
	b, a := listen(t, nil, "", h), listen(t, nil, "", nil)
	near := call(t, a, b, "udp")
	if string(near.TakeRemoteBody()) != "answer" || near.TakeRemoteBody() != nil || near.RemoteBody() != nil {
		t.Error("it can be taken twice")
	}
	near.Describe("application/sdp", []byte("another"))
	if string(near.ours.body) != "another" {
		t.Errorf("%q", near.ours.body)
	}
}

// went is the request of a call as it was last sent.
func went(o *Outgoing) message.Outbound {
	out, _ := o.x.Went()
	return *out
}
