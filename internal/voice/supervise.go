package voice

import (
	"context"
	"slices"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/protocol/webrtc"
	"santra/internal/voice/company"
	"santra/internal/voice/leg"
)

// MaxWatchers bounds the supervisors of one call.
const MaxWatchers = 3

// watcher is a supervisor in a call.
type watcher struct {
	id     string
	person string
	mode   company.Mode
	leg    *leg.Leg
}

// Supervise lets a person hear a call with their browser: it takes the browser's SDP offer and gives our answer and the
// watch's id. The caller has checked the person's right and purpose and has logged both (M8). errs.Conflict where nobody
// talks, or where the customer's announcement did not say that somebody may listen.
func (s *Service) Supervise(ctx context.Context, callID, person string, m company.Mode, offerSDP string) (watch, answer string, err error) {
	c, err := s.calls.Get(callID)
	if err != nil {
		return "", "", err
	}
	var prefer []media.Codec
	err = c.mail.Ask(func() error {
		prefer = leg.BrowserCodecs(c.customer)
		return c.maySupervise(person, m)
	})
	if err != nil {
		return "", "", err
	}
	if s.cfg.Browsers == nil {
		return "", "", errs.New(errs.Unavailable, "no browser telephones here")
	}
	peer, answer, err := s.cfg.Browsers.Answer(ctx, offerSDP, prefer...)
	if err != nil {
		return "", "", err
	}
	w := &watcher{id: id.New(), person: person, mode: m}
	if err := c.mail.Ask(func() error { return c.watched(w, peer) }); err != nil {
		_ = peer.Close()
		return "", "", err
	}
	return w.id, answer, nil
}

func (c *call) maySupervise(person string, m company.Mode) error {
	switch {
	case !m.Known():
		return errs.At(errs.Invalid, "mode", "want listen, whisper or barge")
	case !c.state.Connected() || c.customer == nil:
		return errs.New(errs.Conflict, "nobody talks in this call")
	case person == c.offer.Agent:
		return errs.New(errs.Invalid, "it is your own call")
	case !c.queue.Listening || !c.warned:
		return errs.New(errs.Denied, "the customer was not told that somebody may listen")
	case len(c.watchers) >= MaxWatchers:
		return errs.New(errs.Limited, "%d supervisors are in this call already", MaxWatchers)
	}
	return nil
}

func (c *call) watched(w *watcher, peer *webrtc.Peer) error {
	if err := c.maySupervise(w.person, w.mode); err != nil {
		return err
	}
	w.leg = leg.Browser(peer, leg.Supervisor, c.log)
	c.watchers = append(c.watchers, w)
	gone := peer.Closed()
	c.background("watch", func() { c.follow(w, gone) })
	c.sound()
	c.changed()
	c.log.Info("supervised", "mode", w.mode)
	return nil
}

// follow waits, beside the actor, until the supervisor's browser has gone.
func (c *call) follow(w *watcher, gone <-chan struct{}) {
	select {
	case <-gone:
		c.mail.Must(func() { c.unwatch(w) })
	case <-c.ctx.Done():
	}
}

func (c *call) unwatch(w *watcher) {
	i := slices.Index(c.watchers, w)
	if i < 0 {
		return
	}
	c.watchers = slices.Delete(c.watchers, i, i+1)
	c.drop(&w.leg)
	c.sound()
	c.changed()
}

func (c *call) dropWatchers() {
	for _, w := range c.watchers {
		c.drop(&w.leg)
	}
	c.watchers = nil
}

// supervised is the strongest way in which somebody takes part, for the agent's eyes; "" without.
func (c *call) supervised() string {
	for _, m := range []company.Mode{company.Barging, company.Whispering, company.Listening} {
		if slices.ContainsFunc(c.watchers, func(w *watcher) bool { return w.mode == m }) {
			return string(m)
		}
	}
	return ""
}

// SetMode changes how a supervisor takes part; "" ends it. errs.NotFound where the watch is not that person's.
func (s *Service) SetMode(callID, watch, person string, m company.Mode) error {
	c, err := s.calls.Get(callID)
	if err != nil {
		return err
	}
	return c.mail.Ask(func() error {
		i := slices.IndexFunc(c.watchers, func(w *watcher) bool { return w.id == watch && w.person == person })
		switch {
		case i < 0:
			return errs.New(errs.NotFound, "you do not supervise this call")
		case m == "":
			c.unwatch(c.watchers[i])
			return nil
		case !m.Known():
			return errs.At(errs.Invalid, "mode", "want listen, whisper or barge")
		}
		c.watchers[i].mode = m
		c.sound()
		c.changed()
		return nil
	})
}
