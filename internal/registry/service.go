package registry

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/token"
)

// What the log says that somebody did.
const (
	ActionSearched  = "recording.searched"
	ActionListened  = "recording.listened"
	ActionRefused   = "recording.refused"
	ActionGranted   = "listen_grant.given"
	ActionWithdrawn = "listen_grant.withdrawn"
	ActionPublished = "description.published"
)

// Store keeps published versions and grants to listen. Each change goes with its audit entry in one transaction.
type Store interface {
	Do(ctx context.Context, e audit.Entry, f func(Tx) error) error
	// Published gives the newest version; errs.NotFound before the first.
	Published(ctx context.Context) (Published, error)
	// Grants gives the grants that are not withdrawn and end after now, newest first, at most MaxGrants.
	Grants(ctx context.Context, now time.Time) ([]Grant, error)
	// GrantTo tells whether a person has such a grant for an agency.
	GrantTo(ctx context.Context, person, agencyID string, now time.Time) (bool, error)
	// Grant gives one; errs.NotFound where there is none.
	Grant(ctx context.Context, id string) (Grant, error)
}

// Tx is what a change may do.
type Tx interface {
	AddPublished(ctx context.Context, p Published) error
	AddGrant(ctx context.Context, g Grant) error
	// WithdrawGrant ends a grant; errs.Gone where it was withdrawn already.
	WithdrawGrant(ctx context.Context, id, by string, at time.Time) error
}

// Book is the running configuration; agency.Book implements it.
type Book interface {
	Current() *agency.City
	Agency(id string) (agency.Agency, bool)
	MayListenFrom(addr netip.Addr) bool
}

// Filter is all that recordings can be searched by (M11).
type Filter struct {
	Agency               string
	From, To             time.Time // [From, To); zero: open
	Seat, Queue          string
	Fragment             string
	MinLength, MaxLength time.Duration
	State                string
}

// Recording is a row of the recorder's catalogue, as far as people see it.
type Recording struct {
	Key, Name, Agency, Queue, Seat, Fragment string
	Session, Language, Announcement, State   string
	Part, Gaps                               int
	Started                                  time.Time
	Length                                   time.Duration
	Hold                                     bool
	Destroys                                 string // yyyy-mm-dd
}

// Recorder is the recorder as the centre's client (package remote) sees it, adapted by app. Each question is logged there in
// the person's name.
type Recorder interface {
	Search(ctx context.Context, person, purpose string, f Filter) ([]Recording, error)
	// Get gives one row of the agency; errs.NotFound also for another's.
	Get(ctx context.Context, person, purpose, agencyID, key string) (Recording, error)
	// Grant signs a grant to play, filling in ID and Expires where empty.
	Grant(p token.Play) (string, token.Play, error)
	// Revoke ends plays at once.
	Revoke(ctx context.Context, v token.Revoke) error
	// Origin is where the browser plays from.
	Origin() string
}

// Config is what a Service needs.
type Config struct {
	Store     Store
	Book      Book
	Recorder  Recorder          // nil: nothing can be listened to
	GrantKey  ed25519.PublicKey // of the key that Recorder.Grant signs with: renewals are checked by it
	Endpoints []Endpoint        // outside connections of the server's configuration
	Witnesses []Witness         // what the rooms check of themselves
	Notes     map[string]string // what this installation does otherwise, by the promise's id; said in the promise's row
	Log       *slog.Logger
}

// Service is the room.
type Service struct{ cfg Config }

// New makes the service. The published version must exist: EnsurePublished.
func New(cfg Config) *Service { return &Service{cfg} }

// EnsurePublished gives the newest published version, making version 1 (six months, M6; four digits, M7) at the first start.
func EnsurePublished(ctx context.Context, s Store) (Published, error) {
	p, err := s.Published(ctx)
	if !errs.Is(err, errs.NotFound) {
		return p, err
	}
	p = Published{
		Version: 1, Months: FirstMonths, Digits: FirstDigits, Published: time.Now().UTC().Truncate(time.Microsecond),
		First: audit.System, Second: audit.System,
	}
	e := audit.Entry{Action: ActionPublished, Actor: audit.System, Object: "1", Success: true}
	err = s.Do(ctx, e, func(tx Tx) error { return tx.AddPublished(ctx, p) })
	if errs.Is(err, errs.Conflict) { // another node was faster
		return s.Published(ctx)
	}
	return p, err
}

