package dispatch

import (
	"context"
	"errors"
	"math"
	"time"

	"santra/internal/id"
	"santra/internal/routing"
	"santra/internal/routing/measure"
)

// Limits of the journal's side of the dispatcher.
const (
	// JournalEvery is how long records wait at most for their being written, while the database keeps up.
	JournalEvery = 250 * time.Millisecond
	// JournalBatch is how many records one transaction takes.
	JournalBatch = 1000
	// JournalBacklog bounds the records that wait for a database that does not answer; beyond it the newest are lost, and
	// the log says how many.
	JournalBacklog = 100_000
	// JournalPatience bounds one write.
	JournalPatience = 10 * time.Second
	// JournalRetry is how long nothing is written after a failure.
	JournalRetry = 2 * time.Second
	// eraseEvery is how often records over measure.Retention are looked for, eraseBatch how many go at once.
	eraseEvery = time.Hour
	eraseBatch = 5000
)

// books is what the dispatcher writes down: records for the journal, and today's counts made of them.
type books struct {
	journal  measure.Journal
	pen      chan struct{} // who writes the journal holds it, and a take-over from there until it has read: batch gives the same to two
	zone     *time.Location
	recorder *measure.Recorder
	today    map[string]Today
	day      time.Time // when today began
	interval time.Time // whose end the next checkpoint is
	short    map[string]time.Duration
	backlog  []measure.Record
	lost     int   // records since the backlog was full
	told     int64 // of recorder.Dropped, how many the log knows of
}

func newBooks(cfg Config) books {
	zone := cfg.Zone
	if zone == nil {
		var err error
		if zone, err = time.LoadLocation("Europe/Helsinki"); err != nil {
			zone = time.UTC // a machine without time zones
		}
	}
	now := time.Now()
	return books{
		journal: cfg.Journal, pen: make(chan struct{}, 1), zone: zone, recorder: measure.NewRecorder(id.New()), today: map[string]Today{},
		day: midnight(now, zone), interval: measure.Start(now), short: map[string]time.Duration{},
	}
}

func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, day := t.In(zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone)
}

// SetShort says by queue how long a wait is short, for the measures; measure.DefaultShort where it does not.
func (d *Dispatcher) SetShort(short map[string]time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.books.short = short
	for _, q := range d.floor.set {
		d.target(q.Queue)
	}
}

// target tells the recorder what counts for a queue's records from now on.
func (d *Dispatcher) target(q routing.Queue) {
	d.books.recorder.Target(q.ID, q.Within, d.books.short[q.ID])
}

// drain takes what the recorder has into today's counts and the backlog.
func (b *books) drain() {
	records := b.recorder.Take(math.MaxInt)
	b.count(records)
	if b.journal == nil {
		return
	}
	room := JournalBacklog - len(b.backlog)
	if len(records) > room {
		b.lost += len(records) - room
		records = records[:room]
	}
	b.backlog = append(b.backlog, records...)
}

// count adds records to today's figures. What a record adds depends on that record alone, so any split gives the same sums.
func (b *books) count(records []measure.Record) {
	var sum measure.Accumulator
	for _, r := range records {
		sum.Add(r)
	}
	b.add(sum.Rows())
}

func (b *books) add(rows measure.Rows) {
	if day := midnight(time.Now(), b.zone); !day.Equal(b.day) {
		b.day = day
		clear(b.today)
	}
	for _, row := range rows.Queues {
		if row.Kind == routing.Call && !row.Start.Before(b.day) {
			b.today[row.Queue] = b.today[row.Queue].plus(row.QueueFigures)
		}
	}
}

// keepBooks writes the journal and closes intervals, until the dispatcher stops.
func (d *Dispatcher) keepBooks() {
	tick := time.NewTicker(JournalEvery)
	defer tick.Stop()
	var paused, erased time.Time
	for {
		select {
		case <-d.life.Done():
			return
		case now := <-tick.C:
			d.checkpoint(now)
			if now.Before(paused) {
				continue
			}
			if err := d.writeIfFree(); err != nil && d.life.Err() == nil {
				paused = now.Add(JournalRetry)
				d.cfg.Log.Error("the journal can't be written; it is tried again", "error", err)
			}
			if now.Sub(erased) >= eraseEvery {
				erased = now
				d.eraseOld(now)
			}
		}
	}
}

