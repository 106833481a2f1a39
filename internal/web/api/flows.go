package api

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/web/api/frame"
	"santra/internal/web/api/telephone"
)

// MaxRehearsals is how many made-up calls are gone through at once: each loads the prompts.
const MaxRehearsals = 2

type (
	flowsOutput struct {
		Body struct {
			Flows    []telephone.Flow `json:"flows" doc:"Configured ones, then those of the queues' own numbers."`
			TimeZone string           `json:"time_zone"`
		}
	}
	flowRunInput  struct{ Body telephone.FlowRun }
	flowRunOutput struct{ Body telephone.FlowCourse }
)

func (a *API) flowRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/flows", ID: "flows", Tag: "flows", Action: identity.FlowRead, Scope: frame.ScopeAny,
		Doc: "What callers meet on the city's numbers, step by step.",
	}, a.getFlows)
	frame.Register(a.frame, frame.Op{
		Method: "POST", Path: "/api/flows/run", ID: "flow-run", Tag: "flows", Action: identity.FlowRead, Scope: frame.ScopeAny,
		Doc: "Go through a flow with a made-up caller: what is heard, and where the call goes. Nobody is called, nothing is kept.",
	}, a.runFlow)
}

func (a *API) getFlows(context.Context, *frame.Caller, *frame.None) (*flowsOutput, error) {
	var out flowsOutput
	city := a.deps.City.Current()
	out.Body.Flows, out.Body.TimeZone = telephone.Flows(city), city.Location().String()
	return &out, nil
}

func (a *API) runFlow(_ context.Context, _ *frame.Caller, in *flowRunInput) (*flowRunOutput, error) {
	call, err := in.Body.Call(a.deps.City.Current().Location(), time.Now())
	if err != nil {
		return nil, err
	}
	select {
	case a.acting <- struct{}{}:
		defer func() { <-a.acting }()
	default:
		return nil, errs.New(errs.Limited, "other calls are being tried: try again in a second")
	}
	course, err := a.deps.Flows.Rehearse(in.Body.Number, call)
	return &flowRunOutput{telephone.Course(course, call.At)}, err
}
