package locate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func records(t *rapid.T) []SRV {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) SRV {
		return SRV{
			Priority: uint16(rapid.IntRange(0, 3).Draw(t, "priority")), Weight: uint16(rapid.IntRange(0, 65535).Draw(t, "weight")),
			Port: uint16(rapid.IntRange(1, 65535).Draw(t, "port")), Target: rapid.StringMatching("[a-z]{1,8}").Draw(t, "target"),
		}
	}), 0, 40).Draw(t, "records")
}

func compare(a, b SRV) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Target, b.Target))
}

// Nothing is lost or made up, the given records stay as they were, and a lower priority never comes after a higher one.
func TestOrderIsAPermutationByPriority(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		given := records(t)
		before := slices.Clone(given)
		got := Order(given, rand.IntN)
		if !slices.Equal(given, before) {
			t.Fatal("the given records were changed")
		}
		if !slices.IsSortedFunc(got, func(a, b SRV) int { return cmp.Compare(a.Priority, b.Priority) }) {
			t.Fatal("not by priority:", got)
		}
		slices.SortFunc(got, compare)
		slices.SortFunc(before, compare)
		if !slices.Equal(got, before) {
			t.Fatal("other records")
		}
	})
}

// The first place goes by weight: each record is drawn as often as its share of the sum, within five standard deviations, and
// one of weight 0 now and then (RFC 2782).
func TestWeights(t *testing.T) {
	const draws = 20000
	random := rand.New(rand.NewPCG(1, 2))
	for _, weights := range [][]uint16{{1, 1}, {3, 1}, {10, 20, 70}, {0, 100}, {0, 0, 1}, {65535, 65535}} {
		var all []SRV
		sum := 0
		for i, w := range weights {
			all = append(all, SRV{Weight: w, Port: uint16(i)})
			sum += int(w)
		}
		got := make([]int, len(weights))
		for range draws {
			got[Order(all, random.IntN)[0].Port]++
		}
		for i, w := range weights {
			share := float64(w) / float64(sum)
			if slices.Contains(weights, 0) {
				share = float64(w) / float64(sum+1)
			}
			if w == 0 && i == 0 {
				share = 1 / float64(sum+1)
			}
			if off := math.Abs(float64(got[i]) - draws*share); off > 5*math.Sqrt(draws*share*(1-share))+1 {
				t.Errorf("weights %v: record %d came first %d times of %d, want about %.0f", weights, i, got[i], draws, draws*share)
			}
		}
	}
}

// Where all weigh nothing they keep their order: RFC 2782 leaves it open.
func TestNoWeights(t *testing.T) {
	all := []SRV{{Target: "a"}, {Target: "b"}, {Target: "c"}}
	if got := Order(all, rand.IntN); !slices.Equal(got, all) {
		t.Error(got)
	}
}

// FuzzOrder draws hostile numbers and records.
func FuzzOrder(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0, 3, 1}, uint32(7))
	f.Fuzz(func(t *testing.T, b []byte, seed uint32) {
		var all []SRV
		for i := 0; i+1 < len(b); i += 2 {
			all = append(all, SRV{Priority: uint16(b[i] % 4), Weight: uint16(b[i+1]) << 8, Port: uint16(i)})
		}
		got := Order(all, func(n int) int { seed = seed*1664525 + 1013904223; return int(seed>>8) % n })
		if len(got) != len(all) || !slices.IsSortedFunc(got, func(a, b SRV) int { return cmp.Compare(a.Priority, b.Priority) }) {
			t.Fatal(got)
		}
		seen := map[uint16]bool{}
		for _, r := range got {
			seen[r.Port] = true
		}
		if len(seen) != len(all) {
			t.Fatal("a record was lost")
		}
	})
}
