package office

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/identity"
)

// NewUser is an account as an operator makes it.
type NewUser struct {
	Name, Display, Password string
	Roles                   []string       // "agent", or "agent:id" for one agency
	Skills                  map[string]int // id → level 1–10
	Languages               []string       // fi, sv, en
	TrainedUntil            time.Time      // the last day of the training, a date; zero: not trained, the roles sleep
}

// AddUser makes an account in the name of the operator by. What the city does not know, an agency or a skill, is refused
// before anything is changed.
func AddUser(ctx context.Context, configPath, by string, n NewUser, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	person, err := o.newPerson(n)
	if err != nil {
		return err
	}
	training, err := o.training(n.TrainedUntil)
	if err != nil {
		return err
	}
	made, err := o.people.CreatePerson(ctx, o.by, person)
	if err != nil {
		return err
	}
	if n.TrainedUntil.IsZero() {
		_, err = fmt.Fprintf(out, "%s was made; without a training all roles sleep: santra user train %s --until DATE\n", made.Name, made.Name)
		return err
	}
	if err := o.people.RecordTraining(ctx, o.by, made.ID, training); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s was made, trained until %s\n", made.Name, n.TrainedUntil.Format(time.DateOnly))
	return err
}

// TrainUser records that somebody passed the training in data protection today; until is its last day.
func TrainUser(ctx context.Context, configPath, by, name string, until time.Time, out io.Writer, log *slog.Logger) error {
	return withUser(ctx, configPath, by, name, log, func(o *office, p identity.Person) error {
		t, err := o.training(until)
		if err != nil {
			return err
		}
		if err := o.people.RecordTraining(ctx, o.by, p.ID, t); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s is trained until %s\n", p.Name, until.Format(time.DateOnly))
		return err
	})
}

// SetUserPassword sets a password and ends the person's sessions.
func SetUserPassword(ctx context.Context, configPath, by, name, password string, out io.Writer, log *slog.Logger) error {
	return withUser(ctx, configPath, by, name, log, func(o *office, p identity.Person) error {
		if err := o.people.SetPassword(ctx, o.by, p.ID, "", password); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s has a new password; all sessions have ended\n", p.Name)
		return err
	})
}

// ListUsers prints everybody.
func ListUsers(ctx context.Context, configPath, by string, out io.Writer, log *slog.Logger) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	people, err := o.people.People(ctx, o.by)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tDISPLAY\tROLES\tSKILLS\tLANGUAGES\tTRAINED UNTIL")
	for _, p := range people {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Display, rolesOf(p), skillsOf(p), languagesOf(p), o.trainedOf(p))
	}
	return w.Flush()
}

func withUser(ctx context.Context, configPath, by, name string, log *slog.Logger, f func(*office, identity.Person) error) error {
	o, err := openOffice(ctx, configPath, by, log)
	if err != nil {
		return err
	}
	defer o.close()
	people, err := o.people.People(ctx, o.by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(people, func(p identity.Person) bool { return strings.EqualFold(p.Name, name) })
	if i < 0 {
		return errs.New(errs.NotFound, "nobody logs in as %q; santra user list shows everybody", name)
	}
	return f(o, people[i])
}

// newPerson reads the flags against the city.
func (o *office) newPerson(n NewUser) (identity.NewPerson, error) {
	p := identity.NewPerson{Name: n.Name, Display: n.Display, Password: n.Password, Skills: n.Skills}
	for _, text := range n.Roles {
		grant, err := o.role(text)
		if err != nil {
			return p, err
		}
		p.Roles = append(p.Roles, grant)
	}
	known := o.city().SkillNames()
	for _, skill := range slices.Sorted(maps.Keys(n.Skills)) {
		if !slices.Contains(known, skill) && !strings.HasPrefix(skill, agency.LanguagePrefix) {
			return p, unknown("--skill", "no queue asks for", skill, known)
		}
	}
	for _, l := range n.Languages {
		p.Languages = append(p.Languages, agency.Lang(l))
	}
	return p, nil
}

func (o *office) role(text string) (identity.RoleGrant, error) {
	role, of, limited := strings.Cut(text, ":")
	var roles, agencies []string
	for _, r := range identity.Roles() {
		roles = append(roles, string(r))
	}
	for _, a := range o.city().Agencies {
		agencies = append(agencies, a.ID)
	}
	switch {
	case !slices.Contains(roles, role):
		return identity.RoleGrant{}, unknown("--role", "there is no role", role, roles)
	case limited && !slices.Contains(agencies, of):
		return identity.RoleGrant{}, unknown("--role", "there is no agency", of, agencies)
	}
	return identity.RoleGrant{Role: identity.Role(role), Agency: of}, nil
}

func unknown(field, what, word string, known []string) error {
	if len(known) == 0 {
		return errs.At(errs.Invalid, field, "%s %q", what, word)
	}
	return errs.At(errs.Invalid, field, "%s %q; want one of %s", what, word, strings.Join(known, ", "))
}

// training is one that was passed now and ends with a day of the city; the zero one for no day.
func (o *office) training(last time.Time) (identity.Training, error) {
	now := time.Now()
	t := identity.Training{Course: identity.DataProtection, Passed: now}
	if last.IsZero() {
		return t, nil
	}
	t.Until = time.Date(last.Year(), last.Month(), last.Day()+1, 0, 0, 0, 0, o.city().Location())
	if !t.Until.After(now) || t.Until.Sub(now) > identity.MaxTraining {
		return t, errs.At(errs.Invalid, "the training's last day", "must be today or later, within four years; have %s", last.Format(time.DateOnly))
	}
	return t, nil
}

func rolesOf(p identity.Person) string {
	var all []string
	for _, g := range p.Roles {
		all = append(all, strings.TrimSuffix(string(g.Role)+":"+g.Agency, ":"))
	}
	return listed(all)
}

func skillsOf(p identity.Person) string {
	var all []string
	for _, skill := range slices.Sorted(maps.Keys(p.Skills)) {
		all = append(all, fmt.Sprintf("%s=%d", skill, p.Skills[skill]))
	}
	return listed(all)
}

func languagesOf(p identity.Person) string {
	var all []string
	for _, l := range p.Languages {
		all = append(all, string(l))
	}
	return listed(all)
}

func listed(all []string) string { return cmp.Or(strings.Join(all, ","), "-") }

// trainedOf gives the last day on which somebody's roles are active, or why they are not.
func (o *office) trainedOf(p identity.Person) string {
	if p.Disabled {
		return "closed"
	}
	text := "never"
	for _, t := range p.Training {
		text = t.Until.In(o.city().Location()).Add(-time.Second).Format(time.DateOnly)
		if !t.Valid(time.Now()) {
			text += " (ended)"
		}
	}
	return text
}
