package voice

import (
	"context"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/voice/gate"
)

const (
	// MenuTime is how long after the end of the language menu a key is awaited; then every language is spoken.
	MenuTime = 4 * time.Second
	// AnnouncementTries is how often a recording announcement is begun that could not be played to its end. After the last
	// the call goes on unrecorded.
	AnnouncementTries = 3
)

// announcement is the first part of a call: the language menu and the recording announcement; or the last: why it ends.
type announcement struct {
	menu     <-chan error        // the menu's sound has ended; nil without one
	notice   <-chan gate.Outcome // the announcement has ended; nil while none plays
	farewell <-chan error        // what is said at the end has ended; nil while nothing is
	tries    int
	cancel   context.CancelFunc
	choose   bool // a key chooses the language now
}

// stop forgets what plays; its sound ends with the leg or with the next Play.
func (a *announcement) stop() {
	if a.cancel != nil {
		a.cancel()
	}
	*a = announcement{tries: a.tries}
}

// begin is the first step of every call, and again of one that hears us again.
func (c *call) begin() {
	if c.deaf {
		return
	}
	if c.menu() && c.language == "" {
		c.playMenu()
		return
	}
	c.announce()
}

func (c *call) playMenu() {
	clips, ok := c.s.clips(media.LanguageMenu, c.queue.Languages)
	if !ok {
		c.announce()
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.hearing = announcement{menu: c.customer.media.Play(ctx, clips, false), cancel: cancel, choose: true}
}

// menuPlayed gives the caller MenuTime for a key.
func (c *call) menuPlayed(error) {
	c.hearing.menu = nil
	c.step.set(MenuTime, c.announce)
}

// menu tells whether a key chooses the language on this number.
func (c *call) menu() bool { return c.queue.LanguageMenu && len(c.queue.Languages) > 1 }

// chosen takes a key in the language menu, or before it: who knows the menu presses at once, and the key may be here before
// the ACK is. The key belongs to the language, on every number the same, for the prompt of a
// language names its own key: 1 Finnish, 2 Swedish, 3 English. A key of a language that the number does not have is none.
func (c *call) chosen(k rune) {
	l, ok := languageOf(k)
	if !ok || !c.menu() || c.hearing.notice != nil || !slices.Contains(c.queue.Languages, l) {
		return
	}
	c.language = l
	if c.hearing.choose {
		c.announce()
	}
}

func languageOf(k rune) (agency.Lang, bool) {
	i := int(k - '1')
	if i < 0 || i >= len(agency.Langs()) {
		return "", false
	}
	return agency.Langs()[i], true
}

// announce plays the recording announcement; a queue that is closed needs none.
func (c *call) announce() {
	c.step.stop()
	c.hearing.stop()
	if c.state == Announcing && c.hearing.tries == 0 && c.s.turnsAway(c.queue) {
		c.turnAway()
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.hearing.tries++
	c.hearing.cancel = cancel
	c.hearing.notice = gate.Announce(ctx, c.customer.media, c.notice(), c.s.cfg.GateKey)
}

// notice is the recording announcement of the call's queue: in the chosen language, else in every language of the queue.
func (c *call) notice() gate.Notice {
	clips, _ := c.s.clips(media.Announcement, c.spoken()) // without all of them Announce gives no pass
	return gate.Notice{Clips: clips, Language: heardIn(c.spoken()), Agency: c.owner.ID, Queue: c.queue.ID}
}

// spoken is what is spoken to the caller: the chosen language, else every language of the queue.
func (c *call) spoken() []agency.Lang {
	if c.language != "" {
		return []agency.Lang{c.language}
	}
	return c.queue.Languages
}

// noticePlayed goes on to the queue: with the pass of an announcement heard to its end; without, never recorded.
func (c *call) noticePlayed(o gate.Outcome) {
	c.hearing.stop()
	if o.Err != nil && c.hearing.tries < AnnouncementTries {
		c.announce()
		return
	}
	if o.Err != nil {
		c.log.Error("no announcement, so no recording", "error", o.Err)
	} else {
		c.s.count.announced.Add(1)
	}
	c.pass = o.Pass
	if c.state == Informing {
		c.talk()
		return
	}
	c.music()
	c.wait()
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
