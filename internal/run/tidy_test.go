package run

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryIsGivenBackInCalm(t *testing.T) {
	const mib = 1 << 20
	var start time.Time
	for name, c := range map[string]struct {
		taken, live, idle uint64 // MiB; taken in a second, in 1/100
		want              bool
	}{
		"calm":              {30, 12, 4, true},
		"many calls":        {1200, 12, 4, false},
		"a little too many": {41, 12, 4, false},
		"not worth it":      {30, 16, 1, false},
		"next to nothing":   {0, 1, 0, false},
		"a large heap":      {100, 100, 13, true},
	} {
		m := memory{live: c.live * mib, idle: c.idle * mib}
		if got := (&tidy{}).due(m, float64(c.taken)*mib/100, start); got != c.want {
			t.Error(name, got)
		}
	}
	paused := tidy{not: start.Add(3 * time.Second)}
	for s, want := range []bool{false, false, false, true} {
		if got := paused.due(memory{live: 8 * mib, idle: 8 * mib}, 0, start.Add(time.Duration(s)*time.Second)); got != want {
			t.Error("at", s, "s", got)
		}
	}
}

func TestPace(t *testing.T) {
	start := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	var look tidy
	if _, known := look.pace(memory{taken: 100}, start); known {
		t.Error("known at once")
	}
	if pace, known := look.pace(memory{taken: 150}, start.Add(500*time.Millisecond)); !known || pace != 100 {
		t.Error(pace, known)
	}
	if pace, known := look.pace(memory{taken: 150}, start.Add(time.Second)); !known || pace != 0 {
		t.Error(pace, known)
	}
}

// TestGarbageIsGivenBack, as the runtime tells.
func TestGarbageIsGivenBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what is garbage at the end is not to be taken for in use
	runtime.GC()
	look := tidy{at: time.Now().AddDate(-1, 0, 0), taken: readMemory().taken, setRoom: func(int) {}}
	garbage := make([]byte, 64<<20)
	for i := range garbage {
		garbage[i] = 1
	}
	before := readMemory()
	runtime.KeepAlive(garbage)
	garbage = nil
	if look.look(); look.not.IsZero() {
		t.Fatal("nothing was done:", before)
	}
	if after := readMemory(); after.idle+32<<20 > before.idle {
		t.Errorf("%+v, before %+v", after, before)
	}
	if wait := time.Until(look.not); wait <= 0 {
		t.Error("at once again")
	}
}

func TestASmallHeapHasLessRoom(t *testing.T) {
	var set []int
	look := tidy{setRoom: func(percent int) { set = append(set, percent) }}
	for _, x := range []struct {
		live uint64 // MiB
		pace float64
	}{{4, 0}, {15, 2}, {17, 0}, {40, 0}, {15, 0}, {15, 31}, {15, 29}} {
		look.size(memory{live: x.live << 20}, x.pace*(1<<20))
	}
	if !slices.Equal(set, []int{50, 100, 50, 100, 50}) {
		t.Error(set)
	}
}

func TestTidyEnds(t *testing.T) {
	t.Setenv("GOGC", "100") // the test's own process is left as it is
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		wait := KeepTidy(ctx, slog.New(slog.DiscardHandler))
		time.Sleep(time.Minute)
		cancel()
		wait()
	})
}
