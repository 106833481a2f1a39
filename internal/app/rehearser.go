package app

import (
	"context"

	"santra/internal/agency"
	"santra/internal/app/flows"
	"santra/internal/voice"
	"santra/internal/voice/callback"
	"santra/internal/voice/flow/rehearse"
	"santra/internal/web/api/telephone"
)

// Rehearser goes through the flows of the running city with made-up callers. It is an api.Flows.
type Rehearser struct {
	City func() *agency.City
	Read func() (flows.Sounds, error) // the prompts as they are heard now
}

// Rehearse implements api.Flows.
func (r *Rehearser) Rehearse(number string, c rehearse.Call) (rehearse.Course, error) {
	sounds, err := r.Read()
	if err != nil {
		return rehearse.Course{}, err
	}
	return flows.Play(r.City(), sounds, number, c)
}

// Sounds implements api.Flows.
func (r *Rehearser) Sounds() (func(lang, name string) telephone.Sound, error) {
	s, err := r.Read()
	return func(lang, name string) (out telephone.Sound) {
		l := agency.Lang(lang)
		out.Words, _ = s.Words(l, name)
		out.Length, out.There = s.Length(l, name)
		if s.Own != nil {
			_, out.Own = s.Own(lang, name)
		}
		return out
	}, err
}

// owedCalls are the callbacks as those who watch them see them. It is an api.Callbacks.
type owedCalls struct {
	*callback.Service
	voice *voice.Service
}

// CancelCallback implements api.Callbacks.
func (o owedCalls) CancelCallback(ctx context.Context, id, by string) error {
	return o.voice.CancelCallback(ctx, id, by)
}
