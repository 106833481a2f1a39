//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLookingForTracesLeavesTheDatabaseItsLocks: an attestation reads every file of the data folder, then another program opens
// and closes the database. If the server had read its own database's files it would have lost its locks on them, that program
// would have removed the write-ahead log as the last to leave, and the server would answer "disk I/O error" (decision 8).
func TestLookingForTracesLeavesTheDatabaseItsLocks(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	if fails, code := c.attest(t); code != 0 {
		t.Fatalf("exit %d, %v", code, fails)
	}
	wal := filepath.Join(c.Data, "santra.db-wal")
	before, err := os.Stat(wal)
	if err != nil {
		t.Fatal(err)
	}
	if out, code := santra(t, "verify", "--ready-file", c.ready); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	after, err := os.Stat(wal)
	if err != nil || !os.SameFile(before, after) {
		t.Fatal("another program took the write-ahead log from under the server:", err)
	}
	q := c.queue(t, "pysakointi")
	if err := c.submit(t, letter(q.Mailbox, "Lukot", "hei"), q.Mailbox); err != nil {
		t.Fatal(err)
	}
	c.logIn(t, "agent", "").must("GET", "/api/me", nil, nil)
	if log := c.logs(); strings.Contains(log, "disk I/O") {
		t.Fatal(log)
	}
}
