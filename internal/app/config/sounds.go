package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"santra/internal/agency/prompts"
	"santra/internal/app/flows"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/store/centre"
)

// PromptFolder is the folder that replaces built-in prompts; nil for none.
func (s Server) PromptFolder() fs.FS {
	if s.Prompts == "" {
		return nil
	}
	return os.DirFS(s.Prompts)
}

// SoundsOf gives the prompts as they would be played; store nil for those of the folder alone.
func (s Server) SoundsOf(ctx context.Context, store prompts.Store) (flows.Sounds, error) {
	folder := s.PromptFolder()
	l, err := media.NewLibrary(folder)
	if err != nil {
		return flows.Sounds{}, err
	}
	words := map[string]string{}
	if store != nil {
		if l, words, err = handedIn(ctx, l, store); err != nil {
			return flows.Sounds{}, err
		}
	}
	return flows.Sounds{Library: l, Own: func(lang, name string) (string, bool) {
		path := media.Path(lang, name)
		text, own := words[path]
		if !own && folder != nil {
			_, err := fs.Stat(folder, path)
			own = err == nil
		}
		return text, own
	}}, nil
}

// handedIn adds to a library what people handed in, with what that says.
func handedIn(ctx context.Context, l *media.Library, store prompts.Store) (*media.Library, map[string]string, error) {
	heard, err := store.HeardPrompts(ctx, prompts.MaxNames)
	if err != nil {
		return nil, nil, err
	}
	words := map[string]string{}
	for _, v := range heard {
		words[media.Path(string(v.Lang), v.Name)] = v.Text
	}
	clips, err := prompts.Clips(ctx, store)
	if err != nil {
		return nil, nil, err
	}
	l, err = l.With(clips)
	return l, words, err
}

// Sounds are those that a start would have: of the folder, and of the database where there is one that may be read.
func (c *Config) Sounds() (flows.Sounds, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reachWithin)
	defer cancel()
	store, err := c.look(ctx)
	if err != nil {
		return c.Server.SoundsOf(ctx, nil)
	}
	s, err := c.Server.SoundsOf(ctx, store.Prompts())
	if err = errors.Join(err, store.Close()); err != nil { // a database of an older version has no prompts
		return c.Server.SoundsOf(ctx, nil)
	}
	return s, nil
}

// look opens the database as it is, to read; errs.NotFound before the first start.
func (c *Config) look(ctx context.Context) (*centre.Store, error) {
	if file, ok := strings.CutPrefix(c.Server.Database, "sqlite:"); ok {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, errs.New(errs.NotFound, "there is no database %s yet", file)
		}
		if err := Owned(c.Server.Data); err != nil { // else our lock files could shut the server out
			return nil, err
		}
	}
	return centre.Open(ctx, c.Server.Database, centre.Options{AsIs: true})
}
