package centre

import (
	"context"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store"
	"santra/internal/store/centre/db"
)

// Prompts is the store of the city's own prompts.
func (s *Store) Prompts() prompts.Store { return promptStore{s} }

type promptStore struct{ *Store }

// DoPrompts implements prompts.Store.
func (s promptStore) DoPrompts(ctx context.Context, e audit.Entry, f func(prompts.Tx) error) error {
	return do(s.Store, ctx, e, func(q *db.Queries) prompts.Tx { return promptTx{q} }, f)
}

// Prompts implements prompts.Store.
func (s promptStore) Prompts(ctx context.Context, limit int) ([]prompts.Version, error) {
	rows, err := s.queries().Prompts(ctx, int32(limit))
	return many(rows, err, func(r db.PromptsRow) prompts.Version {
		return prompts.Version{
			ID: r.ID, Lang: agency.Lang(r.Lang), Name: r.Name, At: store.Time(r.At), By: r.Actor, Source: r.Source, Text: r.Words,
			Length: micros(r.Length), Hash: r.Hash, Heard: r.Heard != "",
		}
	})
}

// Prompt implements prompts.Store.
func (s promptStore) Prompt(ctx context.Context, id string) (prompts.Version, prompts.Sound, error) {
	r, err := s.queries().Prompt(ctx, id)
	if err != nil {
		return prompts.Version{}, prompts.Sound{}, store.Kind(err)
	}
	return prompts.Version{
		ID: r.ID, Lang: agency.Lang(r.Lang), Name: r.Name, At: store.Time(r.At), By: r.Actor, Source: r.Source, Text: r.Words,
		Length: micros(r.Length), Hash: r.Hash, Heard: r.Heard != "",
	}, prompts.Sound{Narrow: r.Narrow, Wide: r.Wide}, nil
}

// HeardPrompts implements prompts.Store.
func (s promptStore) HeardPrompts(ctx context.Context, limit int) ([]prompts.Version, error) {
	rows, err := s.queries().HeardPrompts(ctx, int32(limit))
	return many(rows, err, func(r db.HeardPromptsRow) prompts.Version {
		return prompts.Version{ID: r.ID, Lang: agency.Lang(r.Lang), Name: r.Name, Text: r.Words, Hash: r.Hash, Heard: true}
	})
}

type promptTx struct{ q *db.Queries }

// Add implements prompts.Tx.
func (t promptTx) Add(ctx context.Context, v prompts.Version, s prompts.Sound) error {
	return t.q.AddPrompt(ctx, db.AddPromptParams{
		ID: v.ID, Lang: string(v.Lang), Name: v.Name, At: store.Micros(v.At), Actor: v.By, Source: v.Source, Words: v.Text,
		Length: v.Length.Microseconds(), Hash: v.Hash, Narrow: s.Narrow, Wide: s.Wide,
	})
}

// Count implements prompts.Tx.
func (t promptTx) Count(ctx context.Context, lang agency.Lang, name string) (versions, names int, err error) {
	v, err := t.q.CountPrompts(ctx, db.CountPromptsParams{Lang: string(lang), Name: name})
	if err != nil {
		return 0, 0, err
	}
	n, err := t.q.CountPromptNames(ctx)
	return int(v), int(n), err
}

// Remove implements prompts.Tx.
func (t promptTx) Remove(ctx context.Context, id string) error {
	n, err := t.q.DropPrompt(ctx, id)
	return orNone(n, err, "there is no such version, or it is heard")
}

// Hear implements prompts.Tx.
func (t promptTx) Hear(ctx context.Context, v prompts.Version) error {
	return t.q.SetHeardPrompt(ctx, db.SetHeardPromptParams{Lang: string(v.Lang), Name: v.Name, Version: v.ID})
}

// Unhear implements prompts.Tx.
func (t promptTx) Unhear(ctx context.Context, lang agency.Lang, name string) error {
	n, err := t.q.DropHeardPrompt(ctx, db.DropHeardPromptParams{Lang: string(lang), Name: name})
	return orNone(n, err, "no version is heard")
}

// orNone is errs.NotFound for a change of no row.
func orNone(n int64, err error, none string) error {
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "%s", none)
	}
	return err
}