// checkpoint closes, at the end of an interval, what goes on beyond it.
func (d *Dispatcher) checkpoint(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if start := measure.Start(now); start.After(d.books.interval) {
		d.books.interval = start
		d.books.recorder.Checkpoint(start)
	}
}

// writeIfFree is write, unless a take-over does it.
func (d *Dispatcher) writeIfFree() error {
	select {
	case d.books.pen <- struct{}{}:
		defer func() { <-d.books.pen }()
		return d.write(d.life)
	default:
		return nil
	}
}

// write brings all records that there are into the journal. One batch may be given twice: the journal knows records by name.
func (d *Dispatcher) write(ctx context.Context) error {
	for {
		batch, lost, dropped := d.batch()
		if lost > 0 {
			d.cfg.Log.Error("the journal did not keep up: measures of this time are incomplete", "records", lost)
		}
		if dropped > 0 {
			d.cfg.Log.Error("records that no journal takes, or that were too many at once, are dropped: measures of this time are incomplete", "records", dropped)
		}
		if len(batch) == 0 {
			return nil
		}
		if err := d.append(ctx, batch); err != nil {
			return err
		}
	}
}

func (d *Dispatcher) append(ctx context.Context, batch []measure.Record) error {
	ctx, cancel := context.WithTimeout(ctx, JournalPatience)
	defer cancel()
	if err := d.books.journal.Append(ctx, batch); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	rest := d.books.backlog[len(batch):]
	d.books.backlog = append(make([]measure.Record, 0, len(rest)), rest...)
	return nil
}

// batch gives the oldest records, and how many were lost since it was asked last; only who has the pen writes, so they stay
// the first.
func (d *Dispatcher) batch() (batch []measure.Record, lost int, dropped int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.books.drain()
	all := d.books.recorder.Dropped()
	lost, dropped = d.books.lost, all-d.books.told
	d.books.lost, d.books.told = 0, all
	return d.books.backlog[:min(JournalBatch, len(d.books.backlog))], lost, dropped
}

// eraseOld removes what is over its retention.
func (d *Dispatcher) eraseOld(now time.Time) {
	if d.books.journal == nil {
		return
	}
	for {
		n, err := d.books.journal.Erase(d.life, now.Add(-measure.Retention), eraseBatch)
		if err != nil && d.life.Err() == nil {
			d.cfg.Log.Error("old records can't be erased from the journal", "error", err)
		}
		if err != nil || n == 0 {
			return
		}
	}
}

// closeBooks writes what is left before the end.
func (d *Dispatcher) closeBooks(ctx context.Context) {
	if d.books.journal == nil {
		return
	}
	if err := d.write(ctx); err != nil {
		d.cfg.Log.Error("the journal's last records are lost", "error", err)
	}
}

// history is what the journal holds from before a take-over.
type history struct {
	open []measure.Record // what has begun and not ended
	rows measure.Rows     // today's
	read bool
}

// read asks the journal; without one, or where it does not answer, figures begin anew.
func (d *Dispatcher) read(ctx context.Context) (h history) {
	if d.books.journal == nil {
		return h
	}
	var err1, err2 error
	now := time.Now()
	h.open, err1 = d.books.journal.Open(ctx)
	h.rows, err2 = d.books.journal.Rollups(ctx, midnight(now, d.books.zone), now.Add(measure.Interval))
	if err := errors.Join(err1, err2); err != nil {
		d.cfg.Log.Error("the journal can't be read: figures go on without what was before", "error", err)
		return history{}
	}
	h.read = true
	return h
}

// resume begins a recorder that goes on where the journal ends. What is still to be written is not in the journal: it is told
// after it. Where it could not be read, today's counts stay.
func (b *books) resume(h history) {
	b.drain()
	b.recorder, b.told = measure.NewRecorder(id.New()), 0
	for _, r := range h.open {
		b.recorder.Replay(r)
	}
	for _, r := range b.backlog {
		b.recorder.Replay(r)
	}
	if h.read {
		clear(b.today)
		b.add(h.rows)
		b.count(b.backlog)
	}
}
