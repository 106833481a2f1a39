package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
)

// File is what a log writes to: an *os.File, or a failing disk in a test.
type File interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Truncate(size int64) error
	Close() error
}

// log is the append-only segments of one agency. One goroutine writes: all that waits while the disk syncs goes into the
// next write and the next sync together (group commit).
type log struct {
	dir      string
	readOnly bool  // no goroutine, no end of its own
	max      int64 // bytes of a segment before the next begins
	open     func(path string) (File, error)

	mu      sync.Mutex
	waiting []*pending
	closed  bool
	wake    chan struct{}
	done    chan struct{}
	end     Position        // after the last durable byte
	ends    map[int64]int64 // of segments that were left after an error: what of them is durable
	file    File            // of end.Segment; nil: the next append opens it
	syncs   uint64
}

// pending is one caller's frames on their way to the disk.
type pending struct {
	frames [][]byte
	at     []Position
	err    error
	done   chan struct{}
}

const (
	// maxBatch bounds the bytes of one write.
	maxBatch = 16 << 20
	// Reserve is the room, in bytes, that mail leaves free on its disk: the database and the log that says what is wrong
	// need it more. With less than that no mail is taken (4xx): the sender keeps it.
	Reserve = 8 << 20
)

// openLog opens an agency's segments, makes their folder, and sets a torn tail aside; known is what surely was acknowledged.
func openLog(dir string, max int64, known Position, open func(string) (File, error)) (*log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unavailable(err)
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return nil, err
	}
	l := &log{dir: dir, max: max, open: open, wake: make(chan struct{}, 1), done: make(chan struct{}), ends: map[int64]int64{}}
	segments, err := listSegments(dir)
	if err != nil {
		return nil, err
	}
	l.end = Position{Segment: 1}
	if len(segments) > 0 {
		l.end.Segment = segments[len(segments)-1]
		if err := l.recover(known); err != nil {
			return nil, err
		}
	}
	go l.commit()
	return l, nil
}

