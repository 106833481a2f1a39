package agency

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
)

// The actions of this room.
const (
	Imported = "city.imported"
	Changed  = "city.changed"
)

// Version tells of one version of the configuration.
type Version struct {
	Number int
	At     time.Time // UTC
	Actor  string    // person id, or audit.System
}

// Store keeps the versions.
type Store interface {
	// Do runs one change with its audit entry in one transaction; f may run several times.
	Do(ctx context.Context, e audit.Entry, f func(Tx) error) error
	// Newest gives the newest version's body; errs.NotFound before the first.
	Newest(ctx context.Context) (Version, []byte, error)
	// Body gives one version; errs.NotFound without it.
	Body(ctx context.Context, number int) (Version, []byte, error)
	// Versions gives up to limit versions, newest first.
	Versions(ctx context.Context, limit int) ([]Version, error)
}

// Tx is what a change may do.
type Tx interface {
	// Add stores a version; errs.Conflict where the number is taken.
	Add(ctx context.Context, v Version, body []byte) error
}

// MaxHistory is the most versions that History gives.
const MaxHistory = 1000

// Config sets up a Book.
type Config struct {
	Store    Store
	Check    func(*City) error // further rules (registry: what the published description allows); nil for none
	OnChange func(*City)       // told of each new snapshot, after the commit; must not block; nil for none
	Log      *slog.Logger
}

// Book is the running configuration.
type Book struct {
	cfg   Config
	index atomic.Pointer[index]
	loans []*Loan
	mu    sync.Mutex // one change at a time in this process; the database decides between processes
}

// Open reads the newest version; before the first import the book holds an empty City.
func Open(ctx context.Context, cfg Config) (*Book, error) {
	b := &Book{cfg: cfg}
	b.index.Store(newIndex(City{}.WithDefaults()))
	return b, b.reload(ctx)
}

// Reload reads the newest version, which another node may have made.
func (b *Book) Reload(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reload(ctx)
}

// reload is Reload for who holds the lock.
func (b *Book) reload(ctx context.Context) error {
	v, body, err := b.cfg.Store.Newest(ctx)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || v.Number == b.Current().Version {
		return err
	}
	city, err := read(v, body)
	if err == nil {
		b.set(city)
	}
	return err
}

// Import makes c the first version; false where there is one already: then only Apply changes it.
func (b *Book) Import(ctx context.Context, c City) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.reload(ctx); err != nil || b.Current().Version != 0 {
		return false, err
	}
	_, err := b.put(ctx, audit.Entry{Action: Imported, Actor: audit.System}, c)
	if errs.Is(err, errs.Conflict) { // another node imported it just now
		return false, b.reload(ctx)
	}
	return err == nil, err
}

// Apply makes c the next version, in the name of actor. A c.Version other than 0 must be the current one (errs.Conflict:
// somebody else changed it). A seat without a password keeps the one that it had.
func (b *Book) Apply(ctx context.Context, actor string, c City) (Version, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.reload(ctx); err != nil {
		return Version{}, err
	}
	if c.Version != 0 && c.Version != b.Current().Version {
		return Version{}, errs.At(errs.Conflict, "city.version", "is %d, yours is %d: read it again", b.Current().Version, c.Version)
	}
	return b.put(ctx, audit.Entry{Action: Changed, Actor: actor}, c)
}

// Revert makes the city of an earlier version the next version, in the name of actor, checked as any other; errs.NotFound without that
// version, errs.Conflict where it is what runs. Passwords stay as they are now; a seat that is not there now gets the one of then.
func (b *Book) Revert(ctx context.Context, actor string, number int) (Version, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.reload(ctx); err != nil {
		return Version{}, err
	}
	c, _, err := b.At(ctx, number)
	if err != nil {
		return Version{}, err
	}
	if want := c.digested(b.Current()); len(Differences(b.Current(), &want)) == 0 {
		return Version{}, errs.New(errs.Conflict, "version %d is what runs", number)
	}
	return b.put(ctx, audit.Entry{Action: Changed, Actor: actor, Detail: map[string]string{"reverted_to": strconv.Itoa(number)}}, *c)
}

func (b *Book) put(ctx context.Context, e audit.Entry, c City) (Version, error) {
	next, err := b.prepare(c)
	if err != nil {
		return Version{}, err
	}
	v := Version{Number: b.Current().Version + 1, At: time.Now().UTC().Truncate(time.Microsecond), Actor: e.Actor}
	next.Version = v.Number
	body, err := json.Marshal(next)
	if err != nil {
		return Version{}, errs.New(errs.Invalid, "agency: %w", err)
	}
	e.Object, e.Success = "city/"+strconv.Itoa(v.Number), true
	detail := map[string]string{"parts": strings.Join(Differences(b.Current(), &next), " ")}
	maps.Copy(detail, e.Detail)
	e.Detail = detail
	if err := b.cfg.Store.Do(ctx, e, func(tx Tx) error { return tx.Add(ctx, v, body) }); err != nil {
		return Version{}, err
	}
	b.set(next)
	return v, nil
}

// prepare checks c and gives it as it is kept: with defaults and without passwords.
func (b *Book) prepare(c City) (City, error) {
	if err := c.Validate(); err != nil {
		return City{}, err
	}
	if b.cfg.Check != nil {
		if err := b.cfg.Check(&c); err != nil {
			return City{}, err
		}
	}
	return c.WithDefaults().digested(b.Current()), nil
}

func (b *Book) set(c City) {
	b.index.Store(newIndex(c, b.loans...))
	if b.cfg.OnChange != nil {
		b.cfg.OnChange(b.Current())
	}
}

// read reads a stored version; what it does not know yet, because it is older, has its default.
func read(v Version, body []byte) (City, error) {
	var c City
	if err := json.Unmarshal(body, &c); err != nil {
		return City{}, errs.New(errs.Internal, "agency: version %d is damaged: %w", v.Number, err)
	}
	return c.WithDefaults(), nil
}

// History gives the versions, newest first.
func (b *Book) History(ctx context.Context) ([]Version, error) {
	return b.cfg.Store.Versions(ctx, MaxHistory)
}

// At gives one version of the past; errs.NotFound without it.
func (b *Book) At(ctx context.Context, number int) (*City, Version, error) {
	v, body, err := b.cfg.Store.Body(ctx, number)
	if err != nil {
		return nil, Version{}, err
	}
	c, err := read(v, body)
	return &c, v, err
}

// Drift names the parts in which c (a configuration file) differs from what runs; passwords are compared by their digests.
func (b *Book) Drift(c City) []string {
	want := c.WithDefaults().digested(b.Current())
	return Differences(b.Current(), &want)
}

// Differences names the parts in which two configurations differ: "queues", "retention", …
func Differences(old, now *City) []string {
	var parts []string
	a, z := reflect.ValueOf(*old), reflect.ValueOf(*now)
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		x, _ := json.Marshal(a.Field(i).Interface())
		y, _ := json.Marshal(z.Field(i).Interface())
		if name != "version" && string(x) != string(y) && !(empty(x) && empty(y)) {
			parts = append(parts, name)
		}
	}
	return parts
}

func empty(text []byte) bool {
	return string(text) == "null" || string(text) == "[]" || string(text) == "{}"
}
