package centre_test

import (
	"encoding/base64"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/store"
	"santra/internal/store/centre"
)

const (
	password = "correct horse battery"
	remote   = "10.0.0.9:5555"
)

var operator = identity.Operator("setup")

func maija() identity.NewPerson {
	return identity.NewPerson{
		Name: " Maija ", Display: "Maija Meikäläinen", Password: password,
		Roles:  []identity.RoleGrant{{Role: identity.Expert}, {Role: identity.Agent, Agency: "social"}, {Role: identity.Expert}},
		Skills: map[string]int{"social": 3}, Languages: []agency.Lang{"fi", "sv"},
	}
}

// staff is a service over a database with one trained person.
func staff(t *testing.T, s *centre.Store) (*identity.Service, identity.Person) {
	t.Helper()
	svc := identity.New(identity.Config{Store: s.Identity()})
	p, err := svc.CreatePerson(t.Context(), operator, maija())
	ok(t, err)
	ok(t, svc.RecordTraining(t.Context(), operator, p.ID, training(time.Hour)))
	return svc, p
}

func training(left time.Duration) identity.Training {
	now := time.Now().UTC().Truncate(time.Microsecond)
	return identity.Training{Course: identity.DataProtection, Passed: now.AddDate(-1, 0, 0), Until: now.Add(left)}
}

func TestPersonIsStoredWhole(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		a := &trail{t: t, s: s}
		svc, p := staff(t, s)
		a.left(identity.PersonCreated, identity.TrainingRecorded)
		got, err := svc.Person(t.Context(), operator, p.ID)
		ok(t, err)
		if got.Name != "maija" || got.Display != "Maija Meikäläinen" || len(got.Roles) != 2 || !maps.Equal(got.Skills, maija().Skills) ||
			!slices.Equal(got.Languages, maija().Languages) || len(got.Training) != 1 || got.Created != p.Created {
			t.Fatalf("%+v", got)
		}
		all, err := svc.People(t.Context(), operator)
		if err != nil || len(all) != 1 || len(all[0].Roles) != 2 || len(all[0].Training) != 1 {
			t.Fatal(all, err)
		}
		_, err = svc.CreatePerson(t.Context(), operator, maija())
		kind(t, err, errs.Conflict)
		_, err = svc.Person(t.Context(), operator, "none")
		kind(t, err, errs.NotFound)
		a.left()
	})
}

func TestSessionFromLoginToLogout(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		a := &trail{t: t, s: s, seen: 2}
		token, who, err := svc.Login(ctx, "MAIJA", password, remote)
		ok(t, err)
		a.left(identity.SessionStarted)
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || len(raw) != 32 || who.Person != p.ID || !who.Training || who.Session == "" || who.May(identity.ArchiveRead, "water") != nil {
			t.Fatalf("%+v %v", who, err)
		}
		again, err := svc.Authenticate(ctx, token)
		if err != nil || again.Session != who.Session || len(again.Roles) != 2 {
			t.Fatal(again, err)
		}
		ok(t, svc.Logout(ctx, token))
		ok(t, svc.Logout(ctx, token))
		a.left(identity.SessionEnded)
		for _, bad := range []string{token, "", "x", strings.Repeat("A", 43), strings.Repeat("ä", 43)} {
			_, err := svc.Authenticate(ctx, bad)
			kind(t, err, errs.Unauthenticated)
		}
	})
}

func TestTokenAndPasswordAreNotStored(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		svc, _ := staff(t, s)
		token, _, err := svc.Login(t.Context(), "maija", password, remote)
		ok(t, err)
		raw, _ := base64.RawURLEncoding.DecodeString(token)
		var n int
		ok(t, s.DB().Read().QueryRowContext(t.Context(), `select count(*) from session where hash = $1 or hash = $2 or id = $3`, raw, []byte(token), token).Scan(&n))
		var kept string
		ok(t, s.DB().Read().QueryRowContext(t.Context(), `select password from person where name = 'maija'`).Scan(&kept))
		if n != 0 || strings.Contains(kept, password) || !strings.HasPrefix(kept, "$argon2id$") {
			t.Fatal(n, kept)
		}
	})
}

