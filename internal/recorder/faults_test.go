package recorder

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// arrival is a packet of a channel that comes at a time.
type arrival struct {
	ch   int
	p    rtp.Packet
	when time.Time
}

// line is what a channel of our own tap says in so many packets of 20 ms, a place of its own for each byte.
func line(ch, packets int) []arrival {
	var out []arrival
	for n := range packets {
		p := pkt(uint32(n*frame), uint32(ch+1), value(ch, n))
		p.Sequence = uint16(n)
		out = append(out, arrival{ch, p, at((n + 1) * frame)})
	}
	return out
}

// value is what packet n of a channel says; never the byte of silence.
func value(ch, n int) byte { return byte(1 + ch*100 + n%90) }

// play gives a timeline what comes, in the order of its coming, with a look at closed pieces in each round; it gives the
// recording.
func play(tl *timeline, all []arrival) []byte {
	slices.SortStableFunc(all, func(a, b arrival) int { return a.when.Compare(b.when) })
	var got []byte
	look := zero.Add(roundTime)
	for _, a := range all {
		for !a.when.Before(look) {
			got = append(got, bytes.Join(tl.closed(look), nil)...)
			look = look.Add(roundTime)
		}
		tl.write(a.ch, a.p, media.PCMA, a.when)
	}
	return append(got, bytes.Join(tl.rest(), nil)...)
}

// TestFaultsMoveNothing: whatever is late by up to half a second, comes twice or in another order, the same bytes stand at
// the same places as without any of it.
func TestFaultsMoveNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		packets := rapid.IntRange(1, 300).Draw(t, "packets")
		sent := append(line(0, packets), line(1, packets)...)
		want := play(&timeline{own: true}, slices.Clone(sent))
		jitter := rapid.SliceOfN(rapid.IntRange(0, 500), 17, 17).Draw(t, "late by, ms")
		twice := rapid.SliceOfN(rapid.Bool(), 13, 13).Draw(t, "twice")
		var got []arrival
		for i, a := range sent {
			late := a
			late.when = a.when.Add(time.Duration(jitter[i%len(jitter)]) * time.Millisecond)
			got = append(got, late)
			if twice[i%len(twice)] {
				again := a
				again.when = a.when.Add(time.Duration(jitter[(i+5)%len(jitter)]) * time.Millisecond)
				got = append(got, again)
			}
		}
		tl := &timeline{own: true}
		if heard := withoutHead(play(tl, got)); !bytes.Equal(heard, withoutHead(want)) {
			t.Fatalf("%d bytes, want %d", len(heard), len(want))
		}
		if tl.marks().gaps > 2*packets {
			t.Fatal("gaps:", tl.marks().gaps)
		}
	})
}

// withoutHead drops the silence before the first sound: it is longer where the first packets came late.
func withoutHead(b []byte) []byte {
	i := slices.IndexFunc(b, func(c byte) bool { return c != media.PCMA.Silence() })
	return b[max(i, 0)/frameBytes*frameBytes:]
}

// TestLossLeavesSilence: what is lost is silent, all else stands where it would without the loss, on both channels.
func TestLossLeavesSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		packets := rapid.IntRange(2, 300).Draw(t, "packets")
		lost := rapid.SliceOfN(rapid.IntRange(0, 19), 23, 23).Draw(t, "lost where 0")
		sent := append(line(0, packets), line(1, packets)...)
		want := play(&timeline{own: true}, slices.Clone(sent))
		var came []arrival
		for i, a := range sent {
			n := i % packets
			if n == 0 || n == packets-1 || lost[(i*7)%len(lost)] != 0 { // the ends come: they tell the length
				came = append(came, a)
				continue
			}
			for k := range frame {
				want[(n*frame+k)*frameBytes+a.ch] = media.PCMA.Silence()
			}
		}
		tl := &timeline{own: true}
		if got := play(tl, came); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, want %d", len(got), len(want))
		}
		if gaps := tl.marks().gaps; gaps > 2*packets || (gaps == 0) != (len(came) == len(sent)) {
			t.Fatal("gaps:", gaps, "lost:", len(sent)-len(came))
		}
	})
}

// TestAPeerThatMoves: another source on a channel, with timestamps that have nothing to do with those before, goes on at its
// own time, and moves the other channel by nothing. Our tap gives one timeline whatever its legs do, so this is of others.
func TestAPeerThatMoves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moves := rapid.IntRange(1, 99).Draw(t, "moves at")
		base := rapid.Uint32().Draw(t, "timestamps from")
		all := line(0, 100)
		for n, a := range line(1, 100) {
			if n >= moves {
				a.p.SSRC, a.p.Timestamp = 77, base+uint32(n*frame)
			}
			all = append(all, a)
		}
		tl := &timeline{}
		got := play(tl, all)
		if len(got) != 100*frame*frameBytes {
			t.Fatal(len(got))
		}
		for n := range 100 {
			if got[n*frame*frameBytes] != value(0, n) || got[n*frame*frameBytes+1] != value(1, n) {
				t.Fatal("packet", n, "is elsewhere")
			}
		}
	})
}

// TestAnOutage: after three seconds without a packet, and after a stall that is delivered at once, sound goes on at its time.
func TestAnOutage(t *testing.T) {
	var cut, stalled []arrival
	for ch := range 2 {
		for n, a := range line(ch, 400) {
			if n < 100 || n >= 250 {
				cut = append(cut, a)
			}
			if n >= 100 && n < 140 { // 800 ms come in one burst
				a.when = at(141 * frame)
			}
			stalled = append(stalled, a)
		}
	}
	whole := play(&timeline{own: true}, append(line(0, 400), line(1, 400)...))
	if got := play(&timeline{own: true}, stalled); !bytes.Equal(got, whole) {
		t.Error("a stall moved sound")
	}
	tl := &timeline{own: true}
	got := play(tl, cut)
	if len(got) != len(whole) || !bytes.Equal(got[250*frame*frameBytes:], whole[250*frame*frameBytes:]) || tl.marks().gaps != 2 {
		t.Error("an outage moved sound, or is not two gaps:", len(got), tl.marks().gaps)
	}
}
