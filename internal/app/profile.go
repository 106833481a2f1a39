package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
	"syscall"
)

// profileEnv names a folder for profiles of both servers: SIGUSR1 begins and ends one of the processor (NAME-1.cpu), SIGUSR2
// writes one of the heap, of the goroutines and of what the runtime tells of memory (NAME-1.heap, NAME-1.goroutine, NAME-1.memory) and
// gives unused memory back to the system. Without it both signals are as ever.
const profileEnv = "SANTRA_PROFILE"

// profile serves those signals until ctx ends; the function that it gives ends a profile that runs.
func profile(ctx context.Context, name string, log *slog.Logger) func() {
	dir := os.Getenv(profileEnv)
	if dir == "" {
		return func() {}
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1, syscall.SIGUSR2)
	p := &profiler{dir: dir, name: name}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer signal.Stop(asked)
		for {
			select {
			case <-ctx.Done():
				p.stop()
				return
			case s := <-asked:
				if err := p.on(s); err != nil {
					log.Warn("profile", "error", err)
				}
			}
		}
	}()
	return func() {
		if ctx.Err() != nil {
			<-done
		}
	}
}

type profiler struct {
	dir, name string
	cpu       *os.File
	cpus      int
	heaps     int
}

func (p *profiler) on(s os.Signal) error {
	switch {
	case s == syscall.SIGUSR2:
		return p.heap()
	case p.cpu != nil:
		p.stop()
		return nil
	}
	p.cpus++
	f, err := p.create(p.cpus, "cpu")
	if err != nil {
		return err
	}
	p.cpu = f
	return pprof.StartCPUProfile(f)
}

func (p *profiler) stop() {
	if p.cpu != nil {
		pprof.StopCPUProfile()
		_ = p.cpu.Close()
		p.cpu = nil
	}
}

// heap collects twice: what lies in a sync.Pool outlives one collection. Memory is given back last, for writing profiles takes some.
func (p *profiler) heap() error {
	was := classes()
	runtime.GC()
	p.heaps++
	err := errors.Join(p.write("heap", 0), p.write("goroutine", 1))
	debug.FreeOSMemory()
	return errors.Join(err, p.table(was, classes()))
}

// classes reads all that the runtime tells of memory and collections.
func classes() []metrics.Sample {
	var all []metrics.Sample
	for _, d := range metrics.All() {
		of, _, _ := strings.Cut(strings.TrimPrefix(d.Name, "/"), "/")
		if d.Kind == metrics.KindUint64 && (of == "memory" || of == "gc") {
			all = append(all, metrics.Sample{Name: d.Name})
		}
	}
	metrics.Read(all)
	return all
}

// table writes a line for each class: its name, and its value before and after memory was given back. Who waits for that waits for this file:
// it is there whole or not at all.
func (p *profiler) table(was, is []metrics.Sample) error {
	var text bytes.Buffer
	for i, s := range was {
		fmt.Fprintln(&text, s.Name, s.Value.Uint64(), is[i].Value.Uint64())
	}
	path := p.path(p.heaps, "memory")
	if err := os.WriteFile(path+".new", text.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (p *profiler) write(kind string, format int) error {
	f, err := p.create(p.heaps, kind)
	if err != nil {
		return err
	}
	defer f.Close()
	return pprof.Lookup(kind).WriteTo(f, format)
}

func (p *profiler) create(number int, kind string) (*os.File, error) {
	return os.OpenFile(p.path(number, kind), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
}

func (p *profiler) path(number int, kind string) string {
	return filepath.Join(p.dir, fmt.Sprintf("%s-%d.%s", p.name, number, kind))
}
