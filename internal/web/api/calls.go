package api

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/voice/state"
	"santra/internal/web/api/frame"
)

// Call is a call as its agent sees it. It names no caller (M3): see /api/calls/{id}/caller.
type Call struct {
	ID        string    `json:"id"`
	Queue     string    `json:"queue"`
	Agency    string    `json:"agency"`
	Language  string    `json:"language"`
	Agent     string    `json:"agent"`
	Seat      string    `json:"seat"`
	State     string    `json:"state" enum:"announcing,waiting,offered,dialling,informing,talking,held,leaving,forwarding,forwarded,wrap_up,ended"`
	Since     time.Time `json:"since" doc:"Start of the state."`
	Arrived   time.Time `json:"arrived"`
	Recording string    `json:"recording" enum:"on,paused,off,none"`
	Muted     bool      `json:"muted"`
	Version   uint64    `json:"version"`
	Why       string    `json:"why" doc:"Why this call came to this agent."`

	Direction  string        `json:"direction" enum:"in,out,inside"`
	From       string        `json:"from" doc:"Of an inside call: the agent who consults."`
	Consult    *Consultation `json:"consult,omitempty"`
	Supervised string        `json:"supervised" enum:",listen,whisper,barge"`
	Outcome    string        `json:"outcome"`
	Failed     string        `json:"failed" enum:",busy,no_answer,unknown_number,refused,unavailable,own_telephone" doc:"Of a call out: why it was not connected."`
	Emergency  bool          `json:"emergency" doc:"A call to 112."`
	Location   string        `json:"location" doc:"Of an emergency call: where the agent's seat is, to tell."`
}

// Caller is shown to the agent who is offered or has the call, while it lives; afterwards it is gone (410).
type Caller struct {
	Number   string `json:"number" doc:"E.164 where known; empty when withheld."`
	Withheld bool   `json:"withheld"`
}

// SessionDescription is a WebRTC offer or answer (RFC 8866, RFC 8829).
type SessionDescription struct {
	SDP string `json:"sdp" minLength:"1" maxLength:"60000"`
}

// Digits are keys to send (RFC 4733).
type Digits struct {
	Digits string `json:"digits" minLength:"1" maxLength:"32" pattern:"^[0-9*#A-D]+$" patternDescription:"digits, star, hash or A-D"`
}

type (
	callInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	callOutput  struct{ Body Call }
	callsOutput struct {
		Body struct {
			Calls      []Call    `json:"calls"`
			ServerTime time.Time `json:"server_time"`
		}
	}
	callerOutput struct{ Body Caller }
	answerInput  struct {
		ID   string `path:"id" maxLength:"64"`
		Body SessionDescription
	}
	answerOutput struct{ Body SessionDescription }
	dtmfInput    struct {
		ID   string `path:"id" maxLength:"64"`
		Body Digits
	}
)

func (a *API) callRoutes() {
	get := func(path, id, doc string) frame.Op {
		return frame.Op{Method: "GET", Path: "/api/calls" + path, ID: id, Tag: "calls", Action: identity.CallHandle, Scope: frame.ScopeAny, Doc: doc}
	}
	post := func(name, doc string) frame.Op {
		return frame.Op{Method: "POST", Path: "/api/calls/{id}/" + name, ID: "call-" + name, Tag: "calls", Action: identity.CallHandle, MaxBody: MaxSDPBody, Doc: doc}
	}
	frame.Register(a.frame, get("", "calls", "The own calls: offered, connected, in wrap-up."), a.getCalls)
	frame.RegisterFor(a.frame, get("/{id}", "call", "One own call."), a.agencyOfCall, a.getCall)
	frame.RegisterFor(a.frame, get("/{id}/caller", "call-caller", "The caller's number, to the agent who is offered or has the call; 410 when the call is over (M3)."),
		a.agencyOfCall, a.getCaller)
	frame.RegisterFor(a.frame, post("answer", "Answer in the browser: WebRTC offer in, answer out."), func(ctx context.Context, c *frame.Caller, in *answerInput) (string, error) {
		return a.agencyOfCall(ctx, c, &callInput{in.ID})
	}, a.answerCall)
	a.partyRoutes()
	a.superviseRoutes()
	a.soundRoutes()
	for _, cmd := range a.callCommands() {
		frame.RegisterFor(a.frame, post(cmd.name, cmd.doc), a.agencyOfCall, func(_ context.Context, c *frame.Caller, in *callInput) (*frame.None, error) {
			return nil, cmd.do(a.deps.Calls, in.ID, c.Person)
		})
	}
	frame.RegisterFor(a.frame, post("dtmf", "Send keys."), func(ctx context.Context, c *frame.Caller, in *dtmfInput) (string, error) {
		return a.agencyOfCall(ctx, c, &callInput{in.ID})
	}, func(_ context.Context, c *frame.Caller, in *dtmfInput) (*frame.None, error) {
		return nil, a.deps.Calls.SendDTMF(in.ID, c.Person, in.Body.Digits)
	})
}

