package recorder

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/run"
)

// DemoMarker is the file in the data folder by which the demo says that time may be played with there.
const DemoMarker = "demo"

const (
	logOrigin      = "santra/recorder"
	logExport      = "log.checkpoint" // beside the keys, outside the database
	defaultFree    = 64 << 20
	refusalsMinute = 60 // refusals logged in a minute; further ones are counted
)

type service struct {
	Options
	rules    Rules
	vault    vault
	centre   ed25519.PublicKey
	sign     ed25519.PrivateKey
	public   ed25519.PublicKey
	networks []netip.Prefix
	clients  []netip.Prefix
	policy   policy
	audit    *audit.Log
	demo     bool
	pool     *rtp.Pool

	work     context.Context // of recordings and jobs; ends in stop
	cancel   context.CancelFunc
	wg       sync.WaitGroup // of jobs and sessions
	keeping  sync.WaitGroup // of keeper and committer
	endpoint *sip.Endpoint
	lock     *os.File

	commits *committer
	kept    chan struct{} // closed when no recording grows any more
	sealing scratch       // of the keeper
	memory  pieces

	mu       sync.Mutex
	sessions map[*session]struct{}
	begun    int // sessions in all
	plays    plays
	refusals struct {
		minute time.Time
		logged int
	}
	refused atomic.Int64
	halted  atomic.Bool // destruction: the clock jumped
}

func newService(o Options) (*Service, error) {
	s := &Service{service{Options: o, sessions: map[*session]struct{}{}, vault: vault{o.Keys}}}
	if o.Store == nil || o.Blobs == nil || o.Keys == nil {
		return nil, errs.New(errs.Invalid, "recorder: needs a store, blobs and a key ring")
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Traces == nil {
		s.Traces = pii.Traces
	}
	if err := s.settle(); err != nil {
		return nil, err
	}
	var err error
	if s.sign, err = s.vault.signing(); err != nil {
		return nil, err
	}
	s.public = s.sign.Public().(ed25519.PublicKey)
	_, err = os.Stat(filepath.Join(s.Data, DemoMarker))
	s.demo = err == nil
	s.audit, err = audit.New(audit.Config{
		Store: o.Store.Log(), Keys: o.Keys, Origin: logOrigin, Log: s.Log,
		Export: filepath.Join(s.Config.Keys, logExport),
	})
	return s, err
}

// CheckConfig checks a configuration as New does, without opening anything.
func CheckConfig(c Config) error {
	s := service{Options: Options{Config: c}}
	return s.settle()
}

// settle checks the configuration and fills in its defaults.
func (s *service) settle() error {
	c := &s.Config
	if c.Data == "" {
		return errs.At(errs.Invalid, "data", "name a folder")
	}
	def(&c.Keys, filepath.Join(c.Data, "keys"))
	def(&c.RTP.IP, "127.0.0.1")
	def(&c.Months, DefaultMonths)
	def(&c.MinFree, defaultFree)
	key, err := base64.StdEncoding.DecodeString(c.CentreKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return errs.At(errs.Invalid, "centre_key", "want the contact centre's public key, which this prints on its host: santra key --config santra.yaml")
	}
	s.centre = key
	var err1, err2, err3, err4 error
	s.rules, err = NewRules(c.Months)
	s.networks, err1 = prefixes("listen_networks", c.ListenNetworks)
	s.clients, err2 = prefixes("clients", c.Clients)
	s.pool, err3 = newPool(c.RTP)
	s.policy, err4 = newPolicy(c.SRTP)
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return err
	}
	return s.checkLink()
}

func def[T comparable](p *T, v T) {
	if zero := *new(T); *p == zero {
		*p = v
	}
}

// prefixes reads networks; loopback where none is named.
func prefixes(field string, texts []string) ([]netip.Prefix, error) {
	if len(texts) == 0 {
		texts = []string{"127.0.0.0/8", "::1/128"}
	}
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, errs.At(errs.Invalid, field, "%q is no network such as 192.0.2.0/24", text)
		}
		out[i] = p.Masked()
	}
	return out, nil
}

func newPool(c RTP) (*rtp.Pool, error) {
	ip, err := netip.ParseAddr(c.IP)
	if err != nil {
		return nil, errs.At(errs.Invalid, "rtp.ip", "want an address")
	}
	return rtp.NewPool(rtp.PoolConfig{IP: ip, Min: c.Min, Max: c.Max, Ephemeral: c.Min == 0 && c.Max == 0})
}

