package tally_test

import (
	"context"
	"fmt"
	"testing"

	"santra/internal/errs"
	"santra/internal/voice/tally"
)

// slow is a store far away: it is done in time with batches of a bounded size alone.
type slow struct {
	tally.Store
	batches, sounds, ends int
}

func (s *slow) Add(_ context.Context, b tally.Batch) error {
	if len(b.Sounds)+len(b.Ends) > tally.MaxBatch {
		return errs.New(errs.Unavailable, "the time is over")
	}
	s.batches, s.sounds, s.ends = s.batches+1, s.sounds+len(b.Sounds), s.ends+len(b.Ends)
	return nil
}

// After hours without a database all that waits is written, in batches that a slow one can take: none holds up what comes after it.
func TestAllThatWaitedIsWrittenInBatches(t *testing.T) {
	store := &slow{}
	k := tally.New(store, nil)
	for n := range tally.MaxWaiting / 2 {
		l, e := leg(4), end(noon(), tally.Said, 1).EndKey
		l.Queue, e.Flow = fmt.Sprint(n), fmt.Sprint(n)
		k.Sounded(l)
		k.Ended(e)
	}
	ok(t, k.Write(t.Context()))
	if store.sounds != tally.MaxWaiting/2 || store.ends != tally.MaxWaiting/2 || store.batches != tally.MaxWaiting/tally.MaxBatch {
		t.Errorf("%+v", *store)
	}
	ok(t, k.Write(t.Context()))
	if store.batches != tally.MaxWaiting/tally.MaxBatch {
		t.Error("a batch of nothing")
	}
}
