package api

import "time"

// Role is a role in one agency, or in all of them (agency empty).
type Role struct {
	Role   string `json:"role" enum:"agent,supervisor,manager,expert,privacy_officer,controller,administrator"`
	Agency string `json:"agency" maxLength:"64" doc:"Empty: every agency."`
}

// Person is somebody of the staff.
type Person struct {
	ID            string     `json:"id"`
	Name          string     `json:"name" doc:"Log-in name."`
	Display       string     `json:"display"`
	Roles         []Role     `json:"roles"`
	Languages     []string   `json:"languages"`
	Skills        []Skill    `json:"skills"`
	TrainedUntil  *time.Time `json:"trained_until,omitempty" doc:"Roles work only while training is valid (M24)."`
	TrainingValid bool       `json:"training_valid"`
}

// Skill is what an agent can serve, 1 (learns) to 5.
type Skill struct {
	ID    string `json:"id" minLength:"1" maxLength:"64"`
	Level int    `json:"level" minimum:"1" maximum:"5"`
}

// NewPerson is an account to make; it has no training and so no power yet.
type NewPerson struct {
	Name      string   `json:"name" minLength:"1" maxLength:"100"`
	Display   string   `json:"display" minLength:"1" maxLength:"200"`
	Password  string   `json:"password" minLength:"12" maxLength:"1024"`
	Roles     []Role   `json:"roles" maxItems:"50"`
	Languages []string `json:"languages,omitempty" maxItems:"3"`
	Skills    []Skill  `json:"skills,omitempty" maxItems:"100"`
}

// Training records that somebody was trained.
type Training struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Roles replaces a person's roles.
type Roles struct {
	Roles []Role `json:"roles" maxItems:"50"`
}

type (
	peopleOutput struct {
		Body struct {
			People []Person `json:"people"`
		}
	}
	personInput   struct{ Body NewPerson }
	personOutput  struct{ Body Person }
	trainingInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Training
	}
	rolesInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Roles
	}
)

func (a *API) peopleRoutes() {
	register(a, op{method: "GET", path: "/api/people", id: "people", tag: "people", action: "people.view", scope: scopeAny,
		doc: "The staff."}, soon[none, peopleOutput])
	register(a, op{method: "POST", path: "/api/people", id: "person-create", tag: "people", action: "people.manage", scope: scopeAny,
		doc: "Make a personal account (M19)."}, soon[personInput, personOutput])
	register(a, op{method: "PUT", path: "/api/people/{id}/training", id: "person-training", tag: "people", action: "people.manage", scope: scopeAny,
		doc: "Record training (M24)."}, soon[trainingInput, personOutput])
	register(a, op{method: "PUT", path: "/api/people/{id}/roles", id: "person-roles", tag: "people", action: "people.manage", scope: scopeAny,
		doc: "Replace the roles; sessions feel it at once."}, soon[rolesInput, personOutput])
}
