//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// TestThePagesInABrowser walks every page in headless Chromium, in Finnish, at 320 and 1280 px: axe finds nothing, nothing is
// loaded from elsewhere, nothing breaks the policy.
func TestThePagesInABrowser(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "4")
	browse(t, c, "walk.mjs")
}

// TestADayAtTheDesk answers a customer's call in the browser, replies to a mail and hears the recording.
func TestADayAtTheDesk(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "4")
	ctx, cancel := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	customers.Go(func() { c.customers(ctx, t) })
	defer customers.Wait()
	defer cancel()
	browse(t, c, "work.mjs")
}

// customers calls once, waits for as long as it takes until the agent has ended the call, and then writes.
func (c *city) customers(ctx context.Context, t *testing.T) {
	q := c.queue(t, "pysakointi")
	_, caller := newCaller()
	call, err := customer(t, c, "udp").Call(ctx, q.Number, caller)
	if err != nil {
		t.Error(err)
		return
	}
	select {
	case <-call.Ended():
	case <-ctx.Done():
		return
	}
	if err := c.submit(t, letter(q.Mailbox, "Asukaspysäköinti", "Hei, miten haen tunnusta?"), q.Mailbox); err != nil {
		t.Error(err)
	}
}

// browse walks through a script of the front end's in Chromium.
func browse(t *testing.T, c *city, script string, env ...string) {
	t.Helper()
	walking(t, c, script, env...)()
}

// walking begins to; ends waits for the end, and fails where the walk has.
func walking(t *testing.T, c *city, script string, env ...string) (ends func()) {
	t.Helper()
	node := partner(t, "node", "nodejs")
	chromium := partner(t, "chromium", "chromium")
	if _, err := os.Stat("../web/node_modules/playwright-core"); err != nil {
		t.Skip("skipped: the front end's tools are missing: npm --prefix web ci")
	}
	cmd := exec.CommandContext(t.Context(), node, "e2e/"+script)
	cmd.Dir = "../web"
	cmd.Env = append(append(os.Environ(), "SANTRA_READY="+c.ready, "CHROMIUM="+chromium), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ends = sync.OnceFunc(func() {
		err := cmd.Wait()
		if t.Logf("%s", out.String()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(ends) // of a test that has failed before
	return ends
}
