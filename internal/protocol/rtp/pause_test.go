package rtp

import (
	"bytes"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/protocol/media"
)

// TestTapPause: what was said before a pause has gone out when Pause returns, what is said in it never goes, and what is said
// after it stands at its own time. The sequence numbers have no gap: nothing was lost.
func TestTapPause(t *testing.T) {
	tap, ends := newTapped(t)
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	leg, start, s := new(Leg), time.Now(), tap.streams[Customer]
	say := func(i int, b byte) {
		s.say(leg, fly(start.Add(time.Duration(i)*frameTime), 1, i, media.PCMA, frameOf(b)))
	}
	for i := range 13 { // a whole batch, and three packets that wait
		say(i, 1)
	}
	tap.Pause(true)
	tap.Pause(true)
	if st := tap.Stats(); st.Sent != 13 || st.Paused != 0 {
		t.Fatalf("%+v", st)
	}
	for i := 13; i < 100; i++ {
		say(i, 99)
	}
	tap.Pause(false)
	for i := 100; i < 120; i++ {
		say(i, 2)
	}
	ends[0].take(33)
	sound := ends[0].sound
	if bytes.Contains(sound, []byte{99}) || len(sound) != 120*160 || sound[13*160-1] != 1 || sound[13*160] != 0 || sound[100*160] != 2 {
		t.Error("the pause does not hold, or the time was not kept:", len(sound))
	}
	if st := tap.Stats(); st.Paused != 87 || st.Packets != 33 || st.Sent != 33 || st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
	for i, seq := range ends[0].seqs {
		if seq != uint16(i) {
			t.Fatalf("packet %d has number %d", i, seq)
		}
	}
}

// TestPauseOfAClosedTap does nothing.
func TestPauseOfAClosedTap(t *testing.T) {
	tap, _ := newTapped(t)
	if err := tap.Close(); err != nil {
		t.Fatal(err)
	}
	tap.Pause(true)
	tap.Pause(false)
	if st := tap.Stats(); st != (TapStats{}) {
		t.Errorf("%+v", st)
	}
}

// TestFlush: what has come is handed out when Flush returns, in its goroutine, whoever else reads.
func TestFlush(t *testing.T) {
	pool := benchPool(t)
	r, err := Listen(pool)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Flush() // of a receiver that nobody handles yet it does nothing
	tap, err := NewTap(TapConfig{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	r.Expect(tap.Local(Customer))
	tap.Start(r.Local(), r.Local())
	var got atomic.Int64
	if err := r.Handle(func(Packet) { got.Add(1) }); err != nil {
		t.Fatal(err)
	}
	leg, start := new(Leg), time.Now()
	for i := range 500 {
		tap.streams[Customer].say(leg, fly(start.Add(time.Duration(i)*frameTime), 1, i, media.PCMA, frameOf(1)))
		if i%10 == 9 {
			r.Flush()
			if n := got.Load(); n != int64(i+1) {
				t.Fatalf("%d of %d", n, i+1)
			}
		}
	}
}
