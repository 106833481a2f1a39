// Package lines keeps the trunks to the operators up: it registers where we log in, asks the others whether they are alive, and
// knows which of them take calls. It must not know calls, numbers or the configuration: who chooses trunks asks it.
package lines

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/trunk"
	"santra/internal/run"
)

// Endpoint is where the trunks are; *sip.Endpoint is one.
type Endpoint interface {
	Registrant(t sip.Target) *sip.Registrant
	Options(ctx context.Context, t sip.Target) (sip.Response, error)
}

// Line is one trunk to keep up.
type Line struct {
	Name      string
	Emergency bool          // it reaches the emergency centre
	Register  sip.Target    // as whom and where to register; an empty URI: it needs none
	Ask       sip.Target    // the operator, for OPTIONS (RFC 3261 11)
	Every     time.Duration // between two questions; 0: it is not asked
}

// State is how a trunk stands. One that neither registers nor is asked is taken to be up.
type State struct {
	Name       string
	Emergency  bool      // as configured
	Up         bool      // calls go by it first
	Registers  bool      // it logs in at the operator
	Registered bool      // and has
	Asked      bool      // OPTIONS are sent to it
	Answers    bool      // and were answered when it was last clear; before the first answer or silence true
	Why        string    // the last registration failed so: a code, or what is not found; "" where it did not
	Since      time.Time // of the last change of Up; of the start, before
}

// Lines keeps them. It is a run.Service.
type Lines struct {
	all   map[string]*line // by name; never changes
	order []string
	log   *slog.Logger
	parts []run.Service
}

// line is one of them.
type line struct {
	name       string
	log        *slog.Logger
	registrant *sip.Registrant

	mu    sync.Mutex
	state State
}

// New makes them; nothing is sent before Start.
func New(e Endpoint, all []Line, log *slog.Logger) *Lines {
	l := &Lines{all: map[string]*line{}, log: log}
	for _, one := range all {
		k := &line{name: one.Name, log: log, state: State{
			Name: one.Name, Emergency: one.Emergency, Registers: one.Register.URI != "", Asked: one.Every > 0, Answers: one.Every > 0, Since: time.Now(),
		}}
		k.state.Up = k.state.up()
		l.all[one.Name], l.order = k, append(l.order, one.Name)
		if k.state.Registers {
			k.registrant = e.Registrant(one.Register)
			l.parts = append(l.parts, trunk.NewKeeper(trunk.KeeperConfig{Registrant: told{k.registrant, k}, Changed: k.registered}))
		}
		if k.state.Asked {
			ask := func(ctx context.Context) (sip.Response, error) { return e.Options(ctx, one.Ask) }
			l.parts = append(l.parts, trunk.NewMonitor(trunk.MonitorConfig{Ask: ask, Every: one.Every, Changed: k.answers}))
		}
	}
	return l
}

// Start begins to register and to ask, and returns at once: a trunk that is down keeps no house from opening.
func (l *Lines) Start(ctx context.Context) error {
	for _, p := range l.parts {
		if err := p.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop takes the registrations back, all at once, as long as ctx lets it.
func (l *Lines) Stop(ctx context.Context) error {
	failed := make([]error, len(l.parts))
	var wg sync.WaitGroup
	for i, p := range l.parts {
		run.Go(&wg, l.log, "trunk", func() { failed[i] = p.Stop(ctx) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// Up tells whether calls go by a trunk first: it is registered, where it registers, and answers, where it is asked. One that is
// not known is not.
func (l *Lines) Up(name string) bool {
	k, ok := l.all[name]
	return ok && k.now().Up
}

// States gives how all stand, in the order in which they were given.
func (l *Lines) States() []State {
	all := make([]State, 0, len(l.order))
	for _, name := range l.order {
		all = append(all, l.all[name].now())
	}
	return all
}

// Target adds to the way to a number what the operator's registrar has said of it (Service-Route, RFC 3608 5).
func (l *Lines) Target(name string, t sip.Target) sip.Target {
	k, ok := l.all[name]
	if !ok || k.registrant == nil {
		return t
	}
	return k.routed(t)
}

func (k *line) routed(t sip.Target) sip.Target {
	if routes := k.registrant.Target(t.URI).Routes; len(routes) > 0 {
		t.Routes, t.Route = routes, netip.AddrPort{} // the first route says where to
	}
	return t
}

func (k *line) now() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

func (s *State) up() bool { return (!s.Registers || s.Registered) && (!s.Asked || s.Answers) }

func (k *line) registered(is bool, _ error) { k.change(func(s *State) { s.Registered = is }) }

func (k *line) answers(does bool) { k.change(func(s *State) { s.Answers = does }) }

// change notes what is new, and logs where the trunk comes up or goes down.
func (k *line) change(f func(s *State)) {
	k.mu.Lock()
	f(&k.state)
	up := k.state.up()
	changed := up != k.state.Up
	if changed {
		k.state.Up, k.state.Since = up, time.Now()
	}
	s := k.state
	k.mu.Unlock()
	switch {
	case changed && up:
		k.log.Info("a trunk is up", "trunk", k.name)
	case changed:
		k.log.Warn("a trunk is down: calls go by others first", "trunk", k.name, "registered", s.Registered, "answers", s.Answers)
	}
}

// told is the registrant of a line, which hears why a registration failed: a Keeper tells only of changes, and a wrong password
// at the start is none.
type told struct {
	*sip.Registrant
	k *line
}

// Register implements trunk.Registrant.
func (t told) Register(ctx context.Context, life time.Duration) (time.Duration, error) {
	granted, err := t.Registrant.Register(ctx, life)
	t.k.tried(err)
	return granted, err
}

// tried notes how a registration went, and logs a failure that is not the same as before. It holds the code of a refusal and
// nothing that a peer wrote.
func (k *line) tried(err error) {
	why := ""
	if err != nil {
		why = err.Error()
	}
	k.mu.Lock()
	news := why != k.state.Why
	k.state.Why = why
	k.mu.Unlock()
	if news && err != nil {
		k.log.Warn("a trunk does not register; look at server.sip.trunks and at the operator", "trunk", k.name, "error", err)
	}
}