type callCommand struct {
	name, doc string
	do        func(calls Calls, id, agent string) error
}

// callCommands are those that need no more than the call.
func (a *API) callCommands() []callCommand {
	return []callCommand{
		{"decline", "Push the offer away; the call keeps its place.", Calls.Decline},
		{"hold", "Park the caller with music.", Calls.Hold},
		{"resume", "Take the caller back.", Calls.Resume},
		{"mute", "Stop sending the agent's voice.", func(c Calls, id, agent string) error { return c.Mute(id, agent, true) }},
		{"unmute", "Send the agent's voice again.", func(c Calls, id, agent string) error { return c.Mute(id, agent, false) }},
		{"hangup", "End the call.", Calls.HangUp},
		{"complete", "Give the customer to who is consulted, and be done.", Calls.Complete},
		{"swap", "Change over between the customer and who is consulted.", Calls.Swap},
		{"join", "Bring the customer and who is consulted together; an outsider hears the announcement first (M4).", Calls.Join},
		{"cancel-consult", "End the consultation and take the customer back.", Calls.CancelConsult},
		{"pause-recording", "Leave out what is said from now on: sensitive details. A gap in the recording.", Calls.PauseRecording},
		{"resume-recording", "Record again.", Calls.ResumeRecording},
	}
}

// agencyOfCall finds the agency of an own call; somebody else's is not found, one that has ended is gone.
func (a *API) agencyOfCall(_ context.Context, c *frame.Caller, in *callInput) (string, error) {
	v, err := a.deps.Calls.Call(in.ID)
	if err == nil && v.Agent != c.Person {
		err = errs.New(errs.NotFound, "no such call of yours")
	}
	return v.Agency, err
}

func (a *API) getCalls(_ context.Context, c *frame.Caller, _ *frame.None) (*callsOutput, error) {
	var out callsOutput
	out.Body.ServerTime = time.Now().UTC()
	out.Body.Calls = frame.List(a.deps.Calls.Calls(c.Person), a.callOf)
	return &out, nil
}

func (a *API) getCall(_ context.Context, _ *frame.Caller, in *callInput) (*callOutput, error) {
	v, err := a.deps.Calls.Call(in.ID)
	return &callOutput{a.callOf(v)}, err
}

func (a *API) callOf(v state.View) Call {
	c := Call{
		ID: v.ID, Queue: v.Queue, Agency: v.Agency, Language: v.Language, Agent: v.Agent, Seat: v.Seat, State: string(v.State),
		Since: v.Since, Arrived: v.Arrived, Recording: v.Recording, Muted: v.Muted, Version: v.Version, Why: v.Why,
		Direction: string(v.Direction), From: v.From, Supervised: v.Supervised, Outcome: v.Outcome, Failed: v.Failed, Emergency: v.Emergency,
	}
	if k := v.Consult; k != nil {
		c.Consult = &Consultation{string(k.Stage), k.Kind, k.Name, k.Outside, k.Emergency}
	}
	if v.Emergency || v.Consult != nil && v.Consult.Emergency {
		seat, _ := a.deps.City.Seat(v.Seat)
		c.Location = seat.Location
	}
	return c
}

func (a *API) getCaller(_ context.Context, c *frame.Caller, in *callInput) (*callerOutput, error) {
	n, err := a.deps.Calls.Caller(in.ID, c.Person)
	if err != nil {
		return nil, err
	}
	return &callerOutput{Caller{Number: n.Reveal(), Withheld: n.Withheld()}}, nil
}

func (a *API) answerCall(ctx context.Context, c *frame.Caller, in *answerInput) (*answerOutput, error) {
	answer, err := a.deps.Calls.AnswerBrowser(ctx, in.ID, c.Person, in.Body.SDP)
	return &answerOutput{SessionDescription{answer}}, err
}
