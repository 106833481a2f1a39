package centre

import (
	"context"
	"iter"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

const (
	journalPage = 2000    // records that Records reads at once, so that no reader is held for long
	maxOpen     = 500_000 // what Open gives at most: more than can wait, be in hand or sit at a seat
)

// MeasuresErased is the action of the audit entry for records and roll-ups whose time was over.
const MeasuresErased = "measures.erased"

// Journal is the store of routing's records and their roll-ups.
func (s *Store) Journal() measure.Journal { return journal{s} }

type journal struct{ *Store }

// Append implements measure.Journal. It is no change that somebody makes, so it leaves no audit entry.
func (s journal) Append(ctx context.Context, records []measure.Record) error {
	if len(records) > measure.MaxBatch {
		return errs.New(errs.TooLarge, "measures: %d records at once, at most %d", len(records), measure.MaxBatch)
	}
	for i, r := range records {
		if err := r.Check(); err != nil {
			return errs.New(errs.Invalid, "measures: record %d of %d: %w", i+1, len(records), err)
		}
	}
	if len(records) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(c store.Conn) error { return journalTx{db.New(c)}.append(ctx, records) })
}

type journalTx struct{ q *db.Queries }

// append adds the records that are new, and what they change in the other tables: one statement for each row there.
func (t journalTx) append(ctx context.Context, records []measure.Record) error {
	var sums measure.Accumulator
	open := map[string]measure.Record{}
	for _, r := range records {
		r = r.Whole()
		n, err := t.q.AddRoutingRecord(ctx, recordParams(r))
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		sums.Add(r)
		for _, o := range r.Openings() {
			open[o.Key] = measure.Record{}
			if o.Open {
				open[o.Key] = r
			}
		}
	}
	if err := t.openings(ctx, open); err != nil {
		return err
	}
	return t.rollups(ctx, sums.Rows())
}

