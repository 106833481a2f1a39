package bench

import (
	"context"
	"fmt"
)

// growthMost is the largest number of calls at a time.
const growthMost = 1000

// growthSteps are the numbers of recorded calls at a time whose cost is compared.
func growthSteps() []int { return []int{10, 50, 100, 200, lossCalls, growthMost} }

// lossCalls is the number of calls at which no packet is to be lost by us.
const lossCalls = 500

// growth measures what a second of a recorded call costs as calls become more, one round each, and what is lost. A call's
// second has 100 packets; where the load itself does not keep up, the cost of those that it sent is taken.
func (b *bench) growth(ctx context.Context) error {
	for _, calls := range growthSteps() {
		b.say("growth: %d calls", calls)
		r, err := b.ours(ctx, recordedQueue, calls)
		if err != nil {
			return err
		}
		l, err := b.bare(ctx, calls)
		if err != nil {
			return err
		}
		b.add(row{
			fmt.Sprintf("growth: %d calls, recorded", calls), "CPU ms for a second of a call",
			[]float64{r.whole()},
			"bare relay",
			[]float64{l.whole()},
			r.told() + "; bare relay: " + l.told(),
		})
	}
	return nil
}

// told says what became of a round's packets. What is under way at the round's ends is heard before it or after it.
func (r round) told() string {
	return fmt.Sprintf("p50 %s, p99 %s ms, %.1f %% of what was due sent, lost by it %d of %d, heard %d", short(r.p50), short(r.p99), 100*r.kept, r.byUs, r.sent, r.received)
}

// secure measures recorded calls with and without TLS and SRTP to the recorder, in two cities in turns.
func (b *bench) secure(ctx context.Context) error {
	other := &bench{Options: b.Options, dir: b.dir + "/secure"}
	other.Secure = !b.Secure
	defer other.stop()
	if err := other.open(ctx, relayFew); err != nil {
		return err
	}
	if err := other.staff(ctx); err != nil {
		return err
	}
	var sealed, clear []float64
	for i := range rounds {
		b.say("secure: %d calls, round %d of %d", relayFew, i+1, rounds)
		for _, c := range []*bench{b, other} {
			r, err := c.ours(ctx, recordedQueue, relayFew)
			if err != nil {
				return err
			}
			if c.Secure {
				sealed = append(sealed, r.cpu)
			} else {
				clear = append(clear, r.cpu)
			}
		}
	}
	b.add(row{
		fmt.Sprintf("%d calls, recorded over TLS and SRTP", relayFew), "CPU ms for a second of a call", sealed, "the same in the clear", clear, "",
	})
	return nil
}
