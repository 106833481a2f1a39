package jitter

import (
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const frame = 160

// packet is the i-th of a steady speaker.
func packet(i int) Packet {
	return Packet{SSRC: 7, Sequence: uint16(i), Stamp: uint32(i * frame), Length: frame, Payload: binary.BigEndian.AppendUint32(nil, uint32(i))}
}

// run plays so many frames: before the n-th, arrives(n) come.
func run(b *Buffer, frames int, arrives func(n int) []Packet) (states []State, played []int) {
	for n := range frames {
		for _, p := range arrives(n) {
			b.Put(p)
		}
		b.Trim()
		p, state := b.Next()
		states = append(states, state)
		if p != nil {
			played = append(played, int(binary.BigEndian.Uint32(p.Payload)))
		}
	}
	return states, played
}

// steady is a network without jitter that leaves some packets out.
func steady(without ...int) func(n int) []Packet {
	return func(n int) []Packet {
		if slices.Contains(without, n) {
			return nil
		}
		return []Packet{packet(n)}
	}
}

func count(states []State, s State) (n int) {
	for _, got := range states {
		if got == s {
			n++
		}
	}
	return n
}

func TestSteadyVoiceWaitsOneFrame(t *testing.T) {
	b := New(frame)
	states, played := run(b, 500, steady())
	if count(states, Idle) != 1 || count(states, Voice) != 499 || played[0] != 0 || played[498] != 498 || b.Waiting() != frame {
		t.Error(count(states, Idle), count(states, Voice), b.Waiting())
	}
}

func TestLossIsHiddenInItsPlace(t *testing.T) {
	b := New(frame)
	states, played := run(b, 100, steady(50, 51, 70))
	if count(states, Lost)+count(states, Late) != 3 || states[51] == Voice || states[52] != Lost || states[71] != Lost || len(played) != 96 {
		t.Error(states, len(played))
	}
	if s := b.Stats(); s.Lost != 2 || s.Played != 96 || s.Late != 0 || s.Cut != 0 || b.Waiting() != frame {
		t.Errorf("%+v, waiting %d", s, b.Waiting())
	}
}

func TestOrderAndDoubles(t *testing.T) {
	b := New(frame)
	_, played := run(b, 60, func(n int) []Packet {
		p := packet(n ^ 1) // each pair the wrong way round
		return []Packet{p, p}
	})
	if !slices.IsSorted(played) || len(played) < 55 || b.Stats().Doubled < 50 {
		t.Error(played, b.Stats())
	}
}

func TestDelayGrowsWithTheNetworkAndFallsAgain(t *testing.T) {
	b := New(frame)
	bursts := func(n int) (all []Packet) { // five at a time, every 100 ms
		if n%5 == 4 {
			for i := n - 4; i <= n; i++ {
				all = append(all, packet(i))
			}
		}
		return all
	}
	states, _ := run(b, 500, bursts)
	if late := count(states[250:], Late) + count(states[250:], Lost) + count(states[250:], Cut); late > 0 {
		t.Error("packets of a network with 100 ms jitter go on being late:", late)
	}
	if w := b.Waiting(); w > 8*frame {
		t.Error("waits", w/frame, "frames")
	}
	after := func(n int) []Packet { return []Packet{packet(n + 500)} }
	run(b, 9000, after)
	if w := b.Waiting(); w > 2*frame {
		t.Error("a network that is calm again still waits", w/frame)
	}
}

// A stall: nothing is read for half a second, and then all of it. Whether the mixer or the reader is first, the delay is
// back within a second.
func TestAfterAStallTheDelayIsBack(t *testing.T) {
	for name, pulls := range map[string]bool{"mixer first": true, "reader first": false} {
		b := New(frame)
		run(b, 100, steady())
		for range 25 {
			if pulls {
				b.Next()
			}
		}
		for i := 100; i < 125; i++ {
			b.Put(packet(i))
		}
		for range 25 {
			if !pulls {
				b.Next()
			}
		}
		states, played := run(b, 50, func(n int) []Packet { return []Packet{packet(n + 125)} })
		if delay := 174 - played[len(played)-1]; delay*20 >= 60 {
			t.Error(name, "delay", delay, "frames")
		}
		if !pulls && count(states, Voice) != 50 {
			t.Error("nothing need be lost", states)
		}
	}
}

func TestFastSpeakerIsCut(t *testing.T) {
	b := New(frame)
	next := 0
	_, played := run(b, 5000, func(n int) (all []Packet) { // one packet in fifty too many
		for range 1 + min(1, n%50/49) {
			all = append(all, packet(next))
			next++
		}
		return all
	})
	if b.Stats().Cut < 80 || b.Waiting() > 4*frame || !slices.IsSorted(played) {
		t.Errorf("%+v waits %d", b.Stats(), b.Waiting())
	}
}

func TestSlowSpeakerIsStretched(t *testing.T) {
	b := New(frame)
	next := 0
	states, played := run(b, 5000, func(n int) []Packet {
		if n%50 == 49 {
			return nil
		}
		next++
		return []Packet{packet(next - 1)}
	})
	if len(played) < 4890 || count(states, Idle) > 1 {
		t.Error(len(played), count(states, Idle))
	}
}

func TestPauseIsNotHidden(t *testing.T) {
	b := New(frame)
	run(b, 50, steady())
	states, _ := run(b, 100, func(int) []Packet { return nil })
	if count(states, Late) != maxGap || count(states, Idle) != 89 {
		t.Error(count(states, Late), count(states, Idle))
	}
	states, played := run(b, 50, func(n int) []Packet { return []Packet{packet(n + 150)} }) // timestamps went on
	if len(played) < 48 || count(states, Lost) > 0 {
		t.Error(states)
	}
}

func TestAnotherSourceAndAnotherClock(t *testing.T) {
	for name, change := range map[string]func(p *Packet){
		"source":      func(p *Packet) { p.SSRC, p.Stamp = 8, p.Stamp-99*frame },
		"clock ahead": func(p *Packet) { p.Stamp += 1 << 30 },
		"clock back":  func(p *Packet) { p.Stamp -= 1 << 20 },
		"a bit back":  func(p *Packet) { p.Stamp -= 20 * frame },
		"wrap":        func(p *Packet) { p.Stamp += 1<<32 - 110*frame },
	} {
		b := New(frame)
		run(b, 100, steady())
		_, played := run(b, 50, func(n int) []Packet {
			p := packet(n + 100)
			change(&p)
			return []Packet{p}
		})
		if len(played) < 40 || played[len(played)-1] < 146 {
			t.Error(name, played)
		}
	}
}

func TestBounds(t *testing.T) {
	b := New(frame)
	for i := range 1000 {
		b.Put(packet(i))
	}
	if len(b.queue) > slots || b.Stats().Cut == 0 {
		t.Error(len(b.queue))
	}
	b.Reset()
	b.Put(Packet{Length: 0})
	b.Put(Packet{Length: 1 << 31})
	b.Put(Packet{Length: frame, Payload: make([]byte, maxBytes+1)})
	if len(b.queue) != 0 {
		t.Error("taken")
	}
}

func TestNoAllocation(t *testing.T) {
	b := New(frame)
	p := packet(0)
	i := 0
	step := func() {
		p.Stamp += frame
		i++
		b.Put(p)
		if i > 1 {
			b.Trim()
			b.Next()
		}
	}
	for range 200 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n > 0 {
		t.Error(n)
	}
}

// Whatever comes, nothing is given twice or out of order within a clock, all slots are accounted for, and the wait is bounded.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New(frame)
		delays := rapid.SliceOfN(rapid.IntRange(0, 12), 50, 200).Draw(t, "delays")
		lost := rapid.SliceOfN(rapid.IntRange(0, 199), 0, 40).Draw(t, "lost")
		at := map[int][]Packet{}
		for i, d := range delays {
			if !slices.Contains(lost, i) {
				at[i+d] = append(at[i+d], packet(i))
			}
		}
		_, played := run(b, len(delays)+20, func(n int) []Packet { return at[n] })
		if !slices.IsSorted(played) || len(slices.Compact(slices.Clone(played))) != len(played) {
			t.Fatal(played)
		}
		check(t, b)
	})
}

func check(t interface{ Fatalf(string, ...any) }, b *Buffer) {
	all := append(slices.Clone(b.queue), b.free...)
	slices.Sort(all)
	if len(all) != slots || len(slices.Compact(all)) != slots {
		t.Fatalf("slots %v", all)
	}
	if b.floor < leastWait*frame || b.floor > mostWait*frame {
		t.Fatalf("floor %d", b.floor)
	}
}

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14})
	f.Fuzz(func(t *testing.T, script []byte) {
		b := New(frame)
		for len(script) >= 7 {
			p := Packet{SSRC: uint32(script[0] & 1), Stamp: binary.BigEndian.Uint32(script[1:]), Length: uint32(script[5]) * 8, Payload: script[:7]}
			b.Put(p)
			b.Trim()
			for range script[6] & 7 {
				if got, state := b.Next(); (got != nil) != (state == Voice || state == Cut) {
					t.Fatal(state)
				}
			}
			check(t, b)
			script = script[7:]
		}
	})
}
