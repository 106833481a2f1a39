package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
)

// How leaks are looked for.
const (
	leakCalls  = 10000
	leakWarm   = 5000             // calls before: what is bounded (the ring of events, ids of calls that are over) is to be full
	leakRate   = 300              // calls a second
	leakSettle = 35 * time.Second // the longest that a transaction or a dialog of a call that is over lives (RFC 3261 17: 32 s)
)

// held is what the servers hold.
type held struct {
	descriptors, goroutines int
	rss                     int64
}

// leak lets many recorded calls come and go, and compares what the servers hold before and after.
func (b *bench) leak(ctx context.Context) error {
	warm := SetUpArgs{Number: b.city.number(recordedQueue), Rate: leakRate, For: leakWarm * time.Second / leakRate}
	b.say("leak: %d calls to warm up", leakWarm)
	var s SetUps
	if err := b.load.call(ctx, "Load.SetUp", warm, &s); err != nil {
		return err
	}
	pause(ctx, leakSettle)
	before, err := b.city.holds(ctx)
	if err != nil {
		return err
	}
	b.say("leak: %d calls", leakCalls)
	warm.For = time.Duration(leakCalls) * time.Second / leakRate
	if err := b.load.call(ctx, "Load.SetUp", warm, &s); err != nil {
		return err
	}
	pause(ctx, leakSettle)
	after, err := b.city.holds(ctx)
	if err != nil {
		return err
	}
	b.leakRows(before, after, s)
	return nil
}

func (b *bench) leakRows(before, after held, s SetUps) {
	const mib = 1 << 20
	note := fmt.Sprintf("%d of %d went all the way", s.Through, s.Placed)
	for _, r := range []struct {
		what, unit    string
		after, before float64
	}{
		{"descriptors", "of both servers", float64(after.descriptors), float64(before.descriptors)},
		{"goroutines", "of both servers", float64(after.goroutines), float64(before.goroutines)},
		{"memory", "MiB resident", float64(after.rss) / mib, float64(before.rss) / mib},
	} {
		b.add(row{fmt.Sprintf("%s after %d recorded calls", r.what, leakCalls), r.unit, []float64{r.after}, "before them", []float64{r.before}, note})
	}
}

// holds has the servers give unused memory back and counts what they hold.
func (c *city) holds(ctx context.Context) (h held, err error) {
	if err := c.trim(ctx); err != nil {
		return h, err
	}
	for name, pid := range map[string]int{"centre": c.centre, "recorder": c.recorder} {
		_, n, err1 := socketsOf(pid)
		g, err2 := goroutinesOf(c.profiles, name)
		if err := errors.Join(err1, err2); err != nil {
			return h, err
		}
		h.descriptors += n
		h.goroutines += g
	}
	h.rss, err = rssOf(c.servers()...)
	return h, err
}

// goroutinesOf reads how many goroutines a server had when it was last told to trim: the first line of the newest of its
// profiles, "goroutine profile: total 42".
func goroutinesOf(dir, name string) (int, error) {
	all, err := filepath.Glob(filepath.Join(dir, name+"-*.goroutine"))
	if err != nil {
		return 0, err
	}
	newest, at := "", time.Time{}
	for _, path := range all {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(at) {
			newest, at = path, info.ModTime()
		}
	}
	text, _ := os.ReadFile(newest)
	first, _, _ := strings.Cut(string(text), "\n")
	n, err := strconv.Atoi(strings.TrimPrefix(first, "goroutine profile: total "))
	if err != nil {
		return 0, errs.New(errs.NotFound, "no profile of the goroutines of %s in %s", name, dir)
	}
	return n, nil
}
