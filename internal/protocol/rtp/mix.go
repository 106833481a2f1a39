package rtp

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/blend"
	"santra/internal/run"
)

// Limits of mixing.
const (
	mostMembers  = 32  // legs of one mix; sixteen people and their supervisors
	mostCaughtUp = 100 // frames that a mix makes up for after a stall (2 s); time before that is lost
	// letRead is how long a mix that is late waits for the readers of its legs, which were stalled as well.
	letRead   = 5 * time.Millisecond
	mostDrawn = 10 // frames said at once of what still waits when a mix ends
)

// MixConfig configures a mix. The zero value works.
type MixConfig struct {
	Log *slog.Logger // nil: discarded
	// Conceal makes what hides the losses of one voice, at a rate of 8,000 or 16,000 samples a second; nil: media.NewConcealer.
	Conceal func(rate int) Concealer
}

// Concealer makes up for lost sound.
type Concealer interface {
	// Good takes a frame that came. It may change its start to go on smoothly from what was made up.
	Good(frame []int16)
	// Lost makes the frame up.
	Lost(dst []int16)
}

// Mix lets any of its legs hear any others: conferences, and supervisors who listen, whisper or take part. A leg that is held
// hears its own music and is heard by nobody; a muted one is silent. All methods may be called from any goroutine.
//
// One goroutine makes a frame of 20 ms for each leg from the jitter buffers of those that it hears. Its pace is counted from
// its start, so after a stall it makes up for the frames missed at once, and no delay stays.
type Mix struct {
	log     *slog.Logger
	conceal func(rate int) Concealer

	mu      sync.Mutex
	closed  bool
	members map[*Leg]*member
	order   []*member // in the order in which they came
	taps    [channels]mixTap
	frame   uint32        // the next one's number
	stop    chan struct{} // of the goroutine; nil: it does not run
	wg      sync.WaitGroup
}

// Keys is a way that telephone events take through a mix.
type Keys struct{ From, To *Leg }

// NewMix makes a mix that nobody takes part in.
func NewMix(cfg MixConfig) *Mix {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Conceal == nil {
		cfg.Conceal = func(rate int) Concealer { return media.NewConcealer(rate) }
	}
	return &Mix{log: cfg.Log, conceal: cfg.Conceal, members: make(map[*Leg]*member)}
}

// Connect says whom each leg hears, in place of what was. Legs that are named, as hearing or as heard, take part: bridges and
// other mixes that they had are ended. Legs that are not named leave the mix, unbridged. Telephone events pass only where
// keys says so. errs.Invalid for more than 32 legs, errs.Gone after Close; then nothing changes.
func (m *Mix) Connect(hears map[*Leg][]*Leg, keys ...Keys) error {
	named := make(map[*Leg]bool)
	for l, others := range hears {
		named[l] = true
		for _, o := range others {
			named[o] = true
		}
	}
	delete(named, nil)
	if len(named) > mostMembers {
		return errs.New(errs.Invalid, "a mix takes %d legs, not %d", mostMembers, len(named))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errs.New(errs.Gone, "the mix is closed")
	}
	if len(named) == 0 {
		m.draw()
	}
	m.settle(named)
	for _, l := range m.order {
		l.connect(m, hears[l.leg], keys)
	}
	m.pace()
	return nil
}

// settle makes the named legs, and only them, members.
func (m *Mix) settle(named map[*Leg]bool) {
	stay := m.order[:0]
	for _, old := range m.order {
		if named[old.leg] && old.present() {
			stay = append(stay, old)
			continue
		}
		old.leg.mixed.CompareAndSwap(old, nil)
		old.live = false // for those who hear it still
		delete(m.members, old.leg)
	}
	clear(m.order[len(stay):])
	m.order = stay
	for l := range named {
		if m.members[l] == nil {
			n := newMember(l, m.conceal)
			m.members[l] = n
			m.order = append(m.order, n)
			Unbridge(l)
			l.mixed.Store(n)
		}
	}
}

// Tap sends what these legs say, mixed, to a channel of t, in place of what that channel had; a nil t ends it. What a held
// leg says is not tapped, and nothing is sent while none of the speakers has sound.
func (m *Mix) Tap(t *Tap, ch Channel, speakers ...*Leg) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taps[ch] = mixTap{tap: t, ch: ch, speakers: speakers}
}

// Close lets all legs go, unbridged, and ends the goroutine.
func (m *Mix) Close() {
	_ = m.Connect(nil) // fails only for a mix that is closed
	m.mu.Lock()
	m.closed = true
	m.taps = [channels]mixTap{}
	m.mu.Unlock()
	m.wg.Wait()
}

