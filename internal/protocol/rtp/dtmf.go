package rtp

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// Telephone events (RFC 4733).
const (
	keys          = "0123456789*#ABCD" // in the order of their event codes, RFC 4733 3.2
	eventLen      = 4                  // bytes of payload, RFC 4733 2.3
	digitsKept    = 32
	toneTime      = 100 * time.Millisecond // how long a digit that we send lasts
	pauseTime     = 60 * time.Millisecond  // and the pause after it
	endsSent      = 3                      // RFC 4733 2.5.1.4: the end goes out three times
	eventVolume   = 10                     // -10 dBm0
	endOfEvent    = 0x80
	longestEvent  = 0xFFFF                // samples; a longer one goes on as a new segment, RFC 4733 2.5.1.3
	oldEvent      = 10 * media.SampleRate // a timestamp further back than this is a clock that was set, not a late packet
	maxSendDigits = 64
)

// events makes digits of the telephone events that a leg receives.
type events struct {
	digits chan rune

	mu             sync.Mutex
	closed         bool
	any            bool
	ssrc, stamp    uint32 // of the last event
	received, lost uint64
}

// take delivers an event when its first packet comes: all packets of an event share its timestamp (RFC 4733 2.5.1.2). An
// event whose first packets were lost counts by any other.
func (e *events) take(h Header, payload []byte) {
	if len(payload) < eventLen || int(payload[0]) >= len(keys) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.seen(h) {
		return
	}
	e.received++
	select {
	case e.digits <- rune(keys[payload[0]]):
	default:
		e.lost++
	}
}

// seen tells whether the packet belongs to the last event or to one before it.
func (e *events) seen(h Header) bool {
	same := e.any && e.ssrc == h.SSRC
	ahead := int32(h.Timestamp - e.stamp)
	if same && ahead <= 0 && ahead > -oldEvent {
		return true
	}
	e.any, e.ssrc, e.stamp = true, h.SSRC, h.Timestamp
	return same && ahead == longestEvent
}

func (e *events) count() (received, lost uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.received, e.lost
}

func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.closed = true
		close(e.digits)
	}
}

// SendDTMF sends digits (0-9, *, #, A-D) as RFC 4733 events, in place of other sound, which it stops; it returns when the
// last has ended. errs.Invalid for another sign or more than 64 of them, errs.Unavailable when the peer takes no events,
// ErrStopped when something else began to play.
func (l *Leg) SendDTMF(ctx context.Context, digits string) error {
	digits = strings.ToUpper(digits)
	if digits == "" || len(digits) > maxSendDigits || strings.Trim(digits, keys) != "" {
		return errs.At(errs.Invalid, "digits", "must be 1 to %d of %s", maxSendDigits, keys)
	}
	if t := l.terms.Load(); t == nil || t.events == 0 {
		return errs.New(errs.Unavailable, "the peer takes no telephone events")
	}
	p, err := l.speaker(nil)
	if err != nil {
		return err
	}
	defer l.wg.Done()
	defer l.out.release(p)
	return p.dial(ctx, digits)
}

func (p *player) dial(ctx context.Context, digits string) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for _, d := range []byte(digits) {
		if err := p.press(ctx, timer, byte(strings.IndexByte(keys, d))); err != nil {
			return err
		}
	}
	return p.await(ctx, timer)
}

// press sends one event: a packet each 20 ms while it lasts, its end three times over, a pause.
func (p *player) press(ctx context.Context, timer *time.Timer, event byte) error {
	const frames = int(toneTime / frameTime)
	var first time.Duration
	for i := range frames + endsSent - 1 {
		if err := p.await(ctx, timer); err != nil {
			return err
		}
		if i == 0 {
			first = p.at
		}
		if err := p.sendEvent(event, first, min(i+1, frames), i); err != nil {
			return err
		}
	}
	p.at += pauseTime
	return nil
}

// sendEvent sends the i-th packet of an event that has lasted so many frames since first. Its timestamp is the sound's, its
// duration counts the clock of events.
func (p *player) sendEvent(event byte, first time.Duration, frames, i int) error {
	const all = int(toneTime / frameTime)
	packet := p.packet[:HeaderLen+eventLen]
	payload := packet[HeaderLen:]
	payload[0], payload[1] = event, eventVolume
	if frames == all {
		payload[1] |= endOfEvent
	}
	agreed := p.leg.terms.Load()
	binary.BigEndian.PutUint16(payload[2:], uint16(ticks(time.Duration(frames)*frameTime, agreed.eventClock)))
	h := Header{Marker: i == 0, PayloadType: agreed.events, Sequence: uint16(p.sent), Timestamp: ticks(first, agreed.codec.ClockRate())}
	p.at += frameTime
	return p.send(h, packet)
}
