package identity

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// The actions of this room in the audit log.
const (
	SessionStarted   = "session.started"
	SessionRefused   = "session.refused"
	SessionEnded     = "session.ended"
	PersonCreated    = "person.created"
	PersonChanged    = "person.changed"
	PersonDisabled   = "person.disabled"
	PersonEnabled    = "person.enabled"
	PasswordChanged  = "password.changed"
	RolesChanged     = "roles.changed"
	TrainingRecorded = "training.recorded"
)

// Bounds of sessions and of the log of refusals.
const (
	SessionIdle   = 12 * time.Hour  // without a request
	SessionLife   = 24 * time.Hour  // from the log-in, whatever happens
	SeenGrain     = 5 * time.Minute // how exactly the last request of a session is stored
	RefusalBurst  = 20              // refused log-ins audited one by one …
	RefusalPerMin = 20              // … then so many a minute; the next entry tells how many were left out
	MaxPeople     = 10000
)

// Session is a log-in. Hash is the SHA-256 of its token, ID what others may know of it.
type Session struct {
	Hash    []byte
	ID      string
	Person  string
	Created time.Time
	Seen    time.Time
}

func (s Session) live(now time.Time) bool {
	return now.Sub(s.Seen) < SessionIdle && now.Sub(s.Created) < SessionLife
}

// Store keeps people and sessions.
type Store interface {
	// Do runs one change with its audit entry in one transaction; f may run several times.
	Do(ctx context.Context, e audit.Entry, f func(Tx) error) error
	// Person gives somebody by id, Named by log-in name with the password's hash; errs.NotFound.
	Person(ctx context.Context, id string) (Person, error)
	Named(ctx context.Context, name string) (p Person, hash string, err error)
	// People gives everybody, by name, up to limit.
	People(ctx context.Context, limit int) ([]Person, error)
	// Session gives a session by its token's hash; errs.NotFound.
	Session(ctx context.Context, hash []byte) (Session, error)
	// Seen stores when a session was last used. It is upkeep, not a change of data, and has no audit entry.
	Seen(ctx context.Context, hash []byte, at time.Time) error
}

// Tx is what a change may do.
type Tx interface {
	AddPerson(ctx context.Context, p Person, hash string) error // errs.Conflict where the name was ever taken
	SetProfile(ctx context.Context, p Person) error             // Profile and Disabled
	SetPassword(ctx context.Context, person, hash string) error
	SetRoles(ctx context.Context, person string, roles []RoleGrant) error
	AddTraining(ctx context.Context, person string, t Training, by string) error
	AddSession(ctx context.Context, s Session) error
	EndSession(ctx context.Context, hash []byte) error
	EndSessions(ctx context.Context, person string, except []byte) error // except nil: all
	DropSessions(ctx context.Context, seenBefore, createdBefore time.Time) error
}

// Config sets up a Service.
type Config struct {
	Store Store
	Log   *slog.Logger
}

// Service is the room's face.
type Service struct {
	store    Store
	hasher   hasher
	throttle *throttle
	refusals *bucket
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, hasher: newHasher(), throttle: newThrottle(MaxTracked), refusals: &bucket{left: RefusalBurst}}
}

// Person gives somebody; the principal must be that person or manage people.
func (s *Service) Person(ctx context.Context, by Principal, id string) (Person, error) {
	if by.Person != id || id == "" {
		if err := by.May(PersonManage, ""); err != nil {
			return Person{}, err
		}
	}
	return s.store.Person(ctx, id)
}

// People gives everybody, by log-in name. For those who manage people.
func (s *Service) People(ctx context.Context, by Principal) ([]Person, error) {
	if err := by.May(PersonManage, ""); err != nil {
		return nil, err
	}
	return s.store.People(ctx, MaxPeople)
}

// Lookup gives somebody without a principal: for rooms that need skills and languages of who is logged in.
func (s *Service) Lookup(ctx context.Context, id string) (Person, error) {
	return s.store.Person(ctx, id)
}

// bucket bounds how many refused log-ins are audited one by one (everything has a bound, audit growth too).
type bucket struct {
	mu      sync.Mutex
	left    int
	filled  time.Time
	skipped int
}

// take tells whether this one is audited, and how many before it were not.
func (b *bucket) take(now time.Time) (skipped int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.filled.IsZero() {
		b.filled = now
	}
	if n := int(now.Sub(b.filled) / (time.Minute / RefusalPerMin)); n > 0 {
		b.left = min(RefusalBurst, b.left+n)
		b.filled = now
	}
	if b.left == 0 {
		b.skipped++
		return 0, false
	}
	b.left--
	skipped, b.skipped = b.skipped, 0
	return skipped, true
}

// errRefused is the one answer to a wrong name and to a wrong password.
func errRefused() error { return errs.New(errs.Unauthenticated, "name or password is wrong") }
