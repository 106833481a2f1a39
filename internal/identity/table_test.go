package identity

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
)

// expected is the whole matrix, written down a second time on purpose: y may for the own agency alone, Y for the whole house,
// - may not. Columns: agent, supervisor, manager, expert (each with a grant for one agency), privacy officer, controller,
// administrator.
const expected = `
call.handle       y y - y - - -
call.supervise    - y - - - - -
case.work         y y - y - - -
queue.watch       y y y y - - -
agent.watch       - y - - - - -
agent.force       - y - - - - -
queue.close       - y - - - - -
measures.read     - y y - - - -
simulation.run    - y - - - - -
callback.cancel   - y - - - - -
flow.read         - Y Y Y Y Y Y
prompt.change     - - - - - Y Y
archive.search    - - y y - - -
archive.read      - - y y - - -
recording.search  - - y y - - -
recording.listen  - - y y - - -
listen.grant      - - - - - Y -
person.manage     - - - - - - Y
training.record   - - - - - - Y
role.grant        - - - - - - Y
city.read         Y Y Y Y Y Y Y
city.change       - - - - - Y Y
audit.read        - - - - Y - -
attest.run        - - - - Y Y -
destroy.watch     - - - - Y Y -
`

func matrix(t *testing.T) map[Action]map[Role]string {
	t.Helper()
	m := map[Action]map[Role]string{}
	for line := range strings.Lines(strings.TrimSpace(expected)) {
		f := strings.Fields(line)
		if len(f) != len(Roles())+1 {
			t.Fatal(line)
		}
		m[Action(f[0])] = map[Role]string{}
		for i, r := range Roles() {
			m[Action(f[0])][r] = f[i+1]
		}
	}
	return m
}

func principal(g RoleGrant) Principal {
	return Principal{Person: "p", Roles: []RoleGrant{g}, Training: true}
}

func granted(err error) bool { return err == nil }

// Every action × role × own, other, all agencies.
func TestTableIsTheMatrix(t *testing.T) {
	m := matrix(t)
	if len(m) != len(Table()) || len(m) != len(Actions()) {
		t.Fatalf("%d rows expected, %d in the table", len(m), len(Table()))
	}
	for action, row := range m {
		for role, want := range row {
			one, all := principal(RoleGrant{role, "social"}), principal(RoleGrant{role, ""})
			for _, c := range []struct {
				name string
				err  error
				want bool
			}{
				{"own agency", one.May(action, "social"), want != "-"},
				{"other agency", one.May(action, "water"), want == "Y"},
				{"all agencies with a grant for one", one.May(action, ""), want == "Y"},
				{"an agency with a grant for all", all.May(action, "water"), want != "-"},
				{"all agencies with a grant for all", all.May(action, ""), want != "-"},
			} {
				if granted(c.err) != c.want || !c.want && !errs.Is(c.err, errs.Denied) {
					t.Errorf("%s by %s, %s: %v", action, role, c.name, c.err)
				}
			}
		}
	}
}

func TestNobodyAndTheUnknownAreDenied(t *testing.T) {
	for _, a := range append(Actions(), "", "archive.export") {
		if err := (Principal{}).May(a, ""); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("nobody may %s: %v", a, err)
		}
		if err := (Principal{Person: "p"}).May(a, ""); !errs.Is(err, errs.Denied) {
			t.Errorf("without a role, %s: %v", a, err)
		}
	}
	for _, r := range Roles() {
		if err := principal(RoleGrant{r, ""}).May("archive.export", ""); !errs.Is(err, errs.Denied) {
			t.Errorf("%s may do what is in no table: %v", r, err)
		}
	}
}

// The administrator runs the system and sees no content (M13); neither do those who watch.
func TestNoContentForThoseWhoRunOrWatch(t *testing.T) {
	for _, r := range []Role{Administrator, PrivacyOfficer, Controller} {
		for _, a := range []Action{CallHandle, CaseWork, ArchiveSearch, ArchiveRead, RecordingSearch, RecordingListen} {
			if principal(RoleGrant{r, ""}).May(a, "social") == nil {
				t.Errorf("%s may %s", r, a)
			}
		}
	}
	if Operator("root").May(ArchiveRead, "") == nil || Operator("root").May(PersonManage, "") != nil {
		t.Error("the command line sets up and reads nothing")
	}
}

func TestTrainingKeepsRolesActive(t *testing.T) {
	day := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := Person{ID: "p", Roles: []RoleGrant{{Expert, "social"}}}
	for name, c := range map[string]struct {
		training []Training
		active   bool
	}{
		"none":             {nil, false},
		"valid":            {[]Training{{DataProtection, day.AddDate(-1, 0, 0), day.AddDate(1, 0, 0)}}, true},
		"expired":          {[]Training{{DataProtection, day.AddDate(-2, 0, 0), day}}, false},
		"last instant":     {[]Training{{DataProtection, day.AddDate(-2, 0, 0), day.Add(1)}}, true},
		"not yet":          {[]Training{{DataProtection, day.Add(1), day.AddDate(1, 0, 0)}}, false},
		"of another thing": {[]Training{{"first_aid", day.AddDate(-1, 0, 0), day.AddDate(1, 0, 0)}}, false},
	} {
		p.Training = c.training
		who := p.Principal(day)
		if who.Training != c.active || granted(who.May(ArchiveRead, "social")) != c.active {
			t.Errorf("%s: %+v", name, who)
		}
		if err := who.May(ArchiveRead, "social"); !c.active && !strings.Contains(err.Error(), "training") {
			t.Errorf("%s: the reason is hidden: %v", name, err)
		}
	}
}

func TestAgenciesAndActions(t *testing.T) {
	p := Principal{Person: "p", Roles: []RoleGrant{{Manager, "social"}, {Agent, ""}, {Manager, "water"}, {Manager, "social"}}}
	if all, ids := p.Agencies(ArchiveRead); all || fmt.Sprint(ids) != "[social water]" {
		t.Error(all, ids)
	}
	if all, _ := p.Agencies(CallHandle); !all {
		t.Error("an agent of all agencies")
	}
	if all, _ := p.Agencies(CityRead); !all {
		t.Error("an action of the house")
	}
	if p.Anywhere(AuditRead) || !p.Anywhere(RecordingListen) || p.Has(Expert) || !p.Has(Manager) {
		t.Error("roles")
	}
	if got := fmt.Sprint(p.Actions()); got != "[call.handle case.work queue.watch measures.read flow.read archive.search archive.read recording.search recording.listen city.read]" {
		t.Error(got)
	}
}

func TestGrantsKnowTheirScope(t *testing.T) {
	for g, ok := range map[RoleGrant]bool{
		{Manager, "social"}: true, {Manager, ""}: false, {Administrator, ""}: true, {Administrator, "social"}: false,
		{PrivacyOfficer, "x"}: false, {Controller, "x"}: false, {Agent, ""}: true, {Agent, "x"}: true, {Expert, ""}: true,
		{"root", ""}: false, {"", ""}: false,
	} {
		if err := g.check(); granted(err) != ok {
			t.Errorf("%v: %v", g, err)
		}
	}
}
