//go:build e2e

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// microphoneTone is what an agent's browser hears, in Hz.
const microphoneTone = 600.0

// tonesFor is how long the customer stays after that.
const tonesFor = 6 * time.Second

// TestTonesInABrowser: the customer hears the browser's microphone and the browser hears the customer; then it calls out, and
// 112, whose agent sees the place to tell.
func TestTonesInABrowser(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "2")
	wav := filepath.Join(t.TempDir(), "microphone.wav")
	if err := os.WriteFile(wav, []byte(toneWAV(t, microphoneTone)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	customers.Go(func() { c.listens(ctx, t) })
	defer customers.Wait()
	defer cancel()
	browse(t, c, "tones.mjs", "SANTRA_MICROPHONE="+wav)
}

// listens calls the queue for parking, waits for the microphone's tone and hangs up.
func (c *city) listens(ctx context.Context, t *testing.T) {
	_, caller := newCaller()
	call, err := customer(t, c, "udp").Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		if ctx.Err() == nil {
			t.Error(err)
		}
		return
	}
	if err := call.WaitHears(ctx, microphoneTone); err != nil {
		if ctx.Err() == nil {
			t.Error("the customer does not hear the microphone:", err)
		}
		return
	}
	during(t, tonesFor) // the browser needs some time to hear too
	if err := call.HangUp(ctx); err != nil {
		t.Error(err)
	}
}
