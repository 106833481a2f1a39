package app

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/email"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/keys"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/webrtc"
	"santra/internal/registry"
	"santra/internal/remote"
	"santra/internal/run"
	"santra/internal/store/centre"
	"santra/internal/voice"
	"santra/internal/voice/callback"
	"santra/internal/voice/lines"
	"santra/internal/voice/tally"
	"santra/internal/web/live"
)

// DemoServe is what only the contact centre of a demonstration city takes. The zero value is right elsewhere.
type DemoServe struct {
	People       string        // the seed of its people; "" for none
	Announcement time.Duration // cuts announcements to so much, for the benchmark; 0: not
}

// Serve runs the contact centre until ctx ends.
func Serve(ctx context.Context, configPath string, demo DemoServe, log *slog.Logger) error {
	if err := run.Undumpable(); err != nil {
		return err
	}
	settings, text, err := config.ReadWithText(configPath)
	if err != nil {
		return err
	}
	if err := registry.CheckEndpoints(settings.Endpoints()); err != nil {
		return config.Pointed(configPath, text, err)
	}
	defer profile(ctx, "centre", log)()
	defer calmly(ctx, log)()
	c := &contactCentre{config: settings, server: settings.Server, demo: demo, log: log}
	defer c.close()
	if err := c.open(ctx); err != nil {
		return config.Pointed(configPath, text, err)
	}
	if err := c.start(ctx); err != nil {
		return errors.Join(err, stopGroup(&c.group))
	}
	log.Info("contact centre is ready")
	<-ctx.Done()
	c.drainCalls()
	return stopGroup(&c.group)
}

// Names of the audit log.
const (
	auditOrigin    = "/centre"     // after the host's name, in checkpoints
	checkpointFile = "checkpoints" // in the data folder, outside the database
)

// contactCentre is the contact centre between its configuration and its end.
type contactCentre struct {
	config config.Config
	server config.Server
	demo   DemoServe
	log    *slog.Logger
	group  run.Group
	opened []interface{ Close() error }

	store     *centre.Store
	ring      *keys.Ring
	key       ed25519.PrivateKey // signs gate tokens, grants and asks
	audit     *audit.Log
	book      *agency.Book
	people    *identity.Service
	events    *live.Hub
	dispatch  *dispatch.Dispatcher
	recorder  *remote.Recorder
	registry  *registry.Service
	trunk     *sip.Endpoint
	phones    *sip.Endpoint
	lines     *lines.Lines
	browsers  *webrtc.Server
	voice     *voice.Service
	outcomes  *ledger
	tallies   *tally.Keeper
	mail      *email.Service
	callbacks *callback.Service
	shelf     *shelf
	published registry.Published
}

func (c *contactCentre) keep(closer interface{ Close() error }) { c.opened = append(c.opened, closer) }

// close lets go what was opened, last first.
func (c *contactCentre) close() {
	for i := len(c.opened) - 1; i >= 0; i-- {
		if err := c.opened[i].Close(); err != nil {
			c.log.Warn("closing", "error", err)
		}
	}
}

// open makes every room; nothing of it serves yet.
func (c *contactCentre) open(ctx context.Context) error {
	steps := []func(context.Context) error{c.openStore, c.openCity, c.openRecorder, c.openCallbacks, c.openVoice, c.openMail, c.openRegistry}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if c.demo.People != "" {
		return c.seedPeople(ctx, c.demo.People)
	}
	return nil
}

func (c *contactCentre) openStore(ctx context.Context) (err error) {
	if err := os.MkdirAll(c.server.Data, 0o700); err != nil {
		return err
	}
	lock, err := run.Lock(c.server.Data)
	if err != nil {
		return err
	}
	c.keep(lock)
	if c.ring, err = keys.Open(c.server.Keys); err != nil {
		return err
	}
	seed, err := c.ring.Ensure(config.GrantKeyName, ed25519.SeedSize)
	if err != nil {
		return err
	}
	c.key = ed25519.NewKeyFromSeed(seed)
	if c.store, err = centre.Open(ctx, c.server.Database, centre.Options{}); err != nil {
		return err
	}
	c.keep(c.store)
	if err := sameLog(ctx, c.store.Audit(), c.server.Mail.Hostname); err != nil {
		return err
	}
	c.audit, err = audit.New(audit.Config{
		Store: c.store.Audit(), Keys: c.ring, Origin: c.server.Mail.Hostname + auditOrigin,
		Export: filepath.Join(c.server.Data, checkpointFile), Log: c.log,
	})
	return err
}

