package voice

import (
	"context"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/voice/gate"
)

// How the centre stays with its recorder. None of it ever touches the conversation itself.
const (
	RecorderTime     = 5 * time.Second  // for the recorder to answer
	RecorderBackoff  = time.Second      // before the first try again; doubled each time
	RecorderBackoffs = 30 * time.Second // at most
	RecorderPulse    = 5 * time.Second  // how often a running part is asked for: a dead recorder is noticed in at most twice that
)

// recording is the recording side of a call: at most one session with the recorder at a time, parts numbered from 1.
type recording struct {
	state   string // RecordingNone, On, Off
	gates   []gate.Pass
	id      string // opaque, shared by the parts, unlike the call's own id
	part    int
	session *session
	paused  bool // by the agent, for sensitive details
	try     *try
	backoff time.Duration
	timer   alarm // the next try, or the next look at the running one
}

// covers tells whether the running part was begun with the passes of all who are outside now.
func (r *recording) covers(gates []gate.Pass) bool {
	return len(gates) > 0 && slices.Equal(r.gates, gates)
}

// session is a part that the recorder takes.
type session struct {
	dialog *sip.Dialog
	tap    *rtp.Tap
	offer  []byte // the last one; of one request at a time
	pause  told
}

// try is an INVITE to the recorder that is under way.
type try struct{ cancel context.CancelFunc }

func (r *recording) ended() <-chan struct{} {
	if r.session == nil {
		return nil
	}
	return r.session.dialog.Ended()
}

func (r *recording) requests() <-chan *sip.Request {
	if r.session == nil {
		return nil
	}
	return r.session.dialog.Requests()
}

// gates are the passes of all who are outside the centre and in the conversation; none where one of them was not told (M4).
func (c *call) gates() []gate.Pass {
	if !c.pass.Valid() {
		return nil
	}
	gates := []gate.Pass{c.pass}
	if k := c.consult; k.stage() == ConsultJoined && k.outside {
		if !k.pass.Valid() {
			return nil
		}
		gates = append(gates, k.pass)
	}
	return gates
}

// record begins to record where the queue is, with the passes of announcements that were heard to their end. Without them it
// never does (M4).
func (c *call) record() {
	gates := c.gates()
	switch {
	case !c.queue.Record || c.out.emergency:
		c.rec.state = RecordingNone
	case len(gates) == 0 || c.s.cfg.Recorder.URI == "":
		c.rec.state, c.rec.gates = RecordingOff, nil
	default:
		c.rec.state, c.rec.gates = RecordingOff, gates
		if c.rec.id == "" {
			c.rec.id = id.New()
		}
		c.dialRecorder()
	}
}

// regate begins a new part when somebody outside has joined or left; nothing where nobody has.
func (c *call) regate() {
	if !c.state.connected() || !c.queue.Record || slices.Equal(c.rec.gates, c.gates()) {
		return
	}
	paused := c.rec.paused
	c.unrecord()
	c.rec.paused = paused // who is sensitive stays so, whoever comes or goes
	c.record()
}

// PauseRecording leaves out what is said until ResumeRecording: sensitive details. It is a gap in the recording.
func (s *Service) PauseRecording(id, agent string) error { return s.pauseRecording(id, agent, true) }

// ResumeRecording ends the pause.
func (s *Service) ResumeRecording(id, agent string) error { return s.pauseRecording(id, agent, false) }

func (s *Service) pauseRecording(id, agent string, on bool) error {
	return s.command(id, agent, func(c *call) error {
		switch {
		case !c.state.connected() || c.rec.state == RecordingNone:
			return errs.New(errs.Conflict, "this call is not recorded")
		case c.rec.paused == on:
			return nil
		}
		c.rec.paused = on
		c.tap()
		c.pauseSession()
		c.changed()
		return nil
	})
}

// recordingShown is what a view says.
func (c *call) recordingShown() string {
	if c.rec.paused && c.rec.state == RecordingOn {
		return RecordingHeld
	}
	return c.rec.state
}

