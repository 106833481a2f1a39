// Package blob keeps objects: as files here, in an S3-compatible store later, behind one set of methods that uses standard
// types only (the rooms declare the interface that they need). An object grows by appends until it is finished; from then
// on it never changes. It knows nothing of what the objects are.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
)

// Limits of keys.
const (
	MaxKey   = 200 // bytes
	maxParts = 10
)

const (
	growing  = "growing"
	finished = "finished"
)

// Files keeps objects as files of mode 0600: <dir>/growing/<key> and <dir>/finished/<key>. What Sync and Finish return for
// is durable: the file and its folders are fsynced.
type Files struct {
	dir     string
	mu      sync.Mutex
	open    map[string]*os.File // growing objects
	durable map[string]bool     // folders whose own entry is known to be durable
}

// maxDurable is how many folders are remembered as durable; when there are more, all are forgotten and synced again.
const maxDurable = 4096

// NewFiles opens a folder, making it where it is missing.
func NewFiles(dir string) (*Files, error) {
	for _, state := range []string{growing, finished} {
		if err := os.MkdirAll(filepath.Join(dir, state), 0o700); err != nil {
			return nil, fmt.Errorf("blob: %w", err)
		}
	}
	return &Files{dir: dir, open: map[string]*os.File{}, durable: map[string]bool{}}, nil
}

// Close closes what still grows, unfinished.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	for key, file := range f.open {
		all = append(all, file.Close())
		delete(f.open, key)
	}
	return errors.Join(all...)
}

// Create begins a growing object; errs.Conflict where the key is taken, errs.Invalid where it is no key.
func (f *Files) Create(_ context.Context, key string) error {
	path, done, err := f.paths(key)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(done); err == nil {
		return taken()
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return wrap(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return taken()
	}
	if err != nil {
		return wrap(err)
	}
	f.mu.Lock()
	f.open[key] = file
	f.mu.Unlock()
	return f.syncFolders(path, growing)
}

// Append adds to a growing object; errs.Unavailable on a full disk. What was there before stays; of p a part may be there.
func (f *Files) Append(_ context.Context, key string, p []byte) error {
	file, err := f.growing(key)
	if err != nil {
		return err
	}
	_, err = file.Write(p)
	return wrap(err)
}

// Sync makes what was appended durable.
func (f *Files) Sync(_ context.Context, key string) error {
	file, err := f.growing(key)
	if err != nil {
		return err
	}
	return wrap(unix.Fdatasync(int(file.Fd()))) // the size belongs to what fdatasync writes
}

// Truncate cuts a growing object to size bytes.
func (f *Files) Truncate(_ context.Context, key string, size int64) error {
	file, err := f.growing(key)
	if err != nil {
		return err
	}
	return wrap(errors.Join(file.Truncate(size), file.Sync()))
}

// Finish makes a growing object immutable and durable. Repeated after a crash it finds its own link and goes on.
func (f *Files) Finish(_ context.Context, key string) error {
	file, err := f.growing(key)
	if err != nil {
		return err
	}
	path, done, _ := f.paths(key)
	if err := errors.Join(file.Sync(), os.MkdirAll(filepath.Dir(done), 0o700)); err != nil {
		return wrap(err)
	}
	if err := link(path, done); err != nil {
		return err
	}
	if err := f.syncFolders(done, finished); err != nil {
		return err
	}
	f.forget(key)
	if err := os.Remove(path); err != nil {
		return wrap(err)
	}
	return f.syncFolders(path, growing)
}

func link(path, done string) error {
	err := os.Link(path, done)
	if !errors.Is(err, fs.ErrExist) {
		return wrap(err)
	}
	a, err1 := os.Stat(path)
	b, err2 := os.Stat(done)
	if err1 == nil && err2 == nil && os.SameFile(a, b) {
		return nil
	}
	return taken()
}

// Growing lists the objects that were created and not finished.
func (f *Files) Growing(ctx context.Context) iter.Seq2[string, error] {
	return f.walk(ctx, growing, "")
}

// List lists the finished objects whose key begins with prefix, in lexical order within each folder.
func (f *Files) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return f.walk(ctx, finished, prefix)
}

