package tally_test

import (
	"bytes"
	"log/slog"
)

// lines is a log that is read.
type lines struct{ bytes.Buffer }

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
