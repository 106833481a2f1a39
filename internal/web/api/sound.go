package api

import (
	"context"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/voice/leg"
	"santra/internal/web/api/frame"
)

// LegQuality is how one party of a call sounds now: of the last seconds, the worse of both directions.
type LegQuality struct {
	Leg      string  `json:"leg" enum:"customer,agent,consulted"`
	Loss     float64 `json:"loss" doc:"Share of the packets lost, 0 to 1."`
	JitterMS float64 `json:"jitter_ms"`
	RTTMS    float64 `json:"rtt_ms" doc:"To the party and back; 0: not known."`
	MOS      float64 `json:"mos" doc:"Mean opinion score, estimated (ITU-T G.107): 1 to 4.5; 0: nothing came yet."`
}

// ICEServer is a TURN server for the browser's RTCConfiguration.iceServers.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

type (
	qualityOutput struct {
		Body struct {
			Legs []LegQuality `json:"legs"`
		}
	}
	iceOutput struct {
		CacheControl string `header:"Cache-Control"`
		Body         struct {
			Servers []ICEServer `json:"ice_servers"`
		}
	}
	restartWatchInput struct {
		ID    string `path:"id" maxLength:"64"`
		Watch string `path:"watch" maxLength:"64"`
		Body  SessionDescription
	}
)

func (a *API) soundRoutes() {
	route := func(method, path, id, doc string) frame.Op {
		return frame.Op{Method: method, Path: path, ID: id, Tag: "calls", Action: identity.CallHandle, MaxBody: MaxSDPBody, Doc: doc}
	}
	frame.RegisterFor(a.frame, route("GET", "/api/calls/{id}/quality", "call-quality",
		"How each party of a call sounds now, to its agent and to supervisors of its agency."), a.agencyOfSeenCall, a.getQuality)
	frame.RegisterFor(a.frame, route("POST", "/api/calls/{id}/restart", "call-restart",
		"The network of the agent's browser has changed: its new WebRTC offer in (an ICE restart), answer out; the call stays."),
		func(ctx context.Context, c *frame.Caller, in *answerInput) (string, error) {
			return a.agencyOfCall(ctx, c, &callInput{in.ID})
		}, a.restartCall)
	watch := route("POST", "/api/calls/{id}/supervise/{watch}/restart", "call-supervise-restart", "The same for a supervisor's browser.")
	watch.Action, watch.Scope = identity.CallSupervise, frame.ScopeRoom
	frame.Register(a.frame, watch, a.restartWatch)
	ice := route("GET", "/api/webrtc/ice", "webrtc-ice", "TURN servers for the browser, with credentials for a short time; none where none is needed.")
	ice.Scope = frame.ScopeAny
	frame.Register(a.frame, ice, a.getICE)
}

// agencyOfSeenCall finds the agency of an own call, or of one that the person may supervise.
func (a *API) agencyOfSeenCall(_ context.Context, c *frame.Caller, in *callInput) (string, error) {
	v, err := a.deps.Calls.Call(in.ID)
	if err == nil && v.Agent != c.Person && c.May(identity.CallSupervise, v.Agency) != nil {
		err = errs.New(errs.NotFound, "no such call of yours")
	}
	return v.Agency, err
}

func (a *API) getQuality(_ context.Context, c *frame.Caller, in *callInput) (*qualityOutput, error) {
	v, err := a.deps.Calls.Call(in.ID)
	if err != nil {
		return nil, err
	}
	legs, err := a.deps.Calls.Quality(in.ID, c.Person, c.May(identity.CallSupervise, v.Agency) == nil)
	var out qualityOutput
	out.Body.Legs = frame.List(legs, legQuality)
	return &out, err
}

func legQuality(q leg.Quality) LegQuality {
	return LegQuality{Leg: string(q.Leg), Loss: q.Loss, JitterMS: 1000 * q.Jitter.Seconds(), RTTMS: 1000 * q.RoundTrip.Seconds(), MOS: q.MOS}
}

func (a *API) restartCall(ctx context.Context, c *frame.Caller, in *answerInput) (*answerOutput, error) {
	answer, err := a.deps.Calls.Restart(ctx, in.ID, c.Person, in.Body.SDP)
	return &answerOutput{SessionDescription{answer}}, err
}

func (a *API) restartWatch(ctx context.Context, c *frame.Caller, in *restartWatchInput) (*answerOutput, error) {
	answer, err := a.deps.Calls.RestartWatch(ctx, in.ID, in.Watch, c.Person, in.Body.SDP)
	return &answerOutput{SessionDescription{answer}}, err
}

func (a *API) getICE(context.Context, *frame.Caller, *frame.None) (*iceOutput, error) {
	out := &iceOutput{CacheControl: "no-store"}
	out.Body.Servers = []ICEServer{}
	if a.deps.ICE != nil {
		for _, s := range a.deps.ICE() {
			out.Body.Servers = append(out.Body.Servers, ICEServer(s))
		}
	}
	return out, nil
}
