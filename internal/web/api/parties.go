package api

import (
	"context"
	"slices"
	"time"

	"santra/internal/identity"
	"santra/internal/voice"
	"santra/internal/voice/consult"
	"santra/internal/web/api/frame"
)

// Whom says who is to be consulted or given a call: exactly one of them.
type Whom struct {
	Agent  string `json:"agent,omitempty" maxLength:"64" doc:"Person id of an agent at a seat."`
	Queue  string `json:"queue,omitempty" maxLength:"64"`
	Seat   string `json:"seat,omitempty" maxLength:"64" doc:"Whoever sits there, else the telephone there."`
	Number string `json:"number,omitempty" maxLength:"64" doc:"A telephone outside. 112 is never refused."`
}

// OutgoingCall is a call that an agent wants to make.
type OutgoingCall struct {
	Queue  string `json:"queue" minLength:"1" maxLength:"64" doc:"Whose number is shown, and whose rules of recording hold."`
	Number string `json:"number" minLength:"1" maxLength:"64"`
}

// Consultation is who is there beside the customer.
type Consultation struct {
	Stage     string `json:"stage" enum:"ringing,talking,waiting,announcing,joined"`
	Kind      string `json:"kind" enum:"agent,queue,seat,number"`
	Name      string `json:"name" doc:"Person, queue or seat; empty for a number."`
	Outside   bool   `json:"outside"`
	Emergency bool   `json:"emergency"`
}

// Notes are what the agent writes down; erased at the end of the wrap-up (M3).
type Notes struct {
	Text string `json:"text" maxLength:"8000"`
}

// OutcomeChoice is a code of the closed list, all that is kept of what a call was about; empty takes it back.
type OutcomeChoice struct {
	Outcome string `json:"outcome" maxLength:"64"`
}

// Targets are those whom a call can be given to.
type Targets struct {
	Agents []TargetAgent `json:"agents"`
	Queues []TargetQueue `json:"queues"`
}

// TargetAgent is a colleague at a seat.
type TargetAgent struct {
	Person  string    `json:"person"`
	Display string    `json:"display"`
	Seat    string    `json:"seat"`
	State   string    `json:"state"`
	Since   time.Time `json:"since"`
}

// TargetQueue is a queue that takes calls.
type TargetQueue struct {
	ID      string `json:"id"`
	Agency  string `json:"agency"`
	Open    bool   `json:"open"`
	Waiting int    `json:"waiting"`
}

type (
	whomInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Whom
	}
	outgoingInput struct{ Body OutgoingCall }
	notesOutput   struct{ Body Notes }
	notesInput    struct {
		ID   string `path:"id" maxLength:"64"`
		Body Notes
	}
	outcomeInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body OutcomeChoice
	}
	targetsOutput struct{ Body Targets }
)

// ownCall makes the check that a call is the asker's own, for any input that names it.
func ownCall[I any](a *API, id func(*I) string) frame.AgencyOf[I] {
	return func(ctx context.Context, c *frame.Caller, in *I) (string, error) {
		return a.agencyOfCall(ctx, c, &callInput{id(in)})
	}
}

func (a *API) partyRoutes() {
	route := func(method, path, id, doc string) frame.Op {
		return frame.Op{Method: method, Path: "/api/calls" + path, ID: id, Tag: "calls", Action: identity.CallHandle, Scope: frame.ScopeAny, Doc: doc}
	}
	frame.RegisterFor(a.frame, route("POST", "", "call-out", "Call a number in an agency's name: the own telephone rings first, and the browser may answer. 112 is never refused."),
		a.agencyOfOutgoing, a.callOut)
	frame.Register(a.frame, route("GET", "/targets", "call-targets", "Whom a call can be given to: colleagues at seats, queues that take calls."), a.getTargets)
	whom := ownCall(a, func(in *whomInput) string { return in.ID })
	frame.RegisterFor(a.frame, route("POST", "/{id}/consult", "call-consult", "Ask somebody while the customer hears music."), whom,
		func(_ context.Context, c *frame.Caller, in *whomInput) (*frame.None, error) {
			return nil, a.deps.Calls.Consult(in.ID, c.Person, consult.Whom(in.Body))
		})
	frame.RegisterFor(a.frame, route("POST", "/{id}/transfer", "call-transfer", "Give the customer away without asking first. Whom nobody takes comes back."), whom,
		func(_ context.Context, c *frame.Caller, in *whomInput) (*frame.None, error) {
			return nil, a.deps.Calls.Transfer(in.ID, c.Person, consult.Whom(in.Body))
		})
	a.noteRoutes(route)
}

func (a *API) noteRoutes(route func(method, path, id, doc string) frame.Op) {
	frame.RegisterFor(a.frame, route("GET", "/{id}/notes", "call-notes", "The notes of an own call. They are in memory only."), a.agencyOfCall,
		func(_ context.Context, c *frame.Caller, in *callInput) (*notesOutput, error) {
			text, err := a.deps.Calls.Notes(in.ID, c.Person)
			return &notesOutput{Notes{text}}, err
		})
	frame.RegisterFor(a.frame, route("PUT", "/{id}/notes", "call-notes-set", "Replace the notes; erased at the end of the wrap-up (M3)."),
		ownCall(a, func(in *notesInput) string { return in.ID }),
		func(_ context.Context, c *frame.Caller, in *notesInput) (*frame.None, error) {
			return nil, a.deps.Calls.SetNotes(in.ID, c.Person, in.Body.Text)
		})
	frame.RegisterFor(a.frame, route("PUT", "/{id}/outcome", "call-outcome", "Choose an outcome of the closed list; only its count is kept."),
		ownCall(a, func(in *outcomeInput) string { return in.ID }),
		func(_ context.Context, c *frame.Caller, in *outcomeInput) (*frame.None, error) {
			return nil, a.deps.Calls.SetOutcome(in.ID, c.Person, in.Body.Outcome)
		})
}

// agencyOfOutgoing finds the agency in whose name is called.
func (a *API) agencyOfOutgoing(_ context.Context, _ *frame.Caller, in *outgoingInput) (string, error) {
	q, err := a.queue(in.Body.Queue)
	return q.Agency, err
}

func (a *API) callOut(ctx context.Context, c *frame.Caller, in *outgoingInput) (*callOutput, error) {
	v, err := a.deps.Calls.CallOut(ctx, c.Person, voice.Outgoing(in.Body))
	return &callOutput{a.callOf(v)}, err
}

func (a *API) getTargets(ctx context.Context, c *frame.Caller, _ *frame.None) (*targetsOutput, error) {
	out := targetsOutput{Targets{Agents: []TargetAgent{}, Queues: []TargetQueue{}}}
	all, own := c.Agencies(identity.CallHandle)
	colleague := func(agencies []string) bool { // who does work of an agency whose calls the asker handles
		return all || len(agencies) == 0 || slices.ContainsFunc(agencies, func(id string) bool { return slices.Contains(own, id) })
	}
	for _, v := range a.deps.Dispatch.Agents() {
		if v.ID == c.Person || !colleague(v.Agencies) {
			continue
		}
		p, _ := a.deps.People.Lookup(ctx, v.ID) // somebody who is gone is shown by the id
		out.Body.Agents = append(out.Body.Agents, TargetAgent{v.ID, p.Display, v.Seat, string(v.State), v.Since})
	}
	now := a.deps.Dispatch.Queues()
	for _, q := range a.deps.City.Current().Queues {
		if q.Number != "" {
			v := now[q.ID]
			out.Body.Queues = append(out.Body.Queues, TargetQueue{q.ID, q.Agency, !v.Closed, v.Calls})
		}
	}
	return &out, nil
}
