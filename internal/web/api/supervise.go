package api

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/voice/company"
	"santra/internal/web/api/frame"
)

// SuperviseRequest states how a supervisor takes part in a call, and what for (M8).
type SuperviseRequest struct {
	Mode    string `json:"mode" enum:"listen,whisper,barge"`
	Purpose string `json:"purpose" minLength:"1" maxLength:"64" doc:"Of the closed list of audio."`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
	SDP     string `json:"sdp" minLength:"1" maxLength:"60000" doc:"The browser's WebRTC offer."`
}

// Supervised is the answer: our description, and the watch's id for what comes after.
type Supervised struct {
	Watch string `json:"watch"`
	SDP   string `json:"sdp"`
}

// SuperviseMode changes how a supervisor takes part; it is logged with its purpose as the beginning was.
type SuperviseMode struct {
	Mode    string `json:"mode" enum:"listen,whisper,barge"`
	Purpose string `json:"purpose" minLength:"1" maxLength:"64"`
	Reason  string `json:"reason,omitempty" maxLength:"2000"`
}

type (
	superviseInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body SuperviseRequest
	}
	superviseOutput    struct{ Body Supervised }
	superviseModeInput struct {
		ID    string `path:"id" maxLength:"64"`
		Watch string `path:"watch" maxLength:"64"`
		Body  SuperviseMode
	}
	watchInput struct {
		ID    string `path:"id" maxLength:"64"`
		Watch string `path:"watch" maxLength:"64"`
	}
)

func (a *API) superviseRoutes() {
	route := func(method, path, id, doc string) frame.Op {
		return frame.Op{
			Method: method, Path: "/api/calls" + path, ID: id, Tag: "calls", Action: identity.CallSupervise, Scope: frame.ScopeRoom,
			MaxBody: MaxSDPBody, Doc: doc,
		}
	}
	running := route("GET", "/running", "calls-running", "The calls that run in the own agencies. No caller is named.")
	running.Scope = frame.ScopeAny
	frame.Register(a.frame, running, a.getRunning)
	frame.Register(a.frame, route("POST", "/{id}/supervise", "call-supervise",
		"Listen, whisper or barge in, with the browser; logged before a sound is heard, refusals too; from allowed networks, where the announcement said so."), a.supervise)
	frame.Register(a.frame, route("PUT", "/{id}/supervise/{watch}", "call-supervise-mode", "Take part in another way; logged."), a.superviseMode)
	frame.Register(a.frame, route("DELETE", "/{id}/supervise/{watch}", "call-supervise-end", "Leave the call."),
		func(_ context.Context, c *frame.Caller, in *watchInput) (*frame.None, error) {
			return nil, a.deps.Calls.SetMode(in.ID, in.Watch, c.Person, "")
		})
}

func (a *API) getRunning(_ context.Context, c *frame.Caller, _ *frame.None) (*callsOutput, error) {
	var out callsOutput
	out.Body.ServerTime = time.Now().UTC()
	out.Body.Calls = []Call{}
	for _, v := range a.deps.Calls.Running("") {
		if c.May(identity.CallSupervise, v.Agency) == nil {
			out.Body.Calls = append(out.Body.Calls, a.callOf(v))
		}
	}
	return &out, nil
}

// maySupervise asks the registry, which logs, about the call's own agency.
func (a *API) maySupervise(ctx context.Context, c *frame.Caller, id, mode, purpose, reason string) error {
	if a.deps.Registry == nil {
		return errs.New(errs.Unavailable, "no log, no listening")
	}
	v, err := a.deps.Calls.Call(id)
	if err != nil {
		return err
	}
	return a.deps.Registry.Supervise(ctx, c.Principal, registry.Supervision{
		Call: id, Agency: v.Agency, Mode: mode, Purpose: purpose, Reason: reason, From: c.Remote,
	})
}

func (a *API) supervise(ctx context.Context, c *frame.Caller, in *superviseInput) (*superviseOutput, error) {
	b := in.Body
	if err := a.maySupervise(ctx, c, in.ID, b.Mode, b.Purpose, b.Reason); err != nil {
		return nil, err
	}
	watch, answer, err := a.deps.Calls.Supervise(ctx, in.ID, c.Person, company.Mode(b.Mode), b.SDP)
	return &superviseOutput{Supervised{watch, answer}}, err
}

func (a *API) superviseMode(ctx context.Context, c *frame.Caller, in *superviseModeInput) (*frame.None, error) {
	b := in.Body
	if err := a.maySupervise(ctx, c, in.ID, b.Mode, b.Purpose, b.Reason); err != nil {
		return nil, err
	}
	return nil, a.deps.Calls.SetMode(in.ID, in.Watch, c.Person, company.Mode(b.Mode))
}
