package sip

import (
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip/message"
)

// TestAttend: what comes inside a dialog is answered in its order by who has no goroutine for it, before and after a request that breaks
// its user, and no goroutine is left between.
func TestAttend(t *testing.T) {
	inBubble(t, memnet.Faults{Delay: 5 * time.Millisecond}, func(t *testing.T, n *memnet.Network) {
		h := newAnswering()
		b, a := listen(t, n, "192.0.2.1", h), listen(t, n, "192.0.2.2", nil)
		near := call(t, a, b, "udp")
		far := <-h.dialogs
		ask := func(body string) int {
			res, err := near.Request(t.Context(), message.INFO, "text/plain", []byte(body))
			if err != nil {
				t.Error(body, err)
			}
			return res.Code
		}
		first := make(chan int, 1)
		go func() { first <- ask("early") }()
		synctest.Wait()
		time.Sleep(time.Second) // it waits unread
		far.Attend(func(r *Request) {
			if string(r.Body) == "broken" {
				_ = r.Respond(500, "", nil)
				panic("on purpose")
			}
			_ = r.Respond(200, "", r.Body)
		})
		if code := <-first; code != 200 {
			t.Error(code)
		}
		for body, want := range map[string]int{"one": 200, "broken": 500} {
			if code := ask(body); code != want {
				t.Error(body, code)
			}
		}
		if code := ask("after"); code != 200 {
			t.Error(code)
		}
		synctest.Wait()
		far.mu.Lock()
		if far.attending {
			t.Error("a goroutine waits for nothing")
		}
		far.mu.Unlock()
		if err := near.Bye(t.Context()); err != nil {
			t.Error(err)
		}
		<-far.Ended()
	})
}
