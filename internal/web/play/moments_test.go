package play_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"

	"santra/internal/recorder"
)

// moments lets a test look before and after each step by which a recording reaches the disk. Nothing else is written meanwhile.
type moments struct {
	recorder.Blobs
	look func(step string)
}

func (m moments) Append(ctx context.Context, key string, p []byte) error {
	err := m.Blobs.Append(ctx, key, p)
	m.look(fmt.Sprintf("after %d bytes", len(p)))
	return err
}

func (m moments) Sync(ctx context.Context) error {
	m.look("before a sync")
	err := m.Blobs.Sync(ctx)
	m.look("after a sync")
	return err
}

func (m moments) Finish(ctx context.Context, key string) error {
	err := m.Blobs.Finish(ctx, key)
	m.look("after an object's end, its row still open")
	return err
}

// snapshot is what a process that was killed at a moment leaves.
type snapshot struct {
	step  string
	after *rig
}

// TestKilledAtAnyMoment kills a recorder (that is, takes what it would leave) at each step of a recording's life. Whatever
// was sealed by then is heard, what is heard is the beginning of what was said, and no row is left open.
func TestKilledAtAnyMoment(t *testing.T) {
	r := newRig(t)
	r.stop()
	var mu sync.Mutex
	var taken []snapshot
	r.wrap = func(b recorder.Blobs) recorder.Blobs {
		return moments{b, func(step string) {
			mu.Lock()
			defer mu.Unlock()
			taken = append(taken, snapshot{step, r.copied()})
		}}
	}
	r.open()
	must(t, r.s.Start(t.Context()))
	e := r.extension("water")
	c, err := r.dial("tcp", []string{"PCMA"}, own(e))
	must(t, err)
	for n := range 120 {
		c.say(0, n, value(0, n))
		c.say(1, n, value(1, n))
	}
	c.hangUp()
	r.finished("water", e.Session)
	mu.Lock()
	defer mu.Unlock()
	if len(taken) < 6 {
		t.Fatal("only", len(taken), "moments")
	}
	longest := 0
	for _, s := range taken {
		longest = max(longest, s.heardAfter(t, e.Session))
	}
	if longest != 120*frame*2 {
		t.Error("the last moment has not all of it:", longest)
	}
}

// heardAfter starts a recorder on what was left; it gives how many bytes of the recording it kept.
func (s snapshot) heardAfter(t *testing.T, session string) int {
	t.Helper()
	after := s.after
	after.open()
	must(t, after.s.Start(t.Context()))
	defer after.stop()
	rows, err := after.store.Recordings(t.Context(), recorder.Filter{Agency: "water", Limit: 10})
	must(t, err)
	if len(rows) == 0 { // nothing was sealed yet
		if n := objects(t, after); n != 0 {
			t.Errorf("%s: %d objects without a row", s.step, n)
		}
		return 0
	}
	row := rows[0]
	if row.State != recorder.Recovered && row.State != recorder.Complete || row.Session != session {
		t.Errorf("%s: %+v", s.step, row)
		return 0
	}
	data := after.heard(row)
	want := make([]byte, 0, len(data))
	for n := 0; len(want) < len(data); n++ {
		want = append(want, bytes.Repeat([]byte{value(0, n), value(1, n)}, frame)...)
	}
	if len(data) == 0 || !bytes.Equal(data, want[:len(data)]) {
		t.Errorf("%s: not the beginning of what was said, %d bytes", s.step, len(data))
	}
	if ok, altered, err := after.s.VerifyAll(t.Context()); ok != 1 || altered != nil || err != nil {
		t.Errorf("%s: %d, %v, %v", s.step, ok, altered, err)
	}
	return len(data)
}
