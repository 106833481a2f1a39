package callback_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/voice/callback"
)

// owed is what a callback must be, by a model without database and keys.
type owed struct {
	number string
	opened bool
	tries  int
}

// machine does random steps with a house, beside its model.
type machine struct {
	h    *house
	t    *rapid.T
	live map[string]*owed
	past []string
}

// TestAnyOrderOfSteps: whatever comes in whatever order, with restarts in between, what is owed can be opened with its number,
// what is over is gone, and records and keys are the same ones.
func TestAnyOrderOfSteps(t *testing.T) {
	h := newHouse(t, "sqlite:"+filepath.Join(t.TempDir(), "c.db"))
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{h: h, t: t, live: map[string]*owed{}}
		defer func() { _, _ = h.EraseExpired(h.t.Context(), time.Now().Add(24*time.Hour)) }() // after a failure too: the next try is a fresh one
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			rapid.SampledFrom([]func(){m.request, m.request, m.open, m.open, m.done, m.tried, m.tried, m.cancel, m.expire, m.restart, m.sweep}).Draw(t, "step")()
			m.check()
		}
		_, err := h.EraseExpired(h.t.Context(), time.Now().Add(24*time.Hour))
		m.must(err)
		h.nothing()
	})
}

func (m *machine) must(err error) {
	if err != nil {
		m.t.Fatal(err)
	}
}

// pick gives a callback, live or past, and its model.
func (m *machine) pick() (string, *owed) {
	var all []string
	all = append(all, m.past...)
	for one := range m.live {
		all = append(all, one)
	}
	if len(all) == 0 {
		return id.New(), nil
	}
	one := rapid.SampledFrom(slices.Sorted(slices.Values(all))).Draw(m.t, "callback")
	return one, m.live[one]
}

// expect checks the kind of an error: nil where the model allows the step.
func (m *machine) expect(err error, known, allowed bool) {
	switch {
	case known && allowed && err != nil, known && !allowed && !errs.Is(err, errs.Conflict), !known && !errs.Is(err, errs.Gone):
		m.t.Fatalf("known %v, allowed %v: %v", known, allowed, err)
	}
}

func (m *machine) request() {
	n := fmt.Sprint("+35840123456", rapid.IntRange(0, 3).Draw(m.t, "number"))
	taken := false
	for _, o := range m.live {
		taken = taken || o.number == n
	}
	view, err := m.h.request(m.h.Service, id.New(), n)
	if taken != errs.Is(err, errs.Conflict) || !taken && err != nil {
		m.t.Fatal(n, taken, err)
	}
	if !taken {
		m.live[view.ID] = &owed{number: n}
	}
}

func (m *machine) open() {
	one, o := m.pick()
	call, err := m.h.Open(m.h.t.Context(), one, "p")
	m.expect(err, o != nil, o != nil && !o.opened)
	if err == nil {
		o.opened = true
		if call.Number.Reveal() != o.number || call.Try != o.tries+1 {
			m.t.Fatalf("%+v %+v", call, o)
		}
	}
}

func (m *machine) done() {
	one, o := m.pick()
	err := m.h.Done(m.h.t.Context(), one, "p")
	m.expect(err, o != nil, o != nil && o.opened)
	if err == nil {
		m.over(one)
	}
}

func (m *machine) tried() {
	one, o := m.pick()
	how := rapid.SampledFrom([]callback.Outcome{callback.Busy, callback.Silent, callback.Failed}).Draw(m.t, "how")
	again, _, err := m.h.Tried(m.h.t.Context(), one, "p", how)
	m.expect(err, o != nil, o != nil && o.opened)
	if err == nil {
		m.again(one, again)
	}
}

// again is a try that failed.
func (m *machine) again(one string, again bool) {
	o := m.live[one]
	o.tries++
	o.opened = false
	if again != (o.tries < callback.MaxTries) {
		m.t.Fatalf("after %d tries again %v", o.tries, again)
	}
	if !again {
		m.over(one)
	}
}

func (m *machine) cancel() {
	one, o := m.pick()
	err := m.h.Cancel(m.h.t.Context(), one, "boss")
	m.expect(err, o != nil, o != nil && !o.opened)
	if err == nil {
		m.over(one)
	}
}

func (m *machine) expire() {
	one, o := m.pick()
	err := m.h.Expire(m.h.t.Context(), one)
	m.expect(err, o != nil, true)
	if err == nil {
		m.over(one)
	}
}

func (m *machine) restart() {
	m.h.open()
	n, err := m.h.Resume(m.h.t.Context())
	m.must(err)
	for one, o := range m.live {
		if o.opened {
			n--
			m.again(one, o.tries+1 < callback.MaxTries)
		}
	}
	if n != 0 {
		m.t.Fatalf("%d too many resumed", n)
	}
}

func (m *machine) sweep() {
	swept, err := m.h.Sweep(m.h.t.Context())
	m.must(err)
	if swept != (callback.Swept{}) {
		m.t.Fatalf("%+v", swept)
	}
}

func (m *machine) over(one string) {
	delete(m.live, one)
	m.past = append(m.past, one)
}

func (m *machine) check() {
	if records, secrets := m.h.kept(); records != len(m.live) || secrets != len(m.live) {
		m.t.Fatalf("%d records, %d keys, %d owed", records, secrets, len(m.live))
	}
	e, err := m.h.Evidence(m.h.t.Context())
	if err != nil || !e.Holds {
		m.t.Fatal(e, err)
	}
}