// pace runs the goroutine while there are members; m.mu is held.
func (m *Mix) pace() {
	switch {
	case len(m.order) > 0 && m.stop == nil:
		stop := make(chan struct{})
		m.stop = stop
		run.Go(&m.wg, m.log, "rtp mix", func() { m.loop(stop) })
	case len(m.order) == 0 && m.stop != nil:
		close(m.stop)
		m.stop = nil
	}
}

func (m *Mix) loop(stop <-chan struct{}) {
	start, done := time.Now(), 0
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-stop:
			return
		}
		switch due := int(time.Since(start)/frameTime) + 1 - done; {
		case due-1 > int(maxBehind/frameTime):
			if done = m.catchUp(stop, start, done, timer); done < 0 {
				return
			}
		default:
			m.ticks(due, 0)
			done += due
		}
		timer.Reset(time.Until(start.Add(time.Duration(done) * frameTime)))
	}
}

// catchUp makes up for a stall, after the readers have; it gives the new number of frames done, or -1 at the end.
func (m *Mix) catchUp(stop <-chan struct{}, start time.Time, done int, timer *time.Timer) int {
	timer.Reset(letRead)
	select {
	case <-timer.C:
	case <-stop:
		return -1
	}
	due := int(time.Since(start)/frameTime) + 1 - done
	m.ticks(min(due, mostCaughtUp), max(due-mostCaughtUp, 0))
	return done + due
}

// ticks makes n frames, after so many that are left out.
func (m *Mix) ticks(n, left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget()
	m.frame += uint32(left)
	for i := range n {
		m.tick(i == n-1)
	}
	m.flush()
}

// forget drops members that were closed, or have gone to a bridge or another mix; without any left the goroutine ends.
func (m *Mix) forget() {
	if slices.ContainsFunc(m.order, func(s *member) bool { return !s.present() }) {
		m.settle(m.present())
		m.pace()
	}
}

func (m *Mix) present() map[*Leg]bool {
	legs := make(map[*Leg]bool)
	for _, s := range m.order {
		if s.present() {
			legs[s.leg] = true
		}
	}
	return legs
}

// tick makes one frame for everybody; m.mu is held. timely says that it is not one of several that make up for a stall.
func (m *Mix) tick(timely bool) {
	now, rate := time.Now(), rateFor(m.order)
	for _, s := range m.order {
		s.pull(timely, rate)
	}
	for _, l := range m.order {
		l.send(now, m.frame)
	}
	for i := range m.taps {
		m.taps[i].take(m, now, rate)
	}
	m.frame++
}

func (m *Mix) flush() {
	for i := range m.taps {
		m.taps[i].flush()
	}
}

// draw says at once what still waits, so that nothing is lost when the legs are bridged next.
func (m *Mix) draw() {
	for range mostDrawn {
		waits := false
		for _, s := range m.order {
			waits = waits || s.waits()
		}
		if !waits {
			break
		}
		m.tick(false)
	}
	m.flush()
}

// mixTap is a channel of a tap that hears a mix.
type mixTap struct {
	tap      *Tap
	ch       Channel
	speakers []*Leg
	sound    blend.Sum
	say      saying
	packet   [HeaderLen + media.FrameSamples]byte
	seq      uint16
	due      bool
}

func (t *mixTap) take(m *Mix, now time.Time, rate int) {
	if t.tap == nil {
		return
	}
	t.sound.Begin(samplesOf(rate))
	for _, l := range t.speakers {
		if s := m.members[l]; s != nil && s.live {
			t.sound.Add(s.said())
		}
	}
	t.seq++
	if t.sound.Voices() == 0 {
		return
	}
	if t.say.rate != rate {
		t.say = saying{rate: rate}
	}
	coded := t.say.encode(t.packet[:HeaderLen], t.sound.Frame(), media.PCMA)
	if len(coded) == HeaderLen {
		return
	}
	f := flying{
		Header: Header{Sequence: t.seq, Timestamp: m.frame * media.FrameSamples},
		now:    now, bytes: coded, start: HeaderLen, end: len(coded), codec: media.PCMA,
	}
	t.due = t.tap.streams[t.ch].take(m, &f) || t.due
}

// flush sends the tap's batch once everybody has been served.
func (t *mixTap) flush() {
	if t.due {
		t.due = false
		t.tap.flush()
	}
}
