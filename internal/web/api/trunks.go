package api

import (
	"context"
	"time"

	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

// TrunkState is how a trunk by which calls go out stands.
type TrunkState struct {
	Name      string    `json:"name" doc:"As configured."`
	Up        bool      `json:"up" doc:"Calls go by it first: it is registered and answers, as far as either is asked of it."`
	Emergency bool      `json:"emergency" doc:"It reaches the emergency centre."`
	Registers bool      `json:"registers" doc:"It logs in at the operator."`
	Logged    bool      `json:"registered"`
	Asked     bool      `json:"asked" doc:"OPTIONS are sent to it."`
	Answers   bool      `json:"answers"`
	Why       string    `json:"why,omitempty" doc:"Why the last registration failed, in English, for support."`
	Since     time.Time `json:"since" doc:"Of the last change of up."`
}

type trunksOutput struct {
	Body struct {
		Trunks []TrunkState `json:"trunks"`
	}
}

// trunkRoutes tell everybody who works here: an agent whose call does not go out may see why.
func (a *API) trunkRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/trunks", ID: "trunks", Tag: "city", Action: identity.CityRead, Scope: frame.ScopeAny,
		Doc: "The trunks by which calls go out and how they stand, in their order in the configuration.",
	}, a.getTrunks)
}

func (a *API) getTrunks(context.Context, *frame.Caller, *frame.None) (*trunksOutput, error) {
	var out trunksOutput
	out.Body.Trunks = []TrunkState{}
	if a.deps.Trunks == nil {
		return nil, frame.Unavailable()
	}
	for _, s := range a.deps.Trunks.States() {
		out.Body.Trunks = append(out.Body.Trunks, TrunkState{
			Name: s.Name, Up: s.Up, Emergency: s.Emergency, Registers: s.Registers, Logged: s.Registered, Asked: s.Asked,
			Answers: s.Answers, Why: s.Why, Since: s.Since.UTC(),
		})
	}
	return &out, nil
}
