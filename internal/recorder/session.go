package recorder

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip"
	"santra/internal/run"
)

// How a recording session is run.
const (
	roundTime = 250 * time.Millisecond // closed pieces are looked for, and made durable
	drainFor  = 300 * time.Millisecond // packets that are on their way when the call ends
	probeIdle = 5 * time.Second        // without a packet the client is asked whether it lives
	byeLimit  = 5 * time.Second
)

// session is one recording that grows. The keeper's goroutine owns it, but for the timeline, to which the lines write, and
// the dialog, which service.mu guards.
type session struct {
	s      *service
	row    Row
	w      *writer // nil until the first piece closes: where nothing is said nothing is made
	lines  *lines
	tl     *timeline
	dialog *sip.Dialog // nil until the call is answered

	step          int // of a round, in which it is looked at
	begun, probed time.Time
	failed        error     // why nothing more is written
	left          time.Time // since when the call is over; what is on its way may still come
	closing       bool      // it is finished, its row is being closed
}

// take begins to record an answered call.
func (ss *session) take(d *sip.Dialog) {
	s := ss.s
	ss.begun = time.Now()
	ss.probed = ss.begun
	ss.lines.hear(ss.tl)
	d.Attend(ss.respond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	ss.dialog, ss.step = d, s.begun%steps
}

// drained tells whether a call has been over for long enough.
func (ss *session) drained(now time.Time) bool {
	return !ss.left.IsZero() && now.Sub(ss.left) >= drainFor
}

// advance writes the pieces that have closed and looks whether the call goes on; wrote says that something was written.
func (ss *session) advance(ctx context.Context, now time.Time) (wrote bool) {
	if pieces := ss.tl.closed(now); ss.failed == nil && len(pieces) > 0 {
		wrote = true
		ss.failed = ss.write(ctx, pieces)
	}
	if !ss.left.IsZero() {
		return wrote
	}
	if ss.failed == nil && now.Sub(ss.begun) > MaxLength {
		ss.failed = errs.New(errs.TooLarge, "recorder: a recording over %v", MaxLength)
	}
	select {
	case <-ss.dialog.Ended():
		ss.left = now
		return wrote
	default:
	}
	if ss.failed != nil || ss.s.work.Err() != nil {
		ss.left = now
		ss.leave()
	} else {
		ss.probe(now)
	}
	return wrote
}

// write seals and appends pieces, making the object before the first.
func (ss *session) write(ctx context.Context, pieces [][]byte) (err error) {
	if ss.w == nil && len(pieces) > 0 {
		if ss.w, err = beginObject(ctx, ss.s.Blobs, ss.s.vault, ss.row, &ss.s.sealing); err != nil {
			return err
		}
	}
	for _, p := range pieces {
		if err := ss.w.piece(ctx, p); err != nil {
			return err
		}
		ss.tl.reuse(p)
	}
	return nil
}

// probe asks a client that sends nothing whether it still knows of the call; a client that died says 481 or nothing, and the
// dialog ends (RFC 3261 12.2.1.2). It does not wait for the answer.
func (ss *session) probe(now time.Time) {
	if now.Sub(ss.probed) < probeIdle || now.Sub(ss.tl.heard()) < probeIdle {
		return
	}
	ss.probed = now
	run.Go(&ss.s.wg, ss.s.Log, "probe", func() {
		_, _ = ss.dialog.Request(ss.s.work, "OPTIONS", "", nil) // its effect on the dialog is what is wanted
	})
}

// leave hangs up, beside the keeper.
func (ss *session) leave() {
	d := ss.dialog
	run.Go(&ss.s.wg, ss.s.Log, "recording bye", func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ss.s.work), byeLimit)
		defer cancel()
		if err := d.Bye(ctx); err != nil {
			ss.s.Log.Info("recorder: a client did not answer to the end of its session", "err", err)
		}
	})
}

// outcome is what a recording came to.
type outcome struct {
	state State // "": nothing was said, nothing is kept
	index Index
	sum   string
}

// finish writes what is left and closes the object. What could not be written is cut off; what was written stays.
func (ss *session) finish(ctx context.Context) (outcome, error) {
	ss.lines.close()
	if ss.failed == nil {
		ss.failed = ss.write(ctx, ss.tl.rest())
	}
	if ss.failed != nil {
		ss.s.Log.Error("recorder: a recording ended by a fault", "alarm", true, "recording", ss.row.Key, "err", ss.failed)
	}
	if ss.w == nil {
		return outcome{}, nil
	}
	marks := ss.tl.marks()
	if ss.failed == nil {
		sum, err := ss.w.finish(ctx, marks)
		if err == nil {
			return outcome{Complete, ss.w.index, sum}, nil
		}
		ss.failed = err
	}
	w, sum, err := ss.w.salvage(ctx, ss.s.vault, ss.row, marks)
	return outcome{Broken, w.index, sum}, err
}
