package simulate

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"
)

// line is one curve of a plot.
type line struct {
	name   string
	values []*float64 // by interval; nil leaves a gap
	low    []*float64 // with high: a band around it
	high   []*float64
	steps  bool // holds for the whole interval: a staircase
}

// plot is a figure by half-hours.
type plot struct {
	title  string
	note   string
	unit   string // of the vertical axis
	starts []time.Time
	lines  []line
	top    float64 // of the axis; 0: as the values need
	mark   float64 // a line across at the target; 0: none
}

// Size of a plot in its own units, of which a wide screen shows more than one pixel each and a narrow one less.
const (
	plotWidth, plotHeight                   = 420.0, 250.0
	plotLeft, plotRight, plotTop, plotBelow = 46.0, 10.0, 14.0, 30.0
	maxCurves                               = 6 // that the page has colours for
)

// svg draws it, with a text for those who don't see it.
func (p *plot) svg() string {
	var b strings.Builder
	top, step := p.scale()
	fmt.Fprintf(&b, `<figure><figcaption><b>%s</b> <span>%s</span></figcaption>`, html.EscapeString(p.title), html.EscapeString(p.note))
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, plotWidth, plotHeight, html.EscapeString(p.alternative()))
	p.axes(&b, top, step)
	for i, l := range p.lines {
		p.band(&b, l, i, top)
		fmt.Fprintf(&b, `<path class="c%d" d="%s"/>`, i%maxCurves, p.path(l, top))
	}
	if p.mark > 0 {
		y := p.y(p.mark, top)
		fmt.Fprintf(&b, `<path class="mark" d="M%g %.1fH%g"/>`, plotLeft, y, plotWidth-plotRight)
	}
	b.WriteString(`</svg>`)
	p.legend(&b)
	b.WriteString(`</figure>`)
	return b.String()
}

// legend names the curves, where there are several.
func (p *plot) legend(b *strings.Builder) {
	if len(p.lines) < 2 {
		return
	}
	b.WriteString(`<p class="legend">`)
	for i, l := range p.lines {
		fmt.Fprintf(b, `<span><svg viewBox="0 0 24 8" aria-hidden="true"><path class="c%d" d="M0 4H24"/></svg> %s</span> `, i%maxCurves, html.EscapeString(l.name))
	}
	b.WriteString(`</p>`)
}

// alternative tells the extremes of each curve.
func (p *plot) alternative() string {
	parts := []string{p.title + " by half-hour"}
	for _, l := range p.lines {
		low, high := -1, -1
		for i, v := range l.values {
			if v == nil {
				continue
			}
			if low < 0 || *v < *l.values[low] {
				low = i
			}
			if high < 0 || *v > *l.values[high] {
				high = i
			}
		}
		if low >= 0 {
			parts = append(parts, fmt.Sprintf("%s: least %s%s at %s, most %s%s at %s", l.name, number1(*l.values[low]), p.unit, p.starts[low].Format("15:04"),
				number1(*l.values[high]), p.unit, p.starts[high].Format("15:04")))
		}
	}
	return strings.Join(parts, "; ") + ". The table below has all figures."
}

func number1(x float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0") }

// scale gives the top of the axis and the step of its figures: 1, 2, 2.5 or 5 times a power of ten, five steps at most.
func (p *plot) scale() (top, step float64) {
	if p.top > 0 {
		return p.top, p.top / 4
	}
	most := p.mark
	for _, l := range p.lines {
		for _, v := range l.values {
			if v != nil {
				most = max(most, *v)
			}
		}
	}
	if most <= 0 {
		return 1, 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most))-1)
	for _, m := range []float64{2, 2.5, 5, 10, 20} {
		if step = m * power; most <= 5*step {
			break
		}
	}
	return math.Ceil(most/step) * step, step
}

func (p *plot) x(i float64) float64 {
	return plotLeft + i/float64(max(len(p.starts), 1))*(plotWidth-plotLeft-plotRight)
}

func (p *plot) y(v, top float64) float64 {
	return plotHeight - plotBelow - min(v, top)/top*(plotHeight-plotTop-plotBelow)
}

// axes draws the grid with its figures: steps up, and hours across, as many as have room.
func (p *plot) axes(b *strings.Builder, top, step float64) {
	for v := 0.0; v <= top*1.001; v += step {
		y := p.y(v, top)
		fmt.Fprintf(b, `<path class="grid" d="M%g %.1fH%g"/><text x="%g" y="%.1f" text-anchor="end">%s%s</text>`, plotLeft, y, plotWidth-plotRight, plotLeft-5, y+4, tick(v), p.unit)
	}
	every := 1
	for hours := len(p.starts) / 2; hours/every > 7; every++ {
	}
	for i, t := range p.starts {
		if t.Minute() != 0 || t.Hour()%every != 0 {
			continue
		}
		x := p.x(float64(i))
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %gv4"/><text x="%.1f" y="%g" text-anchor="middle">%s</text>`, x, plotHeight-plotBelow, x, plotHeight-plotBelow+18, t.Format("15"))
	}
}

func tick(v float64) string {
	if v != math.Trunc(v) {
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// path is the curve: a staircase, or a line through the middles of the intervals.
func (p *plot) path(l line, top float64) string {
	var b strings.Builder
	pen := false
	for i, v := range l.values {
		switch {
		case v == nil:
			pen = false
			continue
		case l.steps && pen:
			fmt.Fprintf(&b, "V%.1fH%.1f", p.y(*v, top), p.x(float64(i+1)))
		case l.steps:
			fmt.Fprintf(&b, "M%.1f %.1fH%.1f", p.x(float64(i)), p.y(*v, top), p.x(float64(i+1)))
		case pen:
			fmt.Fprintf(&b, "L%.1f %.1f", p.x(float64(i)+0.5), p.y(*v, top))
		default: // a dot, where no neighbour makes it a line
			fmt.Fprintf(&b, "M%.1f %.1fh.1", p.x(float64(i)+0.5), p.y(*v, top))
		}
		pen = true
	}
	return b.String()
}

// band is the confidence interval around a curve.
func (p *plot) band(b *strings.Builder, l line, i int, top float64) {
	for from := 0; from < len(l.low); from++ {
		to := from
		for to < len(l.low) && l.low[to] != nil && l.high[to] != nil {
			to++
		}
		if to-from < 2 {
			continue
		}
		fmt.Fprintf(b, `<path class="band b%d" d="M`, i%maxCurves)
		for k := from; k < to; k++ {
			fmt.Fprintf(b, "%.1f %.1f ", p.x(float64(k)+0.5), p.y(*l.low[k], top))
		}
		for k := to - 1; k >= from; k-- {
			fmt.Fprintf(b, "%.1f %.1f ", p.x(float64(k)+0.5), p.y(*l.high[k], top))
		}
		b.WriteString(`Z"/>`)
		from = to
	}
}
