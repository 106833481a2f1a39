package voice

import (
	"santra/internal/agency"
	"santra/internal/routing"
	"santra/internal/voice/flow"
	"santra/internal/voice/site"
	"santra/internal/voice/state"
)

// Diverted implements dispatch.Carrier: the caller hears an announcement and the call ends, goes to another telephone, or is
// offered a callback.
func (s *Service) Diverted(w routing.Work, to routing.Target, reason string) {
	if c := s.calls.Of(w.ID); c != nil {
		c.mail.Must(func() { c.diverted(to, reason) })
	}
}

// diverted follows routing's decision: to an announcement by the flow, which may lead elsewhere than to the end; to another
// telephone; to a callback that is offered.
func (c *call) diverted(to routing.Target, reason string) {
	switch {
	case c.direction == state.Inside:
		c.finish("closed")
		return
	case to.Kind == routing.ToCallback:
		c.invited()
		return
	case c.state == state.Offered: // the withdrawal is always told first; be safe
		c.requeue("diverted")
	}
	if c.state != state.Waiting {
		return
	}
	c.step.Stop()
	c.again.Stop()
	c.way.wake.Stop()
	c.log.Info("call diverted", "to", to.Kind.String(), "name", to.Name, "why", reason)
	if to.Kind == routing.ToNumber {
		_ = c.set(state.Leaving)
		c.forwardTo(to.Name)
		return
	}
	c.sayWhy(to.Name)
}

// invited offers a callback because routing says so.
func (c *call) invited() {
	if c.state.Queued() {
		c.happens(flow.Woken{Callback: c.offerable(), Invited: true})
	}
}

// sayWhy lets the flow say why the call ends, or lead on; a call that the flow leads no more (it was in an agent's hands) hears
// the announcement and good-bye.
func (c *call) sayWhy(name string) {
	if !c.way.leads() {
		end := agency.Step{ID: "end", HangUp: &agency.HangUpStep{Prompt: name}}
		f := agency.Flow{Agency: c.owner.ID, Languages: c.spoken(), Steps: []agency.Step{end}}
		run, actions := flow.Start(f, site.Facts{Site: &c.s.cfg})
		c.way.flow, c.way.run = f, run
		_ = c.set(state.Leaving)
		c.carryOut(actions)
		return
	}
	actions := c.way.run.On(flow.Diverted{Announcement: name})
	if c.way.run.Leaving() {
		_ = c.set(state.Leaving)
	} else {
		_ = c.set(state.Announcing)
	}
	c.carryOut(actions)
}
