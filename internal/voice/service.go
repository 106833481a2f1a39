package voice

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/protocol/sip/registrar"
	"santra/internal/routing"
	"santra/internal/run"
	"santra/internal/voice/actor"
	"santra/internal/voice/count"
	"santra/internal/voice/owed"
	"santra/internal/voice/site"
	"santra/internal/voice/state"
	"santra/internal/voice/tape"
)

// Limits of the room.
const (
	// EmergencyRoom is for how many calls to the emergency centre there is room beside as many other calls as there may be.
	EmergencyRoom = 500
	// EndTime is how long Stop waits for the last hang-ups after it has ended what did not drain.
	EndTime = 2 * time.Second
	// drainLook is how often a draining room looks whether all calls are over.
	drainLook = 50 * time.Millisecond
)

// Service is the telephone's room.
type Service struct {
	cfg       site.Config
	log       *slog.Logger
	registrar *registrar.Registrar
	calls     *actor.Table[*call]
	count     count.Counters
	tapes     *tape.Client
	owed      *owed.Book
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
func New(cfg site.Config) (*Service, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	cfg = cfg.Filled()
	s := &Service{cfg: cfg, log: cfg.Log, calls: actor.NewTable[*call]("call", cfg.MaxCalls, EmergencyRoom)}
	s.registrar = registrar.New(registrar.Config{
		Realm: cfg.Book.Current().SIPRealm, Secrets: cfg.Book.HA1, Algorithms: cfg.PhoneDigests, Changes: s.registered,
	})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.parting, s.leave = context.WithCancel(context.Background())
	s.owed = owed.New(owed.Config{Callbacks: cfg.Callbacks, Dispatch: cfg.Dispatch, Log: s.log, Life: s.ctx, Steps: &s.wg})
	s.tapes = tape.NewClient(tape.Config{
		Recorder: cfg.Recorder, Endpoint: cfg.Recording, Ports: cfg.RecorderPorts, Security: cfg.RecorderSecurity, Log: cfg.Log, Parting: s.parting,
	})
	return s, nil
}

// Start serves the trunk, the telephones and dispatch.
func (s *Service) Start(context.Context) error {
	s.cfg.Dispatch.Handle(routing.Call, s)
	s.cfg.Dispatch.Handle(routing.Outgoing, s)
	s.cfg.Dispatch.Handle(routing.Callback, callbacks{s})
	s.cfg.Phones.Serve(phones{s.registrar, s})
	s.cfg.Trunk.Serve(trunk{s})
	s.owed.Start()
	return nil
}

// Stop drains: new calls get 503, but to the emergency centre; those that run go on until they are over or ctx ends. Then they
// are hung up, within EndTime. Calls of which only the wrap-up is left are not waited for.
func (s *Service) Stop(ctx context.Context) error {
	s.drain.Store(true)
	s.calls.Close()
	s.each(func(c *call) {
		if c.state == state.WrapUp {
			c.over()
		}
	})
	s.drained(ctx)
	s.calls.Shut()
	s.each(func(c *call) { c.finish("stopping") })
	s.cancel()
	return s.ended()
}

// drained waits for the calls to end, as long as ctx lets it.
func (s *Service) drained(ctx context.Context) {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for s.calls.Len() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Service) each(f func(c *call)) {
	for _, c := range s.calls.All() {
		c.mail.Must(func() { f(c) })
	}
}

func (s *Service) ended() error {
	done := make(chan struct{})
	go func() {
		s.calls.Wait() // then nobody starts anything more
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
		return errs.New(errs.Unavailable, "voice: %d calls did not end in time", s.calls.Len())
	}
}

// lastOf is the queue of an agent's last call; "" without one.
func (s *Service) lastOf(agent string) string {
	last, _ := s.last.Load(agent)
	queue, _ := last.(string)
	return queue
}

func (s *Service) draining() bool { return s.drain.Load() }

// Stats gives a snapshot of what was counted.
func (s *Service) Stats() count.Stats {
	n := s.count.Stats()
	n.Active, n.Recorded, n.RecordFailed, n.RecordLost = s.calls.Len(), s.tapes.Taken.Load(), s.tapes.Failed.Load(), s.tapes.Lost.Load()
	return n
}
