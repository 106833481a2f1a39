package voice

import (
	"context"

	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/voice/actor"
	"santra/internal/voice/flow"
	"santra/internal/voice/gate"
	"santra/internal/voice/leg"
	"santra/internal/voice/site"
	"santra/internal/voice/state"
)

// lead is a caller's way through the flow of the number that was called. The flow says what comes next; this carries it out
// and tells it what happened.
type lead struct {
	flow   agency.Flow
	number string              // the city's own, that was called
	run    *flow.Run           // nil before the caller hears us, and of calls without a flow
	played <-chan error        // what plays has ended; nil while nothing does, or music
	notice <-chan gate.Outcome // the recording announcement has ended; nil while none plays
	told   flow.Announce       // that plays
	name   string              // of its sound
	tries  int                 // of it
	cancel context.CancelFunc
	early  rune        // a key that came before we began
	wake   actor.Alarm // when there is something to tell a caller who waits

	promised bool // it has led to a callback
}

// leads tells whether the flow has something to say about the call.
func (l *lead) leads() bool { return l.run != nil && !l.run.Over() }

// quieten forgets what plays; its sound ends with the leg or with the next Play.
func (l *lead) quieten() {
	if l.cancel != nil {
		l.cancel()
	}
	l.played, l.notice, l.cancel = nil, nil, nil
}

// stop ends the flow's part.
func (l *lead) stop() {
	l.quieten()
	l.wake.Stop()
}

// begin is the first step of a call from the trunk, once the caller hears us.
func (c *call) begin() {
	if c.deaf || c.way.run != nil || c.state != state.Announcing { // a call out has no flow, and one that was given away has it no more
		return
	}
	run, actions := flow.Start(c.way.flow, site.Facts{Site: &c.s.cfg})
	c.way.run = run
	c.carryOut(actions)
	if c.way.early != 0 {
		c.happens(flow.Key{Key: c.way.early})
	}
}

// happens tells the flow, where it leads the call, and does what it says.
func (c *call) happens(e flow.Event) {
	if c.way.leads() {
		c.carryOut(c.way.run.On(e))
	}
}

// carryOut does what the flow says. The language may have been chosen just now.
func (c *call) carryOut(actions []flow.Action) {
	if len(actions) > 0 {
		c.step.Stop()
	}
	c.language = c.way.run.Language()
	for _, a := range actions {
		c.act(a)
	}
}

func (c *call) act(a flow.Action) {
	switch a := a.(type) {
	case flow.Play:
		c.play(a)
	case flow.Announce:
		c.way.tries = 0
		c.announce(a)
	case flow.Collect:
		c.step.Set(a.Within, func() { c.happens(flow.Timeout{}) })
	case flow.Enqueue:
		c.enqueue(a)
	case flow.Wake:
		c.way.wake.Set(a.After, c.woken)
	case flow.Promise:
		c.promise(a)
	case flow.Dial:
		c.flowDial(a)
	case flow.HangUp:
		c.leaveByFlow()
	}
}

// play plays what the flow says, in place of what plays. A prompt that is missing is skipped and logged.
func (c *call) play(a flow.Play) {
	c.way.quieten()
	var clips []media.Clip
	for _, p := range a.Parts {
		clip, ok := c.s.cfg.Clip(p.Lang, p.Name)
		if !ok {
			c.log.Error("a prompt is missing", "prompt", p.Name, "language", p.Lang)
			continue
		}
		clips = append(clips, clip)
	}
	if len(clips) == 0 {
		c.customer.Media.StopPlay()
		if !a.Loop {
			c.mail.Must(func() { c.happens(flow.Played{}) })
		}
		return
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.way.cancel = cancel
	played := c.customer.Media.Play(ctx, clips, a.Loop)
	if !a.Loop {
		c.way.played = played
	}
}

// announce plays the recording announcement: the only way to a pass.
func (c *call) announce(a flow.Announce) {
	c.way.quieten()
	ctx, cancel := context.WithCancel(c.ctx)
	c.way.told, c.way.cancel = a, cancel
	c.way.tries++
	c.way.name = c.toldBy(a.Prompt)
	clips, _ := c.s.cfg.Clips(c.way.name, a.Languages) // without all of them Announce gives no pass
	c.way.notice = gate.Announce(ctx, c.customer.Media, gate.Notice{
		Clips: clips, Language: site.HeardIn(a.Languages), Agency: c.owner.ID, Queue: c.queue.ID,
	}, c.s.cfg.GateKey)
}

// noticePlayed goes on: with the pass of an announcement heard to its end; without, never recorded.
func (c *call) noticePlayed(o gate.Outcome) {
	c.way.quieten()
	if o.Err != nil && c.way.tries < AnnouncementTries {
		c.announce(c.way.told)
		return
	}
	if o.Err != nil {
		c.log.Error("no announcement, so no recording", "error", o.Err)
	} else {
		c.s.count.Announced.Add(1)
	}
	c.pass, c.warned = o.Pass, o.Err == nil && c.way.name == media.AnnouncementListening
	if c.state == state.Informing {
		c.talk()
		return
	}
	c.happens(flow.Announced{OK: o.Err == nil})
}

// enqueue puts the call into the queue that the flow names.
func (c *call) enqueue(a flow.Enqueue) {
	if err := c.take(a.Queue); err != nil {
		c.log.Error("the flow leads to a queue that is not known here", "error", err)
		c.fail("no queue")
		return
	}
	c.pass = c.passInto(a)
	if a.Away {
		c.turnAway()
		return
	}
	c.wait()
}

// passInto is the pass with which the call goes into its queue: none where the flow says that it isn't recorded there.
func (c *call) passInto(a flow.Enqueue) gate.Pass {
	if !a.Record {
		return gate.Pass{}
	}
	pass, _ := c.pass.In(c.owner.ID, c.queue.ID, c.s.cfg.GateKey) // none with an error
	return pass
}

// woken tells the flow what is known of the wait just now.
func (c *call) woken() {
	if !c.state.Queued() {
		return
	}
	w := flow.Woken{Callback: c.offerable()}
	if x, ok := c.s.cfg.Dispatch.Explain(c.job); ok {
		w.Position = x.Estimate.Place
		if x.Estimate.Known {
			w.Estimate = x.Estimate.High
		}
	}
	c.happens(w)
}

// leaveByFlow ends the call as its flow says.
func (c *call) leaveByFlow() {
	if c.state == state.Announcing {
		_ = c.set(state.Leaving)
	}
	c.finish(byFlow)
}

// pressed takes a key from the media; while two parties talk, their bridge has passed it on already.
func (c *call) pressed(l *leg.Leg, k rune, ok bool) {
	if !ok {
		l.KeysEnded()
	}
	switch {
	case !ok || l != c.customer:
	case c.way.run == nil && c.state == state.Announcing:
		c.way.early = k
	case c.state == state.Announcing || c.state.Queued() || c.state == state.Leaving:
		c.happens(flow.Key{Key: k})
	}
}

// callerHears goes on when the caller hears us again: who had us on hold was not told (M4).
func (c *call) callerHears(yes bool) {
	was := c.deaf
	c.deaf = !yes
	switch {
	case was == c.deaf:
	case c.state == state.Informing:
		c.informAgain()
	case c.way.run == nil:
		if c.acked == nil {
			c.begin()
		}
	case c.deaf:
		c.way.quieten()
		c.happens(flow.Deaf{On: true})
	default:
		c.happens(flow.Deaf{On: false})
	}
}
