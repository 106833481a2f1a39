package rtp

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"

	"pgregory.net/rapid"
)

const ms = time.Millisecond

var noAddr netip.AddrPort

func TestBridgeCarriesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 101)
		b, mb := newLeg(t, media.PCMU, 96)
		Bridge(a, b)
		ta, tb := newTalker(ma, 1), newTalker(mb, 2)
		tb.PayloadType = 0
		for range 3 {
			ta.say(0xAA) // +32256
			tb.say(0x00) // -32124
			time.Sleep(20 * ms)
		}
		synctest.Wait()
		toA, toB := ma.all(), mb.all()
		if len(toA) != 3 || len(toB) != 3 {
			t.Fatal(len(toA), len(toB))
		}
		steady(t, toA)
		steady(t, toB)
		if toA[0].PayloadType != 8 || media.DecodeALaw(toA[0].Payload[9]) > -31000 {
			t.Error("the agent's µ-law must come as A-law", toA[0])
		}
		if toB[0].PayloadType != 0 || media.DecodeULaw(toB[0].Payload[9]) < 31000 || !toB[0].Marker || toB[1].Marker {
			t.Error("the customer's A-law must come as µ-law, with a marker at its start", toB[0])
		}
		if toB[2].Timestamp-toB[0].Timestamp != 320 {
			t.Error("the distances of timestamps stay")
		}
		if s := a.Stats(); s.Packets != 3 || s.Sent != 3 || s.Lost != 0 || s.Bytes != 480 {
			t.Errorf("%+v", s)
		}
		a.Close()
		b.Close()
		if a.Close() != nil {
			t.Error("closed twice")
		}
	})
}

func TestPlayIsPacedAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := newLeg(t, media.PCMU, 0)
		defer l.Close()
		start := time.Now()
		clip := media.Tone(440, 1010*ms, 8000) // 50 frames and a half
		if err := <-l.Play(t.Context(), []media.Clip{{}, clip, {}}, false); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 1020*ms {
			t.Error("the last frame must have had its time:", took)
		}
		all := m.all()
		steady(t, all)
		for i, p := range all {
			if p.at.Sub(start) != time.Duration(i)*20*ms || len(p.Payload) != 160 || p.PayloadType != 0 || p.Marker != (i == 0) {
				t.Fatal(i, p.at.Sub(start), p.Header)
			}
		}
		if len(all) != 51 || media.DecodeULaw(all[50].Payload[159]) > 8 {
			t.Error("the last frame is filled with silence", len(all))
		}
	})
}

func TestPlayJoinsClipsWithoutAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := newLeg(t, media.PCMA, 0)
		defer l.Close()
		one, two := media.NewClip(frameOf(1)[:100]), media.NewClip(append(frameOf(2), frameOf(2)[:60]...))
		if err := <-l.Play(t.Context(), []media.Clip{one, two}, false); err != nil || len(m.all()) != 2 {
			t.Fatal(err, len(m.all()))
		}
		if p := m.all()[0].Payload; p[99] != 1 || p[100] != 2 {
			t.Error("the second clip begins where the first ends")
		}
	})
}

func TestPlayLoopsUntilStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := newLeg(t, media.PCMA, 0)
		defer l.Close()
		played := l.Play(t.Context(), []media.Clip{media.Tone(440, 100*ms, 8000)}, true)
		time.Sleep(time.Second - ms)
		l.StopPlay()
		if err := <-played; !errors.Is(err, ErrStopped) || len(m.all()) != 50 {
			t.Error(err, len(m.all()))
		}
		if err := <-l.Play(t.Context(), nil, true); err != nil {
			t.Error("nothing to loop ends at once:", err)
		}
	})
}

