// Package archive keeps every message, in and out, as it was on the wire, from the moment it is acknowledged: append-only segments
// for each agency, each message sealed under a key of its own (M12, M14). It owns the form of the segments, their recovery after
// a crash, and reading all of it back. It must not know cases, queues or the database: who reads gives the place or the hash.
package archive

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
	"santra/internal/keys"
)

// DefaultSegment is the size at which a segment ends, in bytes.
const DefaultSegment = 64 << 20

// Config says where an Archive is and whose keys it uses.
type Config struct {
	Dir     string     // a folder for each agency is made in it
	Keys    *keys.Ring // outside Dir and every backup of it
	Segment int64      // bytes; 0: DefaultSegment
	// ReadOnly opens an archive that another process may be writing: nothing is made, cut or appended.
	ReadOnly bool
	// Known says how far an agency's messages are known to the database; nil: nothing is. Recovery never cuts below it.
	Known func(agency string) Position

	// Open opens a segment to write; nil: OpenFile. A test has a disk that fails.
	Open func(path string) (File, error)
}

// Archive keeps every message, in and out, as it was on the wire: append-only files for each agency, each message sealed
// under its own key, which the agency's archive key wraps (M12, M14). Its methods may be called at once from anywhere.
type Archive struct {
	cfg    Config
	mu     sync.Mutex
	logs   map[string]*log
	keys   map[string][]byte
	closed bool
}

