package voice

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
	"santra/internal/protocol/webrtc"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/voice/callback"
)

// Limits of the room.
const (
	// DefaultMaxCalls is how many calls there may be at a time, where the configuration does not say.
	DefaultMaxCalls = 2000
	// EndTime is how long Stop waits for the last hang-ups after it has ended what did not drain.
	EndTime = 2 * time.Second
	// drainLook is how often a draining room looks whether all calls are over.
	drainLook = 50 * time.Millisecond
)

// Prompts is what is played; *media.Library is one.
type Prompts interface {
	Prompt(lang, name string) (media.Clip, bool)
}

// Config is what a Service is made of. The endpoints, pools and servers are listening already; who opened them closes them,
// after Stop.
type Config struct {
	Trunk    *sip.Endpoint  // the carrier's side
	Phones   *sip.Endpoint  // the agents' telephones
	Ports    *rtp.Pool      // media to the trunk
	Phone    *rtp.Pool      // media to the telephones; nil: Ports
	Browsers *webrtc.Server // nil: no browser telephones

	Recorder      sip.Target    // where SIPREC calls go, over TCP; an empty URI: there is no recorder
	Recording     *sip.Endpoint // from where; nil: Phones
	RecorderPorts *rtp.Pool     // media to the recorder; nil: Ports
	// RecorderSecurity is the policy about SRTP to the recorder.
	RecorderSecurity sdp.Security

	// Codecs of the trunk, in the order of preference: names as in SDP; nil: DefaultCodecs. A caller who offers a wide band gets
	// it where the list has it.
	Codecs []string
	// PhoneDigests are the algorithms by which telephones prove their passwords, offered in this order (digest.SHA256, digest.MD5;
	// RFC 8760 2.3); nil: DefaultPhoneDigests.
	PhoneDigests []string
	// TrunkSRTP is the policy about the sound of a call that comes by a trunk; nil: it is in the clear. Of calls out, Route says it.
	TrunkSRTP func(in *sip.Incoming) sdp.Security

	Carrier   Carrier           // calls out; nil: there are none
	Callbacks *callback.Service // nil: none are promised
	Outcomes  Outcomes          // nil: none are known
	Tally     Tally             // nil: no sums are made

	Book     *agency.Book
	Dispatch *dispatch.Dispatcher
	Events   event.Publisher
	GateKey  ed25519.PrivateKey // signs what lets a recording start; the recorder has its public half
	Prompts  Prompts
	MaxCalls int // 0: DefaultMaxCalls
	Log      *slog.Logger
}

// Service is the telephone's room.
type Service struct {
	cfg       Config
	log       *slog.Logger
	registrar *registrar.Registrar
	calls     *calls
	count     counters
	last      sync.Map // of each agent, the queue of the last call
	drain     atomic.Bool
	ctx       context.Context
	cancel    context.CancelFunc
	parting   context.Context // of hang-ups; ends EndTime after stopping began
	leave     context.CancelFunc
	wg        sync.WaitGroup
}

var (
	_ run.Service        = (*Service)(nil)
	_ dispatch.Worker    = (*Service)(nil)
	_ dispatch.Carrier   = (*Service)(nil)
	_ dispatch.Announcer = (*Service)(nil)
)

// New checks the configuration; errs.Invalid. Nothing is served before Start.
func New(cfg Config) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.filled()
	s := &Service{cfg: cfg, log: cfg.Log, calls: newCalls(cfg.MaxCalls)}
	s.registrar = registrar.New(registrar.Config{
		Realm: cfg.Book.Current().SIPRealm, Secrets: cfg.Book.HA1, Algorithms: cfg.PhoneDigests, Changes: s.registered,
	})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.parting, s.leave = context.WithCancel(context.Background())
	return s, nil
}

func (cfg *Config) check() error {
	missing := map[string]bool{
		"trunk": cfg.Trunk == nil, "phones": cfg.Phones == nil, "ports": cfg.Ports == nil, "book": cfg.Book == nil,
		"dispatch": cfg.Dispatch == nil, "events": cfg.Events == nil, "prompts": cfg.Prompts == nil,
		"gate_key": len(cfg.GateKey) != ed25519.PrivateKeySize,
	}
	for field, is := range missing {
		if is {
			return errs.At(errs.Invalid, "voice."+field, "is needed")
		}
	}
	if err := digest.CheckOffer(cfg.PhoneDigests); err != nil {
		return err
	}
	return CheckCodecs(cfg.Codecs)
}

func (cfg Config) filled() Config {
	if len(cfg.Codecs) == 0 {
		cfg.Codecs = DefaultCodecs()
	}
	if len(cfg.PhoneDigests) == 0 {
		cfg.PhoneDigests = DefaultPhoneDigests()
	}
	if cfg.Phone == nil {
		cfg.Phone = cfg.Ports
	}
	if cfg.RecorderPorts == nil {
		cfg.RecorderPorts = cfg.Ports
	}
	if cfg.Recording == nil {
		cfg.Recording = cfg.Phones
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = DefaultMaxCalls
	}
	return cfg
}

// Start serves the trunk, the telephones and dispatch.
func (s *Service) Start(context.Context) error {
	s.cfg.Dispatch.Handle(routing.Call, s)
	s.cfg.Dispatch.Handle(routing.Outgoing, s)
	s.cfg.Dispatch.Handle(routing.Callback, owed{s})
	s.cfg.Phones.Serve(phones{s.registrar, s})
	s.cfg.Trunk.Serve(trunk{s})
	s.dueAtStart()
	return nil
}

// Stop drains: new calls get 503, but to the emergency centre; those that run go on until they are over or ctx ends. Then they
// are hung up, within EndTime. Calls of which only the wrap-up is left are not waited for.
func (s *Service) Stop(ctx context.Context) error {
	s.drain.Store(true)
	s.calls.close()
	s.each(func(c *call) {
		if c.state == WrapUp {
			c.over()
		}
	})
	s.drained(ctx)
	s.calls.end()
	s.each(func(c *call) { c.finish("stopping") })
	s.cancel()
	return s.ended()
}

// drained waits for the calls to end, as long as ctx lets it.
func (s *Service) drained(ctx context.Context) {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for s.calls.len() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) each(f func(c *call)) {
	for _, c := range s.calls.all() {
		c.mail.must(func() { f(c) })
	}
}

func (s *Service) ended() error {
	done := make(chan struct{})
	go func() {
		s.calls.alive.Wait() // then nobody starts anything more
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(EndTime):
		s.leave() // peers that do not answer a BYE are not waited for
	}
	select {
	case <-done:
		return nil
	case <-time.After(EndTime):
		return errs.New(errs.Unavailable, "voice: %d calls did not end in time", s.calls.len())
	}
}

func (s *Service) draining() bool { return s.drain.Load() }

// prompt gives a prompt in a language; the music has none.
func (s *Service) prompt(l agency.Lang, name string) (media.Clip, bool) {
	return s.cfg.Prompts.Prompt(string(l), name)
}
