package api

import (
	"context"
	"strings"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/identity"
	"santra/internal/protocol/media/studio"
	"santra/internal/web/api/frame"
	"santra/internal/web/api/telephone"
)

// PromptSpoken is what the speech command is to say.
type PromptSpoken struct {
	Words string `json:"words" minLength:"1" maxLength:"1000"`
}

type (
	promptInput struct {
		Lang string `path:"lang" enum:"fi,sv,en"`
		Name string `path:"name" maxLength:"40"`
	}
	promptUpload struct {
		Lang    string `path:"lang" enum:"fi,sv,en"`
		Name    string `path:"name" maxLength:"40"`
		Words   string `query:"words" maxLength:"1000" doc:"What it says, for readers."`
		RawBody []byte `contentType:"audio/wav"`
	}
	promptSpeak struct {
		Lang string `path:"lang" enum:"fi,sv,en"`
		Name string `path:"name" maxLength:"40"`
		Body PromptSpoken
	}
	promptVersionInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	promptsOutput struct {
		Body struct {
			Prompts []telephone.Prompt `json:"prompts" doc:"By language and name: built in, named by a flow, or handed in."`
			Speaks  bool               `json:"speaks" doc:"A speech command is configured."`
		}
	}
	promptKeptOutput struct{ Body telephone.PromptKept }
	soundOutput      struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
)

func (a *API) promptRoutes() {
	read := func(path, id, doc string) frame.Op {
		return frame.Op{Method: "GET", Path: path, ID: id, Tag: "prompts", Action: identity.FlowRead, Scope: frame.ScopeAny, Doc: doc}
	}
	change := func(method, path, id, doc string) frame.Op {
		return frame.Op{Method: method, Path: path, ID: id, Tag: "prompts", Action: identity.PromptChange, Scope: frame.ScopeAny, Doc: doc}
	}
	frame.Register(a.frame, read("/api/prompts", "prompts", "What callers hear, with the versions that people handed in."), a.getPrompts)
	frame.Register(a.frame, read("/api/prompt-versions/{id}/audio", "prompt-audio", "A version, as a WAV file."), a.playPrompt)
	upload := change("POST", "/api/prompts/{lang}/{name}", "prompt-upload",
		"Hand in a WAV file as a new version: converted, and brought to the level of the others. It is not heard before it is chosen; logged.")
	upload.MaxBody = studio.MaxBytes + 1
	frame.Register(a.frame, upload, func(ctx context.Context, c *frame.Caller, in *promptUpload) (*promptKeptOutput, error) {
		v, r, err := a.deps.Prompts.Upload(ctx, c.Person, agency.Lang(in.Lang), in.Name, in.Words, in.RawBody)
		return a.kept(ctx, v, r, err)
	})
	frame.Register(a.frame, change("POST", "/api/prompts/{lang}/{name}/speak", "prompt-speak", "Have a text spoken, as a new version; 503 without a speech command."),
		func(ctx context.Context, c *frame.Caller, in *promptSpeak) (*promptKeptOutput, error) {
			v, r, err := a.deps.Prompts.Speak(ctx, c.Person, agency.Lang(in.Lang), in.Name, in.Body.Words)
			return a.kept(ctx, v, r, err)
		})
	frame.Register(a.frame, change("PUT", "/api/prompt-versions/{id}/heard", "prompt-hear", "Choose a version: it is played within seconds, to calls that come to it then. Logged."),
		func(ctx context.Context, c *frame.Caller, in *promptVersionInput) (*frame.None, error) {
			return nil, a.deps.Prompts.Hear(ctx, c.Person, in.ID)
		})
	frame.Register(a.frame, change("DELETE", "/api/prompts/{lang}/{name}/heard", "prompt-unhear", "Choose none: the built-in prompt is heard again. 409 where a flow names it and none is built in. Logged."),
		func(ctx context.Context, c *frame.Caller, in *promptInput) (*frame.None, error) {
			return nil, a.deps.Prompts.Unhear(ctx, c.Person, agency.Lang(in.Lang), in.Name)
		})
	frame.Register(a.frame, change("DELETE", "/api/prompt-versions/{id}", "prompt-remove", "Remove a version that is not heard; logged."),
		func(ctx context.Context, c *frame.Caller, in *promptVersionInput) (*frame.None, error) {
			return nil, a.deps.Prompts.Remove(ctx, c.Person, in.ID)
		})
}

func (a *API) getPrompts(ctx context.Context, _ *frame.Caller, _ *frame.None) (*promptsOutput, error) {
	versions, err := a.deps.Prompts.List(ctx)
	if err != nil {
		return nil, err
	}
	sound, err := a.deps.Flows.Sounds()
	if err != nil {
		return nil, err
	}
	var out promptsOutput
	out.Body.Prompts = telephone.Prompts(a.deps.City.Current(), versions, sound, a.displays(ctx))
	out.Body.Speaks = a.deps.Prompts.Speaks()
	return &out, nil
}

// displays names persons, each looked up once; somebody who is gone, or who was at the command line, by the id.
func (a *API) displays(ctx context.Context) func(person string) string {
	known := map[string]string{}
	return func(person string) string {
		if _, ok := known[person]; !ok {
			known[person] = strings.TrimPrefix(person, "operator:")
			if p, err := a.deps.People.Lookup(ctx, person); err == nil && p.Display != "" {
				known[person] = p.Display
			}
		}
		return known[person]
	}
}

func (a *API) kept(ctx context.Context, v prompts.Version, r studio.Report, err error) (*promptKeptOutput, error) {
	if err != nil {
		return nil, err
	}
	return &promptKeptOutput{telephone.Kept(v, r, a.displays(ctx)(v.By))}, nil
}

func (a *API) playPrompt(ctx context.Context, _ *frame.Caller, in *promptVersionInput) (*soundOutput, error) {
	wav, err := a.deps.Prompts.Play(ctx, in.ID)
	return &soundOutput{"audio/wav", wav}, err
}