// Open opens the archive and every agency's log in it.
func Open(cfg Config) (*Archive, error) {
	if cfg.Segment == 0 {
		cfg.Segment = DefaultSegment
	}
	if cfg.Open == nil {
		cfg.Open = OpenFile
	}
	if cfg.Known == nil {
		cfg.Known = func(string) Position { return Position{} }
	}
	a := &Archive{cfg: cfg, logs: map[string]*log{}, keys: map[string][]byte{}}
	if cfg.ReadOnly {
		return a, nil
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, unavailable(err)
	}
	agencies, err := a.Agencies()
	if err != nil {
		return nil, err
	}
	for _, agency := range agencies {
		if _, err := a.log(agency); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// segment files sync their data and size alone: the file's times are nobody's concern.
type diskFile struct{ *os.File }

func (f diskFile) Sync() error { return unix.Fdatasync(int(f.Fd())) }

// OpenFile opens a segment of the disk to write.
func OpenFile(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// Close waits for what is being written.
func (a *Archive) Close() error {
	a.mu.Lock()
	a.closed = true
	logs := a.logs
	a.logs = map[string]*log{}
	a.mu.Unlock()
	var all []error
	for _, l := range logs {
		all = append(all, l.close())
	}
	return errors.Join(all...)
}

// Agencies lists those that have a folder, in lexical order.
func (a *Archive) Agencies() ([]string, error) { return AgenciesIn(a.cfg.Dir) }

// AgenciesIn is Agencies of an archive that is not open.
func AgenciesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, unavailable(err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && ValidAgency(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// ValidAgency tells whether a name can be that of an agency's folder.
func ValidAgency(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

func (a *Archive) log(agency string) (*log, error) {
	if !ValidAgency(agency) {
		return nil, errs.At(errs.Invalid, "agency", "is no slug")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errs.New(errs.Unavailable, "email: the archive is closed")
	}
	if a.cfg.ReadOnly {
		return &log{dir: filepath.Join(a.cfg.Dir, agency), readOnly: true}, nil
	}
	if l, ok := a.logs[agency]; ok {
		return l, nil
	}
	l, err := openLog(filepath.Join(a.cfg.Dir, agency), a.cfg.Segment, a.cfg.Known(agency), a.cfg.Open)
	if err != nil {
		return nil, err
	}
	a.logs[agency] = l
	return l, nil
}

// key gives the agency's archive key; make allows a first one.
func (a *Archive) key(agency string, create bool) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if k, ok := a.keys[agency]; ok {
		return k, nil
	}
	name := "agency/" + agency + "/archive"
	var k []byte
	var err error
	if create {
		k, err = a.cfg.Keys.Ensure(name, keySize)
	} else {
		k, err = a.cfg.Keys.Get(name)
	}
	if err != nil {
		return nil, err
	}
	a.keys[agency] = k
	return k, nil
}

// Forget drops the agency's key from memory, after it was destroyed in the ring: its messages can't be read any more (M20).
func (a *Archive) Forget(agency string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.keys, agency)
}

// Append keeps messages of one or more agencies and returns when all of them are durable. Its errors are errs.Unavailable
// when the disk is full or broken: none of the batch may then be acknowledged. Ids, times and hashes are filled in.
func (a *Archive) Append(ctx context.Context, batch []Record) ([]Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, errs.New(errs.Unavailable, "email: %w", err)
	}
	if a.cfg.ReadOnly {
		return nil, errs.New(errs.Denied, "email: the archive is open for reading alone")
	}
	refs := make([]Ref, len(batch))
	frames := map[string][][]byte{}
	of := map[string][]int{}
	for i := range batch {
		r := &batch[i]
		key, err := a.key(r.Agency, true)
		if err != nil {
			return nil, errs.New(errs.Unavailable, "email: archive key: %w", err)
		}
		frame, sum, err := encode(r, key)
		if err != nil {
			return nil, err
		}
		refs[i] = Ref{Agency: r.Agency, ID: r.ID, Length: int64(len(frame)), SHA256: sum}
		frames[r.Agency] = append(frames[r.Agency], frame)
		of[r.Agency] = append(of[r.Agency], i)
	}
	for agency, fs := range frames {
		l, err := a.log(agency)
		if err != nil {
			return nil, err
		}
		at, err := l.append(fs)
		if err != nil {
			return nil, err
		}
		for n, i := range of[agency] {
			refs[i].Position = at[n]
		}
	}
	return refs, nil
}

// Read reads one message back, checking every byte of it.
func (a *Archive) Read(_ context.Context, ref Ref) (Stored, error) {
	l, err := a.log(ref.Agency)
	if err != nil {
		return Stored{}, err
	}
	f, err := os.Open(l.path(ref.Segment))
	if errors.Is(err, fs.ErrNotExist) {
		return Stored{}, damaged(ref.Agency, ref.Position, ref.ID, "its segment is missing")
	}
	if err != nil {
		return Stored{}, unavailable(err)
	}
	defer f.Close()
	prefix := make([]byte, prefixSize)
	if _, err := f.ReadAt(prefix, ref.Offset); err != nil && !errors.Is(err, io.EOF) {
		return Stored{}, unavailable(err)
	}
	size, ok := frameSize(prefix)
	if !ok || (ref.Length != 0 && size != ref.Length) {
		return Stored{}, damaged(ref.Agency, ref.Position, ref.ID, "no record there")
	}
	frame := make([]byte, size)
	if _, err := f.ReadAt(frame, ref.Offset); err != nil {
		return Stored{}, damaged(ref.Agency, ref.Position, ref.ID, "cut short")
	}
	s, err := a.unpack(ref.Agency, ref.Position, frame)
	if err != nil {
		return Stored{}, err
	}
	if ref.ID != "" && s.ID != ref.ID || ref.SHA256 != "" && s.Ref.SHA256 != ref.SHA256 {
		return Stored{}, damaged(ref.Agency, ref.Position, ref.ID, "another message is in its place")
	}
	return s, nil
}

// unpack opens a frame; a *Damage if it is not as it was written, errs.Gone when its key was destroyed.
func (a *Archive) unpack(agency string, at Position, frame []byte) (Stored, error) {
	if !intact(frame) {
		id := ""
		if h, _, err := readHead(frame); err == nil {
			id = h.ID
		}
		return Stored{}, damaged(agency, at, id, "checksum")
	}
	key, err := a.key(agency, false)
	if errs.Is(err, errs.NotFound) {
		return Stored{}, errs.New(errs.Gone, "email: the agency's archive key was destroyed")
	}
	if err != nil {
		return Stored{}, errs.New(errs.Unavailable, "email: archive key: %w", err)
	}
	r, sum, err := decode(frame, key)
	if err != nil {
		h, _, _ := readHead(frame)
		return Stored{}, damaged(agency, at, h.ID, "seal")
	}
	if r.Agency != agency {
		return Stored{}, damaged(agency, at, r.ID, "another agency's record")
	}
	return Stored{r, Ref{Agency: agency, ID: r.ID, Position: at, Length: int64(len(frame)), SHA256: sum}}, nil
}

// Damage is the error of a stored message that is not as it was written. ID is empty where even that can't be told.
type Damage struct {
	Agency string
	ID     string
	At     Position
	What   string
	Next   Position // where reading goes on
}

// Error says where.
func (d *Damage) Error() string {
	return "email: archive of " + d.Agency + ": message " + d.ID + " is damaged: " + d.What
}

func damaged(agency string, at Position, id, what string) *Damage {
	return &Damage{Agency: agency, ID: id, At: at, What: what}
}

// Scan reads an agency's messages from a position on, in the order of their append, up to what is durable now. A damaged
// one comes as a *Damage with its place, one whose key was destroyed as errs.Gone with its Ref, and the scan goes on after
// both; any other error ends it.
func (a *Archive) Scan(ctx context.Context, agency string, from Position) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		l, err := a.log(agency)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		segments, err := listSegments(l.dir)
		if err != nil {
			yield(Stored{}, err)
			return
		}
		end, ends := l.durable()
		for _, n := range segments {
			if n < from.Segment || (n > end.Segment && !l.readOnly) {
				continue
			}
			start := int64(0)
			if n == from.Segment {
				start = from.Offset
			}
			stop := int64(-1)
			if n == end.Segment && !l.readOnly {
				stop = end.Offset
			} else if e, ok := ends[n]; ok {
				stop = e
			}
			if !a.scanSegment(ctx, l, agency, n, start, stop, yield) {
				return
			}
		}
	}
}

// scanSegment reads [start, stop) of one segment; stop < 0 is its end.
func (a *Archive) scanSegment(ctx context.Context, l *log, agency string, n, start, stop int64, yield func(Stored, error) bool) bool {
	f, err := os.Open(l.path(n))
	if err != nil {
		return yield(Stored{}, unavailable(err))
	}
	defer f.Close()
	if stop < 0 {
		if stop, err = settledSize(ctx, f, start, l.readOnly); err != nil {
			return yield(Stored{}, unavailable(err))
		}
	}
	for p, whole := range frames(f, start, stop) {
		if err := ctx.Err(); err != nil {
			return yield(Stored{}, err)
		}
		at := Position{n, p.at}
		s, err := Stored{}, error(damaged(agency, at, p.id, "checksum"))
		if whole {
			s, err = a.unpack(agency, at, p.frame)
		}
		if d, ok := errors.AsType[*Damage](err); ok {
			d.Next = Position{n, p.next}
		} else if errs.Is(err, errs.Gone) {
			s.Ref = Ref{Agency: agency, Position: at, Length: p.next - p.at}
		}
		if !yield(s, err) {
			return false
		}
	}
	return true
}

// How often and how long a reader waits for a write of another process that it has caught in the middle.
const (
	settleTries = 5
	settleWait  = 50 * time.Millisecond
)

// settledSize gives the size of a segment; where another process may be writing, once its last record is whole or stays broken.
func settledSize(ctx context.Context, f *os.File, start int64, live bool) (int64, error) {
	for try := 0; ; try++ {
		info, err := f.Stat()
		if err != nil || !live || try == settleTries {
			if err != nil {
				return 0, err
			}
			return info.Size(), nil
		}
		if lastWhole(f, info.Size()) >= info.Size() || start >= info.Size() {
			return info.Size(), nil
		}
		select {
		case <-time.After(settleWait):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
