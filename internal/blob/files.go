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

// Files keeps objects as files of mode 0600: <dir>/growing/<key> and <dir>/finished/<key>. What was made, appended and
// finished before a Sync is durable when that returns; what Truncate and Delete return for is durable at once.
type Files struct {
	dir  string
	root *os.File // the folder itself: it stands for its file system
	mu   sync.Mutex
	open map[string]*os.File // growing objects
}

// NewFiles opens a folder, making it where it is missing.
func NewFiles(dir string) (*Files, error) {
	for _, state := range []string{growing, finished} {
		if err := os.MkdirAll(filepath.Join(dir, state), 0o700); err != nil {
			return nil, fmt.Errorf("blob: %w", err)
		}
	}
	root, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Files{dir: dir, root: root, open: map[string]*os.File{}}, nil
}

// Close closes what still grows, unfinished. Nothing is durable by it; it may be called more than once.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	if f.root != nil {
		all = append(all, f.root.Close())
		f.root = nil
	}
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
	return nil
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

// Sync makes durable what was made, appended and finished before, of all objects at once: one syncfs(2) of the file system,
// instead of an fdatasync of each file. Since Linux 5.8 it also tells of a write that failed since the Sync before.
func (f *Files) Sync(context.Context) error {
	f.mu.Lock()
	root := f.root
	f.mu.Unlock()
	if root == nil {
		return wrap(os.ErrClosed)
	}
	return wrap(unix.Syncfs(int(root.Fd())))
}

// Truncate cuts a growing object to size bytes.
func (f *Files) Truncate(_ context.Context, key string, size int64) error {
	file, err := f.growing(key)
	if err != nil {
		return err
	}
	return wrap(errors.Join(file.Truncate(size), file.Sync()))
}

// Finish makes a growing object immutable; the next Sync makes that durable. Repeated after a crash it finds what it had done.
func (f *Files) Finish(_ context.Context, key string) error {
	if _, err := f.growing(key); err != nil {
		return err
	}
	path, done, _ := f.paths(key)
	if err := os.MkdirAll(filepath.Dir(done), 0o700); err != nil {
		return wrap(err)
	}
	err := unix.Renameat2(unix.AT_FDCWD, path, unix.AT_FDCWD, done, unix.RENAME_NOREPLACE)
	if err != nil { // taken; or a file system that can't rename so
		err = relink(path, done)
	}
	if err == nil {
		f.forget(key)
	}
	return err
}

// relink does by two names what a rename that replaces nothing does.
func relink(path, done string) error {
	if err := link(path, done); err != nil {
		return err
	}
	return wrap(os.Remove(path))
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
	for _, p := range []string{path, done} {
		if err := os.Remove(p); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return wrap(err)
		}
		if err := syncFolder(filepath.Dir(p)); err != nil {
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
		_ = file.Close() // Sync reaches what was written all the same; or it is deleted
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

// syncFolder makes durable what was taken out of a folder.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return wrap(err)
	}
	return wrap(errors.Join(d.Sync(), d.Close()))
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
