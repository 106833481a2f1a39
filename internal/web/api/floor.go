package api

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
)

// MaxClosing is how long an emergency closing lasts at most; a longer one belongs into the opening hours.
const MaxClosing = 31 * 24 * time.Hour

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
	register(a, op{
		method: "PUT", path: "/api/agents/{id}/state", id: "agent-force", tag: "city", action: identity.AgentForce, scope: scopeAny,
		doc: "Make an agent ready, on break or offline; logged before it is done. An offer is withdrawn, a call in hand goes on. " +
			"404 for somebody who serves none of the supervisor's agencies.",
	}, a.forceAgent)
	registerFor(a, op{
		method: "PUT", path: "/api/queues/{id}/closing", id: "queue-close", tag: "city", action: identity.QueueClose,
		doc: "Close a queue in an emergency until a time, whatever its opening hours say; logged before it is done. Again: another time or reason.",
	}, func(ctx context.Context, c *caller, in *closingInput) (string, error) {
		return a.agencyOfQueue(ctx, c, &queueID{in.ID})
	}, a.closeQueue)
	registerFor(a, op{
		method: "DELETE", path: "/api/queues/{id}/closing", id: "queue-reopen", tag: "city", action: identity.QueueClose,
		doc: "End an emergency closing; the opening hours hold again. 404 without one.",
	}, a.agencyOfQueue, a.reopenQueue)
}

func (a *API) forceAgent(context.Context, *caller, *forceInput) (*forceOutput, error) {
	return nil, unavailable()
}

func (a *API) closeQueue(context.Context, *caller, *closingInput) (*closingOutput, error) {
	return nil, unavailable()
}

func (a *API) reopenQueue(context.Context, *caller, *queueID) (*closingOutput, error) {
	return nil, errs.At(errs.NotFound, "id", "the queue is not closed in an emergency")
}
