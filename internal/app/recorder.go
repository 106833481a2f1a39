package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"santra/internal/app/config"
	"santra/internal/blob"
	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/recorder"
	"santra/internal/run"
	recorderstore "santra/internal/store/recorder"
	"santra/internal/web/play"
)

// ServeRecorder runs the session recording server until ctx ends.
func ServeRecorder(ctx context.Context, configPath string, log *slog.Logger) error {
	if err := run.Undumpable(); err != nil {
		return err
	}
	settings, err := config.ReadRecorder(configPath)
	if err != nil {
		return err
	}
	defer profile(ctx, "recorder", log)()
	defer calmly(ctx, log)()
	parts, err := openRecorder(ctx, settings, log)
	if err != nil {
		return err
	}
	defer parts.store.Close()
	var g run.Group
	start := func() error {
		if err := g.Start(ctx, "recorder", parts.service); err != nil {
			return err
		}
		face := play.New(parts.service, play.Config{CentreOrigin: settings.CentreOrigin, Secure: heardOverTLS(settings), Log: log})
		return g.Start(ctx, "http", newWebServer(settings.HTTP, settings.Cert, settings.Key, face, log))
	}
	if err := start(); err != nil {
		return errors.Join(err, stopGroup(&g))
	}
	return untilDone(ctx, &g, log, "recorder")
}

// recorderParts are an opened recorder that does not serve yet.
type recorderParts struct {
	store   *recorderstore.Store
	service *recorder.Service
}

// heardOverTLS tells whether browsers come by HTTPS: to our own certificate, or to a proxy's, since a page of an https:
// origin plays nothing from http:.
func heardOverTLS(c recorder.Config) bool {
	return c.Cert != "" || strings.HasPrefix(c.CentreOrigin, "https:")
}

func openRecorder(ctx context.Context, c recorder.Config, log *slog.Logger) (recorderParts, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return recorderParts{}, fmt.Errorf("recorder: %w", err)
	}
	ring, err := keys.Open(c.Keys)
	if err != nil {
		return recorderParts{}, err
	}
	files, err := blob.NewFiles(filepath.Join(c.Data, "recordings"))
	if err != nil {
		return recorderParts{}, err
	}
	store, err := recorderstore.Open(ctx, c.Database)
	if err != nil {
		return recorderParts{}, err
	}
	service, err := recorder.New(recorder.Options{Config: c, Store: store, Blobs: files, Keys: ring, Log: log, Traces: traces})
	if err != nil {
		return recorderParts{}, errors.Join(err, store.Close())
	}
	return recorderParts{store, service}, nil
}

// DestroyDue destroys the recordings that are due now, or at another time on a folder that the demo made.
func DestroyDue(ctx context.Context, configPath string, now time.Time, out io.Writer, log *slog.Logger) error {
	settings, err := config.ReadRecorder(configPath)
	if err != nil {
		return err
	}
	if err := config.Owned(settings.Data); err != nil {
		return err
	}
	parts, err := openRecorder(ctx, settings, log)
	if err != nil {
		return err
	}
	defer parts.store.Close()
	if now.IsZero() {
		now = time.Now()
	}
	done, err := parts.service.Destroy(ctx, now)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "destroyed %d recordings and %d keys; %d were late, %d are held\n", done.Recordings, done.Keys, done.Late, done.Held)
	for _, id := range done.IDs {
		fmt.Fprintln(out, "  ", id)
	}
	return nil
}

// ConfirmClock signs the machine's present time after a person has checked it: destruction, which halts when the clock jumps,
// goes on. by is who checked it, for the recorder's log.
func ConfirmClock(ctx context.Context, configPath, by string, out io.Writer, log *slog.Logger) error {
	settings, err := config.ReadRecorder(configPath)
	if err != nil {
		return err
	}
	if err := config.Owned(settings.Data); err != nil {
		return err
	}
	parts, err := openRecorder(ctx, settings, log)
	if err != nil {
		return err
	}
	defer parts.store.Close()
	if err := parts.service.ConfirmClock(ctx, by); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "signed:", time.Now().Format(time.RFC3339))
	return err
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
