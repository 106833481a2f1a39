// Package trunk keeps a line to an operator up: a registration that is renewed in time (Keeper), and the question whether the
// other side is alive (Monitor). It speaks through functions of package sip, and knows no call.
package trunk

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip"
)

// How a registration is kept.
const (
	Life       = 10 * time.Minute // what is asked for, by default
	MaxLife    = time.Hour        // what is asked for at most, where a registrar wants longer ones (423)
	renewAt    = 0.75             // of what was granted
	spread     = 0.1              // up to this much earlier or later, so that many lines don't renew in one instant
	MinRenewal = 5 * time.Second  // between two registrations, however little was granted
	MinBackoff = 2 * time.Second  // after a failure; doubled each time
	MaxBackoff = 5 * time.Minute  // also after a wrong password: trying on only gets us locked out
	Patience   = 40 * time.Second // of one attempt: more than 64*T1, with a challenge
)

// Registrant registers; *sip.Registrant is one.
type Registrant interface {
	// Register asks for a lifetime, 0 to end it, and gives the one granted.
	Register(ctx context.Context, life time.Duration) (granted time.Duration, err error)
	// Lost tells when the connection of the last registration ends.
	Lost(told func()) (stop func())
}

// KeeperConfig says what to keep.
type KeeperConfig struct {
	Registrant Registrant
	Life       time.Duration // 0: Life
	// Changed is told when the line comes up and goes down, in order, with the reason of the last failure; nil: nobody. It must
	// not block.
	Changed func(up bool, why error)
}

// Keeper keeps one registration. It is a run.Service.
type Keeper struct {
	cfg    KeeperConfig
	ctx    context.Context
	cancel context.CancelFunc
	broken chan struct{}
	wg     sync.WaitGroup
	once   sync.Once

	mu      sync.Mutex
	started bool
	up      bool
	until   time.Time // the registration holds without being renewed
}

// NewKeeper makes one; nothing is sent before Start.
func NewKeeper(cfg KeeperConfig) *Keeper {
	if cfg.Life <= 0 {
		cfg.Life = Life
	}
	if cfg.Changed == nil {
		cfg.Changed = func(bool, error) {}
	}
	k := &Keeper{cfg: cfg, broken: make(chan struct{}, 1)}
	k.ctx, k.cancel = context.WithCancel(context.Background())
	return k
}

// Start begins to register and returns at once: a line that is down must not keep a house from opening.
func (k *Keeper) Start(context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.started {
		k.started = true
		k.wg.Go(k.keep)
	}
	return nil
}

// Up tells whether it is registered.
func (k *Keeper) Up() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.up
}

// Stop ends the registration, as long as ctx lets it.
func (k *Keeper) Stop(ctx context.Context) (err error) {
	k.once.Do(func() {
		k.cancel()
		k.wg.Wait()
		if k.Up() {
			_, err = k.cfg.Registrant.Register(ctx, 0)
		}
		k.set(false, nil)
	})
	return err
}

// keep registers until it is stopped.
func (k *Keeper) keep() {
	backoff := MinBackoff
	for k.ctx.Err() == nil {
		wait, err := k.register()
		if err != nil {
			k.expired(err)
			wait, backoff = jittered(backoff), min(2*backoff, MaxBackoff)
			if denied(err) {
				wait = jittered(MaxBackoff)
			}
		} else {
			backoff = MinBackoff
		}
		k.sleep(wait, err)
	}
}

// register registers once and gives when to do it again.
func (k *Keeper) register() (time.Duration, error) {
	ctx, cancel := context.WithTimeout(k.ctx, Patience)
	defer cancel()
	granted, err := k.cfg.Registrant.Register(ctx, k.cfg.Life)
	if code(err) == 423 && k.cfg.Life < MaxLife { // RFC 3261 10.3: it wants a longer one
		k.cfg.Life = min(2*k.cfg.Life, MaxLife)
		return MinBackoff, err
	}
	if err != nil {
		return 0, err
	}
	k.mu.Lock()
	k.until = time.Now().Add(granted)
	k.mu.Unlock()
	k.set(true, nil)
	return max(jittered(time.Duration(renewAt*float64(granted))), MinRenewal), nil
}

// sleep waits until it is time to register again: d, or soon where the connection breaks. A registration that can't be renewed
// meanwhile ends when its time is over.
func (k *Keeper) sleep(d time.Duration, failed error) {
	select { // what an older connection left
	case <-k.broken:
	default:
	}
	stop := k.cfg.Registrant.Lost(k.lost)
	defer stop()
	timer, end := time.NewTimer(d), time.NewTimer(k.left())
	defer timer.Stop()
	defer end.Stop()
	for {
		select {
		case <-timer.C:
			return
		case <-end.C:
			k.set(false, failed)
		case <-k.broken:
			if failed == nil {
				k.set(false, errLost)
				timer.Reset(min(d, jittered(MinBackoff)))
			}
		case <-k.ctx.Done():
			return
		}
	}
}

var errLost = errs.New(errs.Unavailable, "sip: the connection of the registration broke")

func (k *Keeper) lost() {
	select {
	case k.broken <- struct{}{}:
	default:
	}
}

// left is how long the registration still holds.
func (k *Keeper) left() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(time.Until(k.until), 0)
}

// expired notes that the line is down, where the registration has run out or was refused.
func (k *Keeper) expired(err error) {
	if denied(err) || k.left() == 0 {
		k.set(false, err)
	}
}

// set tells the news.
func (k *Keeper) set(up bool, why error) {
	k.mu.Lock()
	changed := k.up != up
	k.up = up
	if !up {
		k.until = time.Time{}
	}
	k.mu.Unlock()
	if changed {
		k.cfg.Changed(up, why)
	}
}

// code is the code of a refusal; 0 of anything else.
func code(err error) int {
	if r, ok := errors.AsType[*sip.Refused](err); ok {
		return r.Code
	}
	return 0
}

// denied tells whether trying again soon is no use.
func denied(err error) bool {
	c := code(err)
	return c == 401 || c == 403 || c == 404 || c == 407
}

// jittered is d, up to spread earlier or later.
func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + spread*(2*rand.Float64()-1)))
}
