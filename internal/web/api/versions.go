package api

import (
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/diff"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

// MaxVersions is how many versions of the city are told at once: each is read and compared with the one before.
const MaxVersions = 30

// CityVersion is one version of what is configured.
type CityVersion struct {
	Number  int       `json:"number"`
	At      time.Time `json:"at"`
	By      string    `json:"by" doc:"Person's id, or who did it at the command line."`
	Display string    `json:"display"`
	Parts   []string  `json:"parts" doc:"Of the configuration that it changed; empty of the first."`
}

type (
	versionsOutput struct {
		Body struct {
			Versions []CityVersion `json:"versions" doc:"The newest, newest first."`
		}
	}
	versionInput struct {
		Number int `path:"number" minimum:"1" maximum:"1000000000"`
	}
	versionOutput struct {
		Body struct {
			Version CityVersion `json:"version"`
			Changes []string    `json:"changes" doc:"To the version before, a line each: ~ city.queues[parking].cap: 25 → 30. No password."`
		}
	}
)

func (a *API) versionRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/city/versions", ID: "city-versions", Tag: "versions", Action: identity.CityChange, Scope: frame.ScopeAny,
		Doc: "Who changed the city's configuration, when, and which parts of it.",
	}, a.getVersions)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/city/versions/{number}", ID: "city-version", Tag: "versions", Action: identity.CityChange, Scope: frame.ScopeAny,
		Doc: "What a version changed, field by field.",
	}, a.getVersion)
}

func (a *API) getVersions(ctx context.Context, _ *frame.Caller, _ *frame.None) (*versionsOutput, error) {
	all, err := a.deps.Versions.History(ctx)
	if err != nil {
		return nil, err
	}
	var out versionsOutput
	out.Body.Versions = []CityVersion{}
	display := a.displays(ctx)
	for _, v := range all[:min(MaxVersions, len(all))] {
		was, is, err := a.pair(ctx, v.Number)
		if err != nil {
			return nil, err
		}
		out.Body.Versions = append(out.Body.Versions, versionOf(v, display, was, is))
	}
	return &out, nil
}

// pair gives a version and the one before; the first has none.
func (a *API) pair(ctx context.Context, number int) (was, is *agency.City, err error) {
	if is, _, err = a.deps.Versions.At(ctx, number); err != nil || number <= 1 {
		return nil, is, err
	}
	was, _, err = a.deps.Versions.At(ctx, number-1)
	return was, is, err
}

func versionOf(v agency.Version, display func(string) string, was, is *agency.City) CityVersion {
	out := CityVersion{Number: v.Number, At: v.At, By: v.Actor, Display: display(v.Actor), Parts: []string{}}
	if was != nil {
		out.Parts = append(out.Parts, agency.Differences(was, is)...)
	}
	return out
}

func (a *API) getVersion(ctx context.Context, _ *frame.Caller, in *versionInput) (*versionOutput, error) {
	_, v, err := a.deps.Versions.At(ctx, in.Number)
	if errs.Is(err, errs.NotFound) {
		err = errs.At(errs.NotFound, "number", "there is no such version")
	}
	if err != nil {
		return nil, err
	}
	was, is, err := a.pair(ctx, in.Number)
	if err != nil {
		return nil, err
	}
	var out versionOutput
	out.Body.Version, out.Body.Changes = versionOf(v, a.displays(ctx), was, is), []string{}
	if was != nil {
		out.Body.Changes = frame.List(diff.Changes(was, is), diff.Change.String)
	}
	return &out, nil
}
