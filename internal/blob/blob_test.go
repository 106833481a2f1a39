package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
)

// store is what every implementation offers (recorder.Blobs has the same methods).
type store interface {
	Create(ctx context.Context, key string) error
	Append(ctx context.Context, key string, p []byte) error
	Sync(ctx context.Context) error
	Truncate(ctx context.Context, key string, size int64) error
	Finish(ctx context.Context, key string) error
	Growing(ctx context.Context) iter.Seq2[string, error]
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	Size(ctx context.Context, key string) (int64, error)
	ReadAt(ctx context.Context, key string, p []byte, off int64) (int, error)
	Delete(ctx context.Context, key string) error
	Free(ctx context.Context) (int64, error)
}

// conformance is run over every implementation. reopen gives the same store as another process would see it.
func conformance(t *testing.T, open func(t *testing.T) (s store, reopen func() store)) {
	for name, f := range map[string]func(*testing.T, store, func() store){
		"grows and is finished": growsAndFinishes, "keys": refusesKeys, "survives its process": survives,
		"finished is immutable": immutable, "lists": lists, "deletes": deletes,
	} {
		t.Run(name, func(t *testing.T) {
			s, reopen := open(t)
			f(t, s, reopen)
		})
	}
}

func must(t *testing.T, all ...error) {
	t.Helper()
	if err := errors.Join(all...); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, s store, key string) string {
	t.Helper()
	size, err := s.Size(t.Context(), key)
	must(t, err)
	p := make([]byte, size)
	if n, err := s.ReadAt(t.Context(), key, p, 0); err != nil && !errors.Is(err, io.EOF) || int64(n) != size {
		t.Fatal(n, err)
	}
	return string(p)
}

func keysOf(t *testing.T, seq iter.Seq2[string, error]) []string {
	t.Helper()
	var all []string
	for key, err := range seq {
		must(t, err)
		all = append(all, key)
	}
	slices.Sort(all)
	return all
}

func growsAndFinishes(t *testing.T, s store, _ func() store) {
	ctx := t.Context()
	must(t, s.Create(ctx, "a/b"), s.Append(ctx, "a/b", []byte("one")), s.Append(ctx, "a/b", []byte("two")), s.Sync(ctx))
	if got := content(t, s, "a/b"); got != "onetwo" {
		t.Fatal(got)
	}
	must(t, s.Truncate(ctx, "a/b", 3), s.Append(ctx, "a/b", []byte("!")), s.Finish(ctx, "a/b"))
	if got := content(t, s, "a/b"); got != "one!" {
		t.Fatal(got)
	}
	p := make([]byte, 9)
	if n, err := s.ReadAt(ctx, "a/b", p, 2); n != 2 || !errors.Is(err, io.EOF) || string(p[:2]) != "e!" {
		t.Fatal(n, err)
	}
	if n, err := s.Free(ctx); err != nil || n == 0 {
		t.Fatal(n, err)
	}
}

