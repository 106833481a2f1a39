package voice

import (
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/routing"
	"santra/internal/voice/gate"
)

// Stage is where a consultation stands.
type Stage string

// The stages of a consultation.
const (
	ConsultRinging    Stage = "ringing"    // waits for its agent, or the telephone rings
	ConsultTalking    Stage = "talking"    // the agent talks with who is consulted; the customer hears music
	ConsultWaiting    Stage = "waiting"    // the agent is back with the customer; who is consulted hears music
	ConsultAnnouncing Stage = "announcing" // an outsider hears the announcement, to join afterwards
	ConsultJoined     Stage = "joined"     // all talk together
)

// Whom says who is to be consulted, or given a call: exactly one of them.
type Whom struct {
	Agent  string // person id
	Queue  string
	Seat   string // whoever sits there, else its telephone
	Number string // outside
}

// kind names what it is, for views and logs.
func (w Whom) kind() string {
	switch {
	case w.Agent != "":
		return "agent"
	case w.Queue != "":
		return "queue"
	case w.Seat != "":
		return "seat"
	}
	return "number"
}

// name is who it is, where that is no outsider: an outside number is shown by nobody (M3).
func (w Whom) name() string { return w.Agent + w.Queue + w.Seat }

func (w Whom) check() error {
	n := 0
	for _, s := range []string{w.Agent, w.Queue, w.Seat, w.Number} {
		if s != "" {
			n++
		}
	}
	if n != 1 {
		return errs.At(errs.Invalid, "to", "name one of agent, queue, seat and number")
	}
	return nil
}

// ConsultView is what may be shown of a consultation.
type ConsultView struct {
	Stage     Stage  `json:"stage"`
	Kind      string `json:"kind"` // "agent", "queue", "seat", "number"
	Name      string `json:"name"` // of the first three; "" for a number
	Outside   bool   `json:"outside"`
	Emergency bool   `json:"emergency"`
}

// consultation is who is there beside the customer: an agent, whose own call (inner) has the leg, or a telephone that we
// called. All its methods take a nil one for none.
type consultation struct {
	to       Whom
	at       Stage
	inner    *call
	media    *rtp.Leg // the consulted agent's, while that agent is there
	dial     *dial    // the telephone that rings
	leg      *leg     // the telephone that answered
	own      *leg     // the agent's second line, where the consultation began at the desk phone
	outside  bool
	way      Way
	pass     gate.Pass // of an outsider who has heard the announcement to its end
	warned   bool      // that announcement said that somebody may listen
	noticed  <-chan gate.Outcome
	tries    int
	failed   func()      // of a caller who is connected by a flow: where nobody is reached
	noticeOf func()      // cancels the announcement
	longest  *time.Timer // of an outsider: when the number plan ends it (toll fraud); nil: never
}

func (k *consultation) stage() Stage {
	if k == nil {
		return ""
	}
	return k.at
}

func (k *consultation) ringing() bool { return k.stage() == ConsultRinging }

// sound is the media of who is consulted, once they are there.
func (k *consultation) sound() *rtp.Leg {
	switch {
	case k == nil:
		return nil
	case k.leg != nil:
		return k.leg.media
	}
	return k.media
}

func (k *consultation) telephone() *leg {
	if k == nil {
		return nil
	}
	return k.leg
}

func (k *consultation) ended() <-chan struct{}        { return k.telephone().ended() }
func (k *consultation) keys() <-chan rune             { return k.telephone().keys() }
func (k *consultation) requests() <-chan *sip.Request { return k.telephone().requests() }

func (k *consultation) notice() <-chan gate.Outcome {
	if k == nil {
		return nil
	}
	return k.noticed
}

// line is the agent's second line; nil without.
func (k *consultation) line() *leg {
	if k == nil {
		return nil
	}
	return k.own
}

func (k *consultation) view() *ConsultView {
	if k == nil {
		return nil
	}
	return &ConsultView{Stage: k.at, Kind: k.to.kind(), Name: k.to.name(), Outside: k.outside, Emergency: k.way.Emergency}
}

// hush ends the announcement, if one plays.
func (k *consultation) hush() {
	if k.noticeOf != nil {
		k.noticeOf()
	}
	k.noticed, k.noticeOf = nil, nil
}

