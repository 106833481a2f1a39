package api

import "time"

// Call is a call as its agent sees it. It names no caller (M3): see /api/calls/{id}/caller.
type Call struct {
	ID        string    `json:"id"`
	Queue     string    `json:"queue"`
	Agency    string    `json:"agency"`
	Language  string    `json:"language"`
	Agent     string    `json:"agent"`
	Seat      string    `json:"seat"`
	State     string    `json:"state" enum:"announcing,waiting,offered,talking,held,wrap_up,ended"`
	Since     time.Time `json:"since" doc:"Start of the state."`
	Arrived   time.Time `json:"arrived"`
	Recording string    `json:"recording" enum:"on,off,none"`
	Muted     bool      `json:"muted"`
	Version   uint64    `json:"version"`
	Why       string    `json:"why" doc:"Why this call came to this agent."`
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
	register(a, op{method: "GET", path: "/api/calls", id: "calls", tag: "calls", action: "calls.handle", scope: scopeAny,
		doc: "The own calls: offered, connected, in wrap-up."}, soon[none, callsOutput])
	register(a, op{method: "GET", path: "/api/calls/{id}", id: "call", tag: "calls", action: "calls.handle", scope: scopeAgency,
		doc: "One own call."}, soon[callInput, callOutput])
	register(a, op{method: "GET", path: "/api/calls/{id}/caller", id: "call-caller", tag: "calls", action: "calls.handle", scope: scopeAgency,
		doc: "The caller's number, to the agent who is offered or has the call; 410 when the call is over (M3)."}, soon[callInput, callerOutput])
	register(a, op{method: "POST", path: "/api/calls/{id}/answer", id: "call-answer", tag: "calls", action: "calls.handle", scope: scopeAgency, maxBody: MaxSDPBody,
		doc: "Answer in the browser: WebRTC offer in, answer out."}, soon[answerInput, answerOutput])
	for _, c := range callCommands() {
		register(a, op{method: "POST", path: "/api/calls/{id}/" + c.name, id: "call-" + c.name, tag: "calls", action: "calls.handle", scope: scopeAgency,
			doc: c.doc}, soon[callInput, none])
	}
	register(a, op{method: "POST", path: "/api/calls/{id}/dtmf", id: "call-dtmf", tag: "calls", action: "calls.handle", scope: scopeAgency,
		doc: "Send keys."}, soon[dtmfInput, none])
}

type callCommand struct{ name, doc string }

func callCommands() []callCommand {
	return []callCommand{
		{"decline", "Push the offer away; the call keeps its place."},
		{"hold", "Park the caller with music."},
		{"resume", "Take the caller back."},
		{"mute", "Stop sending the agent's voice."},
		{"unmute", "Send the agent's voice again."},
		{"hangup", "End the call."},
	}
}
