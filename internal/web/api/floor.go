package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/web/api/frame"
)

// ActionForced is what the log says of an agent's state that a supervisor set.
const ActionForced = "agent.forced"

// ReasonEmergency is what routing is told of an emergency closing; its words stay in the log and on the wallboard.
const ReasonEmergency = "emergency"

// ForcedState is a state that a supervisor sets for an agent.
type ForcedState struct {
	State       string `json:"state" enum:"ready,break,offline"`
	Reason      string `json:"reason" minLength:"1" maxLength:"200" doc:"Why, for the log; nothing about customers."`
	BreakReason string `json:"break_reason,omitempty" maxLength:"64" doc:"Kind of break, from the city's break_reasons."`
}

// ClosingRequest closes a queue in an emergency.
type ClosingRequest struct {
	Until  time.Time `json:"until" doc:"Then the opening hours hold again; at most 31 days from now."`
	Reason string    `json:"reason" minLength:"1" maxLength:"200" doc:"For the log and the wallboard; nothing about customers."`
}

// Closing is an emergency closing in force.
type Closing struct {
	Until   time.Time `json:"until"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
	By      string    `json:"by" doc:"Person's id."`
	Display string    `json:"display"`
}

type (
	forceInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body ForcedState
	}
	forceOutput  struct{ Body AgentState }
	closingInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body ClosingRequest
	}
	closingOutput struct{ Body QueueState }
)

// floorRoutes are what a supervisor does to the floor. Each is in the log before it is done.
func (a *API) floorRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "PUT", Path: "/api/agents/{id}/state", ID: "agent-force", Tag: "city", Action: identity.AgentForce, Scope: frame.ScopeAny,
		Doc: "Make an agent ready, on break or offline; logged before it is done. An offer is withdrawn, a call in hand goes on. " +
			"404 for somebody who serves none of the supervisor's agencies.",
	}, a.forceAgent)
	frame.RegisterFor(a.frame, frame.Op{
		Method: "PUT", Path: "/api/queues/{id}/closing", ID: "queue-close", Tag: "city", Action: identity.QueueClose,
		Doc: "Close a queue in an emergency until a time, whatever its opening hours say; logged before it is done. Again: another time or reason.",
	}, func(ctx context.Context, c *frame.Caller, in *closingInput) (string, error) {
		return a.agencyOfQueue(ctx, c, &queueID{in.ID})
	}, a.closeQueue)
	frame.RegisterFor(a.frame, frame.Op{
		Method: "DELETE", Path: "/api/queues/{id}/closing", ID: "queue-reopen", Tag: "city", Action: identity.QueueClose,
		Doc: "End an emergency closing; the opening hours hold again. 404 without one.",
	}, a.agencyOfQueue, a.reopenQueue)
}

// seen gives the place of an agent whom the caller sees.
func (a *API) seen(c *frame.Caller, action identity.Action, person string) (place, bool) {
	p, ok := a.desk.of(person)
	return p, ok && c.Principal.Sees(action, p.agent.Agencies)
}

func (a *API) getAgents(_ context.Context, c *frame.Caller, _ *frame.None) (*agentsOutput, error) {
	var out agentsOutput
	out.Body.ServerTime, out.Body.Agents = time.Now().UTC(), []AgentState{}
	for _, v := range a.deps.Dispatch.Agents() {
		if p, ok := a.seen(c, identity.AgentWatch, v.ID); ok {
			out.Body.Agents = append(out.Body.Agents, agentState(v, p))
		}
	}
	return &out, nil
}

func agentState(v dispatch.AgentView, p place) AgentState {
	return AgentState{
		Person: v.ID, Display: p.display, Seat: v.Seat, State: string(v.State), Reason: v.Reason, Since: v.Since.UTC(),
		Until: stamp(v.Until), Mails: v.Mails, Next: string(v.Next), Handled: v.Handled,
	}
}

// forceAgent writes down what it is about to do, and again where it could not be done.
func (a *API) forceAgent(ctx context.Context, c *frame.Caller, in *forceInput) (*forceOutput, error) {
	p, ok := a.seen(c, identity.AgentForce, in.ID)
	v, there := a.deps.Dispatch.Agent(in.ID)
	if !ok || !there {
		return nil, errs.At(errs.NotFound, "id", "there is no such agent at a seat who serves an agency of yours")
	}
	b := in.Body
	if err := a.breakReason(b.State, b.BreakReason, "break_reason"); err != nil {
		return nil, err
	}
	e := audit.Entry{
		Action: ActionForced, Actor: c.Person, Agency: shared(c, p.agent.Agencies), Object: in.ID, Reason: b.Reason, Success: true,
		Detail: map[string]string{"state": b.State, "break_reason": b.BreakReason, "was": string(v.State)},
	}
	if err := a.deps.Registry.Note(ctx, e); err != nil {
		return nil, err
	}
	if err := a.deps.Dispatch.Force(in.ID, routing.State(b.State), b.BreakReason); err != nil {
		return nil, a.undone(ctx, e, err)
	}
	if v, there = a.deps.Dispatch.Agent(in.ID); !there {
		return nil, errs.New(errs.Conflict, "the agent has left the seat meanwhile")
	}
	p, _ = a.desk.of(in.ID)
	return &forceOutput{agentState(v, p)}, nil
}

// undone logs that what an entry told of could not be done, and gives why.
func (a *API) undone(ctx context.Context, e audit.Entry, why error) error {
	e.Success, e.Detail = false, maps.Clone(e.Detail)
	e.Detail["why"] = why.Error()
	if err := a.deps.Registry.Note(ctx, e); err != nil {
		return err
	}
	return why
}

// shared names the agency in whose name a supervisor acts on an agent: the first that both have, "" for all.
func shared(c *frame.Caller, agencies []string) string {
	all, ids := c.Agencies(identity.AgentForce)
	if all {
		return ""
	}
	for _, id := range ids {
		if agencies == nil || slices.Contains(agencies, id) {
			return id
		}
	}
	return ""
}

// breakReason refuses a reason that is not on the city's list, and one without a break.
func (a *API) breakReason(state, reason, field string) error {
	if reason == "" {
		return nil
	}
	if state != string(routing.Break) {
		return errs.At(errs.Invalid, field, "belongs to a break alone")
	}
	if _, ok := a.deps.City.Current().BreakReason(reason); !ok {
		return errs.At(errs.Invalid, field, "is not on the city's list of break_reasons")
	}
	return nil
}

// closeQueue keeps and logs the closing before routing hears of it. Where routing can't hear now, it will when it runs again.
func (a *API) closeQueue(ctx context.Context, c *frame.Caller, in *closingInput) (*closingOutput, error) {
	q, err := a.queue(in.ID)
	if err != nil {
		return nil, err
	}
	kept, err := a.deps.Closings.Close(ctx, agency.Closing{
		Queue: q.ID, Agency: q.Agency, Reason: in.Body.Reason, Until: in.Body.Until, By: c.Person,
	})
	if err != nil {
		return nil, err
	}
	if err := a.deps.Dispatch.Close(q.ID, ReasonEmergency, kept.Until); err != nil {
		return nil, err
	}
	return a.queueNow(ctx, q)
}

func (a *API) reopenQueue(ctx context.Context, c *frame.Caller, in *queueID) (*closingOutput, error) {
	q, err := a.queue(in.ID)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Closings.Reopen(ctx, c.Person, q.Agency, q.ID); err != nil {
		return nil, err
	}
	if err := a.deps.Dispatch.Reopen(q.ID); err != nil && !errs.Is(err, errs.NotFound) { // not found: open already
		return nil, err
	}
	return a.queueNow(ctx, q)
}

func (a *API) queueNow(ctx context.Context, q agency.Queue) (*closingOutput, error) {
	now, err := a.now(ctx)
	if err != nil {
		return nil, err
	}
	return &closingOutput{now.state(q)}, nil
}