func TestPlayThatIsNotHeardGivesNoNil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, m := newLeg(t, media.PCMA, 0)
		clip := []media.Clip{media.Tone(440, 500*ms, 8000)}
		ctx, cancel := context.WithTimeout(t.Context(), 90*ms)
		defer cancel()
		if err := <-l.Play(ctx, clip, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("cancelled:", err)
		}
		first := l.Play(t.Context(), clip, false)
		second := l.Play(t.Context(), clip, false)
		if err := <-first; !errors.Is(err, ErrStopped) {
			t.Error("replaced:", err)
		}
		if err := <-second; err != nil {
			t.Error("the second plays to its end:", err)
		}
		m.refuse = true
		if err := <-l.Play(t.Context(), clip, false); !errs.Is(err, errs.Unavailable) {
			t.Error("not sent:", err)
		}
		closing := l.Play(t.Context(), clip, false)
		l.Close()
		if err := <-closing; !errors.Is(err, ErrStopped) {
			t.Error("closed:", err)
		}
		if err := <-l.Play(t.Context(), clip, false); !errs.Is(err, errs.Gone) {
			t.Error("after Close:", err)
		}
		if err := <-NewLeg(newMemory(), LegConfig{}).Play(t.Context(), clip, false); !errs.Is(err, errs.Unavailable) {
			t.Error("before Start:", err)
		}
	})
}

// A machine that stalls is a timer that fires late: here the transport holds the player up.
func TestPlayAfterAStallDoesNotBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := &stalling{memory: newMemory(), at: 5, by: 500 * ms}
		l := NewLeg(slow, LegConfig{})
		l.Start(noAddr, media.PCMA, 0)
		defer l.Close()
		if err := <-l.Play(t.Context(), []media.Clip{media.Tone(440, 400*ms, 8000)}, false); err != nil {
			t.Fatal(err)
		}
		all := slow.all()
		steady(t, all)
		together := 0
		for i := 6; i < len(all); i++ {
			if all[i].at.Sub(all[i-1].at) < 10*ms {
				together++
			}
		}
		if together > 3 || len(all) != 20 {
			t.Error("after the stall", together, "packets left at once of", len(all))
		}
		if gap := all[6].Timestamp - all[5].Timestamp; gap < 480*8 {
			t.Error("the time of the stall must pass on the receiver's timeline too:", gap)
		}
	})
}

type stalling struct {
	*memory
	at int
	by time.Duration
}

func (s *stalling) WritePacket(b []byte) error {
	err := s.memory.WritePacket(b)
	if len(s.memory.all()) == s.at+1 {
		time.Sleep(s.by)
	}
	return err
}

func TestFromMusicToVoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 0)
		b, mb := newLeg(t, media.PCMA, 0)
		defer a.Close()
		defer b.Close()
		Bridge(a, b)
		tb := newTalker(mb, 9)
		music := a.Play(t.Context(), []media.Clip{media.NewClip(frameOf(7))}, true)
		for i := range 20 {
			tb.say(3)
			time.Sleep(20 * ms)
			if i == 9 {
				a.StopPlay()
				<-music
			}
		}
		synctest.Wait()
		all := ma.all()
		steady(t, all)
		voice := 0
		for i, p := range all {
			if i > 0 && p.Payload[0] != all[i-1].Payload[0] {
				voice = i
				if !p.Marker || p.Timestamp-all[i-1].Timestamp > 320 {
					t.Errorf("the voice begins with %+v after %+v", p.Header, all[i-1].Header)
				}
			}
		}
		if voice < 9 || len(all)-voice < 9 {
			t.Error("music, then voice:", voice, len(all))
		}
	})
}

func TestMuteIsSilenceAndHoldLeavesNothingThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 0)
		b, mb := newLeg(t, media.PCMA, 0)
		defer a.Close()
		defer b.Close()
		Bridge(a, b)
		ta, tb := newTalker(ma, 1), newTalker(mb, 2)
		speak := func() (toA, toB int) {
			beforeA, beforeB := len(ma.all()), len(mb.all())
			ta.say(1)
			tb.say(2)
			synctest.Wait()
			return len(ma.all()) - beforeA, len(mb.all()) - beforeB
		}
		if x, y := speak(); x != 1 || y != 1 {
			t.Error("bridged", x, y)
		}
		b.SetMuted(true)
		if x, y := speak(); x != 1 || y != 1 {
			t.Error("muted: the stream goes on", x, y)
		}
		if last := ma.all()[len(ma.all())-1]; strings.Trim(string(last.Payload), string([]byte{media.PCMA.Silence()})) != "" {
			t.Error("muted: something is heard", last)
		}
		b.SetMuted(false)
		a.Hold(true, media.NewClip(frameOf(7)))
		a.Hold(true, media.NewClip(frameOf(8)))
		time.Sleep(5 * ms)
		if x, y := speak(); x != 0 || y != 0 {
			t.Error("held", x, y)
		}
		if last := ma.all()[len(ma.all())-1]; last.Payload[0] != 7 {
			t.Error("a held leg hears music", last)
		}
		a.Hold(false, media.Clip{})
		synctest.Wait()
		if x, y := speak(); x != 1 || y != 1 {
			t.Error("resumed", x, y)
		}
		if last := ma.all()[len(ma.all())-1]; !last.Marker || last.Payload[0] != 2 {
			t.Error("a voice that comes back has the marker", last)
		}
		steady(t, ma.all())
		steady(t, mb.all())
		Unbridge(b)
		if x, y := speak(); x != 0 || y != 0 {
			t.Error("unbridged", x, y)
		}
	})
}

func TestBadPacketsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, ma := newLeg(t, media.PCMA, 101)
		b, mb := newLeg(t, media.PCMA, 0)
		defer a.Close()
		defer b.Close()
		Bridge(a, b)
		ta := newTalker(ma, 5)
		ta.say(1)
		ma.in <- []byte("garbage")
		ma.in <- nil
		ma.say(Header{PayloadType: 13, Sequence: ta.Sequence, SSRC: 5}, []byte{1})
		ma.say(Header{PayloadType: 8, Sequence: ta.Sequence + 20000, SSRC: 5}, frameOf(1)) // far off: dropped once
		ma.say(Header{PayloadType: 101, Sequence: ta.Sequence, SSRC: 5, Timestamp: 1}, []byte{1, 0, 0, 160})
		ta.skip()
		ta.say(2)
		synctest.Wait()
		if s := a.Stats(); s.Malformed != 2 || s.Unknown != 1 || s.Digits != 1 {
			t.Errorf("%+v", s)
		}
		steady(t, mb.all())
		if n := len(mb.all()); n != 2 {
			t.Error("a peer without events gets none, and the two words:", n)
		}
	})
}

func TestEarIsOnThePath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		var got []byte
		l := NewLeg(m, LegConfig{Heard: func(c media.Codec, _ uint32, p []byte) { got = append(got, p[0], byte(c)) }})
		l.Start(noAddr, media.PCMA, 0)
		defer l.Close()
		newTalker(m, 1).say(42)
		synctest.Wait()
		if string(got) != string([]byte{42, byte(media.PCMA)}) {
			t.Error(got)
		}
	})
}

// Whatever speaks on a leg and whatever is left out, it hears one stream: numbers up by one (nothing is lost on the way
// here), time never back, one SSRC.
func TestContinuityProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 60).Draw(r, "steps")
		var err error
		synctest.Test(t, func(*testing.T) { err = continuity(steps) })
		if err != nil {
			r.Fatal(err)
		}
	})
}

func continuity(steps []int) error {
	legs, wires, talkers := make([]*Leg, 3), make([]*memory, 3), make([]*talker, 3)
	for i := range legs {
		wires[i] = newMemory()
		legs[i] = NewLeg(wires[i], LegConfig{})
		legs[i].Start(noAddr, media.PCMA, 0)
		talkers[i] = newTalker(wires[i], uint32(i+1))
		defer legs[i].Close()
	}
	for _, step := range steps {
		switch step {
		case 0:
			Bridge(legs[0], legs[1])
		case 1:
			Bridge(legs[0], legs[2])
		case 2:
			Unbridge(legs[0])
		case 3:
			legs[0].Play(context.Background(), []media.Clip{media.NewClip(frameOf(9))}, true)
		case 4:
			legs[0].StopPlay()
		case 5:
			legs[0].Hold(true, media.Clip{})
		case 6:
			legs[0].Hold(false, media.Clip{})
		case 7:
			talkers[1].SSRC += 100
		default:
			for range 3 {
				talkers[0].say(1)
				talkers[1].say(2)
				talkers[2].say(3)
				time.Sleep(20 * ms)
			}
		}
		synctest.Wait()
	}
	var failed []error
	for _, w := range wires {
		failed = append(failed, unsteady(w.all()))
	}
	return errors.Join(failed...)
}
