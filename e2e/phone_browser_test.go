//go:build e2e

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestTheWholeTelephone has an agent write notes, ask a colleague, change over and give the customer away; the colleague gets
// notes and customer and pauses the recording; a supervisor listens, and both see it. Each view is whole at 320 and 1280 px,
// and axe finds nothing.
func TestTheWholeTelephone(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "4")
	audible(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	customers.Go(func() { c.waits(ctx, t) })
	defer customers.Wait()
	defer cancel()
	browse(t, c, "phone.mjs")
}

// audible allows supervisors to listen to the calls of the first queue, pysakointi.
func audible(t *testing.T, c *city) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "santra.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const not = "listening: false"
	own := filepath.Join(t.TempDir(), "santra.yaml")
	if !strings.Contains(string(text), not) {
		t.Fatalf("no queue to make audible: %s", text)
	}
	if err := os.WriteFile(own, []byte(strings.Replace(string(text), not, "listening: true", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	before := c.version(t)
	if out, code := santra(t, "config", "apply", own); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	// Who calls before hears the announcement that says nothing of listeners, and can't be listened to.
	eventually(t, soon, "the change is in effect", func() bool { return c.version(t) > before })
}

// version is that of the city which runs.
func (c *city) version(t *testing.T) int {
	t.Helper()
	var now struct{ Version int }
	c.logIn(t, "supervisor", "").must("GET", "/api/city", nil, &now)
	return now.Version
}
