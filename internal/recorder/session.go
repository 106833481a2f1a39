package recorder

import (
	"context"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/run"
)

// How a recording session is run.
const (
	tickEvery = 500 * time.Millisecond // closed pieces are looked for
	drainFor  = 300 * time.Millisecond // packets that are on their way when the call ends
	probeIdle = 5 * time.Second        // without a packet the client is asked whether it lives
	byeLimit  = 5 * time.Second
)

// session is one recording that grows. Its goroutine (run) owns the writer; the receivers' write to the timeline.
type session struct {
	s     *service
	row   Row
	w     *writer
	lines *lines
	tl    *timeline
}

// run records until the call ends, by either side, or writing fails.
func (ss *session) run(ctx context.Context, d *sip.Dialog) {
	var wg sync.WaitGroup
	for i := range ss.lines.channels {
		run.Go(&wg, ss.s.Log, "recording", func() { ss.receive(i) })
	}
	run.Go(&wg, ss.s.Log, "recording requests", func() { ss.respond(d) })
	err := ss.record(ctx, d)
	if err != nil || ctx.Err() != nil {
		ss.hangUp(ctx, d)
	}
	drain(drainFor)
	ss.lines.close()
	wg.Wait()
	ss.end(context.WithoutCancel(ctx), err)
}

// drain waits for packets that are on their way.
func drain(d time.Duration) { <-time.After(d) }

// receive takes what comes on a line until it is closed. The timeline is memory, so nothing waits in it.
func (ss *session) receive(i int) {
	c := ss.lines.choices[i]
	codec, _ := media.CodecNamed(c.Codec.Name)
	_ = ss.lines.receivers[i].Push(func(p rtp.Packet) { // its end is that of the line
		if p.PayloadType == c.Codec.PT {
			ss.tl.write(ss.lines.channels[i], p, codec, p.At)
		}
	})
}

// respond answers what the client asks within the call: a refreshed offer gets the same answer, an update of the metadata
// (Avaya sends participants so) is taken and not looked at: nothing in it may be kept.
func (ss *session) respond(d *sip.Dialog) {
	for r := range d.Requests() {
		ct, body := "", []byte(nil)
		if r.Method == "INVITE" {
			ct, body = "application/sdp", ss.lines.answer
		}
		if err := r.Respond(200, ct, body); err != nil {
			ss.s.Log.Info("recorder: a request within a recording session could not be answered", "err", err)
		}
	}
}

// record writes the pieces as they close. It returns at the end of the call, of ctx, or with why writing failed.
func (ss *session) record(ctx context.Context, d *sip.Dialog) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	begun, probed := time.Now(), time.Now()
	for {
		select {
		case <-d.Ended():
			return nil
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			if err := ss.write(ctx, ss.tl.closed(now)); err != nil {
				return err
			}
			if now.Sub(begun) > MaxLength {
				return errs.New(errs.TooLarge, "recorder: a recording over %v", MaxLength)
			}
			probed = ss.probe(ctx, d, now, probed)
		}
	}
}

func (ss *session) write(ctx context.Context, pieces [][]byte) error {
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
func (ss *session) probe(ctx context.Context, d *sip.Dialog, now, probed time.Time) time.Time {
	heard := ss.tl.heard()
	if now.Sub(probed) < probeIdle || now.Sub(heard) < probeIdle {
		return probed
	}
	go func() {
		defer run.Recover(ss.s.Log, "probe")
		_, _ = d.Request(ctx, "OPTIONS", "", nil) // its effect on the dialog is what is wanted
	}()
	return now
}

func (ss *session) hangUp(ctx context.Context, d *sip.Dialog) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), byeLimit)
	defer cancel()
	if err := d.Bye(ctx); err != nil {
		ss.s.Log.Info("recorder: a client did not answer to the end of its session", "err", err)
	}
}

// end closes object and row. What could not be written is cut off; what was written stays.
func (ss *session) end(ctx context.Context, failed error) {
	state := Complete
	if failed == nil {
		failed = ss.write(ctx, ss.tl.rest())
	}
	if failed != nil {
		state = Broken
		ss.s.Log.Error("recorder: a recording ended by a fault", "alarm", true, "recording", ss.row.Key, "err", failed)
	}
	if err := ss.closeAll(ctx, state); err != nil {
		ss.s.Log.Error("recorder: a recording could not be closed; the next start will", "recording", ss.row.Key, "err", err)
	}
}

func (ss *session) closeAll(ctx context.Context, state State) error {
	if ss.w.index.Pieces == 0 && state == Complete {
		return ss.s.discard(ctx, ss.row)
	}
	gaps := ss.tl.gaps()
	if state == Complete {
		sum, err := ss.w.finish(ctx, gaps)
		if err == nil {
			return ss.s.closeRow(ctx, ss.row, state, ss.w.index, sum)
		}
		state = Broken
	}
	w, sum, err := ss.w.salvage(ctx, ss.s.vault, ss.row, gaps)
	if err != nil {
		return err
	}
	return ss.s.closeRow(ctx, ss.row, state, w.index, sum)
}

// abandon removes a recording whose call was never answered.
func (ss *session) abandon(ctx context.Context) {
	if err := ss.s.discard(context.WithoutCancel(ctx), ss.row); err != nil {
		ss.s.Log.Error("recorder: what never began is still in the catalogue", "recording", ss.row.Key, "err", err)
	}
}
