package recorder

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
)

// TestPause: what is said in a pause is nowhere, what is said after it stands at its own time, and the pause is no gap.
func TestPause(t *testing.T) {
	for _, own := range []bool{true, false} {
		tl := &timeline{own: own}
		for n := range 200 {
			switch now := at(n * frame); n {
			case 60, 61:
				tl.pause(true, now)
			case 150, 151:
				tl.pause(false, now)
			}
			said := byte(1)
			if n >= 60 && n < 150 {
				said = 99
			}
			tl.write(0, pkt(uint32(n*frame), 1, said), media.PCMA, at(n*frame))
			if n != 150 { // the agent is heard a packet later
				tl.write(1, pkt(uint32(n*frame), 2, said), media.PCMA, at(n*frame))
			}
		}
		got := all(tl, at(200*frame))
		if bytes.Contains(got, []byte{99}) || len(got) != 200*frame*frameBytes {
			t.Fatal("what was said in the pause is there, or the time is not kept:", len(got))
		}
		m := tl.marks()
		if !slices.Equal(m.pauses, []Span{{60 * frame, 150 * frame}}) || m.gaps != 0 {
			t.Errorf("own %v: %+v", own, m)
		}
		for n := range 200 {
			quiet := n >= 60 && n < 150
			if c := channelOf(got, 0)[n*frame]; (c == 1) == quiet {
				t.Fatalf("own %v: packet %d is %d", own, n, c)
			}
		}
	}
}

// TestPauseAtTheEdges: before the first word, until the end, and one after another with nothing said between.
func TestPauseAtTheEdges(t *testing.T) {
	tl := &timeline{own: true}
	tl.pause(true, at(0))
	tl.write(0, pkt(0, 1, 99), media.PCMA, at(0))
	tl.pause(false, at(8000))
	tl.write(0, pkt(0, 1, 1), media.PCMA, at(8000))
	tl.pause(true, at(8160))
	tl.pause(false, at(16000))
	tl.pause(true, at(16160))
	closed := tl.closed(at(8000 + 3*8000))
	got := bytes.Join(append(closed, tl.rest()...), nil)
	m := tl.marks()
	if len(m.pauses) != 1 || m.pauses[0].From != frame || m.pauses[0].To != int64(len(got)/frameBytes) || m.gaps != 0 {
		t.Errorf("%+v of %d", m, len(got)/frameBytes)
	}
	if cut := m.until(frame); len(cut.pauses) != 0 {
		t.Errorf("a pause after the end: %+v", cut)
	}
}

// TestPausesAreBounded: those beyond the limit are part of the last.
func TestPausesAreBounded(t *testing.T) {
	tl := &timeline{own: true}
	for n := range MaxPauses + 5 {
		tl.pause(false, at(2*n*frame))
		tl.write(0, pkt(uint32(2*n*frame), 1, 1), media.PCMA, at(2*n*frame))
		tl.pause(true, at((2*n+1)*frame))
		tl.closed(at((2*n + 1) * frame))
	}
	m := tl.marks()
	if len(m.pauses) > MaxPauses || m.pauses[len(m.pauses)-1].To < int64(2*MaxPauses*frame) {
		t.Fatalf("%d, the last %+v", len(m.pauses), m.pauses[len(m.pauses)-1])
	}
}

// TestAnyPauses: whatever is paused and whenever, a byte of a pause is never kept, and pauses are in order, apart and within.
func TestAnyPauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tl := &timeline{own: rapid.Bool().Draw(t, "own")}
		var got []byte
		paused := false
		for n := range rapid.IntRange(1, 400).Draw(t, "packets") {
			now := at(n * frame)
			if rapid.IntRange(0, 9).Draw(t, "change") == 0 {
				paused = !paused
				tl.pause(paused, now)
			}
			said := byte(1)
			if paused {
				said = 99
			}
			tl.write(rapid.IntRange(0, 1).Draw(t, "channel"), pkt(uint32(n*frame), 1, said), media.PCMA, now.Add(time.Millisecond))
			for _, p := range tl.closed(now) {
				got = append(got, p...)
			}
		}
		m := tl.marks()
		got = append(got, bytes.Join(tl.rest(), nil)...)
		last := int64(0)
		for _, p := range m.pauses {
			if p.From < last || p.To <= p.From || p.To > int64(len(got)/frameBytes) {
				t.Fatalf("%+v", m.pauses)
			}
			for _, b := range got[p.From*frameBytes : p.To*frameBytes] {
				if b != media.PCMA.Silence() {
					t.Fatal("a pause holds sound")
				}
			}
			last = p.To
		}
		if bytes.Contains(got, []byte{99}) {
			t.Fatal("what was said in a pause is kept")
		}
	})
}
