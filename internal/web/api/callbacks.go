package api

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/web/api/frame"
	"santra/internal/web/api/telephone"
)

type (
	callbackInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	callbacksOutput struct {
		Body struct {
			Callbacks  []telephone.Callback     `json:"callbacks" doc:"Oldest first."`
			Counts     telephone.CallbackCounts `json:"counts" doc:"Of those."`
			ServerTime time.Time                `json:"server_time"`
		}
	}
)

func (a *API) callbackRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/callbacks", ID: "callbacks", Tag: "callbacks", Action: identity.QueueWatch, Scope: frame.ScopeAny,
		Doc: "The callbacks that the own agencies owe. No number is told: only the agent who calls has it.",
	}, a.getCallbacks)
	frame.RegisterFor(a.frame, frame.Op{
		Method: "DELETE", Path: "/api/callbacks/{id}", ID: "callback-cancel", Tag: "callbacks", Action: identity.CallbackCancel,
		Doc: "Cancel a callback that waits: its number is erased, and it leaves the queue. 409 while an agent calls.",
	}, a.callbackAgency, func(ctx context.Context, c *frame.Caller, in *callbackInput) (*frame.None, error) {
		return nil, a.deps.Callbacks.CancelCallback(ctx, in.ID, c.Person)
	})
}

func (a *API) callbackAgency(ctx context.Context, _ *frame.Caller, in *callbackInput) (string, error) {
	v, err := a.deps.Callbacks.Get(ctx, in.ID)
	if errs.Is(err, errs.NotFound) {
		return "", errs.At(errs.NotFound, "id", "there is no such callback, or it is over")
	}
	return v.Agency, err
}

func (a *API) getCallbacks(ctx context.Context, c *frame.Caller, _ *frame.None) (*callbacksOutput, error) {
	all, err := a.deps.Callbacks.List(ctx)
	if err != nil {
		return nil, err
	}
	var out callbacksOutput
	now := time.Now().UTC()
	out.Body.ServerTime, out.Body.Callbacks = now, []telephone.Callback{}
	for _, v := range all {
		if c.May(identity.QueueWatch, v.Agency) != nil {
			continue
		}
		owed := telephone.CallbackOf(v, now, c.May(identity.AgentWatch, v.Agency) == nil)
		out.Body.Callbacks = append(out.Body.Callbacks, owed)
		out.Body.Counts.Add(owed)
	}
	return &out, nil
}