func TestWrongLoginsAreRefusedAlikeAuditedAndPaused(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		a := &trail{t: t, s: s, seen: 2}
		_, _, wrong := svc.Login(ctx, "maija", "not the password", remote)
		_, _, nobody := svc.Login(ctx, "somebody-s-password", "x", remote)
		kind(t, wrong, errs.Unauthenticated)
		if nobody.Error() != wrong.Error() || errs.KindOf(nobody) != errs.KindOf(wrong) {
			t.Fatal("the answer tells whether a name exists:", wrong, nobody)
		}
		a.left(identity.SessionRefused, identity.SessionRefused)
		rows, err := s.Audit().Search(ctx, audit.Filter{Refused: true, Limit: 10})
		ok(t, err)
		if rows[1].Object != p.ID || rows[0].Object != "" || strings.Contains(string(rows[0].Body), "somebody-s-password") {
			t.Fatal("what was typed as a name is kept")
		}
		for range identity.FreeFailures - 1 {
			_, _, err := svc.Login(ctx, "maija", "wrong again", remote)
			kind(t, err, errs.Unauthenticated)
		}
		_, _, err = svc.Login(ctx, "maija", password, remote)
		kind(t, err, errs.Limited)
		if _, _, err := svc.Login(ctx, "maija", password, "10.0.0.10:1"); err != nil {
			t.Fatal("kept out from elsewhere:", err)
		}
	})
}

func TestTrainingGatesAnOpenSession(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		token, _, err := svc.Login(ctx, "maija", password, remote)
		ok(t, err)
		for _, c := range []struct {
			left   time.Duration
			active bool
		}{{-time.Minute, false}, {time.Hour, true}} {
			ok(t, svc.RecordTraining(ctx, operator, p.ID, training(c.left)))
			who, err := svc.Authenticate(ctx, token)
			ok(t, err)
			if who.Training != c.active || (who.May(identity.ArchiveRead, "") == nil) != c.active {
				t.Fatalf("%+v", who)
			}
		}
	})
}

func TestDisablingAndPasswordChangeEndSessions(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		token, who, err := svc.Login(ctx, "maija", password, remote)
		ok(t, err)
		a := &trail{t: t, s: s, seen: 3}
		kind(t, svc.SetPassword(ctx, who, p.ID, "not the old one", "another good password"), errs.Denied)
		kind(t, svc.SetPassword(ctx, who, p.ID, password, "short"), errs.Invalid)
		a.left()
		ok(t, svc.SetPassword(ctx, who, p.ID, password, "another good password"))
		a.left(identity.PasswordChanged)
		_, err = svc.Authenticate(ctx, token)
		kind(t, err, errs.Unauthenticated)
		_, _, err = svc.Login(ctx, "maija", password, remote)
		kind(t, err, errs.Unauthenticated)
		token, _, err = svc.Login(ctx, "maija", "another good password", remote)
		ok(t, err)
		ok(t, svc.SetDisabled(ctx, operator, p.ID, true))
		a.left(identity.SessionRefused, identity.SessionStarted, identity.PersonDisabled)
		_, err = svc.Authenticate(ctx, token)
		kind(t, err, errs.Unauthenticated)
		_, _, err = svc.Login(ctx, "maija", "another good password", remote)
		kind(t, err, errs.Unauthenticated)
		ok(t, svc.SetDisabled(ctx, operator, p.ID, false))
		_, _, err = svc.Login(ctx, "maija", "another good password", remote)
		ok(t, err)
	})
}

func TestSessionsEndByThemselves(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, _ := staff(t, s)
		for _, c := range []struct {
			name          string
			created, seen time.Duration
			live          bool
		}{
			{"fresh", time.Minute, time.Minute, true},
			{"idle", identity.SessionIdle + time.Minute, identity.SessionIdle, false},
			{"old", identity.SessionLife, time.Minute, false},
		} {
			token, _, err := svc.Login(ctx, "maija", password, remote)
			ok(t, err)
			now := time.Now()
			ok(t, s.DB().Write(ctx, func(q store.Conn) error {
				_, err := q.ExecContext(ctx, `update session set created = $1, seen = $2`, now.Add(-c.created).UnixMicro(), now.Add(-c.seen).UnixMicro())
				return err
			}))
			if _, err := svc.Authenticate(ctx, token); (err == nil) != c.live {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		_, _, err := svc.Login(ctx, "maija", password, remote)
		ok(t, err)
		var n int
		ok(t, s.DB().Read().QueryRowContext(ctx, `select count(*) from session`).Scan(&n))
		if n != 1 {
			t.Errorf("%d sessions are kept", n)
		}
	})
}