// dialRecorder invites the recorder to the next part, beside the actor. Each try has a part number of its own: one that was
// not answered may yet have reached the recorder, which takes a number once.
func (c *call) dialRecorder() {
	c.rec.part++
	ctx, cancel := context.WithTimeout(c.ctx, RecorderTime)
	t := &try{cancel}
	c.rec.try = t
	gates, meta := c.rec.gates, c.metadata()
	c.background("recorder", func() {
		defer cancel()
		s, err := c.s.openRecording(ctx, gates, meta)
		if !c.mail.must(func() { c.recorderAnswered(t, s, err) }) && s != nil {
			s.close(c.s.parting)
		}
	})
}

// metadata is all that the recorder is told: nothing of the caller but the last digits (M7).
func (c *call) metadata() siprec.Metadata {
	return siprec.Metadata{
		Session: c.rec.id, Start: time.Now(), Complete: true,
		Extension: siprec.Extension{
			Part: c.rec.part, Session: c.rec.id, Agency: c.owner.ID, Queue: c.queue.ID, Seat: c.offer.Seat,
			Fragment: c.caller.Fragment(c.owner.FragmentDigits),
		},
	}
}

// openRecording sets a part up with the recorder (RFC 7866 6). It can't be called without a pass, and a pass is not to be
// had without an announcement.
func (s *Service) openRecording(ctx context.Context, gates []gate.Pass, m siprec.Metadata) (*session, error) {
	if len(gates) == 0 || slices.ContainsFunc(gates, func(p gate.Pass) bool { return !p.Valid() }) {
		return nil, errs.New(errs.Denied, "no recording without an announcement heard to its end")
	}
	p := gates[0]
	m.Extension.Gate, m.Extension.Announcement, m.Extension.Language = p.Token(), p.Version(), p.Language()
	m.Extension.Outsiders = len(gates)
	for _, added := range gates[1:] {
		m.Extension.Gates = append(m.Extension.Gates, added.Token())
	}
	tap, err := rtp.NewTap(rtp.TapConfig{Pool: s.cfg.RecorderPorts, Log: s.log})
	if err != nil {
		return nil, err
	}
	offer := recordingOffer(tap, s.cfg.RecorderSecurity)
	d, err := s.inviteRecorder(ctx, tap, m, offer)
	if err != nil {
		_ = tap.Close()
		return nil, err
	}
	return &session{dialog: d, tap: tap, offer: offer}, nil
}

func (s *Service) inviteRecorder(ctx context.Context, tap *rtp.Tap, m siprec.Metadata, offer []byte) (*sip.Dialog, error) {
	kind, body, err := siprec.Build(m, offer)
	if err != nil {
		return nil, err
	}
	out, err := s.cfg.Recording.Invite(ctx, s.cfg.Recorder, sip.InviteOptions{
		FromUser: "santra", ContentType: kind, Body: body,
		Headers: []sip.Header{{Name: "Require", Value: siprec.OptionTag}},
	})
	if err != nil {
		return nil, err
	}
	d, err := out.Wait(ctx)
	if err != nil {
		return nil, err
	}
	if err := startTap(tap, offer, d.TakeRemoteBody()); err != nil {
		hangUp(s.parting, d)
		return nil, err
	}
	d.Describe(sdpType, offer) // the metadata was said once
	return d, nil
}

// recordingOffer has two sendonly lines, what the customer says and what the agent says (RFC 7866 7.1.1).
func recordingOffer(tap *rtp.Tap, security sdp.Security) []byte {
	line := func(ch rtp.Channel, label string) sdp.Stream {
		return sdp.Stream{Local: tap.Local(ch), Codecs: []string{sdp.PCMA}, Direction: sdp.SendOnly, Label: label, Security: security}
	}
	return sdp.Offer(sdp.Options{}, line(rtp.Customer, siprec.LabelCustomer), line(rtp.Agent, siprec.LabelAgent))
}