func inside(networks []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range networks {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (s *service) start(ctx context.Context) error {
	if err := s.lockFolder(); err != nil {
		return err
	}
	s.work, s.cancel = context.WithCancel(context.Background())
	if err := s.recoverAll(ctx); err != nil {
		return s.undo(err)
	}
	if err := s.tickClock(ctx, time.Now()); err != nil {
		return s.undo(err)
	}
	if err := s.audit.Start(ctx); err != nil {
		return s.undo(err)
	}
	var err error
	s.endpoint, err = sip.Listen(sip.Config{
		Addr: s.SIP, Log: s.Log, UserAgent: "santra-recorder", TLS: s.tls(),
		Admit: func(src netip.AddrPort) bool { return inside(s.clients, src.Addr()) },
	})
	if err != nil {
		return s.undo(err)
	}
	s.commits, s.kept = newCommitter(s.Store), make(chan struct{})
	run.Go(&s.keeping, s.Log, "recorder commits", func() { s.commits.run(context.WithoutCancel(s.work), s.kept) })
	run.Go(&s.keeping, s.Log, "recorder keeper", (&keeper{s: s}).run)
	s.endpoint.Serve(intake{s})
	run.Go(&s.wg, s.Log, "recorder jobs", s.jobs)
	return nil
}

// undo takes back what a failed start did.
func (s *service) undo(err error) error {
	s.cancel()
	return errors.Join(err, s.unlock())
}

// lockFolder keeps a second recorder off the same data: it would take our growing recordings for a dead process's.
func (s *service) lockFolder() error {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return errs.New(errs.Unavailable, "recorder: %w", err)
	}
	f, err := run.Lock(s.Data)
	if err != nil {
		return fmt.Errorf("recorder: %w", err)
	}
	s.lock = f
	return nil
}

func (s *service) unlock() error {
	if s.lock == nil {
		return nil
	}
	f := s.lock
	s.lock = nil
	return f.Close() // which lets go of the lock
}

func (s *service) stop(ctx context.Context) error {
	if s.cancel == nil {
		return nil
	}
	s.cancel() // each recording hangs up and closes
	var all []error
	all = append(all, s.awaitKeeper(ctx))
	if s.endpoint != nil {
		all = append(all, s.endpoint.Close(ctx))
	}
	s.endPlays()
	s.wg.Wait()
	all = append(all, s.audit.Stop(ctx), s.unlock())
	s.cancel = nil
	return errors.Join(all...)
}

// awaitKeeper waits until every recording is closed.
func (s *service) awaitKeeper(ctx context.Context) error {
	if s.commits == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return errs.New(errs.Unavailable, "recorder: %d recordings are left to the next start: %w", s.active(), ctx.Err())
	case <-s.commits.over:
		s.keeping.Wait()
		return nil
	}
}

func (s *service) jobs() {
	destroy, clock := time.NewTicker(DestroyEvery), time.NewTicker(CheckpointEvery)
	defer destroy.Stop()
	defer clock.Stop()
	for {
		s.destroyDue()
		select {
		case <-s.work.Done():
			return
		case <-destroy.C:
		case now := <-clock.C:
			if err := s.tickClock(s.work, now); err != nil {
				s.Log.Error("recorder: the clock could not be signed", "err", err)
			}
		}
	}
}

func (s *service) destroyDue() {
	_, err := s.destroy(s.work, time.Now())
	if err != nil && s.work.Err() == nil {
		s.Log.Error("recorder: destruction did not run", "alarm", true, "err", err)
	}
}

func (s *service) sipAddr() netip.AddrPort {
	if s.endpoint == nil {
		return netip.AddrPort{}
	}
	return s.endpoint.Addr()
}

func (s *service) sipTLSAddr() netip.AddrPort {
	if s.endpoint == nil || s.SIPTLS.Listen == "" {
		return netip.AddrPort{}
	}
	return s.endpoint.TLSAddr()
}

func (s *service) active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// enter counts a recording; false when the service is stopping. Whoever enters is waited for.
func (s *service) enter(ss *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work.Err() != nil {
		return false
	}
	s.sessions[ss] = struct{}{}
	return true
}

func (s *service) leave(ss *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, ss)
}

func (s *service) health(ctx context.Context) error {
	if err := s.Store.Ping(ctx); err != nil {
		return errs.New(errs.Unavailable, "recorder: the catalogue does not answer: %w", err)
	}
	return s.room(ctx)
}

// refuse counts a refusal and writes it to the recorder's own log, at most refusalsMinute in a minute.
func (s *service) refuse(e audit.Entry, cause error) {
	s.refused.Add(1)
	if !s.mayLog(time.Now()) {
		return
	}
	e.Success, e.Detail = false, map[string]string{"why": errs.KindOf(cause).String() + ": " + cause.Error()}
	if err := s.Store.Do(context.WithoutCancel(s.context()), e, nil); err != nil {
		s.Log.Error("recorder: a refusal could not be logged", "err", err)
	}
}

// context is that of the running service; the command line has none.
func (s *service) context() context.Context {
	if s.work == nil {
		return context.Background()
	}
	return s.work
}

func (s *service) mayLog(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.refusals.minute) >= time.Minute {
		s.refusals.minute, s.refusals.logged = now, 0
	}
	s.refusals.logged++
	return s.refusals.logged <= refusalsMinute
}
