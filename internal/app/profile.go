package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
)

// profileEnv names a folder for profiles of both servers: SIGUSR1 begins and ends one of the processor (NAME-1.cpu), SIGUSR2
// gives unused memory back to the system and writes one of the heap and of the goroutines (NAME-1.heap, NAME-1.goroutine). Without it both signals are as ever.
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

// heap collects twice: what lies in a sync.Pool outlives one collection.
func (p *profiler) heap() error {
	runtime.GC()
	debug.FreeOSMemory()
	p.heaps++
	return errors.Join(p.write("heap", 0), p.write("goroutine", 1))
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
	return os.OpenFile(filepath.Join(p.dir, fmt.Sprintf("%s-%d.%s", p.name, number, kind)), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
}
