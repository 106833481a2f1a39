package actor

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
)

type thing struct{ _ byte }

func key(i int) Key { return Key{ID: fmt.Sprint(i), Job: fmt.Sprint("job ", i)} }

func TestTableIsBounded(t *testing.T) {
	table := NewTable[*thing]("call", 2, 1)
	for i := range 3 {
		err := table.Add(key(i), new(thing), false)
		if i < 2 && err != nil || i == 2 && !errs.Is(err, errs.Limited) {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if !table.Full() || table.Len() != 2 || len(table.All()) != 2 {
		t.Errorf("%d calls", table.Len())
	}
	table.Close()
	table.Remove(key(0), nil)
	if err := table.Add(key(4), new(thing), false); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a closed table took a call: %v", err)
	}
}

// The room beside the limit is for what is urgent alone, and bounded too; it stays when the others are refused, until the end.
func TestUrgentOnes(t *testing.T) {
	const limit, more = 2, 500
	table := NewTable[*thing]("call", limit, more)
	add := func(n int, urgent bool) error { return table.Add(key(n), nil, urgent) }
	for i := range limit + more {
		if err := add(i, i >= limit); err != nil {
			t.Fatal(i, err)
		}
	}
	for _, urgent := range []bool{false, true} {
		if err := add(limit+more, urgent); !errs.Is(err, errs.Limited) {
			t.Errorf("urgent %v: %v", urgent, err)
		}
	}
	table.Remove(key(0), nil)
	table.Close()
	if err := add(-1, false); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a closed table took a call: %v", err)
	}
	if err := add(-2, true); err != nil {
		t.Errorf("a closed table refused an urgent one: %v", err)
	}
	table.Remove(key(1), nil)
	table.Shut()
	if err := add(-3, true); !errs.Is(err, errs.Unavailable) || !table.Full() {
		t.Errorf("after the end: %v", err)
	}
}

// An ended actor is gone, not unknown; but only so many are remembered.
func TestEndedAreGone(t *testing.T) {
	table := NewTable[*thing]("call", 1, 0)
	for i := range goneKept + 1 {
		a := new(thing)
		if err := table.Add(key(i), a, false); err != nil {
			t.Fatal(err)
		}
		table.Remove(key(i), a)
	}
	if _, err := table.Get("1"); !errs.Is(err, errs.Gone) || !strings.Contains(err.Error(), "the call is over") {
		t.Errorf("an ended call: %v", err)
	}
	if _, err := table.Get("0"); !errs.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "no such call") {
		t.Errorf("one that ended long ago: %v", err)
	}
	if len(table.gone) != goneKept || len(table.order) != goneKept || len(table.jobs)+len(table.live) != 0 {
		t.Errorf("%d ids and %d jobs are kept", len(table.gone), len(table.jobs))
	}
}

// The next actor of the same work keeps it when the one before goes.
func TestWorkIsTakenOver(t *testing.T) {
	table := NewTable[*thing]("call", 2, 0)
	first, second := new(thing), new(thing)
	a, b := Key{ID: "a", Job: "work"}, Key{ID: "b", Job: "work"}
	if table.Add(a, first, false) != nil || table.Of("work") != first {
		t.Fatal("the first is not found")
	}
	if table.Add(b, second, false) != nil || table.Of("work") != second {
		t.Fatal("the second has not taken over")
	}
	table.Remove(a, first)
	if table.Of("work") != second {
		t.Error("the work went with the first")
	}
	if got, err := table.Get("b"); err != nil || got != second {
		t.Errorf("%v", err)
	}
	table.Remove(b, second)
	if table.Of("work") != nil {
		t.Error("work without anybody")
	}
}

func TestWaitForTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := NewTable[*thing]("call", 1, 0)
		a := new(thing)
		if err := table.Add(key(0), a, false); err != nil {
			t.Fatal(err)
		}
		table.Shut()
		began := time.Now()
		time.AfterFunc(time.Minute, func() { table.Remove(key(0), a) })
		if table.Wait(); time.Since(began) != time.Minute {
			t.Errorf("waited %v", time.Since(began))
		}
	})
}