func listSegments(dir string) ([]int64, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	var out []int64
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".seg"); ok {
			if n, err := strconv.ParseInt(name, 10, 64); err == nil && n > 0 {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

func (l *log) path(segment int64) string {
	return filepath.Join(l.dir, fmt.Sprintf("%08d.seg", segment))
}

// recover finds the end of the last segment. What comes after the last whole record is a write that never ended, so was
// never acknowledged: it is set aside in a file of its own, not thrown away, and never cut below what is known.
func (l *log) recover(known Position) error {
	path := l.path(l.end.Segment)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return unavailable(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return unavailable(err)
	}
	size := info.Size()
	end := lastWhole(f, size)
	if known.Segment == l.end.Segment {
		end = max(end, min(known.Offset, size))
	}
	l.end.Offset = end
	if end == size {
		return nil
	}
	torn := make([]byte, size-end)
	if _, err := f.ReadAt(torn, end); err != nil {
		return unavailable(err)
	}
	aside := fmt.Sprintf("%s.torn-%d-%d", path, end, time.Now().UnixMicro())
	if err := writeSynced(aside, torn); err != nil {
		return err
	}
	if err := errors.Join(f.Truncate(end), f.Sync()); err != nil {
		return unavailable(err)
	}
	return syncDir(l.dir)
}

// lastWhole gives the offset after the last whole record of a file, whatever is between the records.
func lastWhole(f io.ReaderAt, size int64) int64 {
	var end int64
	for p, ok := range frames(f, 0, size) {
		if ok {
			end = p.next
		}
	}
	return end
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unavailable(err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return unavailable(err)
	}
	return nil
}

// append waits until the frames are durable and says where they are.
func (l *log) append(frames [][]byte) ([]Position, error) {
	a := &pending{frames: frames, done: make(chan struct{})}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil, errs.New(errs.Unavailable, "email: the archive is closing")
	}
	l.waiting = append(l.waiting, a)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	<-a.done
	return a.at, a.err
}

// commit is the writer's goroutine.
func (l *log) commit() {
	defer close(l.done)
	for range l.wake {
		for {
			batch, closed := l.take()
			if len(batch) == 0 {
				if closed {
					return
				}
				break
			}
			err := l.write(batch)
			for _, a := range batch {
				a.err = err
				close(a.done)
			}
		}
	}
}

// take removes the next batch of what waits.
func (l *log) take() ([]*pending, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size, n := 0, 0
	for _, a := range l.waiting {
		for _, f := range a.frames {
			size += len(f)
		}
		if n++; size > maxBatch {
			break
		}
	}
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return batch, l.closed
}

// write appends a batch and syncs once. After any error the batch is not acknowledged and its bytes are cut off; where even
// that fails the segment is left for good, for after a failed sync nobody knows what is on the disk.
func (l *log) write(batch []*pending) error {
	if err := l.ready(); err != nil {
		return err
	}
	var buf []byte
	at := l.end
	for _, a := range batch {
		a.at = a.at[:0]
		for _, f := range a.frames {
			a.at = append(a.at, Position{at.Segment, at.Offset + int64(len(buf))})
			buf = append(buf, f...)
		}
	}
	if err := l.room(int64(len(buf))); err != nil {
		return err
	}
	_, err := l.file.WriteAt(buf, at.Offset)
	if err == nil {
		if err = l.file.Sync(); err == nil {
			l.advance(Position{at.Segment, at.Offset + int64(len(buf))})
			return nil
		}
	} else if l.file.Truncate(at.Offset) == nil {
		return unavailable(err)
	}
	l.abandon()
	return unavailable(err)
}

// room refuses a write that would take the disk's Reserve. Where the disk can't be asked the write itself finds out.
func (l *log) room(size int64) error {
	var disk unix.Statfs_t
	if unix.Statfs(l.dir, &disk) != nil {
		return nil
	}
	if free := int64(disk.Bavail) * disk.Bsize; free < size+Reserve {
		return unavailable(fmt.Errorf("the disk is full: %d bytes are free, %d stay so", free, Reserve))
	}
	return nil
}

func (l *log) advance(to Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end = to
	l.syncs++
}

// ready makes sure that a file with room is open.
func (l *log) ready() error {
	if l.end.Offset >= l.max {
		if l.file != nil {
			_ = l.file.Close() // all of it was synced
			l.file = nil
		}
		l.advance(Position{l.end.Segment + 1, 0})
	}
	if l.file != nil {
		return nil
	}
	f, err := l.open(l.path(l.end.Segment))
	if err != nil {
		return unavailable(err)
	}
	if err := syncDir(l.dir); err != nil {
		_ = f.Close()
		return err
	}
	l.file = f
	return nil
}

// abandon leaves the segment after an error and begins the next.
func (l *log) abandon() {
	_ = l.file.Truncate(l.end.Offset) // as far as it goes; ends says the rest
	_ = l.file.Close()
	l.file = nil
	l.mu.Lock()
	l.ends[l.end.Segment] = l.end.Offset
	l.mu.Unlock()
	l.advance(Position{l.end.Segment + 1, 0})
}

// close waits for what was begun.
func (l *log) close() error {
	l.mu.Lock()
	already := l.closed
	l.closed = true
	l.mu.Unlock()
	if !already {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	<-l.done
	if l.file == nil || already {
		return nil
	}
	return l.file.Close()
}

// durable gives the end of what may be read.
func (l *log) durable() (Position, map[int64]int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ends := make(map[int64]int64, len(l.ends))
	maps.Copy(ends, l.ends)
	return l.end, ends
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return unavailable(err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return unavailable(err)
	}
	return nil
}

// unavailable is what an error of the disk means to who asked: try again.
func unavailable(err error) error { return errs.New(errs.Unavailable, "email: archive: %w", err) }
