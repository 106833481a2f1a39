// Package app turns configuration into running servers: the contact centre (Serve) and the recorder (ServeRecorder), and is
// the witness of what they promise (canary, evidence). It is the only room that knows them all; it decides nothing that a room
// below could. Beside it, each a room that starts no server itself: config (what operators write), office (what they do at the
// command line), demo (the demonstration city), flows, simulate and bench.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"santra/internal/errs"
	"santra/internal/run"
)

// HTTP limits of both servers.
const (
	headerWithin = 10 * time.Second
	idleWithin   = 2 * time.Minute
	maxHeader    = 32 << 10
)

// webServer is an HTTP server as a run.Service.
type webServer struct {
	addr, cert, key string
	server          *http.Server
	log             *slog.Logger
}

func newWebServer(addr, cert, key string, h http.Handler, log *slog.Logger) *webServer {
	return &webServer{addr: addr, cert: cert, key: key, log: log, server: &http.Server{
		Handler: h, ReadHeaderTimeout: headerWithin, IdleTimeout: idleWithin, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(quiet{log.Handler()}, slog.LevelWarn),
	}}
}

// quiet drops net/http's own words: they name the addresses of browsers.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	return q.Handler.Handle(ctx, slog.NewRecord(r.Time, slog.LevelWarn, "http: a connection failed", r.PC))
}

// Start listens and serves in the background.
func (w *webServer) Start(ctx context.Context) error {
	if w.cert != "" {
		pair, err := tls.LoadX509KeyPair(w.cert, w.key)
		if err != nil {
			return errs.At(errs.Invalid, "http.cert", "%s and %s are no certificate with its key: %w", w.cert, w.key, err)
		}
		w.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", w.addr)
	if err != nil {
		return err
	}
	go func() {
		defer run.Recover(w.log, "http")
		serve := func() error { return w.server.Serve(l) }
		if w.cert != "" {
			serve = func() error { return w.server.ServeTLS(l, "", "") }
		}
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			w.log.Error("the HTTP server ended", "error", err)
		}
	}()
	return nil
}

// Stop lets running requests end until ctx does, then cuts them (event streams never end by themselves).
func (w *webServer) Stop(ctx context.Context) error {
	if err := w.server.Shutdown(ctx); err != nil {
		return w.server.Close()
	}
	return nil
}

// ender is a service that only ends: what would keep others from stopping is told to end before them.
type ender func()

// Start does nothing.
func (ender) Start(context.Context) error { return nil }

// Stop ends it.
func (f ender) Stop(context.Context) error {
	f()
	return nil
}

// calmly keeps the memory of a server to what it uses, while it has time; the function that it gives ends that.
func calmly(ctx context.Context, log *slog.Logger) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	wait := run.KeepTidy(ctx, log)
	return func() {
		cancel()
		wait()
	}
}

// untilDone runs what was started until ctx ends, then stops it within run.StopWithin.
func untilDone(ctx context.Context, g *run.Group, log *slog.Logger, what string) error {
	log.Info(what + " is ready")
	<-ctx.Done()
	return stopGroup(g)
}

func stopGroup(g *run.Group) error {
	ctx, cancel := context.WithTimeout(context.Background(), run.StopWithin)
	defer cancel()
	if err := g.Stop(ctx); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
