package run

import (
	"context"
	"log/slog"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryIsGivenBackInCalm(t *testing.T) {
	const mib = 1 << 20
	start := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		taken, live, idle uint64 // MiB; taken in the second that has passed, in 1/100
		want              bool
	}{
		"calm":              {30, 12, 4, true},
		"many calls":        {1200, 12, 4, false},
		"a little too many": {41, 12, 4, false},
		"not worth it":      {30, 16, 1, false},
		"next to nothing":   {0, 1, 0, false},
		"a large heap":      {100, 100, 13, true},
	} {
		look := tidy{}
		m := memory{taken: 1000 * mib, live: c.live * mib, idle: c.idle * mib}
		if look.due(m, start) {
			t.Error(name, "before it was known how calm it is")
		}
		m.taken += c.taken * mib / 100
		if got := look.due(m, start.Add(time.Second)); got != c.want {
			t.Error(name, got)
		}
	}
	paused := tidy{at: start, not: start.Add(3 * time.Second)}
	for s, want := range []bool{false, false, false, true} {
		if got := paused.due(memory{live: 8 * mib, idle: 8 * mib}, start.Add(time.Duration(s)*time.Second)); got != want {
			t.Error("at", s, "s", got)
		}
	}
}

// TestGarbageIsGivenBack, as the runtime tells.
func TestGarbageIsGivenBack(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // what is garbage at the end is not to be taken for in use
	runtime.GC()
	look := tidy{at: time.Now().AddDate(-1, 0, 0), taken: readMemory().taken}
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
	if wait := look.not.Sub(time.Now()); wait <= 0 {
		t.Error("at once again")
	}
}

func TestTidyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		wait := KeepTidy(ctx, slog.New(slog.DiscardHandler))
		time.Sleep(time.Minute)
		cancel()
		wait()
	})
}
