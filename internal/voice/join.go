package voice

import (
	"context"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/voice/gate"
	"santra/internal/voice/state"
)

// Join brings the customer, the agent and who is consulted together. An outsider first hears the announcement to its end
// where the queue is recorded (M4); until then they talk with nobody.
func (s *Service) Join(id, agent string) error {
	return s.command(id, agent, (*call).joinAll)
}

func (c *call) joinAll() error {
	k := c.consult
	if st := k.Stage(); st != state.ConsultTalking && st != state.ConsultWaiting {
		return errs.New(errs.Conflict, "nobody is consulted who could join")
	}
	if c.state == state.Held {
		if err := c.resume(); err != nil {
			return err
		}
	}
	if k.Outside && c.queue.Record && !k.Pass.Valid() && !k.Way.Emergency {
		c.tellSecond()
		return nil
	}
	c.joined()
	return nil
}

// tellSecond plays the announcement to the outsider; the agent talks with the customer meanwhile.
func (c *call) tellSecond() {
	k := c.consult
	k.Hush()
	k.At = state.ConsultAnnouncing
	c.sound()
	k.Leg.Media.Hold(false, media.Clip{})
	if !k.Leg.Deaf { // else it begins when they hear us again
		var ctx context.Context
		ctx, k.NoticeOf = context.WithCancel(c.ctx)
		k.Tries++
		k.Noticed = gate.Announce(ctx, k.Leg.Media, c.noticeToAdded(), c.s.cfg.GateKey)
	}
	c.changed()
}

// secondHears begins the announcement anew for an outsider who had us on hold and was not told (M4).
func (c *call) secondHears(bool) {
	if k := c.consult; k.Stage() == state.ConsultAnnouncing {
		k.Tries = 0
		c.tellSecond()
	}
}

// secondAnnounced joins the outsider: with a pass of their own, or, where the announcement could not be played, with the
// recording off as long as they are there.
func (c *call) secondAnnounced(o gate.Outcome) {
	k := c.consult
	k.Hush()
	switch {
	case o.Err != nil && k.Tries < AnnouncementTries:
		c.tellSecond()
		return
	case o.Err != nil:
		c.log.Error("an outsider joins without the announcement, so nothing is recorded", "error", o.Err)
	default:
		c.s.count.Announced.Add(1)
	}
	k.Pass, k.Warned = o.Pass, o.Err == nil && c.toldBy(media.AnnouncementAdded) == media.AnnouncementListening
	c.joined()
}

func (c *call) joined() {
	c.consult.At = state.ConsultJoined
	c.sound()
	c.regate()
	c.changed()
}

// noticeToAdded is the announcement for an outsider who joins.
func (c *call) noticeToAdded() gate.Notice {
	n := c.notice()
	if clips, ok := c.s.cfg.Clips(c.toldBy(media.AnnouncementAdded), c.spoken()); ok {
		n.Clips = clips
	}
	return n
}