func TestLastUseIsStored(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, _ := staff(t, s)
		token, _, err := svc.Login(ctx, "maija", password, remote)
		ok(t, err)
		old := time.Now().Add(-2 * identity.SeenGrain).UnixMicro()
		ok(t, s.DB().Write(ctx, func(q store.Conn) error {
			_, err := q.ExecContext(ctx, `update session set seen = $1`, old)
			return err
		}))
		_, err = svc.Authenticate(ctx, token)
		ok(t, err)
		var seen int64
		ok(t, s.DB().Read().QueryRowContext(ctx, `select seen from session`).Scan(&seen))
		if time.Since(store.Time(seen)) > identity.SeenGrain {
			t.Fatal("a used session looks idle")
		}
	})
}

func TestNobodyRaisesThemselves(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		ok(t, svc.SetRoles(ctx, operator, p.ID, []identity.RoleGrant{{Role: identity.Administrator}}))
		_, admin, err := svc.Login(ctx, "maija", password, remote)
		ok(t, err)
		a := &trail{t: t, s: s, seen: 4}
		kind(t, svc.SetRoles(ctx, admin, p.ID, []identity.RoleGrant{{Role: identity.Expert}}), errs.Denied)
		kind(t, svc.RecordTraining(ctx, admin, p.ID, training(time.Hour)), errs.Denied)
		kind(t, svc.SetDisabled(ctx, admin, p.ID, true), errs.Denied)
		a.left()
		n := maija()
		n.Name = "ville"
		ville, err := svc.CreatePerson(ctx, admin, n)
		ok(t, err)
		ok(t, svc.SetRoles(ctx, admin, ville.ID, []identity.RoleGrant{{Role: identity.Manager, Agency: "social"}}))
		_, err = svc.ChangeProfile(ctx, admin, ville.ID, func(p *identity.Profile) {
			p.Display, p.Skills, p.Languages = "Ville", nil, []agency.Lang{"en"}
		})
		ok(t, err)
		a.left(identity.PersonCreated, identity.RolesChanged, identity.PersonChanged)
		got, err := svc.Lookup(ctx, ville.ID)
		if err != nil || len(got.Roles) != 1 || got.Roles[0].Agency != "social" || got.Display != "Ville" || len(got.Skills) != 0 {
			t.Fatalf("%+v %v", got, err)
		}
	})
}

func TestOthersManageNobody(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		_, who, err := svc.Login(ctx, "maija", password, remote)
		ok(t, err)
		a := &trail{t: t, s: s, seen: 3}
		for _, by := range []identity.Principal{who, {}} {
			want := errs.Denied
			if by.Person == "" {
				want = errs.Unauthenticated
			}
			_, err := svc.CreatePerson(ctx, by, maija())
			kind(t, err, want)
			_, err = svc.People(ctx, by)
			kind(t, err, want)
			kind(t, svc.SetRoles(ctx, by, "x", nil), want)
			kind(t, svc.RecordTraining(ctx, by, "x", training(time.Hour)), want)
			kind(t, svc.SetPassword(ctx, by, "x", "", "another good password"), want)
			kind(t, svc.SetDisabled(ctx, by, "x", true), want)
			_, err = svc.ChangeProfile(ctx, by, "x", func(*identity.Profile) {})
			kind(t, err, want)
		}
		if got, err := svc.Person(ctx, who, p.ID); err != nil || got.ID != p.ID {
			t.Fatal("a person may see themselves:", err)
		}
		a.left()
	})
}

func TestInvalidPeopleAndTrainingAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		for name, change := range map[string]func(*identity.NewPerson){
			"name":     func(n *identity.NewPerson) { n.Name = "no spaces" },
			"no name":  func(n *identity.NewPerson) { n.Name = "" },
			"display":  func(n *identity.NewPerson) { n.Display = "a\nb" },
			"password": func(n *identity.NewPerson) { n.Password = "short" },
			"role":     func(n *identity.NewPerson) { n.Roles[0].Role = "root" },
			"manager":  func(n *identity.NewPerson) { n.Roles[0].Role = identity.Manager },
			"skills":   func(n *identity.NewPerson) { n.Skills = map[string]int{"x": 11} },
			"language": func(n *identity.NewPerson) { n.Languages = []agency.Lang{"de"} },
		} {
			n := maija()
			change(&n)
			if _, err := svc.CreatePerson(ctx, operator, n); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		now := time.Now()
		for name, r := range map[string]identity.Training{
			"unknown course": {Course: "x", Passed: now.Add(-time.Hour), Until: now.Add(time.Hour)},
			"backwards":      {Course: identity.DataProtection, Passed: now.Add(-time.Hour), Until: now.Add(-2 * time.Hour)},
			"future":         {Course: identity.DataProtection, Passed: now.Add(time.Hour), Until: now.Add(2 * time.Hour)},
			"for ever":       {Course: identity.DataProtection, Passed: now.Add(-time.Hour), Until: now.AddDate(20, 0, 0)},
			"no day":         {Course: identity.DataProtection, Until: now},
		} {
			if err := svc.RecordTraining(ctx, operator, p.ID, r); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		kind(t, svc.RecordTraining(ctx, operator, "none", training(time.Hour)), errs.NotFound)
		kind(t, svc.SetRoles(ctx, operator, "none", nil), errs.NotFound)
	})
}