// startTap sends both streams where the recorder's answer says; a recorder that takes only one is of no use.
func startTap(tap *rtp.Tap, offer, answer []byte) error {
	ours, err := sdp.Parse(offer)
	if err != nil {
		return err
	}
	theirs, err := sdp.Parse(answer)
	if err != nil {
		return err
	}
	choices, err := sdp.Accepted(ours, theirs)
	if err != nil {
		return err
	}
	if len(choices) != 2 || !choices[0].Remote.IsValid() || !choices[1].Remote.IsValid() {
		return errs.New(errs.Unavailable, "the recorder does not take both streams")
	}
	if err := tap.Secure(choices[0].Keys, choices[1].Keys); err != nil {
		return err
	}
	tap.Start(choices[0].Remote, choices[1].Remote)
	return nil
}

// recorderAnswered taps both parties, or plans the next try.
func (c *call) recorderAnswered(t *try, s *session, err error) {
	if c.rec.try != t { // the conversation is over
		if s != nil {
			c.background("recorder", func() { s.close(c.s.parting) })
		}
		return
	}
	c.rec.try = nil
	if err != nil {
		c.s.count.recordFailed.Add(1)
		c.log.Warn("not recorded", "part", c.rec.part, "error", err)
		c.retryRecorder()
		return
	}
	c.s.count.recorded.Add(1)
	c.rec.session, c.rec.state, c.rec.backoff = s, RecordingOn, 0
	c.tap()
	c.pauseSession()
	c.rec.timer.set(RecorderPulse, c.lookAtRecorder)
	c.changed()
}

// retryRecorder tries again later, as a new part under the same pass.
func (c *call) retryRecorder() {
	c.rec.backoff = min(max(RecorderBackoff, 2*c.rec.backoff), RecorderBackoffs)
	c.rec.timer.set(c.rec.backoff, c.dialRecorder)
}

// lookAtRecorder asks the recorder inside its dialog whether this very part is still taken: a process that was killed says
// no BYE, and one that was started again answers 481. The dialog then ends and tells so; a host that is silent does not.
func (c *call) lookAtRecorder() {
	s := c.rec.session
	c.background("recorder probe", func() {
		if !s.lives(c.ctx) {
			c.mail.must(func() { c.recorderSilent(s) })
		}
	})
	c.rec.timer.set(RecorderPulse, c.lookAtRecorder)
}

func (s *session) lives(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, RecorderTime)
	defer cancel()
	_, err := s.dialog.Request(ctx, "OPTIONS", "", nil)
	return err == nil
}

func (c *call) recorderSilent(s *session) {
	if c.rec.session == s {
		c.recorderLeft("no answer")
	}
}

// recorderLeft goes on without the recorder, says so, and tries again.
func (c *call) recorderLeft(why string) {
	if c.rec.session == nil {
		return
	}
	c.s.count.recordLost.Add(1)
	c.log.Warn("recording is off", "why", why, "part", c.rec.part)
	c.untap()
	c.rec.state = RecordingOff
	c.retryRecorder()
	c.changed()
}

// recorderAsked answers what the recorder asks inside its dialog: nothing is renegotiated, a refresh is fine.
func (c *call) recorderAsked(r *sip.Request, ok bool) {
	switch {
	case !ok:
	case r.Method == "OPTIONS", r.Method == "INFO", r.Method == "UPDATE" && len(r.Body) == 0:
		c.respond(r, codeOK, nil)
	default:
		c.respond(r, codeNotAcceptable, nil)
	}
}

func (c *call) untap() {
	s := c.rec.session
	if s == nil {
		return
	}
	c.rec.session = nil
	for _, l := range []*leg{c.customer, c.agent} {
		if l != nil {
			l.media.Tap(nil, rtp.Customer)
		}
	}
	if c.mix != nil {
		c.mix.Tap(nil, rtp.Customer)
		c.mix.Tap(nil, rtp.Agent)
	}
	c.background("recorder", func() { s.close(c.s.parting) })
}

// unrecord ends the part, with the conversation or with the company in it; called before the legs go.
func (c *call) unrecord() {
	c.rec.timer.stop()
	if c.rec.try != nil {
		c.rec.try.cancel()
		c.rec.try = nil
	}
	c.untap()
	c.rec.state, c.rec.gates, c.rec.paused = RecordingNone, nil, false
}

// close flushes the sound, then says that the part is complete.
func (s *session) close(ctx context.Context) {
	_ = s.tap.Close()
	hangUp(ctx, s.dialog)
}
