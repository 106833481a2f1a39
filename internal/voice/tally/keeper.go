package tally

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/routing/measure"
	"santra/internal/run"
)

// Limits of the room.
const (
	// Every is how long sums wait in memory for their being written: what a crash loses.
	Every = 5 * time.Second
	// Patience bounds one write.
	Patience = 10 * time.Second
	// EraseEvery is how often rows over measure.Retention are looked for.
	EraseEvery = time.Hour
	// MaxWaiting bounds the rows that wait for a database that does not answer: hours of a city's 500 queues. Beyond it legs and
	// calls that would make another row are lost, and the log says how many.
	MaxWaiting = 20_000
	// MaxBatch bounds the rows of a batch, so that it is written within Patience over a slow network too: one that never is would hold up
	// all that comes after it.
	MaxBatch = 1000
	// MaxRows is what one question gives at most.
	MaxRows = 100_000
	// ActionErased is the audit entry for rows whose time (measure.Retention) was over.
	ActionErased = "tallies.erased"
)

// Keeper is the room. It is a run.Service; what calls tell it never waits for the database.
type Keeper struct {
	store  Store
	log    *slog.Logger
	source string
	wg     sync.WaitGroup
	cancel context.CancelFunc

	mu     sync.Mutex
	sounds map[SoundKey]Sound
	ends   map[EndKey]int64
	lost   int

	batch Batch // being written, until the database has it; the writer's alone
}

// New makes the room; nil for log is silent.
func New(store Store, log *slog.Logger) *Keeper {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Keeper{store: store, log: log, source: id.New(), cancel: func() {}, sounds: map[SoundKey]Sound{}, ends: map[EndKey]int64{}}
}

// Sounded counts a leg that ended now.
func (k *Keeper) Sounded(l Leg) {
	key := SoundKey{measure.Start(time.Now()), l.Queue, l.Agency, l.Line, l.Band}
	k.mu.Lock()
	defer k.mu.Unlock()
	if sum, known := k.sounds[key]; k.room(known) {
		k.sounds[key] = sum.Plus(SoundOf(l))
	}
}

// Ended counts a call that has ended without a queue; of key.Start, when it came, the half-hour is kept.
func (k *Keeper) Ended(key EndKey) {
	key.Start = measure.Start(key.Start)
	k.mu.Lock()
	defer k.mu.Unlock()
	if n, known := k.ends[key]; k.room(known) {
		k.ends[key] = n + 1
	}
}

// room tells whether one more may wait, and counts what may not.
func (k *Keeper) room(known bool) bool {
	if known || len(k.sounds)+len(k.ends) < MaxWaiting {
		return true
	}
	k.lost++
	return false
}

// Start writes from now on, until Stop.
func (k *Keeper) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	k.cancel = cancel
	run.Go(&k.wg, k.log, "tallies", func() { k.keep(ctx) })
	return nil
}

// Stop writes what is left, as far as ctx lets it.
func (k *Keeper) Stop(ctx context.Context) error {
	k.cancel()
	k.wg.Wait()
	return k.Write(ctx)
}

func (k *Keeper) keep(ctx context.Context) {
	write, erase := time.NewTicker(Every), time.NewTicker(EraseEvery)
	defer write.Stop()
	defer erase.Stop()
	k.eraseOld(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-write.C:
			if err := k.Write(ctx); err != nil && ctx.Err() == nil {
				k.log.Error("sums of how calls sounded and ended can't be written; it is tried again", "error", err)
			}
		case <-erase.C:
			k.eraseOld(ctx)
		}
	}
}

// Write brings what waits into the store: the room's own between Start and Stop. After an error the same batch is given again, for
// the store may have it.
func (k *Keeper) Write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		if !k.batch.full() {
			k.take()
		}
		if !k.batch.full() {
			return nil
		}
		if err := k.store.Add(ctx, k.batch); err != nil {
			return err
		}
		k.batch.Sounds, k.batch.Ends = nil, nil
	}
}

func (b *Batch) full() bool { return b.rows() > 0 }

func (b *Batch) rows() int { return len(b.Sounds) + len(b.Ends) }

// take makes a batch of what waits, as far as there is room in one.
func (k *Keeper) take() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lost > 0 {
		k.log.Error("the database did not keep up: sums of how calls sounded and ended lack some", "lost", k.lost)
		k.lost = 0
	}
	k.batch = Batch{Source: k.source, Seq: k.batch.Seq + 1}
	for key, s := range k.sounds {
		if k.batch.rows() == MaxBatch {
			return
		}
		k.batch.Sounds = append(k.batch.Sounds, SoundRow{key, s})
		delete(k.sounds, key)
	}
	for key, n := range k.ends {
		if k.batch.rows() == MaxBatch {
			return
		}
		k.batch.Ends = append(k.batch.Ends, EndRow{key, n})
		delete(k.ends, key)
	}
}

// eraseOld drops what is older than the measures are kept. What fails is tried again.
func (k *Keeper) eraseOld(ctx context.Context) {
	if _, err := k.store.Erase(ctx, time.Now().Add(-measure.Retention)); err != nil && ctx.Err() == nil {
		k.log.Error("old sums of how calls sounded and ended were not erased", "error", err)
	}
}

// Sounds gives how the legs that ended in [from, to) sounded, by half-hour, queue, line and band. errs.TooLarge over MaxRows.
func (k *Keeper) Sounds(ctx context.Context, from, to time.Time) ([]SoundRow, error) {
	rows, err := k.store.Sounds(ctx, from, to, MaxRows+1)
	return bounded(rows, err)
}

// Ends gives what became of the calls that came in [from, to) and into no queue. errs.TooLarge over MaxRows.
func (k *Keeper) Ends(ctx context.Context, from, to time.Time) ([]EndRow, error) {
	rows, err := k.store.Ends(ctx, from, to, MaxRows+1)
	return bounded(rows, err)
}

func bounded[T any](rows []T, err error) ([]T, error) {
	if len(rows) > MaxRows {
		return nil, errs.At(errs.TooLarge, "to", "there are over %d rows: ask for less at once", MaxRows)
	}
	return rows, err
}

// Grouped adds rows up by another key, in the order in which the keys first come: of half-hours to days, of lines to queues.
func Grouped[K comparable](rows []SoundRow, by func(SoundKey) K) (order []K, sums map[K]Sound) {
	sums = map[K]Sound{}
	for _, r := range rows {
		k := by(r.SoundKey)
		if _, known := sums[k]; !known {
			order = append(order, k)
		}
		sums[k] = sums[k].Plus(r.Sound)
	}
	return order, sums
}

// Counted adds ends up by another key, in the order in which the keys first come.
func Counted[K comparable](rows []EndRow, by func(EndKey) K) (order []K, sums map[K]map[End]int64) {
	sums = map[K]map[End]int64{}
	for _, r := range rows {
		k := by(r.EndKey)
		if sums[k] == nil {
			sums[k] = map[End]int64{}
			order = append(order, k)
		}
		sums[k][r.End] += r.N
	}
	return order, sums
}

// Total is how many there are of all ends.
func Total(ends map[End]int64) (n int64) {
	for _, e := range ends {
		n += e
	}
	return n
}
