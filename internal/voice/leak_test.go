package voice

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/pii"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/consult"
	"santra/internal/voice/state"
)

// holding is what of calls could stay behind.
type holding struct{ goroutines, sockets, calls, ways int }

func (h *house) holds() holding {
	h.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		h.Skip("no /proc:", err)
	}
	n := 0
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return holding{runtime.NumGoroutine(), n, h.svc.calls.Len(), h.world.left()}
}

// settles waits until no more is held than before.
func (h *house) settles(before holding) {
	h.Helper()
	var now holding
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		now = h.holds()
		if now.goroutines <= before.goroutines && now.sockets <= before.sockets && now.calls == 0 && now.ways == 0 {
			return
		}
	}
	buf := make([]byte, 1<<20)
	h.Fatalf("before %+v, now %+v\n%s", before, now, buf[:runtime.Stack(buf, true)])
}

// Many calls leave nothing: given up in the announcement or while they wait, answered and hung up by either side, and with
// somebody outside who is called and let go. It runs alone, for it counts what the whole process has; SANTRA_NIGHTLY makes
// 10,000 calls.
func TestNothingIsLeftOfManyCalls(t *testing.T) {
	rounds := 30
	if os.Getenv("SANTRA_NIGHTLY") != "" {
		rounds = 1000
	}
	h := houseOf(t, plan{announcement: 40 * time.Millisecond, city: func(c *agency.City) { c.Queues[0].WrapUp = time.Millisecond }})
	l := lot{house: h, agent: h.agent("anna", 1, siptest.Config{}), trunk: h.phone(h.trunk, siptest.Config{Tone: toneCaller}), far: h.outside(doctor, siptest.Config{})}
	l.round()
	h.empty()
	before := h.holds()
	for range rounds {
		l.round()
	}
	h.empty()
	h.settles(before)
}

// lot makes calls.
type lot struct {
	*house
	agent, trunk, far *siptest.Phone
}

// round makes ten calls.
func (l lot) round() {
	l.Helper()
	for range 8 {
		l.must(l.dial().HangUp(l.ctx()))
	}
	l.empty()
	caller := l.answers()
	l.must(caller.HangUp(l.ctx()))
	l.empty()

	caller = l.answers()
	v := l.state(state.Talking)
	l.must(l.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	l.stage(state.ConsultTalking)
	l.must(l.svc.Join(v.ID, "anna"))
	l.stage(state.ConsultJoined)
	l.must(l.svc.HangUp(v.ID, "anna"))
	l.ended(caller)
	l.empty()
}

// dial calls the queue.
func (l lot) dial() *siptest.Call {
	l.Helper()
	c, err := l.trunk.Call(l.ctx(), waterNumber, pii.NewNumber(callerNumber))
	l.must(err)
	return c
}

// answers calls and gives the call once the agent has it.
func (l lot) answers() *siptest.Call {
	l.Helper()
	c := l.dial()
	l.state(state.Talking)
	return c
}
