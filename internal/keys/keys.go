// Package keys keeps secret keys as files in one folder, outside every database and every backup of it. Destroying a key
// file is how the house forgets: what was sealed under it is unreadable everywhere, at once (M6, M20).
package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"santra/internal/errs"
)

// temporary is the name of a key file before it has its own.
const temporary = ".new-*"

// Ring is a folder of key files (mode 0600 in a folder of mode 0700). Names are slash-separated paths of [a-z0-9._-].
type Ring struct{ dir string }

// Open opens a ring, making its folder.
func Open(dir string) (*Ring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return &Ring{dir}, nil
}

// Get reads a key; errs.NotFound without one, which after Destroy means that its data are gone for good.
func (r *Ring) Get(name string) ([]byte, error) {
	path, err := r.path(name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.New(errs.NotFound, "no key %q", name)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return hex.DecodeString(strings.TrimSpace(string(text)))
}

// Ensure reads a key or, where there is none, makes one of size random bytes, durable before it returns.
func (r *Ring) Ensure(name string, size int) ([]byte, error) {
	key, err := r.Get(name)
	if !errs.Is(err, errs.NotFound) {
		return key, err
	}
	key = make([]byte, size)
	_, _ = rand.Read(key)
	if err := r.Put(name, key); errs.Is(err, errs.Conflict) {
		return r.Get(name)
	} else if err != nil {
		return nil, err
	}
	return key, nil
}

// Put stores a key, durable before it returns; errs.Conflict where the name is taken.
func (r *Ring) Put(name string, key []byte) error {
	path, err := r.path(name)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	tmp, err := os.CreateTemp(dir, temporary)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, werr := tmp.WriteString(hex.EncodeToString(key) + "\n")
	if err := errors.Join(werr, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	if err := os.Link(tmp.Name(), path); errors.Is(err, fs.ErrExist) {
		return errs.New(errs.Conflict, "key %q exists", name)
	} else if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return syncDir(dir)
}

// Destroy overwrites and removes a key, durable before it returns. Destroying what is not there is no error.
func (r *Ring) Destroy(name string) error {
	path, err := r.path(name)
	if err != nil {
		return err
	}
	if err := destroy(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("keys: destroy %q: %w", name, err)
	}
	return syncDir(filepath.Dir(path))
}

// destroy overwrites a file, durable, and removes it.
func destroy(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(path))
}

// Clean destroys the temporary files that a Put which was cut off has left directly in a prefix folder, and says how many. Nobody
// may Put there meanwhile.
func (r *Ring) Clean(prefix string) (int, error) {
	dir, err := r.path(prefix)
	if err != nil {
		return 0, err
	}
	left, err := filepath.Glob(filepath.Join(dir, temporary))
	if err != nil || len(left) == 0 {
		return 0, err
	}
	var all []error
	for _, path := range left {
		all = append(all, destroy(path))
	}
	return len(left), errors.Join(append(all, syncDir(dir))...)
}

// List gives the names under a prefix folder, in lexical order.
func (r *Ring) List(prefix string) ([]string, error) {
	root, err := r.path(prefix)
	if err != nil {
		return nil, err
	}
	var names []string
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		rel, err := filepath.Rel(r.dir, path)
		names = append(names, filepath.ToSlash(rel))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return names, err
}

func (r *Ring) path(name string) (string, error) {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
			return "", errs.New(errs.Invalid, "bad key name %q", name)
		}
	}
	return filepath.Join(r.dir, filepath.FromSlash(name)), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// Seal encrypts plain under a 32-byte key with AES-256-GCM; the random nonce comes first. ad is authenticated, not stored:
// it says where the value belongs ("draft/<id>"), so that sealed values can't be exchanged.
func Seal(key []byte, ad string, plain []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	_, _ = rand.Read(nonce)
	return gcm.Seal(nonce, nonce, plain, []byte(ad)), nil
}

// Unseal opens what Seal made; any change of key, place or bytes is an error.
func Unseal(key []byte, ad string, sealed []byte) ([]byte, error) {
	gcm, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, errors.New("keys: sealed value is cut short")
	}
	plain, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], []byte(ad))
	if err != nil {
		return nil, fmt.Errorf("keys: unseal: %w", err)
	}
	return plain, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return cipher.NewGCM(block)
}

// EnsurePublic gives the public half of an Ed25519 key whose seed is in the ring of a folder, making the key at the first start.
func EnsurePublic(dir, name string) (ed25519.PublicKey, error) {
	ring, err := Open(dir)
	if err != nil {
		return nil, err
	}
	seed, err := ring.Ensure(name, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey), nil
}
