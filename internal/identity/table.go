package identity

import (
	"slices"

	"santra/internal/errs"
)

// Role is what a person is in the house, for all agencies or for one.
type Role string

// The roles.
const (
	Agent          Role = "agent"           // answers calls and mails
	Supervisor     Role = "supervisor"      // leads agents
	Manager        Role = "manager"         // an agency's own
	Expert         Role = "expert"          // trained staff of the service centre
	PrivacyOfficer Role = "privacy_officer" // watches that the promises hold
	Controller     Role = "controller"      // keeps the register, decides
	Administrator  Role = "administrator"   // runs the system; sees no content
)

// Roles gives all roles.
func Roles() []Role {
	return []Role{Agent, Supervisor, Manager, Expert, PrivacyOfficer, Controller, Administrator}
}

// Action is something that a person may or may not do.
type Action string

// The actions.
const (
	CallHandle      Action = "call.handle"
	CallSupervise   Action = "call.supervise"
	QueueWatch      Action = "queue.watch"
	AgentWatch      Action = "agent.watch"
	AgentForce      Action = "agent.force"
	QueueClose      Action = "queue.close"
	MeasuresRead    Action = "measures.read"
	SimulationRun   Action = "simulation.run"
	CallbackCancel  Action = "callback.cancel"
	FlowRead        Action = "flow.read"
	PromptChange    Action = "prompt.change"
	CaseWork        Action = "case.work"
	ArchiveSearch   Action = "archive.search"
	ArchiveRead     Action = "archive.read"
	RecordingSearch Action = "recording.search"
	RecordingListen Action = "recording.listen"
	ListenGrant     Action = "listen.grant"
	PersonManage    Action = "person.manage"
	TrainingRecord  Action = "training.record"
	RoleAssign      Action = "role.grant"
	CityRead        Action = "city.read"
	CityChange      Action = "city.change"
	AuditRead       Action = "audit.read"
	AttestRun       Action = "attest.run"
	DestroyWatch    Action = "destroy.watch"
)

// Scope says whether an action concerns one agency's data.
type Scope uint8

// The scopes.
const (
	House  Scope = iota // the house as a whole: any grant of the role counts
	Agency              // one agency's: the grant must be for that agency or for all
)

// Rule is a row of the table.
type Rule struct {
	Action Action
	Scope  Scope
	Roles  []Role
}

// Table says who may do what; what is not in it nobody may. M13 (archive), M8 and M10 (recordings), M24 (controller decides).
func Table() []Rule {
	return []Rule{
		{CallHandle, Agency, []Role{Agent, Supervisor, Expert}},
		{CallSupervise, Agency, []Role{Supervisor}}, // M8: to hear a call that runs, for a purpose
		{CaseWork, Agency, []Role{Agent, Supervisor, Expert}},
		{QueueWatch, Agency, []Role{Agent, Supervisor, Manager, Expert}},
		{AgentWatch, Agency, []Role{Supervisor}},
		{AgentForce, Agency, []Role{Supervisor}},
		{QueueClose, Agency, []Role{Supervisor}}, // emergency closing
		{MeasuresRead, Agency, []Role{Supervisor, Manager}},
		{SimulationRun, Agency, []Role{Supervisor}},
		{CallbackCancel, Agency, []Role{Supervisor}},
		{FlowRead, House, []Role{Supervisor, Manager, Expert, PrivacyOfficer, Controller, Administrator}}, // what any caller hears
		{PromptChange, House, []Role{Controller, Administrator}},                                          // as the rest of the city
		{ArchiveSearch, Agency, []Role{Manager, Expert}},
		{ArchiveRead, Agency, []Role{Manager, Expert}},
		{RecordingSearch, Agency, []Role{Manager, Expert}},
		{RecordingListen, Agency, []Role{Manager, Expert}},
		{ListenGrant, House, []Role{Controller}}, // M10: the service centre grants, to named persons
		{PersonManage, House, []Role{Administrator}},
		{TrainingRecord, House, []Role{Administrator}},
		{RoleAssign, House, []Role{Administrator}},
		{CityRead, House, Roles()},
		{CityChange, House, []Role{Controller, Administrator}},
		{AuditRead, House, []Role{PrivacyOfficer}},
		{AttestRun, House, []Role{PrivacyOfficer, Controller}},
		{DestroyWatch, House, []Role{PrivacyOfficer, Controller}},
	}
}

// Actions gives all actions, in the table's order.
func Actions() []Action {
	var all []Action
	for _, r := range Table() {
		all = append(all, r.Action)
	}
	return all
}

// Courses gives the training that a role needs to be active (M24). Every role is trained; who hears recordings or reads the
// archive is trained in that too when a course of its own exists: it goes here.
func Courses(Role) []Course { return []Course{DataProtection} }

// bound tells whether a role is always one agency's (true) or always the house's (false); others may be either.
func bound(r Role) (oneAgency, decided bool) {
	switch r {
	case Manager:
		return true, true
	case PrivacyOfficer, Controller, Administrator:
		return false, true
	}
	return false, false
}

// RoleGrant is a role for an agency, or for all with Agency "".
type RoleGrant struct {
	Role   Role   `json:"role" yaml:"role"`
	Agency string `json:"agency,omitempty" yaml:"agency,omitempty"`
}

func (g RoleGrant) check() error {
	if !slices.Contains(Roles(), g.Role) {
		return errs.At(errs.Invalid, "roles", "has one that does not exist")
	}
	if one, decided := bound(g.Role); decided && one != (g.Agency != "") {
		if one {
			return errs.At(errs.Invalid, "roles", "%s is always of one agency: name it", g.Role)
		}
		return errs.At(errs.Invalid, "roles", "%s is of the whole house: name no agency", g.Role)
	}
	return nil
}

// covers tells whether the grant reaches an agency's data; agency "" is the data of all of them.
func (g RoleGrant) covers(rule Rule, agency string) bool {
	return slices.Contains(rule.Roles, g.Role) && (rule.Scope == House || g.Agency == "" || g.Agency == agency)
}

func ruleOf(a Action) (Rule, bool) {
	for _, r := range Table() {
		if r.Action == a {
			return r, true
		}
	}
	return Rule{}, false
}