func TestProfileIsChangedByParts(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, p := staff(t, s)
		a := &trail{t: t, s: s, seen: 2}
		capacity := identity.Capacity{Mails: 2, NoCalls: true, Undisturbed: true, MailDuringCall: true}
		changed, err := svc.ChangeProfile(ctx, operator, p.ID, func(p *identity.Profile) {
			p.Capacity, p.Tiers, p.Weights = capacity, map[string]int{"water": 2}, map[string]float64{"social": 0.5}
			p.Skills = map[string]int{"social": 4, "language:sv": 3}
		})
		ok(t, err)
		a.left(identity.PersonChanged)
		rows, err := s.Audit().Search(ctx, audit.Filter{Action: identity.PersonChanged, Limit: 1})
		ok(t, err)
		if got := rows[0].Entry().Detail["changed"]; got != "skills capacity tiers weights" {
			t.Errorf("the log says %q changed", got)
		}
		for range 2 {
			got, err := svc.Lookup(ctx, p.ID)
			ok(t, err)
			all, err := svc.People(ctx, operator)
			ok(t, err)
			for _, x := range []identity.Person{changed, got, all[0]} {
				if x.Capacity != capacity || x.Tiers["water"] != 2 || x.Weights["social"] != 0.5 || x.Skills["language:sv"] != 3 ||
					x.Display != p.Display || len(x.Languages) != 2 || len(x.Roles) != 2 {
					t.Fatalf("%+v", x)
				}
			}
			ok(t, svc.SetDisabled(ctx, operator, p.ID, true)) // it leaves the profile as it is
			a.left(identity.PersonDisabled)
		}
		for name, f := range map[string]func(*identity.Profile){
			"mails":         func(p *identity.Profile) { p.Capacity.Mails = identity.MaxMails + 1 },
			"fewer mails":   func(p *identity.Profile) { p.Capacity.Mails = -2 },
			"tier":          func(p *identity.Profile) { p.Tiers = map[string]int{"water": 0} },
			"tier's queue":  func(p *identity.Profile) { p.Tiers = map[string]int{"no queue": 1} },
			"weight":        func(p *identity.Profile) { p.Weights = map[string]float64{"social": -1} },
			"no number":     func(p *identity.Profile) { p.Weights = map[string]float64{"social": math.NaN()} },
			"infinity":      func(p *identity.Profile) { p.Weights = map[string]float64{"social": math.Inf(1)} },
			"language":      func(p *identity.Profile) { p.Skills = map[string]int{"language:de": 1} },
			"other colon":   func(p *identity.Profile) { p.Skills = map[string]int{"a:b": 1} },
			"skill's level": func(p *identity.Profile) { p.Skills = map[string]int{"a": 0} },
			"display":       func(p *identity.Profile) { p.Display = " " },
		} {
			if _, err := svc.ChangeProfile(ctx, operator, p.ID, f); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		many := map[string]int{}
		for i := range identity.MaxTiers + 1 {
			many["q"+strconv.Itoa(i)] = 1
		}
		_, err = svc.ChangeProfile(ctx, operator, p.ID, func(p *identity.Profile) { p.Tiers = many })
		kind(t, err, errs.TooLarge)
		a.left()
	})
}

// A person of before the columns has the defaults.
func TestPeopleFromBeforeKeepTheirDefaults(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		svc, p := staff(t, s)
		ok(t, s.DB().Write(t.Context(), func(c store.Conn) error {
			_, err := c.ExecContext(t.Context(), `insert into person (id, name, display, password, disabled, skills, languages, created)
				select 'old', 'old', display, password, disabled, skills, languages, created from person where id = $1`, p.ID)
			return err
		}))
		old, err := svc.Lookup(t.Context(), "old")
		if err != nil || old.Capacity != (identity.Capacity{}) || len(old.Tiers) != 0 || len(old.Weights) != 0 || old.Skills["social"] != 3 {
			t.Fatalf("%+v %v", old, err)
		}
	})
}
