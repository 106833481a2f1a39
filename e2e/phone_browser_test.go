//go:build e2e

package e2e

import (
	"context"
	"sync"
	"testing"
)

// TestTheWholeTelephone has an agent write notes, ask a colleague, change over and give the customer away; the colleague gets
// notes and customer and pauses the recording; a supervisor listens, and both see it. Each view is whole at 320 and 1280 px,
// and axe finds nothing.
func TestTheWholeTelephone(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "4")
	ctx, cancel := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	customers.Go(func() { c.waits(ctx, t) })
	defer customers.Wait()
	defer cancel()
	browse(t, c, "phone.mjs")
}
