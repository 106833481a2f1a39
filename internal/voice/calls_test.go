package voice

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
)

func TestCallsAreBounded(t *testing.T) {
	table := newCalls(2)
	for i := range 3 {
		err := table.add(&call{id: fmt.Sprint(i)})
		if i < 2 && err != nil || i == 2 && !errs.Is(err, errs.Limited) {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if !table.full() || table.len() != 2 || len(table.all()) != 2 {
		t.Errorf("%d calls", table.len())
	}
	table.close()
	table.remove(&call{id: "0"})
	if err := table.add(&call{id: "4"}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a closed table took a call: %v", err)
	}
}

// An ended call is gone, not unknown; but only so many are remembered.
func TestEndedCallsAreGone(t *testing.T) {
	table := newCalls(1)
	for i := range goneKept + 1 {
		if err := table.add(&call{id: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
		table.remove(&call{id: fmt.Sprint(i)})
	}
	if _, err := table.get("1"); !errs.Is(err, errs.Gone) {
		t.Errorf("an ended call: %v", err)
	}
	if _, err := table.get("0"); !errs.Is(err, errs.NotFound) {
		t.Errorf("one that ended long ago: %v", err)
	}
	if len(table.gone) != goneKept || len(table.order) != goneKept {
		t.Errorf("%d ids are kept", len(table.gone))
	}
}

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a alarm
		if a.c() != nil {
			t.Fatal("an alarm that was not set can ring")
		}
		rang := ""
		a.set(time.Second, func() { rang += "a" })
		a.set(2*time.Second, func() { rang += "b" })
		began := time.Now()
		<-a.c()
		a.ring()
		if rang != "b" || time.Since(began) != 2*time.Second || a.c() != nil {
			t.Errorf("rang %q after %v", rang, time.Since(began))
		}
		a.set(time.Second, func() { rang += "c" })
		a.stop()
		time.Sleep(time.Hour)
		if a.ring(); rang != "b" {
			t.Errorf("a stopped alarm rang: %q", rang)
		}
	})
}
