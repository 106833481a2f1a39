package keys

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"santra/internal/errs"
)

func TestRing(t *testing.T) {
	r, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	k1, err := r.Ensure("agency/a/archive", 32)
	if err != nil || len(k1) != 32 {
		t.Fatal(k1, err)
	}
	if k2, err := r.Ensure("agency/a/archive", 32); err != nil || !bytes.Equal(k1, k2) {
		t.Fatal("a second Ensure must give the same key", err)
	}
	if err := r.Put("agency/a/archive", k1); !errs.Is(err, errs.Conflict) {
		t.Fatal("a key must not be overwritten:", err)
	}
	if names, err := r.List("agency"); err != nil || len(names) != 1 || names[0] != "agency/a/archive" {
		t.Fatal(names, err)
	}
	if err := r.Destroy("agency/a/archive"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Get("agency/a/archive"); !errs.Is(err, errs.NotFound) {
		t.Fatal("destroyed key:", err)
	}
	if err := r.Destroy("agency/a/archive"); err != nil {
		t.Fatal("destroying twice:", err)
	}
}

func TestRingRefusesNamesThatLeaveIt(t *testing.T) {
	r, _ := Open(t.TempDir())
	for _, name := range []string{"", "..", "a/../b", "/etc/passwd", "a//b", ".hidden", "Ä"} {
		if _, err := r.Ensure(name, 32); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSealBindsKeyPlaceAndBytes(t *testing.T) {
	key, other := make([]byte, 32), bytes.Repeat([]byte{1}, 32)
	sealed, err := Seal(key, "draft/1", []byte("hei"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := Unseal(key, "draft/1", sealed); err != nil || string(plain) != "hei" {
		t.Fatal(plain, err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, f := range map[string]func() ([]byte, error){
		"key":   func() ([]byte, error) { return Unseal(other, "draft/1", sealed) },
		"place": func() ([]byte, error) { return Unseal(key, "draft/2", sealed) },
		"bytes": func() ([]byte, error) { return Unseal(key, "draft/1", changed) },
		"cut":   func() ([]byte, error) { return Unseal(key, "draft/1", sealed[:5]) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("another %s opens it", name)
		}
	}
}

// TestCleanDestroysWhatPutLeft: a second name of the same file shows that its bytes are overwritten, not only its name gone.
func TestCleanDestroysWhatPutLeft(t *testing.T) {
	dir := t.TempDir()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.Clean("callbacks"); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	if err := r.Put("callbacks/kept", []byte("key")); err != nil {
		t.Fatal(err)
	}
	left, witness := filepath.Join(dir, "callbacks", ".new-42"), filepath.Join(dir, "witness")
	if err := errors.Join(os.WriteFile(left, []byte("secret"), 0o600), os.Link(left, witness)); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Clean("callbacks"); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if text, err := os.ReadFile(witness); err != nil || !bytes.Equal(text, make([]byte, len("secret"))) {
		t.Errorf("%q %v", text, err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if key, err := r.Get("callbacks/kept"); err != nil || string(key) != "key" {
		t.Error(key, err)
	}
	if _, err := r.Clean("../x"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
