package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"santra/internal/pii"
)

// search is what a look for traces is asked, on standard input: a number never stands on a command line.
type search struct {
	Folders []string `json:"folders"`
	Number  string   `json:"number"`
}

// findings are its answer, on standard output.
type findings struct {
	pii.Trace
	Audio []string `json:"audio"` // files that begin like audio
}

// lookFor looks for a made-up number in a process of its own: to read the files of an open SQLite database in the process
// that has it open would drop its locks (see pii.Traces).
func lookFor(ctx context.Context, folders []string, number string) (findings, error) {
	var f findings
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	ask, err := json.Marshal(search{folders, number})
	if err != nil {
		return f, err
	}
	cmd := exec.CommandContext(ctx, self, "look")
	cmd.Stdin = bytes.NewReader(ask)
	out, err := cmd.Output()
	if err != nil {
		return f, fmt.Errorf("looking for traces: %w", err)
	}
	return f, json.Unmarshal(out, &f)
}

// traces is lookFor for the recorder.
func traces(ctx context.Context, folders []string, number string) (pii.Trace, error) {
	f, err := lookFor(ctx, folders, number)
	return f.Trace, err
}

// Look answers one search.
func Look(ctx context.Context, in io.Reader, out io.Writer) error {
	var s search
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return fmt.Errorf("look: %w", err)
	}
	trace, err := pii.Traces(ctx, s.Folders, s.Number)
	if err != nil {
		return err
	}
	f := findings{Trace: trace}
	for _, folder := range s.Folders {
		audio, err := audioFiles(folder)
		if err != nil {
			return err
		}
		f.Audio = append(f.Audio, audio...)
	}
	return json.NewEncoder(out).Encode(f)
}

// audioFiles finds files that begin like audio.
func audioFiles(dir string) (found []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if audio, err := isAudio(path); err != nil || !audio {
			return err
		}
		found = append(found, path)
		return nil
	})
	return found, err
}

func isAudio(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	if _, err := io.ReadFull(f, head); err != nil {
		return false, nil //nolint:nilerr // shorter than any audio
	}
	for _, magic := range []string{"RIFF", "OggS", "fLaC", "ID3", ".snd", "\xff\xfb"} {
		if strings.HasPrefix(string(head), magic) {
			return true, nil
		}
	}
	return false, nil
}