// sameLog refuses a host name other than that in which the log was signed so far: its checkpoints would not be ours any more.
func sameLog(ctx context.Context, store audit.Store, hostname string) error {
	signed, err := store.Checkpoint(ctx)
	if err != nil || signed == "" {
		return err
	}
	last, err := audit.ParseCheckpoint(signed)
	if err != nil || last.Origin == hostname+auditOrigin {
		return err
	}
	return errs.At(errs.Invalid, "server.mail.hostname", "is %q, but the log was signed so far as %q: give it that name again; it can't be changed",
		hostname, strings.TrimSuffix(last.Origin, auditOrigin))
}

// openCity reads the running configuration, imports it at the first start and refuses one that is laxer than what the city
// has published.
func (c *contactCentre) openCity(ctx context.Context) (err error) {
	if c.published, err = registry.EnsurePublished(ctx, c.store.Registry()); err != nil {
		return err
	}
	check := func(city *agency.City) error { return config.CheckCity(city, c.published, c.knownSounds) }
	if err := check(&c.config.City); err != nil {
		return err
	}
	if c.book, err = agency.Open(ctx, agency.Config{Store: c.store.Agency(), Check: check, Log: c.log}); err != nil {
		return err
	}
	if _, err := c.book.Import(ctx, c.config.City); err != nil {
		return err
	}
	if drift := c.book.Drift(c.config.City); len(drift) > 0 {
		if err := c.drifted(ctx, drift); err != nil {
			return err
		}
	}
	c.people = identity.New(identity.Config{Store: c.store.Identity(), Log: c.log})
	c.events = live.New(c.log)
	return c.openDispatch(ctx)
}

// drifted reports a file that differs from what runs; only a demonstration city follows it by itself (it may get more seats).
func (c *contactCentre) drifted(ctx context.Context, parts []string) error {
	if !c.server.Demo {
		c.log.Warn("the configuration file differs from the running city, which stays: santra config apply makes it the next version", "parts", parts)
		return nil
	}
	_, err := c.book.Apply(ctx, audit.System, c.config.City)
	return err
}

func (c *contactCentre) openRecorder(context.Context) (err error) {
	public, err := c.server.Recorder.Key()
	if err != nil {
		return err
	}
	c.recorder, err = remote.New(remote.Config{URL: c.server.Recorder.HTTP, CentreKey: c.key, RecorderKey: public})
	return err
}

func (c *contactCentre) openRegistry(context.Context) error {
	c.registry = registry.New(registry.Config{
		Store: c.store.Registry(), Book: c.book, Recorder: catalogue{c.recorder}, GrantKey: c.key.Public().(ed25519.PublicKey),
		Endpoints: c.config.Endpoints(), Witnesses: c.witnesses(), Notes: c.notes(), Log: c.log,
	})
	return nil
}

// start serves, from the inside outwards: who calls or writes is answered only when all behind it runs.
func (c *contactCentre) start(ctx context.Context) error {
	face, err := c.face()
	if err != nil {
		return err
	}
	for _, s := range []struct {
		name string
		run.Service
	}{
		{"audit", c.audit},
		{"city", &reloader{reload: c.reloadCity, log: c.log}},
		{"closings", &reloader{reload: c.followClosings, log: c.log}},
		{"prompts", &reloader{reload: c.reloadPrompts, log: c.log}},
		{"dispatch", c.dispatch},
		{"callbacks", c.callbackKeeper()},
		{"e-mail", c.mail},
		{"outcomes", c.outcomes}, // stopped after the calls that it counts, as tallies
		{"tallies", c.tallies},
		{"old outcomes", &reloader{reload: c.eraseOutcomes, every: eraseEvery, log: c.log}},
		{"voice", c.voice},
		{"trunks", c.lines}, // registered while somebody answers
		{"routing", settled{c.dispatch}},
		{"smtp", c.smtp(c.server.Mail.SMTP, false)},
		{"lmtp", c.smtp(c.server.Mail.LMTP, true)},
		{"http", newWebServer(c.server.HTTP.Listen, c.server.HTTP.Cert, c.server.HTTP.Key, face, c.log)},
		{"event streams", ender(c.events.Close)}, // they never end by themselves, and the time to stop is for the calls
	} {
		if err := c.group.Start(ctx, s.name, s.Service); err != nil {
			return err
		}
	}
	return nil
}