// CheckPromises refuses a configuration that is laxer than what is published (M6, M7); it is asked at start-up and, as
// agency.Config.Check, before each change.
func CheckPromises(c *agency.City, p Published) error {
	full := c.WithDefaults()
	digits := 0
	for _, a := range full.Agencies {
		digits = max(digits, a.FragmentDigits)
	}
	return CheckBounds(Promised{full.Retention.RecordingMonths, digits}, p)
}

// Published gives the newest published version.
func (s *Service) Published(ctx context.Context) (Published, error) {
	return s.cfg.Store.Published(ctx)
}

// Facts gives what the description says of the running configuration, in a language.
func (s *Service) Facts(lang string) Facts {
	return FactsOf(s.cfg.Book.Current(), s.cfg.Endpoints, agency.Lang(lang))
}

// FactsOf gives the description's facts of a configuration.
func FactsOf(c *agency.City, endpoints []Endpoint, lang agency.Lang) Facts {
	k := c.Controller
	f := Facts{
		City:       c.Name.In(lang),
		Controller: Controller{k.Name.In(lang), k.Address.In(lang), k.Person.In(lang), k.Contact.In(lang), k.DPO.In(lang)},
		Months:     c.Retention.RecordingMonths, Networks: len(c.ListenNetworks), Endpoints: endpoints,
	}
	for _, a := range c.Agencies {
		f.Agencies = append(f.Agencies, a.Name.In(lang))
		f.Digits = max(f.Digits, a.FragmentDigits)
	}
	if offered, longest := c.OffersCallbacks(); offered {
		f.Callback = int((longest + time.Hour - 1) / time.Hour) // a started hour counts whole: less is never promised than kept
	}
	f.Outcomes = len(c.Outcomes) > 0
	for _, q := range c.Queues {
		f.Recorded = f.Recorded || q.Record
		if q.Record && q.Listening {
			f.Listened = append(f.Listened, q.Name.In(lang))
		}
	}
	for _, l := range agency.Langs() {
		if slices.Contains(announcedIn(c), l) {
			f.Announced = append(f.Announced, string(l))
		}
	}
	return f
}

// announcedIn gives the languages in which callers of a recorded queue are told: those of the flows that announce, and of the queue
// where its own number leads to it, or only a transfer does.
func announcedIn(c *agency.City) (all []agency.Lang) {
	byFlow := map[string]bool{}
	for _, f := range c.Flows {
		announces := slices.ContainsFunc(f.Steps, func(s agency.Step) bool { return s.Announce != nil })
		for _, s := range f.Steps {
			if s.Queue == nil || !announces || !recorded(c, s.Queue.Queue) {
				continue
			}
			byFlow[s.Queue.Queue] = true
			all = append(all, f.Languages...)
		}
	}
	for _, q := range c.Queues {
		if q.Record && (q.Number != "" || !byFlow[q.ID]) {
			all = append(all, q.Languages...)
		}
	}
	return all
}

func recorded(c *agency.City, queue string) bool {
	return slices.ContainsFunc(c.Queues, func(q agency.Queue) bool { return q.ID == queue && q.Record })
}

// Attest asks every witness (M25).
func (s *Service) Attest(ctx context.Context) Report {
	own := s.cfg.Witnesses
	if !slices.ContainsFunc(own, func(w Witness) bool { return w.ID() == "M18" }) {
		own = append(slices.Clone(own), EndpointsWitness(func() []Endpoint { return s.cfg.Endpoints }))
	}
	report := Attest(ctx, own, time.Now())
	for i, p := range report.Promises {
		if note := s.cfg.Notes[p.ID]; note != "" {
			report.Promises[i].Evidence = note + "; " + p.Evidence
		}
	}
	return report
}

// Note logs an act that changes nothing (reading the log, a search).
func (s *Service) Note(ctx context.Context, e audit.Entry) error {
	return s.cfg.Store.Do(ctx, e, func(Tx) error { return nil })
}

// Origin is the recorder's origin; empty without a recorder.
func (s *Service) Origin() string {
	if s.cfg.Recorder == nil {
		return ""
	}
	return s.cfg.Recorder.Origin()
}