// openings keeps what was begun and drops what has ended (a zero record).
func (t journalTx) openings(ctx context.Context, open map[string]measure.Record) error {
	for key, r := range open {
		var err error
		if r.Source == "" {
			err = t.q.CloseRoutingRecord(ctx, key)
		} else {
			err = t.q.OpenRoutingRecord(ctx, db.OpenRoutingRecordParams{Key: key, Source: r.Source, Seq: r.Seq})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t journalTx) rollups(ctx context.Context, rows measure.Rows) error {
	for _, r := range rows.Queues {
		if err := t.q.AddRoutingQueue(ctx, queueParams(r)); err != nil {
			return err
		}
	}
	for _, r := range rows.Agents {
		if err := t.q.AddRoutingAgent(ctx, agentParams(r)); err != nil {
			return err
		}
	}
	return nil
}

// Records implements measure.Journal: first those of the time, then later ones that bear on it.
func (s journal) Records(ctx context.Context, from, to time.Time) iter.Seq2[measure.Record, error] {
	at := func(c cursor) ([]db.RoutingRecord, error) {
		return s.queries().RoutingRecordsAt(ctx, db.RoutingRecordsAtParams{At: c.micros, At_2: store.Micros(to), Source: c.source, Seq: c.seq, Limit: journalPage})
	}
	began := func(c cursor) ([]db.RoutingRecord, error) {
		return s.queries().RoutingRecordsBegan(ctx, db.RoutingRecordsBeganParams{Began: c.micros, Began_2: store.Micros(to), Source: c.source, Seq: c.seq, Limit: journalPage})
	}
	return func(yield func(measure.Record, error) bool) {
		_ = pages(from, at, func(r db.RoutingRecord) int64 { return r.At }, yield) &&
			pages(from.Add(-measure.MaxPhase), began, func(r db.RoutingRecord) int64 { return r.Began }, yield)
	}
}

// cursor is the place of the last record that was read.
type cursor struct {
	micros int64
	source string
	seq    int64
}

// pages reads a query page by page; false where the reader has had enough or it failed.
func pages(from time.Time, read func(cursor) ([]db.RoutingRecord, error), by func(db.RoutingRecord) int64, yield func(measure.Record, error) bool) bool {
	for c := (cursor{micros: store.Micros(from)}); ; {
		rows, err := read(c)
		if err != nil {
			yield(measure.Record{}, store.Kind(err))
			return false
		}
		for _, r := range rows {
			if !yield(record(r), nil) {
				return false
			}
			c = cursor{by(r), r.Source, r.Seq}
		}
		if len(rows) < journalPage {
			return true
		}
	}
}

// Open implements measure.Journal.
func (s journal) Open(ctx context.Context) ([]measure.Record, error) {
	rows, err := s.queries().OpenRoutingRecords(ctx, maxOpen)
	return many(rows, err, record)
}

// Rollups implements measure.Journal.
func (s journal) Rollups(ctx context.Context, from, to time.Time) (rows measure.Rows, err error) {
	queues, err := s.queries().RoutingQueues(ctx, db.RoutingQueuesParams{Start: store.Micros(from), Start_2: store.Micros(to)})
	if rows.Queues, err = many(queues, err, queueRow); err != nil {
		return rows, err
	}
	agents, err := s.queries().RoutingAgents(ctx, db.RoutingAgentsParams{Start: store.Micros(from), Start_2: store.Micros(to)})
	rows.Agents, err = many(agents, err, agentRow)
	return rows, err
}

// Erase implements measure.Journal. An erasure leaves an audit entry; where there is nothing to erase nothing happens.
func (s journal) Erase(ctx context.Context, before time.Time, limit int) (erased int, err error) {
	micros, most := store.Micros(before), int32(min(limit, measure.MaxBatch))
	n, err := s.queries().OldRouting(ctx, db.OldRoutingParams{At: micros, Start: micros, Start_2: micros})
	if err != nil || n == 0 {
		return 0, store.Kind(err)
	}
	e := audit.Entry{Action: MeasuresErased, Actor: audit.System, Success: true}
	err = do(s.Store, ctx, e, func(q *db.Queries) *db.Queries { return q }, func(q *db.Queries) error {
		records, err := q.EraseRoutingRecords(ctx, db.EraseRoutingRecordsParams{At: micros, Limit: most})
		if err != nil {
			return err
		}
		queues, err := q.EraseRoutingQueues(ctx, db.EraseRoutingQueuesParams{Start: micros, Limit: most})
		if err != nil {
			return err
		}
		agents, err := q.EraseRoutingAgents(ctx, db.EraseRoutingAgentsParams{Start: micros, Limit: most})
		erased = int(records + queues + agents)
		return err
	})
	return erased, err
}

func recordParams(r measure.Record) db.AddRoutingRecordParams {
	return db.AddRoutingRecordParams{
		Source: r.Source, Seq: r.Seq, At: store.Micros(r.At), Began: store.Micros(r.Begin()), Type: int16(r.Type), Kind: int16(r.Kind),
		First: store.Bool(r.First), Work: r.Work, Queue: r.Queue, Agency: r.Agency, Agent: r.Agent, State: string(r.State), Was: string(r.Was),
		Reason: r.Reason, Target: r.To, Arrived: store.Micros(r.Arrived), Entered: store.Micros(r.Entered), Since: store.Micros(r.Since),
		Within: r.Within.Microseconds(), Short: r.Short.Microseconds(), Business: r.Business.Microseconds(),
	}
}

func record(r db.RoutingRecord) measure.Record {
	return measure.Record{
		Source: r.Source, Seq: r.Seq, At: store.Time(r.At), Type: measure.Type(r.Type), Kind: routing.Kind(r.Kind),
		First: r.First != 0, Work: r.Work, Queue: r.Queue, Agency: r.Agency, Agent: r.Agent, State: routing.State(r.State), Was: routing.State(r.Was),
		Reason: r.Reason, To: r.Target, Arrived: store.Time(r.Arrived), Entered: store.Time(r.Entered), Since: store.Time(r.Since),
		Within: micros(r.Within), Short: micros(r.Short), Business: micros(r.Business),
	}
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
