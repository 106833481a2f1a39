package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"santra/internal/errs"
)

// Names of a demonstration city's files.
const (
	recorderFile = "recorder.yaml"
	defaultDemo  = ".demo" // where make demo keeps its city
)

// FindRecorder gives the path of recorder.yaml: config itself, else that of the demonstration city of a ready-file, of a folder
// (the city's, or its recorder's), or of .demo.
func FindRecorder(config, readyFile, data string) (string, error) {
	if config != "" {
		return config, nil
	}
	if readyFile != "" {
		ready, err := ReadReady(readyFile)
		if err != nil {
			return "", err
		}
		data = ready.RecorderData
	}
	orDefault(&data, defaultDemo)
	for _, dir := range []string{data, filepath.Dir(filepath.Clean(data))} {
		path := filepath.Join(dir, recorderFile)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", errs.New(errs.NotFound, "%s is no folder of a demonstration city: name --config, --ready-file or --data", data)
}

// ParseNow reads a time as a person gives one: RFC 3339, or a day, which is taken at noon UTC so that it is that day in Finland
// too. "" is the zero time: the machine's own.
func ParseNow(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return time.Time{}, errs.At(errs.Invalid, "--now", "want a day like 2027-05-24 or a time like 2027-05-24T12:00:00Z, not %q", s)
	}
	return t.Add(12 * time.Hour), nil
}
