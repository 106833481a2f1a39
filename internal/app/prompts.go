package app

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"santra/internal/agency/prompts"
	"santra/internal/app/flows"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/voice/site"
)

// shelf is what is played: the built-in prompts, those of the folder in their place, and in place of both what people handed in
// and chose to be heard. It follows what is chosen beside this process too. It is a site.Prompts.
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

// Prompt implements site.Prompts.
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
func (c *contactCentre) prompts() (site.Prompts, error) {
	l, err := media.NewLibrary(c.server.PromptFolder())
	if err != nil || c.demo.Announcement == 0 {
		return l, err
	}
	return c.cutAnnouncements(l)
}

// played gives what is played, now and as it is chosen later. A benchmark's short announcements stay as they are.
func (c *contactCentre) played(ctx context.Context) (site.Prompts, error) {
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

// knownSounds are those of the running server.
func (c *contactCentre) knownSounds() (flows.Sounds, error) {
	return c.server.SoundsOf(context.Background(), c.store.Prompts())
}

// cutPrompts has announcements that end early. What was heard has a version of its own (gate.Version is that of the sound),
// so a recording made with it can be told from a true one.
type cutPrompts struct {
	site.Prompts
	length time.Duration
}

// Prompt implements site.Prompts.
func (p cutPrompts) Prompt(lang, name string) (media.Clip, bool) {
	clip, ok := p.Prompts.Prompt(lang, name)
	samples := int(p.length * media.SampleRate / time.Second)
	if name != media.Announcement || clip.Len() <= samples {
		return clip, ok
	}
	return media.NewClip(clip.ALaw()[:samples]), ok
}

// cutAnnouncements is refused everywhere but in a demonstration city: an announcement that is not whole tells nobody anything.
func (c *contactCentre) cutAnnouncements(p site.Prompts) (site.Prompts, error) {
	if !c.server.Demo {
		return nil, errs.New(errs.Invalid, "announcements are cut in a demonstration city only")
	}
	return cutPrompts{p, c.demo.Announcement}, nil
}
