package rtp

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/run"
)

// ErrStopped is what a play gives that was stopped or replaced before its end.
const ErrStopped = stopped("playing stopped before its end")

type stopped string

func (s stopped) Error() string { return string(s) }

// Pacing.
const (
	frameTime = 20 * time.Millisecond
	// maxBehind is how late a frame may be and still be made up for at once. A player that is later, after a stall of the
	// machine, lets that time pass in silence instead: so at most four frames ever leave together.
	maxBehind = 3 * frameTime
	// maxUnsent is the share of frames (one in so many) that the transport may refuse before a play counts as not heard.
	maxUnsent = 50
)

// player is the right to speak on a leg. It ends when another takes it.
type player struct {
	stop   chan struct{}
	leg    *Leg
	packet []byte // of a law, as long as a packet may be
	start  time.Time
	at     time.Duration // where the next packet begins, from start
	coder  coder
	sent   int
	unsent int
	paced  *paced // by its pool's pacer instead of a goroutine of its own
}

// Play sends clips one after the other, in place of what the bridged leg says; with loop again and again. The channel gives
// one value: nil only when the last sample has had its time to sound, else why not (ErrStopped, the context's error, the
// transport's). A new Play or a StopPlay ends it.
func (l *Leg) Play(ctx context.Context, clips []media.Clip, loop bool) (played <-chan error) {
	result := make(chan error, 1)
	c := l.pacer()
	var e *paced
	if c != nil {
		e = &paced{result: result}
	}
	p, err := l.speaker(e)
	if err != nil {
		result <- err
		return result
	}
	sound := &cursor{clips: clips, loop: loop}
	if c != nil {
		c.play(ctx, p, sound)
		return result
	}
	run.Go(&l.wg, l.log, "rtp player", func() {
		defer l.wg.Done()
		err := errs.New(errs.Internal, "the player failed")
		defer func() { result <- err }()
		defer l.out.release(p)
		err = p.play(ctx, sound)
	})
	return result
}

// StopPlay ends what plays, if anything.
func (l *Leg) StopPlay() { l.out.take(nil) }

// speaker takes the right to speak; the caller ends it with wg.Done and release, or with finish if it is paced.
func (l *Leg) speaker(e *paced) (*player, error) {
	if l.terms.Load() == nil {
		return nil, errs.New(errs.Unavailable, "the leg has not started")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errs.New(errs.Gone, "the leg is closed")
	}
	l.wg.Add(1)
	p := &player{stop: make(chan struct{}), leg: l, packet: make([]byte, HeaderLen+maxPlayed), start: time.Now(), paced: e}
	l.out.take(p)
	return p, nil
}

// take gives the right to speak to p, or with nil back to the bridged leg.
func (o *outbound) take(p *player) {
	o.mu.Lock()
	before := o.player
	o.player = p
	o.mu.Unlock()
	if before == nil {
		return
	}
	close(before.stop)
	if before.paced != nil {
		before.finish(ErrStopped)
	}
}

// release gives the right back if p still has it.
func (o *outbound) release(p *player) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.player == p {
		o.player = nil
	}
}

func (p *player) play(ctx context.Context, sound *cursor) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := p.await(ctx, timer); err != nil {
			return err
		}
		if over, err := p.frame(sound); over || err != nil {
			return err
		}
	}
}

// frame sends the next frame; over says that there was none and the last one has sounded, err then whether it was heard.
func (p *player) frame(sound *cursor) (over bool, err error) {
	agreed := p.leg.terms.Load()
	packet := p.packet[:HeaderLen+samples(agreed.ptime)]
	if !sound.next(packet[HeaderLen:]) {
		return true, p.verdict()
	}
	return false, p.sendFrame(packet, agreed)
}

// await waits for the next frame's deadline, which is counted from the start: so nothing adds up.
func (p *player) await(ctx context.Context, timer *time.Timer) error {
	timer.Reset(-p.late(time.Now()))
	select {
	case <-timer.C:
		return nil
	case <-p.stop:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	case <-p.leg.life.Done():
		return ErrStopped
	}
}

// late is how long ago the next packet was due; time that has passed unused is let go.
func (p *player) late(now time.Time) time.Duration {
	late := now.Sub(p.start.Add(p.at))
	if late > maxBehind {
		p.at += late.Truncate(frameTime)
	}
	return late
}

// sendFrame sends the A-law in packet at its place on the timeline.
func (p *player) sendFrame(packet []byte, agreed *terms) error {
	length := time.Duration(len(packet)-HeaderLen) * time.Second / media.SampleRate
	coded, early, err := p.coder.code(packet, agreed.codec)
	if err != nil {
		return err
	}
	clock := agreed.codec.ClockRate()
	at := ticks(p.at, clock) - early
	p.at += length
	if len(coded) == HeaderLen { // all of it waits for the next
		return nil
	}
	return p.send(Header{PayloadType: agreed.payload, Sequence: uint16(p.sent), Timestamp: at}, coded)
}

// send sends one packet of the player's own numbering; a refusal is counted, not an error.
func (p *player) send(h Header, packet []byte) error {
	o := &p.leg.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.player != p {
		return ErrStopped
	}
	before := o.unsent
	o.send(time.Now(), p, h, packet, false)
	p.sent++
	p.unsent += int(o.unsent - before)
	return nil
}

// verdict says whether the peer can have heard it: the gate to recording hangs on it (M4).
func (p *player) verdict() error {
	if p.unsent > p.sent/maxUnsent {
		return errs.New(errs.Unavailable, "%d of %d frames could not be sent", p.unsent, p.sent)
	}
	return nil
}

// cursor goes through clips as one sound.
type cursor struct {
	clips []media.Clip
	loop  bool
	clip  int
	at    int
}

// next fills a frame, the last one up with silence. It gives false at the end.
func (c *cursor) next(frame []byte) bool {
	n := 0
	for n < len(frame) && c.more() {
		copied := copy(frame[n:], c.clips[c.clip].ALaw()[c.at:])
		n += copied
		c.at += copied
	}
	for i := n; i < len(frame); i++ {
		frame[i] = media.PCMA.Silence()
	}
	return n > 0
}

// more moves to the next clip that has something left.
func (c *cursor) more() bool {
	for skipped := 0; skipped <= len(c.clips); skipped++ {
		if c.clip < len(c.clips) && c.at < c.clips[c.clip].Len() {
			return true
		}
		c.clip, c.at = c.clip+1, 0
		if c.loop && c.clip >= len(c.clips) {
			c.clip = 0
		}
	}
	return false
}
