package office

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/run"
	"santra/internal/store"
)

// measured is a house in whose journal are two calls of today: one answered at once, one given up after a minute.
func measured(t *testing.T) (house, *office) {
	t.Helper()
	h := newHouse(t)
	o, err := openOffice(t.Context(), h.Config, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	r, now := measure.NewRecorder("node1"), noon(o)
	tell := func(after time.Duration, ev routing.Event, ds ...routing.Decision) {
		now = now.Add(after)
		ev.At = now
		r.Record(ev, ds)
	}
	tell(0, routing.Event{Type: routing.SignedIn, Agent: &routing.Agent{ID: "p1"}}, routing.Decision{Type: routing.StateChange, AgentID: "p1", State: routing.Ready})
	for _, id := range []string{"one", "two"} {
		tell(0, routing.Event{Type: routing.Arrived, Work: &routing.Work{ID: id, Queue: "parking", Agency: "streets"}})
	}
	tell(0, routing.Event{Type: routing.Tick}, routing.Decision{Type: routing.Offer, WorkID: "one", AgentID: "p1"})
	tell(1500*time.Millisecond, routing.Event{Type: routing.Accepted, WorkID: "one", AgentID: "p1"})
	tell(time.Minute, routing.Event{Type: routing.Finished, WorkID: "one", AgentID: "p1"})
	tell(0, routing.Event{Type: routing.Removed, WorkID: "two"})
	r.Checkpoint(now)
	if err := o.store.Journal().Append(t.Context(), r.Take(measure.MaxPending)); err != nil {
		t.Fatal(err)
	}
	return h, o
}

// noon is today's in the city.
func noon(o *office) time.Time {
	y, m, d := time.Now().In(o.city().Location()).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, o.city().Location())
}

func TestMeasuresOfADayAsCSV(t *testing.T) {
	h, _ := measured(t)
	var out bytes.Buffer
	if err := PrintMeasures(t.Context(), h.Config, "test", MeasuresCSV{}, &out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatal(lines, err)
	}
	got := map[string]string{}
	for i, name := range lines[0] {
		got[name] = lines[1][i]
	}
	for name, want := range map[string]string{
		"queue": "parking", "agency": "streets", "kind": "call", "offered": "2", "answered": "1", "in_time": "1", "abandoned": "1",
		"waiting": "0", "service_level": "0.5000", "asa": "1.500000", "aht": "60.000000", "wait_abandoned": "61.500000", "resolution_time": "",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestWhoReadsFiguresOfAgentsIsInTheLog(t *testing.T) {
	h, o := measured(t)
	var out bytes.Buffer
	if err := PrintMeasures(t.Context(), h.Config, "aino", MeasuresCSV{Agents: true, Whole: true}, &out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), ",p1,,1,1,0,0,0,1,0,61.500000,") {
		t.Fatal(out.String())
	}
	rows, err := o.store.Audit().Search(t.Context(), audit.Filter{Limit: audit.MaxPage})
	if err != nil || len(rows) == 0 || rows[0].Action != "measures.read" || rows[0].Actor != "operator/aino" {
		t.Fatalf("%+v %v", rows, err)
	}
}

func TestRecomputedMeasuresAgreeUntilSomebodyAltersThem(t *testing.T) {
	h, o := measured(t)
	var out bytes.Buffer
	if err := RecomputeMeasures(t.Context(), h.Config, "test", time.Time{}, time.Time{}, &out, slog.New(slog.DiscardHandler)); err != nil || !strings.Contains(out.String(), "1 days, 2 rows") {
		t.Fatal(out.String(), err)
	}
	if err := o.store.DB().Write(t.Context(), func(c store.Conn) error {
		_, err := c.ExecContext(t.Context(), "update routing_queue set answered = 7, wait_answered = wait_answered + 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	err := RecomputeMeasures(t.Context(), h.Config, "test", time.Time{}, time.Time{}, &out, slog.New(slog.DiscardHandler))
	exit, ok := errors.AsType[run.Exit](err)
	if !ok || exit.Code != 1 || !strings.Contains(exit.Message, "2 figures") {
		t.Fatal(err)
	}
	for _, want := range []string{"queue parking (call): answered is 7 in the roll-ups, 1 in the log", "wait_answered is 1.500001 in the roll-ups, 1.500000 in the log"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestWhatCannotBeComparedIsExit2(t *testing.T) {
	h, o := measured(t)
	today := time.Now().In(o.city().Location())
	for _, c := range []struct{ first, last time.Time }{
		{today.AddDate(0, 0, -401), today}, {today, today.AddDate(0, 0, -1)},
	} {
		err := RecomputeMeasures(t.Context(), h.Config, "test", c.first, c.last, &bytes.Buffer{}, slog.New(slog.DiscardHandler))
		if exit, ok := errors.AsType[run.Exit](err); !ok || exit.Code != 2 {
			t.Fatal(err)
		}
	}
	if err := PrintMeasures(t.Context(), h.Config, "test", MeasuresCSV{Day: today.AddDate(-3, 0, 0)}, &bytes.Buffer{}, slog.New(slog.DiscardHandler)); !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
}

// busy is a journal to which a call comes whenever it was read.
type busy struct {
	measure.Journal
	t     *testing.T
	reads int
	stop  int
}

func (b *busy) Records(ctx context.Context, from, to time.Time) iter.Seq2[measure.Record, error] {
	records := b.Journal.Records(ctx, from, to)
	return func(yield func(measure.Record, error) bool) {
		records(yield)
		if b.reads++; b.reads > b.stop {
			return
		}
		at := from.Add(10 * time.Hour)
		r := measure.Record{
			Source: fmt.Sprint("busy", b.stop), Seq: int64(b.reads), At: at, Type: measure.Queued, First: true, Work: fmt.Sprint("w", b.reads), Queue: "parking",
			Arrived: at, Entered: at,
		}
		if err := b.Append(ctx, []measure.Record{r}); err != nil {
			b.t.Error(err)
		}
	}
}

func TestFiguresThatChangeWhileTheyAreReadAreNoDifferences(t *testing.T) {
	_, o := measured(t)
	from := noon(o).Add(-12 * time.Hour).UTC()
	for stop, moving := range map[int]int{2: 0, 2 * rereads: 1} {
		var out bytes.Buffer
		c := comparison{journal: &busy{Journal: o.store.Journal(), t: t, stop: stop}, out: &out}
		if err := c.compare(t.Context(), from, from.AddDate(0, 0, 1)); err != nil || c.found > 0 || c.moving != moving {
			t.Fatalf("stop %d: found %d, moving %d, %v", stop, c.found, c.moving, err)
		}
		if err := c.verdict(); err != nil {
			t.Fatal(err)
		}
	}
}
