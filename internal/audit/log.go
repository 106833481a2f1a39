package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/run"
)

// Defaults and limits of the integrator.
const (
	DefaultInterval = time.Second // between two integrations
	MaxBatch        = 1000        // entries integrated in one transaction
	KeyName         = "audit/checkpoint"
	seedSize        = 32
)

// Store is what the log needs of a database; package store implements it for every database of the house.
type Store interface {
	// Pending gives up to limit entries without a leaf in the order in which they were written, and Waiting how many there
	// are and since when the oldest waits (zero time for none).
	Pending(ctx context.Context, limit int) ([]Row, error)
	Waiting(ctx context.Context) (count int64, oldest time.Time, err error)
	// Integrate stores a batch in one transaction; errs.Conflict where another integrator was faster.
	Integrate(ctx context.Context, b Batch) error
	// Checkpoint gives the newest signed checkpoint, "" before the first.
	Checkpoint(ctx context.Context) (string, error)
	// Hashes gives the stored hashes at these indexes (tlog.StoredHashIndex), in their order.
	Hashes(ctx context.Context, indexes []int64) ([]tlog.Hash, error)
	// Leaves gives up to limit integrated entries from a leaf on, by leaf.
	Leaves(ctx context.Context, from int64, limit int) ([]Row, error)
	// Row gives one entry; errs.NotFound without it.
	Row(ctx context.Context, id string) (Row, error)
	// Search gives entries, newest first.
	Search(ctx context.Context, f Filter) ([]Row, error)
	// Erase removes salt and body of an entry and appends e, in one transaction.
	Erase(ctx context.Context, e Entry, id string) error
}

// Batch is a step of the tree from First to First+len(IDs) leaves.
type Batch struct {
	First      int64       // leaves before it
	IDs        []string    // entries that become the leaves First, First+1, …
	HashIndex  int64       // index of Hashes[0]
	Hashes     []tlog.Hash // stored hashes that the leaves add
	Size       int64       // leaves after it
	Checkpoint string      // signed note over the new tree
	At         time.Time
}

// Config sets up a Log.
type Config struct {
	Store    Store
	Keys     *keys.Ring    // holds the signing key, made at the first start
	Origin   string        // name of the log in its checkpoints, "example.org/centre"; no spaces or '+'
	Export   string        // file outside the database that takes each checkpoint; "" for none
	Interval time.Duration // 0: DefaultInterval
	Log      *slog.Logger
}

// Log integrates entries and answers for them. It is a run.Service; several may run over one database, one wins each step.
type Log struct {
	cfg      Config
	signer   note.Signer
	verifier note.Verifier
	public   string
	stop     context.CancelFunc
	wg       sync.WaitGroup
	mu       sync.Mutex // one integration at a time in this process
}

var _ run.Service = (*Log)(nil)

// New makes a log with its signing key from the ring.
func New(cfg Config) (*Log, error) {
	seed, err := cfg.Keys.Ensure(KeyName, seedSize)
	if err != nil {
		return nil, err
	}
	signer, public, err := signerOf(cfg.Origin, seed)
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	if cfg.Interval == 0 {
		cfg.Interval = DefaultInterval
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Log{cfg: cfg, signer: signer, verifier: verifier, public: public}, nil
}

// Start integrates what waits and goes on doing so each Interval. A failure is logged and tried again: entries wait safely
// in the database, and Verify reports how long.
func (l *Log) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	run.Go(&l.wg, l.cfg.Log, "audit integrator", func() { l.loop(ctx) })
	return nil
}

// Stop ends the integrator after the step that it is in, and integrates what is left where it can.
func (l *Log) Stop(ctx context.Context) error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	l.wg.Wait()
	l.stop = nil
	_, err := l.Integrate(ctx)
	return err
}

func (l *Log) loop(ctx context.Context) {
	tick := time.NewTicker(l.cfg.Interval)
	defer tick.Stop()
	failing := false
	for {
		_, err := l.Integrate(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			l.cfg.Log.Error("audit: entries are not being integrated", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Integrate numbers all entries that wait, signs the new tree and exports its checkpoint; it returns how many it took. It
// refuses (errs.Conflict) to sign a tree that does not continue the one that it signed or exported before: then history was
// rewritten, and Verify says where.
func (l *Log) Integrate(ctx context.Context) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for {
		n, err := l.step(ctx)
		total += n
		if errs.Is(err, errs.Conflict) && n < 0 {
			return total + 1, nil // another integrator was faster
		}
		if err != nil || n < MaxBatch {
			return total, err
		}
	}
}

// step integrates one batch; -1 with errs.Conflict where another integrator took it.
func (l *Log) step(ctx context.Context) (int, error) {
	rows, err := l.cfg.Store.Pending(ctx, MaxBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	last, err := l.continued(ctx)
	if err != nil {
		return 0, err
	}
	batch, err := l.grow(ctx, last, rows)
	if err != nil {
		return 0, err
	}
	if err := l.cfg.Store.Integrate(ctx, batch); errs.Is(err, errs.Conflict) {
		return -1, err
	} else if err != nil {
		return 0, err
	}
	return len(rows), l.export(batch.Checkpoint)
}

// grow computes the tree with rows appended to the tree of last.
func (l *Log) grow(ctx context.Context, last Checkpoint, rows []Row) (Batch, error) {
	b := Batch{First: last.Size, HashIndex: tlog.StoredHashIndex(0, last.Size), At: time.Now().UTC()}
	reader := &growing{reader: l.reader(ctx), base: b.HashIndex}
	for i, r := range rows {
		hashes, err := tlog.StoredHashes(last.Size+int64(i), r.Data(), reader)
		if err != nil {
			return Batch{}, err
		}
		reader.added = append(reader.added, hashes...)
		b.IDs = append(b.IDs, r.ID)
	}
	b.Size, b.Hashes = last.Size+int64(len(rows)), reader.added
	root, err := tlog.TreeHash(b.Size, reader)
	if err != nil {
		return Batch{}, err
	}
	b.Checkpoint, err = l.sign(Checkpoint{Origin: l.cfg.Origin, Size: b.Size, Root: root})
	return b, err
}

func (l *Log) reader(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return l.cfg.Store.Hashes(ctx, indexes) })
}

// growing reads hashes that are not stored yet from memory, the others from the store.
type growing struct {
	reader tlog.HashReader
	base   int64
	added  []tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (g *growing) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var old, at []int64
	for i, index := range indexes {
		if index >= g.base {
			out[i] = g.added[index-g.base]
			continue
		}
		old, at = append(old, index), append(at, int64(i))
	}
	if len(old) == 0 {
		return out, nil
	}
	hashes, err := g.reader.ReadHashes(old)
	if err != nil {
		return nil, err
	}
	for i, h := range hashes {
		out[at[i]] = h
	}
	return out, nil
}
