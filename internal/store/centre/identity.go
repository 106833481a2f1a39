package centre

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

// Identity is the store of people and sessions.
func (s *Store) Identity() identity.Store { return identityStore{s} }

type identityStore struct{ *Store }

// Do implements identity.Store.
func (s identityStore) Do(ctx context.Context, e audit.Entry, f func(identity.Tx) error) error {
	return do(s.Store, ctx, e, func(q *db.Queries) identity.Tx { return identityTx{q} }, f)
}

// Person implements identity.Store.
func (s identityStore) Person(ctx context.Context, id string) (identity.Person, error) {
	row, err := s.queries().Person(ctx, id)
	if err != nil {
		return identity.Person{}, store.Kind(err)
	}
	return s.whole(ctx, row)
}

// Named implements identity.Store.
func (s identityStore) Named(ctx context.Context, name string) (identity.Person, string, error) {
	row, err := s.queries().PersonNamed(ctx, name)
	if err != nil {
		return identity.Person{}, "", store.Kind(err)
	}
	p, err := s.whole(ctx, row)
	return p, row.Password, err
}

// whole adds roles and training to a person.
func (s identityStore) whole(ctx context.Context, row db.Person) (identity.Person, error) {
	p := person(row)
	roles, err := s.queries().RolesOf(ctx, p.ID)
	if err != nil {
		return identity.Person{}, store.Kind(err)
	}
	training, err := s.queries().TrainingOf(ctx, p.ID)
	if err != nil {
		return identity.Person{}, store.Kind(err)
	}
	for _, r := range roles {
		p.Roles = append(p.Roles, roleGrant(r))
	}
	for _, t := range training {
		p.Training = latest(p.Training, identity.Training{Course: identity.Course(t.Course), Passed: store.Time(t.Passed), Until: store.Time(t.Until)})
	}
	return p, nil
}

// People implements identity.Store.
func (s identityStore) People(ctx context.Context, limit int) ([]identity.Person, error) {
	q := s.queries()
	rows, err := q.People(ctx, int32(limit))
	if err != nil {
		return nil, store.Kind(err)
	}
	roles, err := q.AllRoles(ctx)
	if err != nil {
		return nil, store.Kind(err)
	}
	training, err := q.AllTraining(ctx)
	if err != nil {
		return nil, store.Kind(err)
	}
	return joined(rows, roles, training), nil
}

func joined(rows []db.Person, roles []db.PersonRole, training []db.AllTrainingRow) []identity.Person {
	grants, passed := map[string][]identity.RoleGrant{}, map[string][]identity.Training{}
	for _, r := range roles {
		grants[r.Person] = append(grants[r.Person], roleGrant(r))
	}
	for _, t := range training {
		passed[t.Person] = latest(passed[t.Person], identity.Training{Course: identity.Course(t.Course), Passed: store.Time(t.Passed), Until: store.Time(t.Until)})
	}
	out := make([]identity.Person, len(rows))
	for i, r := range rows {
		out[i] = person(r)
		out[i].Roles, out[i].Training = grants[r.ID], passed[r.ID]
	}
	return out
}

// latest replaces the record of a course by one recorded later: a later record also corrects an earlier one.
func latest(all []identity.Training, t identity.Training) []identity.Training {
	for i := range all {
		if all[i].Course == t.Course {
			all[i] = t
			return all
		}
	}
	return append(all, t)
}

// Session implements identity.Store.
func (s identityStore) Session(ctx context.Context, hash []byte) (identity.Session, error) {
	row, err := s.queries().Session(ctx, hash)
	return one(row, err, func(r db.Session) identity.Session {
		return identity.Session{Hash: r.Hash, ID: r.ID, Person: r.Person, Created: store.Time(r.Created), Seen: store.Time(r.Seen)}
	})
}

// Seen implements identity.Store.
func (s identityStore) Seen(ctx context.Context, hash []byte, at time.Time) error {
	return s.db.Write(ctx, func(c store.Conn) error {
		return db.New(c).SessionSeen(ctx, db.SessionSeenParams{At: store.Micros(at), Hash: hash})
	})
}

type identityTx struct{ q *db.Queries }

// AddPerson implements identity.Tx.
func (t identityTx) AddPerson(ctx context.Context, p identity.Person, hash string) error {
	err := t.q.AddPerson(ctx, db.AddPersonParams{
		ID: p.ID, Name: p.Name, Display: p.Display, Password: hash, Disabled: store.Bool(p.Disabled),
		Skills: jsonText(p.Skills), Languages: languagesText(p.Languages), Created: store.Micros(p.Created),
		Capacity: jsonText(p.Capacity), Tiers: jsonText(p.Tiers), Weights: jsonText(p.Weights),
	})
	if err != nil {
		return err
	}
	return t.addRoles(ctx, p.ID, p.Roles)
}

