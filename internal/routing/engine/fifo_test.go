package engine

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestFifoIsASortedList: whatever is pushed and removed, in any order, it is what a sorted list would be.
func TestFifoIsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f fifo
		var want []entry
		for seq := range uint64(rapid.IntRange(1, 200).Draw(t, "steps")) {
			if len(want) > 0 && rapid.IntRange(0, 2).Draw(t, "what") == 0 {
				i := 0
				if rapid.Bool().Draw(t, "middle") {
					i = rapid.IntRange(0, len(want)-1).Draw(t, "which")
				}
				f.remove(want[i].arrived, want[i].seq)
				want = slices.Delete(want, i, i+1)
			} else {
				n := entry{arrived: rapid.Int64Range(0, 20).Draw(t, "arrived"), seq: seq, work: new(work)}
				f.push(n)
				want = append(want, n)
				slices.SortFunc(want, func(a, b entry) int { return cmp.Or(cmp.Compare(a.arrived, b.arrived), cmp.Compare(a.seq, b.seq)) })
			}
			same(t, &f, want)
		}
	})
}

func same(t *rapid.T, f *fifo, want []entry) {
	if f.size() != len(want) {
		t.Fatalf("%d instead of %d", f.size(), len(want))
	}
	if len(want) > 0 && f.first().work != want[0].work {
		t.Fatal("another is first")
	}
	i := 0
	for w := range f.all {
		if w != want[i].work {
			t.Fatalf("another is at %d", i)
		}
		i++
	}
	if i != len(want) || f.gaps > len(f.entries)-f.head {
		t.Fatalf("%d of %d, %d gaps", i, len(want), f.gaps)
	}
}

// TestFifoStaysSmall: what goes round and round does not grow.
func TestFifoStaysSmall(t *testing.T) {
	var f fifo
	for seq := range uint64(100_000) {
		f.push(entry{arrived: int64(seq), seq: seq, work: new(work)})
		if seq >= 50 {
			f.remove(f.first().arrived, f.first().seq)
		}
	}
	if f.size() != 50 || cap(f.entries) > 512 {
		t.Fatal(f.size(), cap(f.entries))
	}
}
