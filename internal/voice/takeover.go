package voice

import (
	"santra/internal/dispatch"
	"santra/internal/routing"
	"santra/internal/voice/state"
)

// Announce implements dispatch.Announcer: the calls that wait, ring, or are in agents' hands, as each last showed itself. It
// asks no actor, so it waits for none.
func (s *Service) Announce() []dispatch.Announcement {
	var list []dispatch.Announcement
	for _, c := range s.calls.All() {
		if now := c.shown.Load(); now.known {
			list = append(list, now.work)
		}
	}
	return list
}

// announced is the call as the next owner of routing must know it; false where it is none of routing's business. Where it
// stands is given only for one that has moved: of the others dispatch itself knows more, if it knows anything.
func (c *call) announced() (dispatch.Announcement, bool) {
	a := dispatch.Announcement{Work: c.work()}
	switch {
	case c.out.callback != "": // dispatch itself knows of callbacks, and more than a call does
		return a, false
	case c.state == state.Waiting:
	case c.state == state.Offered:
		a.Agent, a.Until, a.Epoch = c.offer.Agent, c.offer.Expires, c.offer.Epoch
	case c.inHand():
		a.Agent = c.offer.Agent
		return a, true
	default:
		return a, false
	}
	if c.hops > 0 {
		a.Work.Past = &routing.Placement{Entered: c.entered, Hops: c.hops}
	}
	return a, true
}
