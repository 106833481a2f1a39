package voice

import (
	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/voice/flow"
	"santra/internal/voice/gate"
	"santra/internal/voice/site"
	"santra/internal/voice/state"
)

// AnnouncementTries is how often a recording announcement is begun that could not be played to its end. After the last the
// call goes on unrecorded.
const AnnouncementTries = 3

// untold tells whether a customer whom routing has moved to this queue, or somebody has given to it, must hear its announcement before the
// agent: without it nothing may be recorded (M4).
func (c *call) untold() bool {
	return c.strayed && c.queue.Record && !c.pass.Valid() && c.s.tapes.Records() && !c.out.emergency
}

// informFirst lets the customer hear the recording announcement to its end before they talk; the agent hears it ring. The flow leads the call
// no more: what it still had to say would end the announcement unheard.
func (c *call) informFirst() {
	c.happens(flow.Answered{})
	c.way.stop()
	_ = c.set(state.Informing)
	c.sound()
	c.agent.Ringback(c.ctx)
	c.way.tries = 0
	c.inform()
}

// inform plays the recording announcement to a customer whose agent is there already.
func (c *call) inform() {
	if c.deaf {
		return
	}
	name := media.AnnouncementOutbound
	switch {
	case c.strayed:
		name = media.Announcement
	case c.out.returns:
		name = media.CallbackNotice
	}
	c.announce(flow.Announce{Prompt: name, Languages: c.spoken()})
}

// informAgain begins anew for who did not hear us.
func (c *call) informAgain() {
	c.way.quieten()
	c.way.tries = 0
	c.inform()
}

// toldBy is the announcement that is played where another is named: one that says that somebody may listen, where somebody
// may; the usual one where there is none of that name.
func (c *call) toldBy(name string) string {
	if c.s.cfg.MayBeHeard(c.queue, c.way.flow) {
		name = media.AnnouncementListening
	}
	if _, ok := c.s.cfg.Clip(c.spoken()[0], name); !ok {
		return media.Announcement
	}
	return name
}

// notice is the recording announcement of the call's queue: in the chosen language, else in every language of the queue.
func (c *call) notice() gate.Notice {
	languages := site.Spoken(c.language, c.queue.Languages)
	clips, _ := c.s.cfg.Clips(c.toldBy(media.Announcement), languages) // without all of them Announce gives no pass
	return gate.Notice{Clips: clips, Language: site.HeardIn(languages), Agency: c.owner.ID, Queue: c.queue.ID}
}

// spoken is what is spoken to the customer.
func (c *call) spoken() []agency.Lang {
	return site.Spoken(c.language, c.way.flow.Languages, c.queue.Languages)
}

// music plays to the caller until something else does.
func (c *call) music() {
	if c.customer == nil {
		return
	}
	if clip, ok := c.s.cfg.Clip(c.language, media.Music); ok {
		c.customer.Media.Play(c.ctx, []media.Clip{clip}, true)
	}
}
