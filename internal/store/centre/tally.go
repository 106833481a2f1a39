package centre

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store"
	"santra/internal/store/centre/db"
	"santra/internal/voice/tally"
)

// Tallies is the store of how calls' legs sounded, and of calls that came into no queue.
func (s *Store) Tallies() tally.Store { return tallyStore{s} }

type tallyStore struct{ *Store }

// Add implements tally.Store. It is no change that somebody makes, so it leaves no audit entry. Rows are written in the order of
// their keys, so that two servers on one database do not wait for each other in a circle.
func (s tallyStore) Add(ctx context.Context, b tally.Batch) error {
	if b.Source == "" || b.Seq < 1 {
		return errs.New(errs.Invalid, "tally: a batch without a name")
	}
	sounds, ends := slices.Clone(b.Sounds), slices.Clone(b.Ends)
	slices.SortFunc(sounds, compareSounds)
	slices.SortFunc(ends, compareEnds)
	return s.db.Write(ctx, func(c store.Conn) error {
		q := db.New(c)
		n, err := q.TallyBatch(ctx, db.TallyBatchParams{Source: b.Source, Seq: b.Seq, At: store.Micros(time.Now())})
		if err != nil || n == 0 {
			return err
		}
		for _, r := range sounds {
			if err := q.AddTallySound(ctx, soundParams(r)); err != nil {
				return err
			}
		}
		for _, r := range ends {
			if err := q.AddTallyEnd(ctx, endParams(r)); err != nil {
				return err
			}
		}
		return nil
	})
}

func compareSounds(a, b tally.SoundRow) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Band, b.Band))
}

func compareEnds(a, b tally.EndRow) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.End, b.End))
}

// Sounds implements tally.Store.
func (s tallyStore) Sounds(ctx context.Context, from, to time.Time, limit int) ([]tally.SoundRow, error) {
	rows, err := s.queries().TallySounds(ctx, db.TallySoundsParams{Since: store.Micros(from), Until: store.Micros(to), Most: int32(limit)})
	return many(rows, err, soundRow)
}

// Ends implements tally.Store.
func (s tallyStore) Ends(ctx context.Context, from, to time.Time, limit int) ([]tally.EndRow, error) {
	rows, err := s.queries().TallyEnds(ctx, db.TallyEndsParams{Since: store.Micros(from), Until: store.Micros(to), Most: int32(limit)})
	return many(rows, err, func(r db.TallyEnd) tally.EndRow {
		return tally.EndRow{EndKey: tally.EndKey{Start: store.Time(r.Start), Number: r.Number, Flow: r.Flow, Agency: r.Agency, End: tally.End(r.Ending)}, N: r.N}
	})
}

// Erase implements tally.Store.
func (s tallyStore) Erase(ctx context.Context, before time.Time) (erased int, err error) {
	micros := store.Micros(before)
	if n, err := s.queries().OldTallies(ctx, micros); err != nil || n == 0 {
		return 0, store.Kind(err)
	}
	e := audit.Entry{
		Action: tally.ActionErased, Actor: audit.System, Success: true, Detail: map[string]string{"before": strconv.FormatInt(before.Unix(), 10)},
	}
	err = do(s.Store, ctx, e, func(q *db.Queries) *db.Queries { return q }, func(q *db.Queries) error {
		sounds, err := q.DropTallySounds(ctx, micros)
		if err != nil {
			return err
		}
		ends, err := q.DropTallyEnds(ctx, micros)
		if err != nil {
			return err
		}
		erased = int(sounds + ends)
		return q.DropTallySources(ctx, micros)
	})
	return erased, err
}

func soundParams(r tally.SoundRow) db.AddTallySoundParams {
	return db.AddTallySoundParams{
		Start: store.Micros(r.Start), Queue: r.Queue, Agency: r.Agency, Line: string(r.Line), Band: string(r.Band), Legs: r.Legs, Mos: r.MOS,
		Loss: r.Loss, Jitter: r.Jitter.Microseconds(), Class0: r.Classes[0], Class1: r.Classes[1], Class2: r.Classes[2],
		Class3: r.Classes[3], Class4: r.Classes[4],
	}
}

func soundRow(r db.TallySound) tally.SoundRow {
	return tally.SoundRow{
		SoundKey: tally.SoundKey{Start: store.Time(r.Start), Queue: r.Queue, Agency: r.Agency, Line: tally.Line(r.Line), Band: tally.Band(r.Band)},
		Sound: tally.Sound{
			Legs: r.Legs, MOS: r.Mos, Loss: r.Loss, Jitter: micros(r.Jitter),
			Classes: [tally.ClassCount]int64{r.Class0, r.Class1, r.Class2, r.Class3, r.Class4},
		},
	}
}

func endParams(r tally.EndRow) db.AddTallyEndParams {
	return db.AddTallyEndParams{Start: store.Micros(r.Start), Number: r.Number, Flow: r.Flow, Agency: r.Agency, Ending: string(r.End), N: r.N}
}