func refusesKeys(t *testing.T, s store, _ func() store) {
	for _, key := range []string{"", "/", "a//b", "../a", "a/../b", ".a", "A", "a b", "å", strings.Repeat("a", MaxKey+1), strings.Repeat("a/", 20) + "a"} {
		if err := s.Create(t.Context(), key); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", key, err)
		}
	}
	if _, err := s.Size(t.Context(), "nothing"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := s.Append(t.Context(), "nothing", []byte("x")); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

func survives(t *testing.T, s store, reopen func() store) {
	ctx := t.Context()
	must(t, s.Create(ctx, "x"), s.Append(ctx, "x", []byte("abc")), s.Sync(ctx))
	s = reopen()
	if got := keysOf(t, s.Growing(ctx)); !slices.Equal(got, []string{"x"}) {
		t.Fatal(got)
	}
	must(t, s.Truncate(ctx, "x", 2), s.Append(ctx, "x", []byte("d")), s.Finish(ctx, "x"))
	if got := content(t, reopen(), "x"); got != "abd" {
		t.Fatal(got)
	}
	if got := keysOf(t, s.Growing(ctx)); got != nil {
		t.Fatal(got)
	}
}

func immutable(t *testing.T, s store, _ func() store) {
	ctx := t.Context()
	must(t, s.Create(ctx, "x"), s.Append(ctx, "x", []byte("abc")))
	if err := s.Create(ctx, "x"); !errs.Is(err, errs.Conflict) {
		t.Error("created twice:", err)
	}
	must(t, s.Finish(ctx, "x"))
	if err := s.Create(ctx, "x"); !errs.Is(err, errs.Conflict) {
		t.Error("created over a finished one:", err)
	}
	if err := s.Append(ctx, "x", []byte("d")); !errs.Is(err, errs.NotFound) {
		t.Error("appended to a finished one:", err)
	}
	if got := content(t, s, "x"); got != "abc" {
		t.Error(got)
	}
}

func lists(t *testing.T, s store, _ func() store) {
	ctx := t.Context()
	for _, key := range []string{"2026/11/a", "2026/11/b", "2026/12/c", "growing"} {
		must(t, s.Create(ctx, key))
	}
	for _, key := range []string{"2026/11/a", "2026/11/b", "2026/12/c"} {
		must(t, s.Finish(ctx, key))
	}
	if got := keysOf(t, s.List(ctx, "2026/11/")); !slices.Equal(got, []string{"2026/11/a", "2026/11/b"}) {
		t.Error(got)
	}
	if got := keysOf(t, s.List(ctx, "")); len(got) != 3 {
		t.Error(got)
	}
	for range s.List(ctx, "") {
		break // stopping early is allowed
	}
}

func deletes(t *testing.T, s store, reopen func() store) {
	ctx := t.Context()
	must(t, s.Create(ctx, "x"), s.Create(ctx, "y"), s.Finish(ctx, "y"))
	must(t, s.Delete(ctx, "x"), s.Delete(ctx, "y"), s.Delete(ctx, "y"), s.Delete(ctx, "z"))
	s = reopen()
	if a, b := keysOf(t, s.Growing(ctx)), keysOf(t, s.List(ctx, "")); len(a)+len(b) != 0 {
		t.Fatal(a, b)
	}
}

func TestFiles(t *testing.T) {
	conformance(t, func(t *testing.T) (store, func() store) {
		dir := t.TempDir()
		open := func() store {
			f, err := NewFiles(dir)
			must(t, err)
			t.Cleanup(func() { _ = f.Close() })
			return f
		}
		return open(), open
	})
}

// TestFinishAfterACrash: the link was made, the old name not yet removed.
func TestFinishAfterACrash(t *testing.T) {
	dir := t.TempDir()
	f, err := NewFiles(dir)
	must(t, err, f.Create(t.Context(), "x"), f.Append(t.Context(), "x", []byte("abc")))
	must(t, os.Link(filepath.Join(dir, growing, "x"), filepath.Join(dir, finished, "x")))
	must(t, f.Close())
	must(t, f.Finish(t.Context(), "x"))
	if got := content(t, f, "x"); got != "abc" {
		t.Fatal(got)
	}
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	f, err := NewFiles(dir)
	must(t, err, f.Create(t.Context(), "a/x"), f.Finish(t.Context(), "a/x"))
	for _, path := range []string{"finished/a/x", "finished/a", "finished"} {
		info, err := os.Stat(filepath.Join(dir, path))
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Error(path, info.Mode())
		}
	}
}

func TestFullDiskIsUnavailable(t *testing.T) {
	if err := wrap(&os.PathError{Op: "write", Err: unix.ENOSPC}); !errs.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	f, err := NewFiles(t.TempDir())
	must(t, err)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	must(t, err)
	f.open["x"] = full
	if err := f.Append(t.Context(), "x", bytes.Repeat([]byte("x"), 1<<16)); !errs.Is(err, errs.Unavailable) {
		t.Fatal(err)
	}
}
