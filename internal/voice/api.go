package voice

import (
	"context"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/rtp"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

const (
	// MaxDigits is how many keys one SendDTMF may send.
	MaxDigits = 32
	// digitTime bounds the sending of one key.
	digitTime = time.Second
)

// command runs f in the actor of the agent's own call.
func (s *Service) command(id, agent string, f func(c *call) error) error {
	c, err := s.calls.Get(id)
	if err != nil {
		return err
	}
	return c.mail.Ask(func() error {
		if agent == "" || c.offer.Agent != agent {
			return errs.New(errs.NotFound, "no such call of yours")
		}
		return f(c)
	})
}

// Decline pushes an offered call away; it goes to the next agent with its place kept. All commands give errs.NotFound where
// the call is not this agent's, errs.Conflict where its state does not allow them, errs.Gone after its end and errs.Limited
// where too many commands wait.
func (s *Service) Decline(id, agent string) error {
	return s.command(id, agent, func(c *call) error {
		if c.state != state.Offered {
			return errs.New(errs.Conflict, "the call is not offered")
		}
		c.decline()
		return nil
	})
}

// Hold lets the caller hear music and parts the two.
func (s *Service) Hold(id, agent string) error { return s.command(id, agent, (*call).hold) }

// Resume takes the caller back from hold.
func (s *Service) Resume(id, agent string) error { return s.command(id, agent, (*call).resume) }

// Mute drops what the agent says, or no more.
func (s *Service) Mute(id, agent string, on bool) error {
	return s.command(id, agent, func(c *call) error { return c.mute(on) })
}

// HangUp ends the conversation, or a call out before it is one.
func (s *Service) HangUp(id, agent string) error {
	return s.command(id, agent, func(c *call) error {
		if !c.inHand() {
			return errs.New(errs.Conflict, "a call that is %s can't be hung up", c.state)
		}
		c.finish("agent")
		return nil
	})
}

// SendDTMF presses keys (0-9, *, #, A-D, at most MaxDigits) towards the caller and returns when they are out.
func (s *Service) SendDTMF(id, agent, digits string) error {
	digits = strings.ToUpper(digits)
	if digits == "" || len(digits) > MaxDigits || strings.Trim(digits, leg.KeySet) != "" {
		return errs.At(errs.Invalid, "digits", "1 to %d of %s", MaxDigits, leg.KeySet)
	}
	var to *rtp.Leg
	var life context.Context
	err := s.command(id, agent, func(c *call) error {
		if c.state != state.Talking || c.customer == nil {
			return errs.New(errs.Conflict, "keys can be pressed only while talking with a customer")
		}
		to, life = c.customer.Media, c.ctx
		return nil
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(life, time.Duration(len(digits))*digitTime)
	defer cancel()
	return to.SendDTMF(ctx, digits)
}

// Caller gives the caller's number to the one agent who is offered or has the call, as long as the caller is there (M3):
// withheld where the caller kept it back. errs.NotFound for anybody else, errs.Gone afterwards.
func (s *Service) Caller(id, agent string) (pii.Number, error) {
	var n pii.Number
	err := s.command(id, agent, func(c *call) error {
		if !c.state.Live() {
			return errs.New(errs.Gone, "the call is over, its number is forgotten")
		}
		n = copied(c.caller)
		return nil
	})
	return n, err
}

// Calls lists the calls that an agent is offered, has, or writes up, the oldest first.
func (s *Service) Calls(agent string) []state.View {
	return s.views(func(v state.View) bool { return agent != "" && v.Agent == agent })
}

// Call gives a call's view; errs.Gone after its end.
func (s *Service) Call(id string) (state.View, error) {
	c, err := s.calls.Get(id)
	if err != nil {
		return state.View{}, err
	}
	return c.view(), nil
}

// Running lists every call of an agency, or of all with "", the oldest first: for supervisors.
func (s *Service) Running(agencyID string) []state.View {
	return s.views(func(v state.View) bool { return agencyID == "" || v.Agency == agencyID })
}

func (s *Service) views(wanted func(state.View) bool) []state.View {
	var list []state.View
	for _, c := range s.calls.All() {
		if v := c.view(); wanted(v) {
			list = append(list, v)
		}
	}
	return state.OldestFirst(list)
}