// wait lets who is consulted wait while the agent talks with the customer.
func (k *consultation) wait() {
	if k.stage() == ConsultTalking {
		k.at = ConsultWaiting
	}
}

// Consult asks somebody while the customer hears music. errs.Conflict where a consultation runs already, or who is asked is
// not ready; errs.NotFound where there is nobody of that name; the Carrier's refusals.
func (s *Service) Consult(id, agent string, to Whom) error {
	if err := to.check(); err != nil {
		return err
	}
	way, err := s.wayTo(id, agent, &to)
	if err != nil {
		return err
	}
	err = s.command(id, agent, func(c *call) error { return c.consultWith(to, way) })
	if err != nil {
		way.done()
	}
	return err
}

// done tells that the way is used no more, and forgets whither it led.
func (w Way) done() {
	w.Number.Erase()
	if w.Done != nil {
		w.Done()
	}
}

// wayTo finds the way to a number, and turns a seat into the agent who sits there. It is asked outside the actor, for it may
// take time.
func (s *Service) wayTo(id, agent string, to *Whom) (Way, error) {
	if to.Seat != "" {
		if at, ok := s.sitsAt(to.Seat); ok {
			*to = Whom{Agent: at}
		}
	}
	if to.Number == "" {
		return Way{}, nil
	}
	v, err := s.Call(id)
	if err != nil {
		return Way{}, err
	}
	return s.way(s.ctx, Want{Number: to.Number, Agent: agent, Seat: v.Seat, Queue: v.Queue, Agency: v.Agency}, to)
}

func (c *call) consultWith(to Whom, way Way) error {
	if way.Emergency {
		c.dropConsult("emergency")
	}
	switch {
	case !c.state.connected():
		return errs.New(errs.Conflict, "a call that is %s has no consultation", c.state)
	case c.consult != nil:
		return errs.New(errs.Conflict, "a consultation runs already: end it first")
	case to.Agent == c.offer.Agent:
		return errs.At(errs.Invalid, "to.agent", "that is you")
	}
	if c.state == Talking {
		if err := c.hold(); err != nil {
			return err
		}
	}
	k := &consultation{to: to, at: ConsultRinging, way: way, outside: to.Number != ""}
	if err := c.reach(k); err != nil {
		return err
	}
	c.consult = k
	c.log.Info("consultation", "with", to.kind())
	c.ringback(c.agent)
	c.changed()
	return nil
}

// reach begins to reach who is consulted.
func (c *call) reach(k *consultation) (err error) {
	switch {
	case k.to.Number != "" || k.to.Seat != "":
		return c.dialSecond(k)
	case k.to.Agent != "":
		if a, ok := c.s.cfg.Dispatch.Agent(k.to.Agent); !ok || a.State != routing.Ready {
			return errs.New(errs.Conflict, "that agent is not ready")
		}
		k.inner, err = c.inside(c.queue.ID, k.to.Agent)
	default:
		k.inner, err = c.inside(k.to.Queue, "")
	}
	return err
}

// dialSecond calls the telephone that is consulted.
func (c *call) dialSecond(k *consultation) error {
	p, err := c.telephone(k.to, k.way)
	if err != nil {
		return err
	}
	k.dial, err = c.dial(p, dialEvents{answered: c.secondAnswered, failed: c.secondFailed})
	return err
}

// telephone says how a seat's telephone, or one outside, is called.
func (c *call) telephone(to Whom, way Way) (party, error) {
	with := c.agent
	if with == nil { // a flow connects the customer itself
		with = c.customer
	}
	if to.Seat == "" {
		return party{
			role: RoleConsulted, pool: c.s.cfg.Ports, terms: c.s.trunkTerms(sdp.Plain, with), routes: way.Routes,
			invite: shows(way.Shown),
		}, nil
	}
	target, ok := c.s.phone(to.Seat)
	if !ok {
		return party{}, errs.New(errs.Conflict, "no telephone is registered at that seat")
	}
	t := c.s.phoneTerms(target.Transport, with)
	var routes []Route
	for _, s := range rising(t.security) {
		routes = append(routes, Route{Trunk: "seat", Endpoint: c.s.cfg.Phones, Target: target, SRTP: s})
	}
	return party{
		role: RoleConsulted, pool: c.s.cfg.Phone, terms: t, routes: routes,
		invite: sip.InviteOptions{FromUser: "santra", FromDisplay: c.queue.Name.In(c.shownIn())},
	}, nil
}

