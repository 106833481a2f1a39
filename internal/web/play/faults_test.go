package play_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"santra/internal/recorder"
)

// TestReorderedAndDuplicated: a stream whose packets come in another order, some of them twice, is heard as it was said.
func TestReorderedAndDuplicated(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", []string{"PCMA"}, own(e))
	must(t, err)
	order := rand.New(rand.NewPCG(4, 2))
	for window := 0; window < 120; window += 12 {
		for _, i := range order.Perm(24) {
			n, ch := window+i/2, i%2
			if ch == 1 && n < 20 {
				continue // the agent joins later, see talk
			}
			c.say(ch, n, value(ch, n))
			if i%5 == 0 {
				c.say(ch, n, value(ch, n))
			}
		}
	}
	c.hangUp()
	row := r.finished("water", e.Session)
	if row.State != recorder.Complete || row.Length != 2400*time.Millisecond {
		t.Errorf("%+v", row)
	}
	aligned(t, r.heard(row), 120)
}
