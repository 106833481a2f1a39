package voice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"santra/internal/voice/consult"

	"santra/internal/voice/state"

	"santra/internal/agency"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/tally"
)

// sums keeps what calls tell of themselves.
type sums struct {
	mu   sync.Mutex
	legs []tally.Leg
	ends []tally.EndKey
}

func (s *sums) Sounded(l tally.Leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.legs = append(s.legs, l)
}

func (s *sums) Ended(k tally.EndKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends = append(s.ends, k)
}

func (s *sums) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, l := range s.legs {
		all = append(all, fmt.Sprintf("%s/%s:%s/%s", l.Agency, l.Queue, l.Line, l.Band))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// Legs are counted by queue, by what they came and by their band.
func TestLegsAreTallied(t *testing.T) {
	h := newHouse(t, plan{})
	phone := h.gear(h.phones, gearing{codecs: wide(), hz: toneWide, user: "phone1"})
	h.signIn("anna", 1)
	caller, err := h.gear(h.trunk, gearing{codecs: []string{sdp.PCMA, sdp.G722}, hz: toneCaller}).dial(waterNumber)
	h.must(err)
	agent := phone.answered()
	v := h.state(state.Talking)
	caller.hears(toneWide, 0.5)
	agent.hears(toneCaller, 0.5)
	h.must(h.svc.HangUp(v.ID, "anna"))
	h.empty()
	if got, want := h.world.sums.lines(), "water/water-main:telephone/wide water/water-main:trunk/wide"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, l := range h.world.sums.legs {
		if l.MOS < 1 || l.MOS > 4.5 || l.Loss < 0 || l.Loss > 1 {
			t.Errorf("%+v", l)
		}
	}
	if len(h.world.sums.ends) != 0 {
		t.Errorf("a call that an agent had is counted as one without a queue: %+v", h.world.sums.ends)
	}
}

func TestBrowsersAndOutsidersAreTallied(t *testing.T) {
	h := newHouse(t, plan{browsers: true})
	b := newBrowser(h)
	h.signIn("anna", 1)
	caller := h.call(waterNumber, siptest.Config{})
	answer, err := h.svc.AnswerBrowser(h.ctx(), h.state(state.Offered).ID, "anna", b.offer())
	h.must(err)
	b.answered(answer)
	v := h.state(state.Talking)
	h.hears(caller, toneAgent)
	b.hears(toneCaller)
	third := h.outside(doctor, siptest.Config{})
	h.must(h.svc.Consult(v.ID, "anna", consult.Whom{Number: doctor}))
	h.hears(h.answered(third), toneAgent)
	h.must(h.svc.CancelConsult(v.ID, "anna"))
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	if got, want := h.world.sums.lines(), "water/water-main:browser/narrow water/water-main:trunk/narrow water/water-main:trunk/narrow"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A call that comes into no queue is counted by what became of it; one that comes into a queue is the measures' alone.
func TestCallsWithoutAQueueAreCounted(t *testing.T) {
	bye := agency.Step{ID: "bye", HangUp: &agency.HangUpStep{}}
	menu := agency.Step{ID: "ask", Menu: &agency.MenuStep{Prompt: "busy", Keys: map[string]string{"2": "bye"}, Timeout: time.Second, Tries: 1, Otherwise: "bye"}}
	away := agency.Step{ID: "over", Transfer: &agency.TransferStep{Number: doctor, Otherwise: "bye"}}
	hours := agency.Step{ID: "open", Hours: &agency.HoursStep{Of: "desk", Closed: "bye"}, Next: "ask"}
	never := func(c *agency.City) { c.Hours = map[string]agency.Hours{"desk": {}} }
	leaves := func(h *house, c *siptest.Call) { h.must(c.HangUp(h.ctx())) }
	for name, c := range map[string]struct {
		steps []agency.Step
		more  func(*agency.City)
		to    string
		does  func(*house, *siptest.Call)
		want  tally.End
	}{
		"hung up in the menu":         {[]agency.Step{menu, bye}, nil, flowNumber, leaves, tally.HungUp},
		"told good-bye":               {[]agency.Step{menu, bye}, nil, flowNumber, (*house).ended, tally.Said},
		"closed":                      {[]agency.Step{hours, menu, bye}, never, flowNumber, (*house).ended, tally.Closed},
		"connected elsewhere":         {[]agency.Step{away, bye}, nil, flowNumber, func(h *house, c *siptest.Call) { h.state(state.Forwarded); leaves(h, c) }, tally.Connected},
		"hung up in the announcement": {nil, nil, waterNumber, leaves, tally.HungUp},
		"waited and hung up":          {nil, nil, waterNumber, func(h *house, c *siptest.Call) { h.state(state.Waiting); leaves(h, c) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{announcement: 300 * time.Millisecond, city: func(city *agency.City) {
				if c.steps != nil {
					flowing(c.steps...)(city)
				}
				if c.more != nil {
					c.more(city)
				}
			}})
			h.outside(doctor, siptest.Config{})
			began := time.Now()
			c.does(h, h.call(c.to, siptest.Config{}))
			h.empty()
			ends := h.world.sums.ends
			if c.want == "" && len(ends) == 0 {
				return
			}
			if len(ends) != 1 {
				t.Fatalf("%+v", ends)
			}
			flow := map[string]string{flowNumber: "desk", waterNumber: "queue-water-main"}[c.to]
			if e := ends[0]; e.End != c.want || e.Number != c.to || e.Agency != "water" || e.Flow != flow || e.Start.Before(began) {
				t.Errorf("%+v, want %s of %s", e, c.want, cmp.Or(flow, "?"))
			}
		})
	}
}