// secondAnswered takes the telephone that answered.
func (c *call) secondAnswered(d *dial) {
	k := c.consult
	if k == nil || k.dial != d {
		c.letGo(d, d.leg.dialog)
		return
	}
	c.step.stop()
	k.dial, k.leg = nil, d.leg
	if c.state == Forwarding {
		c.forwarded()
		return
	}
	k.at = ConsultTalking
	c.timeSecond(k)
	c.sound()
	c.changed()
}

// timeSecond ends an outsider's part when the longest time of a call out is over; the customer's goes on.
func (c *call) timeSecond(k *consultation) {
	if k.way.Longest <= 0 {
		return
	}
	k.longest = time.AfterFunc(k.way.Longest, func() {
		c.mail.must(func() {
			if c.consult == k && c.state.connected() {
				c.log.Info("consultation over", "why", "too long")
				c.endConsult()
			}
		})
	})
}

// untimed lets it last: the whole call is timed now, or over.
func (k *consultation) untimed() {
	if k.longest != nil {
		k.longest.Stop()
	}
}

// secondFailed tells the agent that nobody was reached; a call that was being given away comes back.
func (c *call) secondFailed(d *dial, err error) {
	k := c.consult
	if k == nil || k.dial != d {
		return
	}
	c.log.Info("not reached", "with", k.to.kind(), "why", failure(err))
	c.out.failed = failure(err)
	k.dial = nil
	if c.state == Forwarding {
		c.notForwarded()
		return
	}
	c.endConsult()
}

// consulted takes the agent who answered an inside call of ours.
func (c *call) consulted(inner *call, m *rtp.Leg) {
	k := c.consult
	if k == nil || k.inner != inner || !c.state.connected() {
		inner.mail.must(func() { inner.finish("nobody asks any more") })
		return
	}
	k.media, k.at = m, ConsultTalking
	c.sound()
	c.changed()
}

// innerOver takes the news that who was consulted is gone.
func (c *call) innerOver(inner *call) {
	if k := c.consult; k != nil && k.inner == inner {
		k.inner, k.media = nil, nil
		c.endConsult()
	}
}

// secondLeft: the telephone that was consulted has hung up.
func (c *call) secondLeft() {
	if c.state == Forwarded {
		c.finish("other party")
		return
	}
	c.endConsult()
}

// endConsult goes on without who was consulted. A customer who heard music goes on to: the agent takes them back when ready.
func (c *call) endConsult() {
	c.dropConsult("over")
	c.agent.media.StopPlay()
	c.sound()
	c.regate()
	c.changed()
}

// dropConsult ends a consultation, whatever its stage.
func (c *call) dropConsult(why string) {
	k := c.consult
	if k == nil {
		return
	}
	c.consult = nil
	k.untimed()
	k.dial.stop()
	k.hush()
	if k.inner != nil {
		inner := k.inner
		inner.mail.must(func() { inner.finish(why) })
	}
	c.drop(&k.leg)
	c.drop(&k.own)
	k.way.done()
}

// CancelConsult ends the consultation and takes the customer back.
func (s *Service) CancelConsult(id, agent string) error {
	return s.command(id, agent, func(c *call) error {
		if c.consult == nil {
			return errs.New(errs.Conflict, "nobody is consulted")
		}
		c.endConsult()
		if c.state == Held {
			return c.resume()
		}
		return nil
	})
}

// Swap changes over between the customer and who is consulted.
func (s *Service) Swap(id, agent string) error {
	return s.command(id, agent, func(c *call) error {
		switch k := c.consult; k.stage() {
		case ConsultTalking:
			return c.resume()
		case ConsultWaiting:
			if err := c.hold(); err != nil {
				return err
			}
			k.at = ConsultTalking
			c.sound()
			c.changed()
			return nil
		}
		return errs.New(errs.Conflict, "nobody is consulted whom you could change over to")
	})
}
