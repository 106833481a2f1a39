package recorder

import (
	"context"
	"sync"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// A round visits all recordings, a share of them at each step, so that their sealing is no burst that others on the machine
// feel. What was written in a round is made durable by one sync at its end.
const (
	steps    = 5
	stepTime = roundTime / steps
)

// keeper is the one goroutine that writes recordings. It owns all fields.
type keeper struct {
	s     *service
	step  int
	wrote []*session // in this round
	ended []ending
	look  []*session // scratch
}

// ending is a recording that has been finished in this round.
type ending struct {
	ss  *session
	out outcome
	err error
}

// run writes what has closed of the recordings and ends those whose call is over. When the service stops it ends them all.
func (k *keeper) run() {
	s := k.s
	defer close(s.kept)
	tick := time.NewTicker(stepTime)
	defer tick.Stop()
	for s.work.Err() == nil || s.active() > 0 {
		k.visit(time.Now())
		if k.step = (k.step + 1) % steps; k.step == 0 {
			k.settle()
		}
		<-tick.C
	}
}

// visit looks at a step's share of the recordings.
func (k *keeper) visit(now time.Time) {
	ctx := context.WithoutCancel(k.s.work)
	k.look = k.s.answered(k.look[:0], k.step)
	for _, ss := range k.look {
		switch {
		case ss.closing:
		case ss.drained(now):
			out, err := ss.finish(ctx)
			ss.closing = true
			k.ended = append(k.ended, ending{ss, out, err})
		case ss.advance(ctx, now):
			k.wrote = append(k.wrote, ss)
		}
	}
}

// settle ends a round.
func (k *keeper) settle() {
	if len(k.wrote)+len(k.ended) == 0 {
		return
	}
	k.s.settled(k.wrote, k.ended, k.s.sync(context.WithoutCancel(k.s.work), k.wrote, k.ended))
	clear(k.wrote)
	clear(k.ended)
	k.wrote, k.ended = k.wrote[:0], k.ended[:0]
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

// answered appends the recordings of a step whose call is answered.
func (s *service) answered(to []*session, step int) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ss := range s.sessions {
		if ss.dialog != nil && ss.step == step {
			to = append(to, ss)
		}
	}
	return to
}

// pieces is memory for open pieces and those that are being sealed, shared by all recordings. The zero value and nil are ready to use.
type pieces struct{ whole, blocks sync.Pool }

// piece gives the memory of a whole piece, which holds anything.
func (p *pieces) piece() []byte {
	if p != nil {
		if b, ok := p.whole.Get().(*[piecePlain]byte); ok {
			return b[:]
		}
	}
	return make([]byte, piecePlain)
}

// giveBack takes the memory of a piece that was written.
func (p *pieces) giveBack(b []byte) {
	if p != nil && cap(b) >= piecePlain {
		p.whole.Put((*[piecePlain]byte)(b[:piecePlain]))
	}
}

// block gives a silent block.
func (p *pieces) block() *block {
	var b *block
	if p != nil {
		b, _ = p.blocks.Get().(*block)
	}
	if b == nil {
		b = new(block)
	}
	quiet(b[:])
	return b
}

// giveBlockBack takes the memory of a block that was copied.
func (p *pieces) giveBlockBack(b *block) {
	if p != nil {
		p.blocks.Put(b)
	}
}
