package voice

import (
	"slices"

	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/voice/flow"
	"santra/internal/voice/gate"
)

// AnnouncementTries is how often a recording announcement is begun that could not be played to its end. After the last the
// call goes on unrecorded.
const AnnouncementTries = 3

// untold tells whether a customer whom routing has moved to this queue, or somebody has given to it, must hear its announcement before the
// agent: without it nothing may be recorded (M4).
func (c *call) untold() bool {
	return c.strayed && c.queue.Record && !c.pass.Valid() && c.s.cfg.Recorder.URI != "" && !c.out.emergency
}

// informFirst lets the customer hear the recording announcement to its end before they talk; the agent hears it ring.
func (c *call) informFirst() {
	_ = c.set(Informing)
	c.sound()
	c.ringback(c.agent)
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
	if c.mayBeHeard() {
		name = media.AnnouncementListening
	}
	if _, ok := c.s.prompt(c.spoken()[0], name); !ok {
		return media.Announcement
	}
	return name
}

// mayBeHeard tells whether supervisors may listen in the call's queue, or in one to which its flow may yet lead.
func (c *call) mayBeHeard() bool {
	return c.queue.Listening || slices.ContainsFunc(c.way.flow.Steps, func(s agency.Step) bool {
		if s.Queue == nil {
			return false
		}
		q, ok := c.s.cfg.Book.Queue(s.Queue.Queue)
		return ok && q.Listening
	})
}

// notice is the recording announcement of the call's queue: in the chosen language, else in every language of the queue.
func (c *call) notice() gate.Notice {
	languages := c.queue.Languages
	if c.language != "" {
		languages = []agency.Lang{c.language}
	}
	clips, _ := c.s.clips(c.toldBy(media.Announcement), languages) // without all of them Announce gives no pass
	return gate.Notice{Clips: clips, Language: heardIn(languages), Agency: c.owner.ID, Queue: c.queue.ID}
}

// spoken is what is spoken to the customer: the chosen language, else every language of the flow or the queue.
func (c *call) spoken() []agency.Lang {
	switch {
	case c.language != "":
		return []agency.Lang{c.language}
	case len(c.way.flow.Languages) > 0:
		return c.way.flow.Languages
	case len(c.queue.Languages) > 0:
		return c.queue.Languages
	}
	return agency.Langs()
}

// music plays to the caller until something else does.
func (c *call) music() {
	if c.customer == nil {
		return
	}
	if clip, ok := c.s.prompt(c.language, media.Music); ok {
		c.customer.media.Play(c.ctx, []media.Clip{clip}, true)
	}
}

// heardIn is the language code of an announcement.
func heardIn(languages []agency.Lang) string {
	if len(languages) == 1 {
		return string(languages[0])
	}
	return gate.Several
}

// clips gives a prompt in each language; false when one is missing.
func (s *Service) clips(name string, languages []agency.Lang) ([]media.Clip, bool) {
	var clips []media.Clip
	for _, l := range languages {
		clip, ok := s.prompt(l, name)
		if !ok {
			return nil, false
		}
		clips = append(clips, clip)
	}
	return clips, len(clips) > 0
}
