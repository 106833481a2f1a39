package rtp

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

// pacedMemory is a memory on which a pacer plays.
type pacedMemory struct {
	*memory
	c *pacer
}

func (m pacedMemory) pacer() *pacer { return m.c }

func pacedLegs(t *testing.T, n int) (*pacer, []*Leg, []*memory) {
	t.Helper()
	c := newPacer(slog.New(slog.DiscardHandler))
	legs, memories := make([]*Leg, n), make([]*memory, n)
	for i := range legs {
		memories[i] = newMemory()
		legs[i] = NewLeg(pacedMemory{memories[i], c}, LegConfig{})
		legs[i].Start(netip.AddrPort{}, media.PCMA, 0)
	}
	return c, legs, memories
}

// TestPacedPlayersKeepTheirPlace: players that begin at any moment send every 20 ms, at most a grid late, and end when the last
// frame has sounded; the goroutine ends with the last of them.
func TestPacedPlayersKeepTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, legs, memories := pacedLegs(t, 40)
		defer closeAll(c, legs)
		clip := media.Tone(440, time.Second, 8000)
		var wg sync.WaitGroup
		for i, l := range legs {
			time.Sleep(1700 * time.Microsecond)
			start := time.Now()
			wg.Go(func() {
				err := <-l.Play(t.Context(), []media.Clip{clip}, false)
				if took := time.Since(start); err != nil || took < time.Second || took > time.Second+paceGrid {
					t.Error(i, err, took)
				}
			})
		}
		wg.Wait()
		for i, m := range memories {
			all := m.all()
			steady(t, all)
			if len(all) != 50 {
				t.Fatal(i, len(all))
			}
			for n := 2; n < len(all); n++ {
				if gap := all[n].at.Sub(all[n-1].at); gap != frameTime {
					t.Fatal(i, n, gap)
				}
			}
		}
		c.wg.Wait()
		if c.running || len(c.queue) != 0 {
			t.Error("the pacer has not ended")
		}
		if err := <-legs[0].Play(t.Context(), []media.Clip{clip}, false); err != nil {
			t.Error("and begins again:", err)
		}
	})
}

// closeAll waits for the pacer too: it ends when it next wakes.
func closeAll(c *pacer, legs []*Leg) {
	for _, l := range legs {
		_ = l.Close()
	}
	c.wg.Wait()
}

// TestPacedPlayersShareWakeUps: hundreds that play wake the pacer no more often than the grid has places.
func TestPacedPlayersShareWakeUps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, legs, memories := pacedLegs(t, 200)
		defer closeAll(c, legs)
		for _, l := range legs {
			l.Play(t.Context(), []media.Clip{media.Tone(440, time.Second, 8000)}, true)
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(time.Second)
		from := time.Now()
		time.Sleep(time.Second)
		moments := map[time.Time]int{}
		for _, m := range memories {
			for _, p := range m.all() {
				if !p.at.Before(from) {
					moments[p.at]++
				}
			}
		}
		if most := int(time.Second/paceGrid) + 1; len(moments) > most {
			t.Errorf("frames left at %d moments of a second, want at most %d", len(moments), most)
		}
	})
}

// TestPacedPlayThatIsNotHeardGivesNoNil is the gate's condition (M4): whatever ends a play early says so, once.
func TestPacedPlayThatIsNotHeardGivesNoNil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, legs, memories := pacedLegs(t, 1)
		defer closeAll(c, legs)
		l, m := legs[0], memories[0]
		clip := []media.Clip{media.Tone(440, 500*ms, 8000)}
		ctx, cancel := context.WithTimeout(t.Context(), 90*ms)
		defer cancel()
		if err := <-l.Play(ctx, clip, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("cancelled:", err)
		}
		if err := <-l.Play(ctx, clip, false); !errors.Is(err, context.DeadlineExceeded) {
			t.Error("cancelled before:", err)
		}
		first := l.Play(t.Context(), clip, false)
		second := l.Play(t.Context(), clip, false)
		if err := <-first; !errors.Is(err, ErrStopped) {
			t.Error("replaced:", err)
		}
		if err := <-second; err != nil {
			t.Error("the second plays to its end:", err)
		}
		stopped := l.Play(t.Context(), clip, true)
		time.Sleep(100 * ms)
		before := len(m.all())
		l.StopPlay()
		if err := <-stopped; !errors.Is(err, ErrStopped) {
			t.Error("stopped:", err)
		}
		time.Sleep(100 * ms)
		if len(m.all()) != before {
			t.Error("something was sent after StopPlay")
		}
		m.refuse = true
		if err := <-l.Play(t.Context(), clip, false); !errs.Is(err, errs.Unavailable) {
			t.Error("not sent:", err)
		}
		closing := l.Play(t.Context(), clip, false)
		_ = l.Close()
		if err := <-closing; !errors.Is(err, ErrStopped) {
			t.Error("closed:", err)
		}
	})
}

// TestPacedPlayerThatBreaksEndsAlone: a panic is its own failure.
func TestPacedPlayerThatBreaksEndsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, legs, _ := pacedLegs(t, 2)
		defer closeAll(c, legs)
		good := legs[0].Play(t.Context(), []media.Clip{media.Tone(440, 200*ms, 8000)}, false)
		result := make(chan error, 1)
		bad, err := legs[1].speaker(&paced{result: result})
		if err != nil {
			t.Fatal(err)
		}
		c.play(t.Context(), bad, nil) // no sound at all
		if err := <-result; !errs.Is(err, errs.Internal) {
			t.Error(err)
		}
		if err := <-good; err != nil {
			t.Error("the other one:", err)
		}
	})
}

// TestPacedPlayerAfterAStall makes up for three frames at most and lets the rest pass.
func TestPacedPlayerAfterAStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, legs, memories := pacedLegs(t, 1)
		defer closeAll(c, legs)
		p, err := legs[0].speaker(&paced{result: make(chan error, 1)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(510 * ms) // between the right to speak and the first frame
		c.play(t.Context(), p, &cursor{clips: []media.Clip{media.Tone(440, time.Second, 8000)}})
		synctest.Wait()
		if n := len(memories[0].all()); n < 1 || n > 4 {
			t.Error("frames that left together:", n)
		}
	})
}

// TestPacedPlaysOverSockets plays, replaces, cancels and closes from many goroutines at once.
func TestPacedPlaysOverSockets(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	p := newPhone(t)
	clip := []media.Clip{media.Tone(440, 60*ms, 8000)}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			u, err := pool.Open()
			if err != nil {
				t.Error(err)
				return
			}
			l := NewLeg(u, LegConfig{})
			l.Start(p.addr(), media.PCMA, 0)
			ctx, cancel := context.WithCancel(t.Context())
			results := []<-chan error{l.Play(ctx, clip, true), l.Play(ctx, clip, true), l.Play(t.Context(), clip, false)}
			if err := <-results[2]; err != nil {
				t.Error(err)
			}
			results = append(results, l.Play(ctx, clip, true))
			cancel()
			results = append(results, l.Play(t.Context(), clip, true))
			_ = l.Close()
			for _, i := range []int{0, 1, 3, 4} {
				if err := <-results[i]; err == nil {
					t.Error(i, "gave nil")
				}
			}
		})
	}
	wg.Wait()
	for _, c := range pool.pacers {
		c.wg.Wait()
	}
}
