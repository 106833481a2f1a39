package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestParseDistribution(t *testing.T) {
	for text, want := range map[string]Distribution{
		"240s": {Exponential, 4 * time.Minute, 0}, "exponential:4m": {Exponential, 4 * time.Minute, 0}, "fixed:1m30s": {Fixed, 90 * time.Second, 0},
		"lognormal:240s": {LogNormal, 4 * time.Minute, 0}, "lognormal:240s:0.8": {LogNormal, 4 * time.Minute, 0.8}, "none": {},
	} {
		if d, err := ParseDistribution(text); err != nil || d != want {
			t.Errorf("%s: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "240", "-1s", "25h", "normal:240s", "fixed:240s:1", "lognormal:240s:0", "lognormal:240s:NaN", "lognormal:240s:1:1", ":"} {
		if d, err := ParseDistribution(text); err == nil {
			t.Errorf("%q is %v", text, d)
		}
	}
}

// TestMoments compares what is drawn with what was asked.
func TestMoments(t *testing.T) {
	for _, c := range []struct {
		d  Distribution
		cv float64
	}{
		{Distribution{Mean: 4 * time.Minute}, 1},
		{Distribution{Shape: LogNormal, Mean: 4 * time.Minute}, 1},
		{Distribution{Shape: LogNormal, Mean: time.Minute, CV: 0.5}, 0.5},
		{Distribution{Shape: Fixed, Mean: time.Minute}, 0},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		const n = 200_000
		sum, squares := 0.0, 0.0
		for range n {
			x := c.d.draw(r).Seconds()
			sum += x
			squares += x * x
		}
		mean := sum / n
		cv := math.Sqrt(max(0, squares/n-mean*mean)) / mean
		if math.Abs(mean/c.d.Mean.Seconds()-1) > 0.02 || math.Abs(cv-c.cv) > 0.03 {
			t.Errorf("%v: mean %.1f s, coefficient of variation %.3f", c.d, mean, cv)
		}
	}
}

func FuzzParseDistribution(f *testing.F) {
	for _, s := range []string{"240s", "lognormal:240s:0.8", "fixed:1m", "none", "x:y:z", "lognormal:1ns:10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDistribution(text)
		if err != nil {
			return
		}
		if err := d.check("d"); err != nil {
			t.Fatal(err)
		}
		if again, err := ParseDistribution(d.String()); err != nil || again.String() != d.String() {
			t.Fatalf("%q is %v, which reads as %v, %v", text, d, again, err)
		}
	})
}
