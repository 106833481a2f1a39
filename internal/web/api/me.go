package api

import (
	"context"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/web/api/frame"
)

// Me is what the desktop needs at its start and after a reset.
type Me struct {
	Person         Person     `json:"person"`
	Roles          []Role     `json:"roles"`
	Actions        []string   `json:"actions" doc:"Actions (x-action of the operations) that the person may do in at least one agency."`
	Seat           string     `json:"seat" doc:"Code of the seat; empty without one."`
	State          string     `json:"state" enum:"offline,ready,break,offered,busy,wrap_up,not_answering"`
	Reason         string     `json:"reason" doc:"Kind of break, of the city's list; empty without one and in other states."`
	StateSince     time.Time  `json:"state_since"`
	WrapUpUntil    *time.Time `json:"wrap_up_until,omitempty" doc:"Missing in a wrap-up that lasts until the agent ends it."`
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
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/me", ID: "me", Tag: "me", Scope: frame.ScopeSelf,
		Doc: "The person who is logged in, with seat and state.",
	}, a.getMe)
	frame.Register(a.frame, frame.Op{
		Method: "PUT", Path: "/api/me/seat", ID: "take-seat", Tag: "me", Action: identity.CallHandle, Scope: frame.ScopeAny,
		Doc: "Sit down at a seat; 409 while somebody else has it.",
	}, a.takeSeat)
	frame.Register(a.frame, frame.Op{
		Method: "DELETE", Path: "/api/me/seat", ID: "leave-seat", Tag: "me", Action: identity.CallHandle, Scope: frame.ScopeAny,
		Doc: "Leave the seat; the state becomes offline.",
	}, a.leaveSeat)
	frame.Register(a.frame, frame.Op{
		Method: "PUT", Path: "/api/me/state", ID: "set-state", Tag: "me", Action: identity.CallHandle, Scope: frame.ScopeAny,
		Doc: "Become ready, take a break or go offline; needs a seat.",
	}, a.setState)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/me/wrapup/done", ID: "wrap-up-done", Tag: "me", Action: identity.CallHandle, Scope: frame.ScopeAny,
		Doc: "End the wrap-up now.",
	}, a.wrapUpDone)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/me/wrapup/extend", ID: "wrap-up-extend", Tag: "me", Action: identity.CallHandle, Scope: frame.ScopeAny,
		Doc: "Prolong the wrap-up.",
	}, a.extendWrapUp)
}

func (a *API) getMe(ctx context.Context, c *frame.Caller, _ *frame.None) (*meOutput, error) {
	return a.me(ctx, c)
}

func (a *API) me(ctx context.Context, c *frame.Caller) (*meOutput, error) {
	person, err := a.deps.People.Lookup(ctx, c.Person)
	if err != nil {
		return nil, err
	}
	m := Me{
		Person: personOf(person), Roles: rolesOf(c.Roles), Actions: []string{}, Languages: texts(person.Languages),
		State: string(routing.Offline), ServerTime: time.Now().UTC(),
	}
	for _, x := range c.Actions() {
		m.Actions = append(m.Actions, string(x))
	}
	if a.deps.Registry != nil {
		m.RecorderOrigin = a.deps.Registry.Origin()
	}
	a.seatOf(c.Person, &m)
	return &meOutput{m}, nil
}

// seatOf fills in what dispatch and the desk know.
func (a *API) seatOf(person string, m *Me) {
	m.StateSince = m.ServerTime
	v, ok := a.deps.Dispatch.Agent(person)
	if !ok {
		return
	}
	m.Seat, m.State, m.Mails, m.StateSince = v.Seat, string(v.State), v.Mails, v.Since.UTC()
	switch v.State {
	case routing.Break:
		m.Reason = v.Reason
	case routing.WrapUp:
		m.WrapUpUntil = stamp(v.Until)
	case routing.Offered:
		m.OfferUntil = stamp(v.Until)
	}
}

func (a *API) takeSeat(ctx context.Context, c *frame.Caller, in *seatInput) (*meOutput, error) {
	seat, ok := a.deps.City.Seat(in.Body.Code)
	if !ok {
		return nil, errs.At(errs.NotFound, "code", "there is no such seat")
	}
	person, err := a.deps.People.Lookup(ctx, c.Person)
	if err != nil {
		return nil, err
	}
	if err := a.sit(c, agentOf(c.Principal, person, seat.Code), person.Display); err != nil {
		return nil, err
	}
	return a.me(ctx, c)
}

// sit takes the seat unless somebody else sits there.
func (a *API) sit(c *frame.Caller, agent routing.Agent, display string) error {
	a.desk.seating.Lock()
	defer a.desk.seating.Unlock()
	for _, v := range a.deps.Dispatch.Agents() {
		if strings.EqualFold(v.Seat, agent.Seat) && v.ID != c.Person {
			return errs.At(errs.Conflict, "code", "somebody else sits there")
		}
	}
	a.desk.sit(agent, display)
	a.deps.Dispatch.SignIn(agent)
	return nil
}

// agentOf is what routing needs of a person: skills, languages, and the agencies whose work the roles allow.
func agentOf(p identity.Principal, person identity.Person, seat string) routing.Agent {
	all, ids := p.Agencies(identity.CallHandle)
	if all {
		ids = nil
	}
	return routing.Agent{
		ID: p.Person, Seat: seat, Skills: person.Skills, Languages: texts(person.Languages), Agencies: ids,
		Weights: person.Weights, Tiers: person.Tiers, Capacity: routing.Capacity(person.Capacity),
	}
}

func (a *API) leaveSeat(ctx context.Context, c *frame.Caller, _ *frame.None) (*meOutput, error) {
	a.leaveDesk(c.Person)
	return a.me(ctx, c)
}

func (a *API) leaveDesk(person string) {
	if a.deps.Dispatch == nil {
		return
	}
	a.desk.seating.Lock()
	defer a.desk.seating.Unlock()
	a.deps.Dispatch.SignOut(person)
	a.desk.leave(person)
}

func (a *API) setState(ctx context.Context, c *frame.Caller, in *stateInput) (*meOutput, error) {
	if err := a.breakReason(in.Body.State, in.Body.Reason, "reason"); err != nil {
		return nil, err
	}
	if err := a.deps.Dispatch.SetState(c.Person, routing.State(in.Body.State), in.Body.Reason); err != nil {
		return nil, noSeat(err)
	}
	return a.me(ctx, c)
}

// noSeat says what to do where dispatch knows no such agent.
func noSeat(err error) error {
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Conflict, "choose a seat first: %w", err)
	}
	return err
}

func (a *API) wrapUpDone(ctx context.Context, c *frame.Caller, _ *frame.None) (*meOutput, error) {
	if err := a.deps.Dispatch.WrapUpDone(c.Person); err != nil {
		return nil, err
	}
	return a.me(ctx, c)
}

func (a *API) extendWrapUp(ctx context.Context, c *frame.Caller, in *extendInput) (*meOutput, error) {
	if err := a.deps.Dispatch.ExtendWrapUp(c.Person, time.Duration(in.Body.Seconds)*time.Second); err != nil {
		return nil, err
	}
	return a.me(ctx, c)
}

// stamp is a time that may be missing.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// texts turns named strings into plain ones, never nil.
func texts[T ~string](in []T) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		out = append(out, string(s))
	}
	return out
}
