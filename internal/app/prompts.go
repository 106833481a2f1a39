package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"

	"santra/internal/agency/prompts"
	"santra/internal/app/flows"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/store/centre"
	"santra/internal/voice"
)

// shelf is what is played: the built-in prompts, those of the folder in their place, and in place of both what people handed in
// and chose to be heard. It follows what is chosen beside this process too. It is a voice.Prompts.
type shelf struct {
	base  *media.Library
	store prompts.Store
	heard string // what is on it, by hashes; reload's alone
	now   atomic.Pointer[media.Library]
}

func newShelf(ctx context.Context, base *media.Library, store prompts.Store) (*shelf, error) {
	s := &shelf{base: base, store: store}
	s.now.Store(base)
	return s, s.reload(ctx)
}

// Prompt implements voice.Prompts.
func (s *shelf) Prompt(lang, name string) (media.Clip, bool) { return s.now.Load().Prompt(lang, name) }

// reload takes over what is chosen now. One at a time.
func (s *shelf) reload(ctx context.Context) error {
	versions, err := s.store.HeardPrompts(ctx, prompts.MaxNames)
	if err != nil {
		return err
	}
	var heard strings.Builder
	for _, v := range versions {
		heard.WriteString(v.ID + " ")
	}
	if heard.String() == s.heard {
		return nil
	}
	clips, err := prompts.Clips(ctx, s.store)
	if err != nil {
		return err
	}
	library, err := s.base.With(clips)
	if err != nil {
		return err
	}
	s.now.Store(library)
	s.heard = heard.String()
	return nil
}

// prompts gives the built-in announcements, or those of the folder that replaces them.
func (c *contactCentre) prompts() (voice.Prompts, error) {
	l, err := media.NewLibrary(c.server.promptFolder())
	if err != nil || c.demo.Announcement == 0 {
		return l, err
	}
	return c.cutAnnouncements(l)
}

// played gives what is played, now and as it is chosen later. A benchmark's short announcements stay as they are.
func (c *contactCentre) played(ctx context.Context) (voice.Prompts, error) {
	p, err := c.prompts()
	base, whole := p.(*media.Library)
	if err != nil || !whole {
		return p, err
	}
	c.shelf, err = newShelf(ctx, base, c.store.Prompts())
	return c.shelf, err
}

// reloadPrompts takes over what another process has chosen to be heard.
func (c *contactCentre) reloadPrompts(ctx context.Context) error {
	if c.shelf == nil {
		return nil
	}
	return c.shelf.reload(ctx)
}

// promptFolder is the folder that replaces built-in prompts; nil for none.
func (s Server) promptFolder() fs.FS {
	if s.Prompts == "" {
		return nil
	}
	return os.DirFS(s.Prompts)
}

// soundsOf gives the prompts as they would be played; store nil for those of the folder alone.
func (s Server) soundsOf(ctx context.Context, store prompts.Store) (flows.Sounds, error) {
	folder := s.promptFolder()
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

// knownSounds are those of the running server.
func (c *contactCentre) knownSounds() (flows.Sounds, error) {
	return c.server.soundsOf(context.Background(), c.store.Prompts())
}

// sounds are those of the database that the operator has opened.
func (o *office) sounds() (flows.Sounds, error) {
	return o.config.Server.soundsOf(context.Background(), o.store.Prompts())
}

// sounds are those that a start would have: of the folder, and of the database where there is one that may be read.
func (c *Config) sounds() (flows.Sounds, error) {
	ctx, cancel := context.WithTimeout(context.Background(), reachWithin)
	defer cancel()
	store, err := c.look(ctx)
	if err != nil {
		return c.Server.soundsOf(ctx, nil)
	}
	s, err := c.Server.soundsOf(ctx, store.Prompts())
	if err = errors.Join(err, store.Close()); err != nil { // a database of an older version has no prompts
		return c.Server.soundsOf(ctx, nil)
	}
	return s, nil
}

// look opens the database as it is, to read; errs.NotFound before the first start.
func (c *Config) look(ctx context.Context) (*centre.Store, error) {
	if file, ok := strings.CutPrefix(c.Server.Database, "sqlite:"); ok {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, errs.New(errs.NotFound, "there is no database %s yet", file)
		}
		if err := owned(c.Server.Data); err != nil { // else our lock files could shut the server out
			return nil, err
		}
	}
	return centre.Open(ctx, c.Server.Database, centre.Options{AsIs: true})
}
