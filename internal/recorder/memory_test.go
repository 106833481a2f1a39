package recorder

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/keys"
)

// memory is a Blobs in memory whose objects a test may spoil.
type memory struct {
	mu       sync.Mutex
	objects  map[string][]byte
	finished map[string]bool
	room     int // bytes that can still be appended; negative: any
}

func newMemory() *memory {
	return &memory{objects: map[string][]byte{}, finished: map[string]bool{}, room: -1}
}

func (m *memory) Create(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; ok {
		return errs.New(errs.Conflict, "taken")
	}
	m.objects[key] = nil
	return nil
}

func (m *memory) Append(_ context.Context, key string, p []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room >= 0 && len(p) > m.room {
		m.objects[key] = append(m.objects[key], p[:m.room]...)
		m.room = 0
		return errs.New(errs.Unavailable, "the disk is full")
	}
	if m.room >= 0 {
		m.room -= len(p)
	}
	m.objects[key] = append(m.objects[key], p...)
	return nil
}

func (m *memory) Sync(context.Context) error { return nil }

func (m *memory) Truncate(_ context.Context, key string, size int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.room >= 0 {
		m.room += len(m.objects[key]) - int(size)
	}
	m.objects[key] = m.objects[key][:size]
	return nil
}

func (m *memory) Finish(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished[key] = true
	return nil
}

func (m *memory) list(want bool) iter.Seq2[string, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.Sorted(maps.Keys(m.objects))
	return func(yield func(string, error) bool) {
		for _, key := range all {
			if m.finished[key] == want && !yield(key, nil) {
				return
			}
		}
	}
}

func (m *memory) Growing(context.Context) iter.Seq2[string, error]      { return m.list(false) }
func (m *memory) List(context.Context, string) iter.Seq2[string, error] { return m.list(true) }

func (m *memory) Size(_ context.Context, key string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.objects[key]
	if !ok {
		return 0, errs.New(errs.NotFound, "no such object")
	}
	return int64(len(b)), nil
}

func (m *memory) ReadAt(_ context.Context, key string, p []byte, off int64) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.NewReader(string(m.objects[key])).ReadAt(p, off)
}

func (m *memory) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
	delete(m.finished, key)
	return nil
}

func (m *memory) Free(context.Context) (int64, error) { return -1, nil }

func must(t *testing.T, all ...error) {
	t.Helper()
	if err := errors.Join(all...); err != nil {
		t.Fatal(err)
	}
}

func testVault(t *testing.T) vault {
	t.Helper()
	ring, err := keys.Open(t.TempDir())
	must(t, err)
	return vault{ring}
}

func testRow() Row {
	return Row{Key: id.New(), Date: "2026-11-23", Agency: "water", Destroy: "2027-05-23", KeyRef: keyRef("water", "2027-05-23"), Started: time.Now()}
}

// sound is a piece of so many frames whose bytes tell where they belong.
func sound(frames, seed int) []byte {
	b := make([]byte, frames*frameBytes)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + seed)
	}
	return b
}

func readAll(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	must(t, err)
	return b
}
