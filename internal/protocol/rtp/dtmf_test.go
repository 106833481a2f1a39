package rtp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

func TestDigitsArriveOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 101)
		b, mb := newLeg(t, media.PCMU, 96)
		Bridge(a, b)
		defer b.Close()
		sent := make(chan error, 1)
		c, mc := newLeg(t, media.PCMA, 101)
		go func() { sent <- c.SendDTMF(t.Context(), "19*#ad0") }()
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		c.Close()
		for _, p := range mc.all() { // what one leg sends, another receives
			if p.Sequence%5 == 0 {
				continue // one in five is lost
			}
			ma.say(p.Header, p.Payload)
			ma.say(p.Header, p.Payload) // and the rest comes twice
		}
		synctest.Wait()
		a.Close()
		var digits []rune
		for d := range a.DTMF() {
			digits = append(digits, d)
		}
		if string(digits) != "19*#AD0" {
			t.Errorf("%q", string(digits))
		}
		for _, p := range mb.all() {
			if p.PayloadType != 96 || len(p.Payload) != eventLen {
				t.Fatal("events pass with the other payload type", p)
			}
		}
	})
}

func TestSentEventsFollowTheRFC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := newLeg(t, media.PCMA, 101)
		defer l.Close()
		start := time.Now()
		if err := l.SendDTMF(t.Context(), "5"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 200*ms {
			t.Error("tone, ends and pause:", took)
		}
		all := m.all()
		steady(t, all)
		if len(all) != 7 {
			t.Fatal(len(all))
		}
		for i, p := range all {
			end, length := p.Payload[1]&endOfEvent != 0, int(p.Payload[2])<<8|int(p.Payload[3])
			if p.Timestamp != all[0].Timestamp || p.Marker != (i == 0) || p.Payload[0] != 5 || end != (i >= 4) || length != 160*min(i+1, 5) {
				t.Error(i, p.Header, p.Payload)
			}
		}
		if err := <-l.Play(t.Context(), []media.Clip{media.NewClip(frameOf(1))}, false); err != nil {
			t.Fatal(err)
		}
		next := m.all()[7]
		if gap := next.Timestamp - all[0].Timestamp; gap != 1600 {
			t.Error("what follows comes after the event's time:", gap)
		}
	})
}

func TestSendDTMFRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, _ := newLeg(t, media.PCMA, 101)
		for _, bad := range []string{"", "1 2", "E", string(make([]byte, maxSendDigits+1))} {
			if err := l.SendDTMF(t.Context(), bad); !errs.Is(err, errs.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*ms)
		defer cancel()
		if err := l.SendDTMF(ctx, "123"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		l.Close()
		if err := l.SendDTMF(t.Context(), "1"); !errs.Is(err, errs.Gone) {
			t.Error(err)
		}
		none, _ := newLeg(t, media.PCMA, 0)
		defer none.Close()
		if err := none.SendDTMF(t.Context(), "1"); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	})
}

func TestEvents(t *testing.T) {
	e := events{digits: make(chan rune, 2)}
	press := func(ssrc, stamp uint32, payload ...byte) { e.take(Header{SSRC: ssrc, Timestamp: stamp}, payload) }
	press(1, 1000, 1, 0, 0, 160)
	press(1, 800, 2, 0, 0, 160)              // from before
	press(1, 1000+longestEvent, 1, 0, 0, 10) // a long event's next segment
	press(1, 0x80000000, 16, 0, 0, 160)      // a hook flash is no digit
	press(1, 0x80000000, 1, 0)               // cut short
	press(2, 5, 3, 0, 0, 160)                // another source
	press(2, 5+80000, 4, 0, 0, 160)          // nobody reads: lost
	press(2, 1, 5, 0, 0, 160)                // the clock was set... by a little over ten seconds
	if got := string([]rune{<-e.digits, <-e.digits}); got != "13" {
		t.Error(got)
	}
	if received, lost := e.count(); received != 4 || lost != 2 {
		t.Error(received, lost)
	}
	e.close()
	e.close()
	press(3, 1, 1, 0, 0, 160)
}