func (t identityTx) addRoles(ctx context.Context, person string, roles []identity.RoleGrant) error {
	for _, g := range roles {
		if err := t.q.AddRole(ctx, db.AddRoleParams{Person: person, Role: string(g.Role), Agency: g.Agency}); err != nil {
			return err
		}
	}
	return nil
}

// SetProfile implements identity.Tx.
func (t identityTx) SetProfile(ctx context.Context, p identity.Person) error {
	return changed(t.q.SetPersonProfile(ctx, db.SetPersonProfileParams{
		ID: p.ID, Display: p.Display, Disabled: store.Bool(p.Disabled), Skills: jsonText(p.Skills), Languages: languagesText(p.Languages),
		Capacity: jsonText(p.Capacity), Tiers: jsonText(p.Tiers), Weights: jsonText(p.Weights),
	}))
}

// SetPassword implements identity.Tx.
func (t identityTx) SetPassword(ctx context.Context, person, hash string) error {
	return changed(t.q.SetPersonPassword(ctx, db.SetPersonPasswordParams{ID: person, Password: hash}))
}

// changed makes errs.NotFound of an update that met no row.
func changed(rows int64, err error) error {
	if err == nil && rows == 0 {
		return errs.New(errs.NotFound, "no such thing")
	}
	return err
}

// SetRoles implements identity.Tx.
func (t identityTx) SetRoles(ctx context.Context, person string, roles []identity.RoleGrant) error {
	if err := t.q.DropRoles(ctx, person); err != nil {
		return err
	}
	return t.addRoles(ctx, person, roles)
}

// AddTraining implements identity.Tx.
func (t identityTx) AddTraining(ctx context.Context, person string, r identity.Training, by string) error {
	return t.q.AddTraining(ctx, db.AddTrainingParams{
		Person: person, Course: string(r.Course), Passed: store.Micros(r.Passed), Until: store.Micros(r.Until),
		RecordedBy: by, RecordedAt: store.Micros(time.Now()),
	})
}

// AddSession implements identity.Tx.
func (t identityTx) AddSession(ctx context.Context, s identity.Session) error {
	return t.q.AddSession(ctx, db.AddSessionParams{Hash: s.Hash, ID: s.ID, Person: s.Person, Created: store.Micros(s.Created), Seen: store.Micros(s.Seen)})
}

// EndSession implements identity.Tx.
func (t identityTx) EndSession(ctx context.Context, hash []byte) error {
	return t.q.EndSession(ctx, hash)
}

// EndSessions implements identity.Tx.
func (t identityTx) EndSessions(ctx context.Context, person string, except []byte) error {
	if except == nil {
		except = []byte{} // no hash is empty, while null would compare with nothing
	}
	return t.q.EndSessions(ctx, db.EndSessionsParams{Person: person, ExceptHash: except})
}

// DropSessions implements identity.Tx.
func (t identityTx) DropSessions(ctx context.Context, seenBefore, createdBefore time.Time) error {
	return t.q.DropSessions(ctx, db.DropSessionsParams{SeenBefore: store.Micros(seenBefore), CreatedBefore: store.Micros(createdBefore)})
}

func person(r db.Person) identity.Person {
	p := identity.Person{ID: r.ID, Name: r.Name, Display: r.Display, Disabled: r.Disabled != 0, Created: store.Time(r.Created)}
	for _, column := range []struct {
		text string
		into any
	}{{r.Skills, &p.Skills}, {r.Capacity, &p.Capacity}, {r.Tiers, &p.Tiers}, {r.Weights, &p.Weights}} {
		_ = json.Unmarshal([]byte(column.text), column.into) // written by jsonText
	}
	for l := range strings.FieldsSeq(r.Languages) {
		p.Languages = append(p.Languages, agency.Lang(l))
	}
	return p
}

func roleGrant(r db.PersonRole) identity.RoleGrant {
	return identity.RoleGrant{Role: identity.Role(r.Role), Agency: r.Agency}
}

func jsonText(v any) string {
	text, _ := json.Marshal(v) // maps of checked numbers, and structs of plain fields, always marshal
	return string(text)
}

func languagesText(langs []agency.Lang) string {
	out := make([]string, len(langs))
	for i, l := range langs {
		out[i] = string(l)
	}
	return strings.Join(out, " ")
}
