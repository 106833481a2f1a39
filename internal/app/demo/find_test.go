package demo

import (
	"os"
	"path/filepath"
	"testing"

	"santra/internal/errs"
)

func TestFindRecorder(t *testing.T) {
	city := t.TempDir()
	want := filepath.Join(city, recorderFile)
	inside := filepath.Join(city, "recorder")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := FindRecorder("", "", city); !errs.Is(err, errs.NotFound) {
		t.Error("an empty folder:", err)
	}
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ready := filepath.Join(city, "ready.json")
	if err := writeReady(ready, Ready{HTTP: "127.0.0.1:1", RecorderData: inside}); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string][3]string{
		"the city's folder": {"", "", city}, "the recorder's": {"", "", inside}, "the ready-file": {"", ready, ""}, "the file": {want, "", ""},
	} {
		if got, err := FindRecorder(ask[0], ask[1], ask[2]); err != nil || got != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}
