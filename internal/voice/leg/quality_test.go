package leg

import (
	"testing"
)

// Each score falls in the class of the greatest bound that it reaches.
func TestQualityClasses(t *testing.T) {
	var got Histogram
	for _, mos := range []float64{4.5, 4.34, 4.33, 4.03, 3.7, 3.2, 1} {
		got.add(mos)
	}
	if n := got.Load(); n != (Counts{2, 2, 1, 1, 1}) {
		t.Errorf("%v", n)
	}
}
