package blob

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"santra/internal/errs"
)

func opened(t *testing.T) *Files {
	t.Helper()
	f, err := NewFiles(t.TempDir())
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestSyncIsOfAllObjects: while many grow, end and go, a Sync at any moment succeeds; after Close it says that it did nothing.
func TestSyncIsOfAllObjects(t *testing.T) {
	f := opened(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := range 20 {
				key := fmt.Sprintf("d%d/o%d", w, n)
				must(t, f.Create(t.Context(), key), f.Append(t.Context(), key, []byte("x")), f.Finish(t.Context(), key))
			}
		})
	}
	for range 3 {
		must(t, f.Sync(t.Context()))
	}
	wg.Wait()
	must(t, f.Sync(t.Context()), f.Close(), f.Close())
	if err := f.Sync(t.Context()); err == nil {
		t.Error("a closed store says that all is durable")
	}
}

// TestFinishReplacesNothing: neither where names can be exchanged at once, nor where it takes two steps.
func TestFinishReplacesNothing(t *testing.T) {
	f := opened(t)
	must(t, f.Create(t.Context(), "x"), f.Append(t.Context(), "x", []byte("new")))
	done := filepath.Join(f.dir, finished, "x")
	must(t, os.WriteFile(done, []byte("old"), 0o600))
	if err := f.Finish(t.Context(), "x"); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if err := relink(filepath.Join(f.dir, growing, "x"), done); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	must(t, os.Remove(done), relink(filepath.Join(f.dir, growing, "x"), done))
	if got := content(t, f, "x"); got != "new" {
		t.Error(got)
	}
}

// TestGoneFolders: what can't be synced or read says so.
func TestGoneFolders(t *testing.T) {
	if err := syncFolder(filepath.Join(t.TempDir(), "missing")); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := NewFiles(file); err == nil {
		t.Error("a file for a folder")
	}
}
