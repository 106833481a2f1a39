package recorder

import (
	"context"
	"sync"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// keep writes what has closed of all recordings, twice a second, and makes it durable by one sync for all; it ends those
// whose call is over. When the service stops it ends them all.
func (s *service) keep() {
	defer close(s.kept)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.work.Done():
			s.keepLast()
			return
		case now := <-tick.C:
			s.round(now)
		}
	}
}

// keepLast goes on until the last recording is closed; each is hung up at its next round.
func (s *service) keepLast() {
	tick := time.NewTicker(drainFor)
	defer tick.Stop()
	for s.active() > 0 {
		s.round(time.Now())
		<-tick.C
	}
}

// ending is a recording that has been finished in this round.
type ending struct {
	ss  *session
	out outcome
	err error
}

// round is one look at all recordings.
func (s *service) round(now time.Time) {
	ctx := context.WithoutCancel(s.work)
	var wrote []*session
	var ended []ending
	for _, ss := range s.answered() {
		switch {
		case ss.closing:
		case ss.leaving:
			out, err := ss.finish(ctx)
			ss.closing = true
			ended = append(ended, ending{ss, out, err})
		case ss.advance(ctx, now):
			wrote = append(wrote, ss)
		}
	}
	if len(wrote)+len(ended) == 0 {
		return
	}
	s.settled(wrote, ended, s.sync(ctx, wrote, ended))
}

// sync makes the round durable, unless nothing was written.
func (s *service) sync(ctx context.Context, wrote []*session, ended []ending) error {
	any := len(wrote) > 0
	for _, e := range ended {
		any = any || e.ss.w != nil
	}
	if !any {
		return nil
	}
	return s.Blobs.Sync(ctx)
}

// settled goes on after a round's sync. Where it failed nobody knows whose sound is not on the disk: every recording that
// wrote ends, and those that were finished are left to the next start, which reads them.
func (s *service) settled(wrote []*session, ended []ending, failed error) {
	if failed != nil {
		failed = errs.New(errs.Unavailable, "recorder: what was recorded could not be made durable: %w", failed)
		for _, ss := range wrote {
			ss.failed = failed
		}
	}
	for _, e := range ended {
		if e.err == nil && e.ss.w != nil {
			e.err = failed
		}
		s.close(e)
	}
}

// close brings a finished recording's row to its end.
func (s *service) close(e ending) {
	err := e.err
	if err == nil {
		err = s.commits.add(s.closeChange(e.ss.row, e.out, func(err error) { s.left(e.ss, err) }))
	}
	if err != nil {
		s.left(e.ss, err)
	}
}

func (s *service) left(ss *session, err error) {
	if err != nil {
		s.Log.Error("recorder: a recording could not be closed; the next start will", "alarm", true, "recording", ss.row.Key, "err", err)
	}
	s.leave(ss)
}

// closeChange completes a row, or takes it away where nothing was recorded.
func (s *service) closeChange(r Row, o outcome, done func(error)) change {
	if o.state == "" {
		e := audit.Entry{Action: "recording.discarded", Actor: audit.System, Agency: r.Agency, Object: r.Key, Success: true}
		return change{e, func(tx Tx) error { return tx.Remove(r.Key) }, done}
	}
	r.State, r.Gaps, r.Pauses, r.Hash = o.state, o.index.Gaps, len(o.index.Pauses), o.sum
	r.Length = time.Duration(o.index.Frames) * time.Second / Rate
	e := audit.Entry{
		Action: "recording.closed", Actor: audit.System, Agency: r.Agency, Object: r.Key, Success: o.state != Broken,
		Detail: map[string]string{"state": string(o.state), "sha256": o.sum},
	}
	return change{e, func(tx Tx) error { return tx.Close(r) }, done}
}

// answered are the recordings whose call is answered. The slice is the keeper's own and lasts until the next call.
func (s *service) answered() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = s.looked[:0]
	for ss := range s.sessions {
		if ss.dialog != nil {
			s.looked = append(s.looked, ss)
		}
	}
	return s.looked
}

// pieces is memory for open pieces, shared by all recordings. The zero value and nil are ready to use.
type pieces struct{ spare sync.Pool }

// take gives a silent piece.
func (p *pieces) take() []byte {
	if p != nil {
		if b, ok := p.spare.Get().(*[piecePlain]byte); ok {
			quiet(b[:])
			return b[:]
		}
	}
	return silence()
}

// giveBack takes the memory of a piece that was written.
func (p *pieces) giveBack(b []byte) {
	if p != nil && cap(b) >= piecePlain {
		p.spare.Put((*[piecePlain]byte)(b[:piecePlain]))
	}
}
