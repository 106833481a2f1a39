package app

import (
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/voice"
)

// DemoTuning is how the benchmark's demonstration city differs from the one that people see. The zero value: not at all.
type DemoTuning struct {
	NoRecord     []string      // ids of queues that are not recorded
	NoWrapUp     bool          // agents are ready at once after a call
	Announcement time.Duration // cuts announcements to so much; 0: whole ones
	Secure       bool          // TLS and SRTP to the recorder, as between two machines
}

// apply changes the city's queues.
func (t DemoTuning) apply(c *agency.City) {
	for i := range c.Queues {
		q := &c.Queues[i]
		q.Record = q.Record && !slices.Contains(t.NoRecord, q.ID)
		if t.NoWrapUp {
			q.WrapUp = 0
		}
	}
}

// flags are those of santra serve that the configuration has no place for: no city may have them.
func (t DemoTuning) flags() []string {
	if t.Announcement == 0 {
		return nil
	}
	return []string{"--demo-announcement", t.Announcement.String()}
}

// cutPrompts has announcements that end early. What was heard has a version of its own (gate.Version is that of the sound),
// so a recording made with it can be told from a true one.
type cutPrompts struct {
	voice.Prompts
	length time.Duration
}

// Prompt implements voice.Prompts.
func (p cutPrompts) Prompt(lang, name string) (media.Clip, bool) {
	clip, ok := p.Prompts.Prompt(lang, name)
	samples := int(p.length * media.SampleRate / time.Second)
	if name != media.Announcement || clip.Len() <= samples {
		return clip, ok
	}
	return media.NewClip(clip.ALaw()[:samples]), ok
}

// cutAnnouncements is refused everywhere but in a demonstration city: an announcement that is not whole tells nobody anything.
func (c *contactCentre) cutAnnouncements(p voice.Prompts) (voice.Prompts, error) {
	if !c.server.Demo {
		return nil, errs.New(errs.Invalid, "announcements are cut in a demonstration city only")
	}
	return cutPrompts{p, c.demo.Announcement}, nil
}
