package blob

import (
	"fmt"
	"path/filepath"
	"testing"
)

func TestAFolderIsMadeDurableOnceButForItsOwnEntries(t *testing.T) {
	f, err := NewFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, key := range []string{"a/b/one", "a/b/two", "a/c/three"} {
		if err := f.Create(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if err := f.Finish(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	for _, state := range []string{growing, finished} {
		for _, dir := range []string{"a", "a/b", "a/c"} {
			if !f.isDurable(filepath.Join(f.dir, state, dir)) {
				t.Errorf("%s/%s is not known to be durable", state, dir)
			}
		}
	}
	if f.isDurable(f.dir) || f.isDurable(filepath.Join(f.dir, "growing", "a", "d")) {
		t.Error("a folder that was never synced is")
	}
}

func TestAFolderThatIsNotThereIsNotDurable(t *testing.T) {
	f, err := NewFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(f.dir, growing, "x", "file")
	if err := f.syncFolders(missing, growing); err == nil || f.isDurable(filepath.Dir(missing)) {
		t.Fatal("a missing folder was made durable:", err)
	}
}

func TestDurableFoldersAreBounded(t *testing.T) {
	f, err := NewFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2*maxDurable + 5 {
		f.nowDurable([]string{fmt.Sprint(i)})
	}
	if len(f.durable) > maxDurable+1 {
		t.Fatalf("%d are remembered", len(f.durable))
	}
}
