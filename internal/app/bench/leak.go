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
	leakCalls  = 10000            // of a step
	leakSteps  = 3                // what is bounded levels off from step to step, what leaks does not
	leakWarm   = 10000            // calls before: what is bounded (the ring of events, ids of calls that are over) is to be full
	leakRate   = 300              // calls a second
	leakSettle = 35 * time.Second // the longest that a transaction or a dialog of a call that is over lives (RFC 3261 17: 32 s)
)

// held is what both servers hold.
type held struct {
	descriptors, goroutines int
	rss                     int64 // bytes
	classes                 classes
}

// leak lets many recorded calls come and go, and compares what the servers hold before and after each step.
func (b *bench) leak(ctx context.Context) error {
	_, before, err := b.comeAndGo(ctx, leakWarm)
	for step := 1; err == nil && step <= leakSteps; step++ {
		var after held
		var s SetUps
		if s, after, err = b.comeAndGo(ctx, leakCalls); err == nil {
			b.leakRows(step*leakCalls, before, after, s)
		}
	}
	return err
}

// comeAndGo has so many calls and counts what is held when all of them are forgotten.
func (b *bench) comeAndGo(ctx context.Context, calls int) (s SetUps, h held, err error) {
	b.say("leak: %d calls", calls)
	args := SetUpArgs{Number: b.city.number(recordedQueue), Rate: leakRate, For: time.Duration(calls) * time.Second / leakRate}
	if err = b.load.call(ctx, "Load.SetUp", args, &s); err != nil {
		return s, h, err
	}
	pause(ctx, leakSettle)
	h, err = b.city.holds(ctx)
	return s, h, err
}

func (b *bench) leakRows(calls int, before, after held, s SetUps) {
	const mib = 1 << 20
	through := fmt.Sprintf("%d of %d went all the way", s.Through, s.Placed)
	for _, r := range []struct {
		what, unit    string
		after, before float64
		note          string
	}{
		{"descriptors", "of both servers", float64(after.descriptors), float64(before.descriptors), through},
		{"goroutines", "of both servers", float64(after.goroutines), float64(before.goroutines), through},
		{"memory", "MiB resident", float64(after.rss) / mib, float64(before.rss) / mib, after.grown(before)},
	} {
		b.add(row{fmt.Sprintf("%s after %d recorded calls", r.what, calls), r.unit, []float64{r.after}, "before them", []float64{r.before}, r.note})
	}
}

// grown says by how much each kind of memory has grown, in MiB. The rest of what is resident is code that was read from its file and what
// the database driver allocates by itself.
func (h held) grown(before held) string {
	heap := func(c classes) uint64 { return c[heapLive] }
	slack := func(c classes) uint64 { return c[heapUnused] + c[heapFree] }
	stacks := func(c classes) uint64 { return c[heapStacks] }
	own := func(c classes) uint64 { return c[runtimeAll] - c[runtimeReturned] }
	by := func(of func(classes) uint64) float64 {
		return (float64(of(h.classes)) - float64(of(before.classes))) / (1 << 20)
	}
	rest := float64(h.rss-before.rss)/(1<<20) - by(own)
	return fmt.Sprintf("on the Go heap %+.1f, between its objects %+.1f, stacks %+.1f, the runtime's own %+.1f; not Go's %+.1f",
		by(heap), by(slack), by(stacks), by(own)-by(heap)-by(slack)-by(stacks), rest)
}

// holds has the servers give unused memory back and counts what they hold.
func (c *city) holds(ctx context.Context) (h held, err error) {
	if err := c.trim(ctx); err != nil {
		return h, err
	}
	h.classes = classes{}
	for name, pid := range map[string]int{"centre": c.centre, "recorder": c.recorder} {
		_, n, err1 := socketsOf(pid)
		g, err2 := goroutinesOf(c.profiles, name)
		if err := errors.Join(err1, err2, h.classes.read(c.profiles, name)); err != nil {
			return h, err
		}
		h.descriptors += n
		h.goroutines += g
	}
	h.rss, err = rssOf(c.servers()...)
	return h, err
}

// classes are bytes of memory by the runtime's names (runtime/metrics).
type classes map[string]uint64

// The classes that the bench looks at.
const (
	heapLive        = "/memory/classes/heap/objects:bytes"
	heapUnused      = "/memory/classes/heap/unused:bytes"
	heapFree        = "/memory/classes/heap/free:bytes"
	heapStacks      = "/memory/classes/heap/stacks:bytes"
	runtimeReturned = "/memory/classes/heap/released:bytes"
	runtimeAll      = "/memory/classes/total:bytes"
)

// read adds what a server held when it had been trimmed last: the third column of its newest table.
func (c classes) read(dir, name string) error {
	text, err := readNewest(dir, name, tableKind)
	if err != nil {
		return err
	}
	return c.add(text)
}

func (c classes) add(table []byte) error {
	for l := range strings.Lines(string(table)) {
		var class string
		var was, is uint64
		if _, err := fmt.Sscan(l, &class, &was, &is); err != nil {
			return errs.New(errs.Invalid, "not a line of a table of memory: %q", l)
		}
		c[class] += is
	}
	return nil
}

// goroutinesOf reads how many goroutines a server had when it was last told to trim: the first line of the newest of its
// profiles, "goroutine profile: total 42".
func goroutinesOf(dir, name string) (int, error) {
	text, err := readNewest(dir, name, "goroutine")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	n, err := strconv.Atoi(strings.TrimPrefix(first, "goroutine profile: total "))
	if err != nil {
		return 0, errs.New(errs.Invalid, "no profile of the goroutines of %s", name)
	}
	return n, nil
}

// tableKind is the kind of the tables of memory.
const tableKind = "memory"

func readNewest(dir, name, kind string) ([]byte, error) {
	path, _, err := newest(dir, name, kind)
	if err == nil && path == "" {
		err = errs.New(errs.NotFound, "no %s profile of %s in %s", kind, name, dir)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// newest finds a server's last profile of a kind, by its time, for the folder may have those of an earlier run; "" where there is none.
func newest(dir, name, kind string) (last string, at time.Time, err error) {
	all, err := filepath.Glob(filepath.Join(dir, name+"-*."+kind))
	for _, path := range all {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(at) {
			last, at = path, info.ModTime()
		}
	}
	return last, at, err
}
