package voice

import (
	"context"
	"slices"

	"santra/internal/errs"
	"santra/internal/protocol/webrtc"
)

// Restart goes on with the agent's browser after its network has changed (an ICE restart, webrtc.Peer.Restart): it takes the
// same browser's new offer and gives our answer; the call stays. errs.NotFound for anybody else, errs.Conflict where no browser
// of the agent's is in the call, errs.Invalid for an offer that is not that browser's, errs.Gone after the end.
func (s *Service) Restart(ctx context.Context, id, agent, offerSDP string) (string, error) {
	var peer *webrtc.Peer
	err := s.command(id, agent, func(c *call) error {
		if c.agent == nil || c.agent.Peer == nil {
			return errs.New(errs.Conflict, "you are in this call by no browser")
		}
		peer = c.agent.Peer
		return nil
	})
	if err != nil {
		return "", err
	}
	return peer.Restart(ctx, offerSDP)
}

// RestartWatch is Restart for a supervisor's browser. errs.NotFound where the watch is not that person's.
func (s *Service) RestartWatch(ctx context.Context, callID, watch, person, offerSDP string) (string, error) {
	c, err := s.calls.Get(callID)
	if err != nil {
		return "", err
	}
	var peer *webrtc.Peer
	err = c.mail.Ask(func() error {
		i := slices.IndexFunc(c.watchers, func(w *watcher) bool { return w.id == watch && w.person == person })
		if i < 0 {
			return errs.New(errs.NotFound, "you do not supervise this call")
		}
		peer = c.watchers[i].leg.Peer
		return nil
	})
	if err != nil {
		return "", err
	}
	return peer.Restart(ctx, offerSDP)
}
