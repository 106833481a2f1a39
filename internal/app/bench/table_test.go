package bench

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedianAndPercentile(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{3, 1, 2}, 2}, {[]float64{4, 1}, 2.5}, {[]float64{7}, 7}} {
		if got := median(c.x); got != c.want {
			t.Errorf("median(%v) = %v", c.x, got)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("the median of nothing is a number")
	}
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for p, want := range map[float64]int{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("percentile %v is %d", p, got)
		}
	}
	if percentile([]int(nil), 0.5) != 0 {
		t.Error("the percentile of nothing is something")
	}
}

func TestTheRatioIsPaired(t *testing.T) {
	r := row{ours: []float64{1, 20, 3}, theirs: []float64{1, 10, 1}} // medians alone would give 3
	if got := r.ratio(); got != 2 {
		t.Fatalf("ratio %v, want that of the median round", got)
	}
	r.theirs = []float64{2}
	if got := r.ratio(); got != 1.5 {
		t.Fatalf("unpaired: %v", got)
	}
}

func TestTheTableNamesWorkReferenceAndSpread(t *testing.T) {
	var out bytes.Buffer
	b := &bench{Options: Options{Out: &out, Round: time.Second}}
	b.print(0)
	if out.Len() != 0 {
		t.Fatal("an empty table is printed")
	}
	b.add(row{"a relayed call", "ms", []float64{0.5, 0.75, 1}, "bare relay", []float64{1, 1, 1}, "a note"})
	b.add(row{"without a reference", "µs", []float64{1234}, "", nil, ""})
	b.print(time.Minute)
	for _, want := range []string{"a relayed call", "0.750 (0.500–1.00)", "bare relay", "1.00 (1.00–1.00)", "0.75", "a note", "1234", "processors"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234.5: "1234", 12.34: "12.3", 1.234: "1.23", 0.1234: "0.123"} {
		if got := short(v); got != want {
			t.Errorf("%v is written %q", v, got)
		}
	}
}

func TestChoosingParts(t *testing.T) {
	if all, err := choose(nil); err != nil || len(all) != len(Names()) {
		t.Fatal(all, err)
	}
	if some, err := choose([]string{"routing", "relay"}); err != nil || len(some) != 2 || some[0].name != "relay" {
		t.Fatal(some, err)
	}
	if _, err := choose([]string{"relay", "nothing"}); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(parts(), func(a, b part) int { return min(b.seats, 1) - min(a.seats, 1) }) {
		t.Error("what needs no city is not measured last")
	}
}

func TestRoundsAreBounded(t *testing.T) {
	for _, d := range []time.Duration{time.Millisecond, time.Hour} {
		if err := Run(t.Context(), Options{Round: d, Out: new(bytes.Buffer)}); err == nil {
			t.Errorf("rounds of %s are taken", d)
		}
	}
}