func (f *Files) walk(ctx context.Context, state, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		root := filepath.Join(f.dir, state)
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // finished or deleted meanwhile
			}
			if err = errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if key := filepath.ToSlash(rel); err == nil && strings.HasPrefix(key, prefix) && !yield(key, nil) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			yield("", wrap(err))
		}
	}
}

// Size gives the bytes of an object in either state; errs.NotFound without one.
func (f *Files) Size(_ context.Context, key string) (int64, error) {
	path, done, err := f.paths(key)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(done)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(path)
	}
	if err != nil {
		return 0, wrap(err)
	}
	return info.Size(), nil
}

// ReadAt reads like io.ReaderAt from an object in either state.
func (f *Files) ReadAt(_ context.Context, key string, p []byte, off int64) (int, error) {
	path, done, err := f.paths(key)
	if err != nil {
		return 0, err
	}
	file, err := os.Open(done)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = os.Open(path)
	}
	if err != nil {
		return 0, wrap(err)
	}
	defer file.Close()
	return file.ReadAt(p, off) // io.EOF as it is
}

// Delete removes an object in either state; removing what is not there is no error.
func (f *Files) Delete(_ context.Context, key string) error {
	path, done, err := f.paths(key)
	if err != nil {
		return err
	}
	f.forget(key)
	for state, p := range map[string]string{growing: path, finished: done} {
		if err := os.Remove(p); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return wrap(err)
		}
		if err := f.syncFolders(p, state); err != nil {
			return err
		}
	}
	return nil
}

// Free gives the bytes that an ordinary user can still write.
func (f *Files) Free(context.Context) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(f.dir, &s); err != nil {
		return 0, wrap(err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

// growing gives the open file of a growing object, opening it again after a restart.
func (f *Files) growing(key string) (*os.File, error) {
	path, _, err := f.paths(key)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.open[key]; file != nil {
		return file, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, wrap(err)
	}
	f.open[key] = file
	return file, nil
}

func (f *Files) forget(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.open[key]; file != nil {
		_ = file.Close() // synced before, or deleted
		delete(f.open, key)
	}
}

// paths gives where an object grows and where it is when finished.
func (f *Files) paths(key string) (grow, done string, err error) {
	parts := strings.Split(key, "/")
	if len(key) > MaxKey || len(parts) > maxParts {
		return "", "", errs.New(errs.Invalid, "blob: bad key")
	}
	for _, part := range parts {
		if part == "" || part[0] == '.' || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
			return "", "", errs.New(errs.Invalid, "blob: bad key")
		}
	}
	rel := filepath.FromSlash(key)
	return filepath.Join(f.dir, growing, rel), filepath.Join(f.dir, finished, rel), nil
}

// syncFolders makes the entries on the way from a file up to its state's folder durable. What lies above a folder whose own
// entry is durable is so too: folders are made, and never removed.
func (f *Files) syncFolders(path, state string) error {
	top := filepath.Join(f.dir, state)
	var synced []string
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := syncFolder(dir); err != nil {
			return err
		}
		if dir == top || len(dir) < len(top) || f.isDurable(dir) {
			break
		}
		synced = append(synced, dir)
	}
	f.nowDurable(synced)
	return nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return wrap(err)
	}
	return wrap(errors.Join(d.Sync(), d.Close()))
}

func (f *Files) isDurable(dir string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.durable[dir]
}

// nowDurable remembers folders whose parents were synced after they had been made.
func (f *Files) nowDurable(dirs []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.durable) > maxDurable {
		clear(f.durable)
	}
	for _, dir := range dirs {
		f.durable[dir] = true
	}
}

func taken() error { return errs.New(errs.Conflict, "blob: the key is taken") }

// wrap gives an error of the system the kind that its caller can act on.
func wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.NotFound, "blob: no such object")
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		return errs.New(errs.Unavailable, "blob: the disk is full: %w", err)
	}
	return fmt.Errorf("blob: %w", err)
}
