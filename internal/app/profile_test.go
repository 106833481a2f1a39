package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	p := &profiler{dir: dir, name: "x"}
	for _, s := range []os.Signal{syscall.SIGUSR1, syscall.SIGUSR1, syscall.SIGUSR2} {
		if err := p.on(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"x-1.cpu", "x-1.heap", "x-1.goroutine", "x-1.memory"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.dir = filepath.Join(dir, "nowhere")
	if p.on(syscall.SIGUSR1) == nil {
		t.Error("a profile goes nowhere")
	}
}

func TestNoProfilesWithoutAFolder(t *testing.T) {
	t.Setenv(profileEnv, "")
	profile(t.Context(), "x", slog.New(slog.DiscardHandler))()
}
