package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
)

// Shape is the form of a Distribution.
type Shape uint8

// The shapes.
const (
	Exponential Shape = iota // no memory: what Erlang's formulas assume
	LogNormal                // what talk times measured in call centres look like (Brown et al., JASA 100, 2005)
	Fixed
	shapes
)

// String names the shape as it is written.
func (s Shape) String() string {
	if s < shapes {
		return [...]string{"exponential", "lognormal", "fixed"}[s]
	}
	return "unknown"
}

// Distribution is of a time. The zero Distribution is none: what is drawn from it is its user's to say.
type Distribution struct {
	Shape Shape
	Mean  time.Duration
	CV    float64 // LogNormal: standard deviation / mean; 0: DefaultCV
}

// Bounds of a Distribution.
const (
	DefaultCV = 1.0
	MaxCV     = 10.0
	// MaxMean bounds the mean of a time.
	MaxMean = 24 * time.Hour
	// maxDrawn keeps sums of times far from the end of time.Duration.
	maxDrawn = 1000 * 24 * time.Hour
)

// IsZero tells whether it is none.
func (d Distribution) IsZero() bool { return d.Mean == 0 }

// String writes it as ParseDistribution reads it.
func (d Distribution) String() string {
	switch {
	case d.IsZero():
		return "none"
	case d.Shape == LogNormal:
		return fmt.Sprintf("lognormal:%v:%v", d.Mean, d.cv())
	default:
		return fmt.Sprintf("%v:%v", d.Shape, d.Mean)
	}
}

func (d Distribution) cv() float64 {
	if d.CV == 0 {
		return DefaultCV
	}
	return d.CV
}

// ParseDistribution reads "240s" (exponential), "fixed:240s", "lognormal:240s", "lognormal:240s:0.8" (with its coefficient of
// variation) or "none".
func ParseDistribution(text string) (Distribution, error) {
	if text == "none" {
		return Distribution{}, nil
	}
	words := strings.Split(text, ":")
	var d Distribution
	if len(words) > 1 {
		shape, ok := parseShape(words[0])
		if !ok {
			return d, errs.New(errs.Invalid, "%q is no shape: want exponential, lognormal or fixed, as in lognormal:240s", words[0])
		}
		d.Shape, words = shape, words[1:]
	}
	mean, err := time.ParseDuration(words[0])
	if err != nil || mean <= 0 || mean > MaxMean {
		return d, errs.New(errs.Invalid, "want a time with its unit, up to %v, as in 240s or 4m; have %q", MaxMean, words[0])
	}
	d.Mean = mean
	return d.parseCV(words[1:])
}

func parseShape(name string) (Shape, bool) {
	for s := range shapes {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

func (d Distribution) parseCV(words []string) (Distribution, error) {
	if len(words) == 0 {
		return d, nil
	}
	cv, err := strconv.ParseFloat(words[0], 64)
	if len(words) > 1 || d.Shape != LogNormal || err != nil || !(cv > 0 && cv <= MaxCV) {
		return d, errs.New(errs.Invalid, "after the time only lognormal has a further figure, its coefficient of variation up to %v: lognormal:240s:0.8", MaxCV)
	}
	d.CV = cv
	return d, nil
}

func (d Distribution) check(field string) error {
	if d.Mean < 0 || d.Mean > MaxMean || d.Shape >= shapes || !(d.CV >= 0 && d.CV <= MaxCV) {
		return errs.At(errs.Invalid, field, "must have a mean up to %v, a known shape and a coefficient of variation up to %v", MaxMean, MaxCV)
	}
	return nil
}

// draw gives one time. Scaling the mean scales what is drawn: streams stay comparable.
func (d Distribution) draw(r *rand.Rand) time.Duration {
	x := float64(d.Mean)
	switch d.Shape {
	case Exponential:
		x *= r.ExpFloat64()
	case LogNormal:
		variance := math.Log1p(d.cv() * d.cv())
		x *= math.Exp(math.Sqrt(variance)*r.NormFloat64() - variance/2)
	}
	return time.Duration(min(x, float64(maxDrawn)))
}
