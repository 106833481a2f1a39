package bench

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one figure beside its reference.
type row struct {
	work      string
	unit      string
	ours      []float64 // one for each round
	reference string
	theirs    []float64 // of the same rounds, where there are as many
	note      string
}

// median of nothing is NaN.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(x))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// percentile is the nearest-rank p-th (0–1) of sorted values; the zero value of none.
func percentile[T cmp.Ordered](sorted []T, p float64) T {
	if len(sorted) == 0 {
		return *new(T)
	}
	i := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}

// ratio is ours to the reference: round by round where they are paired, for the machine's load changes between rounds.
func (r row) ratio() float64 {
	if len(r.ours) != len(r.theirs) {
		return median(r.ours) / median(r.theirs)
	}
	var ratios []float64
	for i := range r.ours {
		ratios = append(ratios, r.ours[i]/r.theirs[i])
	}
	return median(ratios)
}

// figure writes a median with its spread: "0.61 (0.58–0.70)".
func figure(x []float64) string {
	if len(x) == 0 {
		return "–"
	}
	if len(x) == 1 {
		return short(x[0])
	}
	return fmt.Sprintf("%s (%s–%s)", short(median(x)), short(slices.Min(x)), short(slices.Max(x)))
}

// short writes three significant digits.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100 || a == 0:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

func (r row) cells() []string {
	ratio := "–"
	if v := r.ratio(); !math.IsNaN(v) && !math.IsInf(v, 0) {
		ratio = fmt.Sprintf("%.2f", v)
	}
	return []string{r.work, r.unit, figure(r.ours), r.reference, figure(r.theirs), ratio, r.note}
}

// add keeps a row and shows it at once.
func (b *bench) add(r row) {
	b.rows = append(b.rows, r)
	b.say("%s", strings.Join(r.cells(), " | "))
}

// print writes the table.
func (b *bench) print(took time.Duration) {
	if len(b.rows) == 0 {
		return
	}
	writeTable(b.Out, b.rows)
	fmt.Fprintf(b.Out, "\nMedian (least–greatest) of the rounds of %s; the ratio is ours to the reference, round by round.\n", b.Round)
	fmt.Fprintf(b.Out, "%s, %d processors, Linux %s, %s; %s. It took %s.\n", runtime.GOARCH, runtime.NumCPU(), kernel(), runtime.Version(), b.noise, took.Round(time.Second))
}

func writeTable(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "work\tunit\tours\treference\t\tratio\t")
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r.cells(), "\t"))
	}
	_ = w.Flush()
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "?"
	}
	release, _, _ := strings.Cut(strings.TrimSpace(string(text)), "-")
	return release
}
