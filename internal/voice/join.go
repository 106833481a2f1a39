package voice

import (
	"context"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/voice/gate"
)

// Join brings the customer, the agent and who is consulted together. An outsider first hears the announcement to its end
// where the queue is recorded (M4); until then they talk with nobody.
func (s *Service) Join(id, agent string) error {
	return s.command(id, agent, (*call).joinAll)
}

func (c *call) joinAll() error {
	k := c.consult
	if st := k.stage(); st != ConsultTalking && st != ConsultWaiting {
		return errs.New(errs.Conflict, "nobody is consulted who could join")
	}
	if c.state == Held {
		if err := c.resume(); err != nil {
			return err
		}
	}
	if k.outside && c.queue.Record && !k.pass.Valid() && !k.way.Emergency {
		c.tellSecond()
		return nil
	}
	c.joined()
	return nil
}

// tellSecond plays the announcement to the outsider; the agent talks with the customer meanwhile.
func (c *call) tellSecond() {
	k := c.consult
	k.hush()
	k.at = ConsultAnnouncing
	c.sound()
	k.leg.media.Hold(false, media.Clip{})
	if !k.leg.deaf { // else it begins when they hear us again
		var ctx context.Context
		ctx, k.noticeOf = context.WithCancel(c.ctx)
		k.tries++
		k.noticed = gate.Announce(ctx, k.leg.media, c.noticeToAdded(), c.s.cfg.GateKey)
	}
	c.changed()
}

// secondHears begins the announcement anew for an outsider who had us on hold and was not told (M4).
func (c *call) secondHears(bool) {
	if k := c.consult; k.stage() == ConsultAnnouncing {
		k.tries = 0
		c.tellSecond()
	}
}

// secondAnnounced joins the outsider: with a pass of their own, or, where the announcement could not be played, with the
// recording off as long as they are there.
func (c *call) secondAnnounced(o gate.Outcome) {
	k := c.consult
	k.hush()
	switch {
	case o.Err != nil && k.tries < AnnouncementTries:
		c.tellSecond()
		return
	case o.Err != nil:
		c.log.Error("an outsider joins without the announcement, so nothing is recorded", "error", o.Err)
	default:
		c.s.count.announced.Add(1)
	}
	k.pass, k.warned = o.Pass, o.Err == nil && c.toldBy(media.AnnouncementAdded) == media.AnnouncementListening
	c.joined()
}

func (c *call) joined() {
	c.consult.at = ConsultJoined
	c.sound()
	c.regate()
	c.changed()
}

// noticeToAdded is the announcement for an outsider who joins.
func (c *call) noticeToAdded() gate.Notice {
	n := c.notice()
	if clips, ok := c.s.clips(c.toldBy(media.AnnouncementAdded), c.spoken()); ok {
		n.Clips = clips
	}
	return n
}
