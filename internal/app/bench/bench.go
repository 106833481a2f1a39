// Package bench measures Santra on the machine that it runs on. Each figure stands beside a reference that is measured in
// the same run, so that a ratio can be quoted from a machine of any speed and load. A round measures ours and the reference
// one after the other; a figure is the median of its rounds, with the least and the greatest. It is no test: nothing fails on
// time. Customers, telephones and references are processes of their own, so that their processor time is not counted as ours.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"santra/internal/errs"
)

// Options are the flags of santra bench.
type Options struct {
	Only     []string      // names of parts; empty for all
	Round    time.Duration // how long a round measures; 0 for DefaultRound
	Secure   bool          // TLS and SRTP to the recorder, as between two machines
	Out      io.Writer     // the table
	Progress io.Writer     // what is being done
}

// Bounds of a run.
const (
	DefaultRound = 2 * time.Second
	MinRound     = time.Second
	MaxRound     = time.Minute
	rounds       = 3
)

// part is one of the things measured.
type part struct {
	name  string
	seats int  // of the demonstration city that it needs; 0: none
	alone bool // no agent has logged in yet
	run   func(*bench, context.Context) error
}

func parts() []part {
	return []part{
		{"music", 1, true, (*bench).waits},
		{"memory", memoryCalls, false, (*bench).memory},
		{"relay", relayMost, false, (*bench).relay},
		{"setup", relayMost, false, (*bench).setUp},
		{"secure", relayFew, false, (*bench).secure},
		{"leak", relayMost, false, (*bench).leak},
		{"growth", growthMost, false, (*bench).growth},
		{"mail", 1, false, (*bench).mail},
		{"browsers", 0, false, (*bench).browsers},
		{"routing", 0, false, (*bench).routing},
	}
}

// Names lists what Options.Only takes.
func Names() []string {
	var names []string
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// bench is a run.
type bench struct {
	Options
	dir   string
	city  *city
	load  *child
	crew  bool // the agents have logged in
	rows  []row
	noise noise
}

// Run measures and prints. It leaves no process and no file behind.
func Run(ctx context.Context, o Options) error {
	if o.Round == 0 {
		o.Round = DefaultRound
	}
	if o.Round < MinRound || o.Round > MaxRound {
		return errs.At(errs.Invalid, "--seconds", "want %s to %s", MinRound, MaxRound)
	}
	chosen, err := choose(o.Only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "santra-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	b := &bench{Options: o, dir: dir}
	defer b.stop()
	return b.all(ctx, chosen)
}

func choose(only []string) ([]part, error) {
	for _, name := range only {
		if !slices.Contains(Names(), name) {
			return nil, errs.At(errs.Invalid, "--only", "%q is none of %v", name, Names())
		}
	}
	chosen := parts()
	if len(only) > 0 {
		chosen = slices.DeleteFunc(chosen, func(p part) bool { return !slices.Contains(only, p.name) })
	}
	return chosen, nil
}

// all runs the parts; what is measured is printed also where a later part fails.
func (b *bench) all(ctx context.Context, chosen []part) error {
	began := time.Now()
	seats := 0
	for _, p := range chosen {
		seats = max(seats, p.seats)
	}
	err := b.open(ctx, seats)
	for _, p := range chosen {
		if err != nil {
			break
		}
		if p.seats == 0 {
			b.stop() // nothing else runs
		}
		if p.seats > 0 && !p.alone {
			err = b.staff(ctx)
		}
		if err == nil {
			err = p.run(b, ctx)
		}
		if err != nil {
			err = fmt.Errorf("bench: %s: %w", p.name, err)
		}
	}
	b.print(time.Since(began))
	return err
}

// say shows progress.
func (b *bench) say(format string, args ...any) {
	if b.Progress != nil {
		fmt.Fprintf(b.Progress, time.Now().Format("15:04:05 ")+format+"\n", args...)
	}
}

// open starts a city of so many seats, before its agents come; 0 for none.
func (b *bench) open(ctx context.Context, seats int) error {
	if seats == 0 {
		return nil
	}
	b.say("a demonstration city with %d seats starts", seats)
	var err error
	if b.city, err = startCity(ctx, b.dir, seats, b.Secure); err != nil {
		return err
	}
	if b.load, err = spawn("load"); err != nil {
		return err
	}
	b.say("%d telephones register", seats)
	open := OpenArgs{Trunk: b.city.SIP, Phones: b.city.PhonesSIP, Seats: b.city.Seats}
	return b.load.call(ctx, "Load.Open", open, &Nothing{})
}

// staff logs every agent in, once, and makes them ready.
func (b *bench) staff(ctx context.Context) error {
	if b.crew {
		return nil
	}
	b.crew = true
	b.say("%d agents log in", len(b.city.Seats))
	return b.city.ready(ctx)
}

// stop ends the city and the load.
func (b *bench) stop() {
	if b.load != nil {
		b.load.stop()
	}
	if b.city != nil {
		b.city.stop()
	}
	b.load, b.city, b.crew = nil, nil, false
}

// window is what a round used.
type window struct {
	cpu     time.Duration // of the processes watched
	elapsed time.Duration
}

// watch measures for a round what processes use.
func (b *bench) watch(ctx context.Context, pids ...int) (window, error) {
	machine, err0 := machineCPU()
	before, err1 := cpuOf(pids...)
	at := time.Now()
	pause(ctx, b.Round)
	after, err2 := cpuOf(pids...)
	w := window{after - before, time.Since(at)}
	machineAfter, err3 := machineCPU()
	b.noise.add(machineAfter.since(machine), w)
	return w, errors.Join(err0, err1, err2, err3, ctx.Err())
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
