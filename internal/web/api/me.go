package api

import "time"

// Me is what the desktop needs at its start and after a reset.
type Me struct {
	Person         Person     `json:"person"`
	Roles          []Role     `json:"roles"`
	Actions        []string   `json:"actions" doc:"Actions (x-action of the operations) that the person may do in at least one agency."`
	Seat           string     `json:"seat" doc:"Code of the seat; empty without one."`
	State          string     `json:"state" enum:"offline,ready,break,offered,busy,wrap_up,not_answering"`
	StateSince     time.Time  `json:"state_since"`
	WrapUpUntil    *time.Time `json:"wrap_up_until,omitempty"`
	OfferUntil     *time.Time `json:"offer_until,omitempty"`
	Mails          int        `json:"mails" doc:"E-mail cases in hand."`
	RecorderOrigin string     `json:"recorder_origin" doc:"Origin that audio is played from."`
	Languages      []string   `json:"languages" doc:"Languages that the person serves in."`
	ServerTime     time.Time  `json:"server_time"`
}

// SeatChoice names a seat by its code.
type SeatChoice struct {
	Code string `json:"code" minLength:"1" maxLength:"16"`
}

// StateChange is what an agent sets; the other states follow from work.
type StateChange struct {
	State  string `json:"state" enum:"ready,break,offline"`
	Reason string `json:"reason,omitempty" maxLength:"64" doc:"Kind of break, from the city's list; no free text about people."`
}

// WrapUpExtension asks for more time.
type WrapUpExtension struct {
	Seconds int `json:"seconds" minimum:"1" maximum:"600"`
}

type (
	meOutput    struct{ Body Me }
	seatInput   struct{ Body SeatChoice }
	stateInput  struct{ Body StateChange }
	extendInput struct{ Body WrapUpExtension }
)

func (a *API) meRoutes() {
	register(a, op{method: "GET", path: "/api/me", id: "me", tag: "me", scope: scopeSelf,
		doc: "The person who is logged in, with seat and state."}, soon[none, meOutput])
	register(a, op{method: "PUT", path: "/api/me/seat", id: "take-seat", tag: "me", action: "seat.take", scope: scopeAny,
		doc: "Sit down at a seat; 409 while somebody else has it."}, soon[seatInput, meOutput])
	register(a, op{method: "DELETE", path: "/api/me/seat", id: "leave-seat", tag: "me", action: "seat.take", scope: scopeAny,
		doc: "Leave the seat; the state becomes offline."}, soon[none, meOutput])
	register(a, op{method: "PUT", path: "/api/me/state", id: "set-state", tag: "me", action: "state.set", scope: scopeAny,
		doc: "Become ready, take a break or go offline; needs a seat."}, soon[stateInput, meOutput])
	register(a, op{method: "POST", path: "/api/me/wrapup/done", id: "wrap-up-done", tag: "me", action: "state.set", scope: scopeAny,
		doc: "End the wrap-up now."}, soon[none, meOutput])
	register(a, op{method: "POST", path: "/api/me/wrapup/extend", id: "wrap-up-extend", tag: "me", action: "state.set", scope: scopeAny,
		doc: "Prolong the wrap-up."}, soon[extendInput, meOutput])
}
