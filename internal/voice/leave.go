package voice

import (
	"context"

	"santra/internal/protocol/media"
	"santra/internal/routing"
)

// Diverted implements dispatch.Carrier: the caller hears an announcement and the call ends. Callbacks and other numbers are
// not built yet and refused when the configuration is read; one that comes all the same stays in the queue (a callback
// leaves it only when it is accepted) or ends with the farewell.
func (s *Service) Diverted(w routing.Work, to routing.Target, reason string) {
	if c, err := s.calls.get(w.ID); err == nil {
		c.mail.must(func() { c.diverted(to, reason) })
	}
}

// Expired implements dispatch.Carrier. Calls don't expire; there are no callbacks yet.
func (s *Service) Expired(w routing.Work) {
	s.log.Warn("a callback expired, and there are none", "work", w.ID)
}

func (c *call) diverted(to routing.Target, reason string) {
	switch {
	case c.direction == Inside:
		c.finish("closed")
		return
	case to.Kind == routing.ToCallback:
		c.log.Error("callbacks are not built: the call waits on", "why", reason)
		return
	case c.state == Offered: // the withdrawal is always told first; be safe
		c.requeue("diverted")
	}
	if c.state != Waiting || c.set(Leaving) != nil {
		return
	}
	c.step.stop()
	c.log.Info("call diverted", "to", to.Kind.String(), "name", to.Name, "why", reason)
	if to.Kind != routing.ToAnnouncement {
		c.log.Error("the call can't be carried there: it ends", "to", to.Kind.String())
		to.Name = media.Goodbye
	}
	c.sayFarewell(to.Name)
}

// sayFarewell plays an announcement and good-bye, each language by itself, and then hangs up.
func (c *call) sayFarewell(name string) {
	clips := c.farewell(name)
	if len(clips) == 0 {
		c.log.Error("nothing to say at the end of the call", "announcement", name)
		c.finish("diverted")
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.hearing = announcement{farewell: c.customer.media.Play(ctx, clips, false), cancel: cancel}
}

// farewell gives what is there of an announcement and of the good-bye, in the caller's languages.
func (c *call) farewell(name string) (clips []media.Clip) {
	names := []string{name, media.Goodbye}
	if name == media.Goodbye {
		names = names[:1]
	}
	for _, l := range c.spoken() {
		for _, n := range names {
			if clip, ok := c.s.prompt(l, n); ok {
				clips = append(clips, clip)
			}
		}
	}
	return clips
}

// farewellPlayed hangs up, whether all of it was heard or not.
func (c *call) farewellPlayed(error) { c.finish("diverted") }
