package registry

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/identity"
	"santra/internal/token"
)

// Request is somebody's wish to hear one recording.
type Request struct {
	Recording string // opaque key
	Agency    string
	Purpose   string
	Reason    string
	From      netip.Addr // where it will be heard
}

// Listening is a grant that was given.
type Listening struct {
	Grant   string
	Expires time.Time
}

// Search finds recordings of one agency, for a purpose; it is logged before it runs. errs.Denied without the role, and for an
// agency's manager without a grant to listen (M10).
func (s *Service) Search(ctx context.Context, p identity.Principal, purpose, reason string, f Filter) ([]Recording, error) {
	rec, err := s.recorder()
	if err != nil {
		return nil, err
	}
	if err := s.mayHear(ctx, p, identity.RecordingSearch, purpose, reason, f.Agency); errs.Is(err, errs.Denied) {
		return nil, s.refuse(ctx, p, Request{Agency: f.Agency, Purpose: purpose}, err)
	} else if err != nil {
		return nil, err
	}
	e := audit.Entry{Action: ActionSearched, Actor: p.Person, Agency: f.Agency, Purpose: purpose, Reason: reason, Success: true}
	if err := s.cfg.Store.Do(ctx, e, func(Tx) error { return nil }); err != nil {
		return nil, err
	}
	return rec.Search(ctx, p.Person, purpose, f)
}

// Listen gives a grant of token.PlayLife to hear one recording, after it is logged (M8, M9). errs.Denied without role, grant
// to listen or allowed network, each of which is logged too; errs.NotFound for another agency's.
func (s *Service) Listen(ctx context.Context, p identity.Principal, r Request) (Listening, error) {
	rec, err := s.recorder()
	if err != nil {
		return Listening{}, err
	}
	if err := s.mayListen(ctx, p, r); err != nil {
		return Listening{}, err
	}
	row, err := rec.Get(ctx, p.Person, r.Purpose, r.Agency, r.Recording)
	if err != nil {
		return Listening{}, err
	}
	play := token.Play{ID: id.New(), Recording: row.Key, Agency: r.Agency, Person: p.Person, Purpose: r.Purpose}
	play.Audit = play.ID // the entry names the grant, the grant names the entry
	e := audit.Entry{
		Action: ActionListened, Actor: p.Person, Agency: r.Agency, Object: row.Key, Purpose: r.Purpose, Reason: r.Reason,
		Detail: map[string]string{"grant": play.ID, "from": r.From.String()}, Success: true,
	}
	if err := s.cfg.Store.Do(ctx, e, func(Tx) error { return nil }); err != nil {
		return Listening{}, err
	}
	return s.sign(play)
}

// Renew prolongs a grant that has not expired. Role, grant to listen and network are checked anew, so that a right that was
// withdrawn ends what plays.
func (s *Service) Renew(ctx context.Context, p identity.Principal, recording, grant string, from netip.Addr) (Listening, error) {
	if _, err := s.recorder(); err != nil {
		return Listening{}, err
	}
	var play token.Play
	if err := token.Open(s.cfg.GrantKey, token.DomainPlay, grant, time.Now(), &play); err != nil {
		return Listening{}, err
	}
	if play.Person != p.Person || play.Recording != recording {
		return Listening{}, errs.New(errs.Denied, "this grant is for something else")
	}
	// The reason was checked when the first grant was given; it is in the log and not in the token.
	err := s.mayListen(ctx, p, Request{recording, play.Agency, play.Purpose, "renewed", from})
	if err != nil {
		return Listening{}, err
	}
	play.ID, play.Renews, play.Expires = id.New(), play.ID, time.Time{}
	return s.sign(play)
}

func (s *Service) sign(play token.Play) (Listening, error) {
	text, signed, err := s.cfg.Recorder.Grant(play)
	return Listening{text, signed.Expires}, err
}

func (s *Service) recorder() (Recorder, error) {
	if s.cfg.Recorder == nil {
		return nil, errs.New(errs.Unavailable, "no recorder is configured")
	}
	return s.cfg.Recorder, nil
}

// mayListen is mayHear and the network; a refusal is logged (M9).
func (s *Service) mayListen(ctx context.Context, p identity.Principal, r Request) error {
	err := s.mayHear(ctx, p, identity.RecordingListen, r.Purpose, r.Reason, r.Agency)
	if err == nil && !s.cfg.Book.MayListenFrom(r.From) {
		err = errs.New(errs.Denied, "recordings are heard on the premises only: this network is not allowed")
	}
	if errs.Is(err, errs.Denied) {
		return s.refuse(ctx, p, r, err)
	}
	return err
}

func (s *Service) refuse(ctx context.Context, p identity.Principal, r Request, why error) error {
	e := audit.Entry{
		Action: ActionRefused, Actor: p.Person, Object: r.Recording, Purpose: r.Purpose,
		Detail: map[string]string{"why": why.Error()},
	}
	if r.From.IsValid() {
		e.Detail["from"] = r.From.String()
	}
	if _, ok := s.cfg.Book.Agency(r.Agency); ok {
		e.Agency = r.Agency
	}
	if err := s.cfg.Store.Do(ctx, e, func(Tx) error { return nil }); err != nil {
		return err
	}
	return why
}

// mayHear checks purpose, role and, for who is not an expert of the service centre, the grant to listen (M10).
func (s *Service) mayHear(ctx context.Context, p identity.Principal, a identity.Action, purpose, reason, agencyID string) error {
	if err := s.CheckPurpose(Audio, purpose, reason); err != nil {
		return err
	}
	if agencyID == "" {
		return errs.At(errs.Invalid, "agency", "name one")
	}
	if err := p.May(a, agencyID); err != nil {
		return err
	}
	if expert(p, agencyID) {
		return nil
	}
	ok, err := s.cfg.Store.GrantTo(ctx, p.Person, agencyID, time.Now())
	if err == nil && !ok {
		err = errs.New(errs.Denied, "an agency's manager needs a grant to listen, and there is none that is valid")
	}
	return err
}

func expert(p identity.Principal, agencyID string) bool {
	return slices.ContainsFunc(p.Roles, func(g identity.RoleGrant) bool {
		return g.Role == identity.Expert && (g.Agency == "" || g.Agency == agencyID)
	})
}

// CheckPurpose is the package's CheckPurpose, narrowed to the purposes that the city uses.
func (s *Service) CheckPurpose(m Medium, purpose, reason string) error {
	used := s.cfg.Book.Current().Purposes
	if len(used) > 0 && !slices.Contains(used, purpose) {
		return errs.At(errs.Invalid, "purpose", "is not in use")
	}
	return CheckPurpose(m, purpose, reason)
}

// Purposes gives the purposes that the city uses.
func (s *Service) Purposes(m Medium) []Purpose {
	used := s.cfg.Book.Current().Purposes
	return slices.DeleteFunc(Purposes(m), func(p Purpose) bool { return len(used) > 0 && !slices.Contains(used, p.ID) })
}
