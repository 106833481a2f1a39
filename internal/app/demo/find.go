package demo

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

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
	data = cmp.Or(data, defaultDemo)
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
