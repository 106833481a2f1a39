package recorder

import (
	"context"
	"errors"
	"strings"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

const (
	dueBatch = 500         // rows read at once
	nowSlack = time.Minute // between the machine's time and a caller's
)

// destroy destroys what is due. The order is the promise: once the key of agency and day is gone nothing of that day can be
// read any more, in no copy and no backup (M6); the bytes and the row follow, and if the process dies between, the next run
// finds the row and goes on.
func (s *service) destroy(ctx context.Context, now time.Time) (Destroyed, error) {
	var d Destroyed
	machine := time.Now()
	if !s.demo {
		if skew := now.Sub(machine); skew > nowSlack || skew < -nowSlack {
			return d, errs.New(errs.Denied, "recorder: another time than the machine's is for folders of the demo only")
		}
		if err := s.checkClock(ctx, machine); err != nil {
			return d, err
		}
	}
	today := s.rules.Day(now)
	if err := s.keepHeld(ctx, today, &d); err != nil {
		return d, err
	}
	if err := s.destroyKeys(today, &d); err != nil {
		return d, err
	}
	err := s.destroyRows(ctx, now, today, &d)
	if err == nil && d.Recordings > 0 {
		err = s.Store.Scrub(ctx)
	}
	if d.Late > 0 {
		s.Log.Error("recorder: recordings were destroyed after their day", "alarm", true, "count", d.Late)
	}
	return d, err
}

// keepHeld gives each due recording under a legal hold a copy of its own key, before the day's key goes. (Who may set a
// hold, and for how long, is decided above.)
func (s *service) keepHeld(ctx context.Context, today string, d *Destroyed) error {
	held, err := s.Store.Held(ctx)
	if err != nil {
		return err
	}
	for _, r := range held {
		if r.Destroy > today {
			continue
		}
		d.Held++
		if err := s.holdKey(ctx, r); err != nil {
			return errs.New(errs.KindOf(err), "recorder: a held recording's key could not be kept, nothing was destroyed: %w", err)
		}
	}
	return nil
}

func (s *service) holdKey(ctx context.Context, r Row) error {
	name := holdPrefix + "/" + r.Key
	if _, err := s.Keys.Get(name); !errs.Is(err, errs.NotFound) {
		return err
	}
	o := &object{blobs: s.Blobs, key: blobKey(r)}
	wrapped, err := o.readHead(ctx)
	if err != nil {
		return err
	}
	key, err := s.vault.unwrap(r.KeyRef, wrapped)
	if err != nil {
		return err
	}
	defer clear(key)
	return s.Keys.Put(name, key)
}

// destroyKeys destroys the keys of every agency whose day has come, also those under which nothing is left.
func (s *service) destroyKeys(today string, d *Destroyed) error {
	names, err := s.Keys.List(identityPrefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		agency, day, ok := cutRef(name)
		if !ok || day > today {
			continue
		}
		if err := s.vault.destroy(agency, day); err != nil {
			return err
		}
		d.Keys++
	}
	return nil
}

// cutRef takes the name of an identity apart.
func cutRef(name string) (agency, day string, ok bool) {
	agency, day, ok = strings.Cut(strings.TrimPrefix(name, identityPrefix+"/"), "/")
	if _, err := time.Parse(dayFormat, day); err != nil {
		return "", "", false
	}
	return agency, day, ok
}

func (s *service) destroyRows(ctx context.Context, now time.Time, today string, d *Destroyed) error {
	for {
		due, err := s.Store.Due(ctx, today, dueBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, r := range due {
			if err := s.destroyOne(ctx, now, r, d); err != nil {
				return err
			}
		}
	}
}

// destroyOne removes one due recording whose key is gone already, and records it.
func (s *service) destroyOne(ctx context.Context, now time.Time, r Row, d *Destroyed) error {
	late := s.rules.Late(r.Destroy, now)
	err := s.remove(ctx, r, Destruction{Key: r.Key, At: now.UTC(), Due: r.Destroy, Rule: s.rules.Name(), Late: late}, d)
	if err == nil && late {
		d.Late++
	}
	return err
}

// remove takes a recording's bytes and row away and leaves the record of its destruction.
func (s *service) remove(ctx context.Context, r Row, record Destruction, d *Destroyed) error {
	hold := s.Keys.Destroy(holdPrefix + "/" + r.Key) // of a hold that was lifted
	if err := errors.Join(hold, s.Blobs.Delete(ctx, blobKey(r))); err != nil {
		return err
	}
	e := audit.Entry{
		Action: "recording.destroyed", Actor: audit.System, Agency: r.Agency, Object: r.Key, Success: true,
		Detail: map[string]string{"rule": record.Rule, "due": record.Due},
	}
	if err := s.Store.Do(ctx, e, func(tx Tx) error { return tx.Destroy(record) }); err != nil {
		return err
	}
	d.Recordings++
	d.IDs = append(d.IDs, r.Key)
	return nil
}

// setHold sets or lifts a legal hold on a recording; why and by whom is e's to tell.
func (s *service) setHold(ctx context.Context, e audit.Entry, key string, on bool) error {
	return s.Store.Do(ctx, e, func(tx Tx) error { return tx.SetHold(key, on) })
}
