package tape

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"santra/internal/id"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/voice/actor"
	"santra/internal/voice/gate"
)

// How the centre stays with its recorder. None of it ever touches the conversation itself.
const (
	AnswerTime  = 5 * time.Second  // for the recorder to answer
	Backoff     = time.Second      // before the first try again; doubled each time
	BackoffMost = 30 * time.Second // at most
	Pulse       = 5 * time.Second  // how often a running part is asked for: a dead recorder is noticed in at most twice that
)

// What Recording.Shown says.
const (
	None = "none"   // nothing is to be recorded, or nobody talks yet
	On   = "on"     // both directions reach the recorder
	Held = "paused" // the agent has paused it, for sensitive details
	Off  = "off"    // it should be recorded and is not: no announcement was heard, or the recorder is not there
)

// Owner is whose conversation is recorded, an actor. All but Background and Must is called in the actor alone.
type Owner interface {
	Context() context.Context         // ends with the actor
	Log() *slog.Logger                // of the conversation
	Metadata() siprec.Metadata        // of the conversation now; the session, its part and the gates are filled in here
	Background(what string, f func()) // does what may take time beside the actor
	Must(f func()) bool               // has the actor do something; false: it has ended
	Tap()                             // lets the sound of who may be recorded now reach Recording.Tap
	Untap()                           // parts everybody from the tap that was
	Changed()                         // shows the recording as it is
}

// Thread is what goes along with a customer from one conversation to the next, so that the parts of both belong together.
type Thread struct {
	ID     string // opaque, shared by the parts; "" before the first
	Part   int    // the last one's number; each try has its own
	Paused bool   // for sensitive details
}

// Recording is the recording side of a conversation: at most one session with the recorder at a time, parts numbered from 1.
// Only its owner's actor touches it; it waits for Alarm, Ended and Requests.
type Recording struct {
	Thread
	Alarm   actor.Alarm // the next try, or the next look at the running part
	client  *Client
	owner   Owner
	state   string // None, On, Off
	gates   []gate.Pass
	session *session
	try     *try
	backoff time.Duration
}

// try is an INVITE to the recorder that is under way.
type try struct{ cancel context.CancelFunc }

// New makes the recording of a conversation that does not run yet.
func New(c *Client, o Owner) *Recording { return &Recording{client: c, owner: o, state: None} }

// Shown is what people may see of it: None, On, Held or Off.
func (r *Recording) Shown() string {
	if r.Paused && r.state == On {
		return Held
	}
	return r.state
}

// With tells whether it was begun with just these passes.
func (r *Recording) With(gates []gate.Pass) bool { return slices.Equal(r.gates, gates) }

// Tap is what takes the sound of the running part; nil: none runs.
func (r *Recording) Tap() *rtp.Tap {
	if r.session == nil {
		return nil
	}
	return r.session.tap
}

// Requests are what the recorder asks inside the running part; for Asked.
func (r *Recording) Requests() <-chan *sip.Request {
	if r.session == nil {
		return nil
	}
	return r.session.dialog.Requests()
}

// Begin begins to record with the passes of announcements that were heard to their end, one of everybody outside. Without
// them, or without a recorder, it is Off (M4).
func (r *Recording) Begin(gates []gate.Pass) {
	r.state, r.gates = Off, nil
	if len(gates) == 0 || !r.client.Records() {
		return
	}
	r.gates = gates
	if r.ID == "" {
		r.ID = id.New()
	}
	r.dial()
}

// dial invites the recorder to the next part, beside the actor. Each try has a part number of its own: one that was not
// answered may yet have reached the recorder, which takes a number once.
func (r *Recording) dial() {
	r.Part++
	ctx, cancel := context.WithTimeout(r.owner.Context(), AnswerTime)
	t := &try{cancel}
	r.try = t
	gates, meta := r.gates, r.owner.Metadata()
	meta.Session, meta.Extension.Session, meta.Extension.Part = r.ID, r.ID, r.Part
	meta.Start, meta.Complete = time.Now(), true
	r.owner.Background("recorder", func() {
		defer cancel()
		s, err := r.client.open(ctx, gates, meta)
		if !r.owner.Must(func() { r.answered(t, s, err) }) && s != nil {
			s.close(r.client.cfg.Parting)
		}
	})
}

// answered taps both parties, or plans the next try.
func (r *Recording) answered(t *try, s *session, err error) {
	if r.try != t { // the conversation is over
		if s != nil {
			r.owner.Background("recorder", func() { s.close(r.client.cfg.Parting) })
		}
		return
	}
	r.try = nil
	if err != nil {
		r.client.Failed.Add(1)
		r.owner.Log().Warn("not recorded", "part", r.Part, "error", err)
		r.again()
		return
	}
	r.client.Taken.Add(1)
	r.session, r.state, r.backoff = s, On, 0
	r.owner.Tap()
	r.tellPause()
	r.Alarm.Set(Pulse, r.look)
	r.owner.Changed()
}

// again tries later, as a new part under the same passes.
func (r *Recording) again() {
	r.backoff = min(max(Backoff, 2*r.backoff), BackoffMost)
	r.Alarm.Set(r.backoff, r.dial)
}

// look asks whether the recorder still takes the running part.
func (r *Recording) look() {
	s := r.session
	r.owner.Background("recorder probe", func() {
		if !s.lives(r.owner.Context()) {
			r.owner.Must(func() { r.silent(s) })
		}
	})
	r.Alarm.Set(Pulse, r.look)
}

func (r *Recording) silent(s *session) {
	if r.session == s {
		r.Left("no answer")
	}
}

// Left goes on without the recorder, says so, and tries again.
func (r *Recording) Left(why string) {
	if r.session == nil {
		return
	}
	r.client.Lost.Add(1)
	r.owner.Log().Warn("recording is off", "why", why, "part", r.Part)
	r.drop()
	r.state = Off
	r.again()
	r.owner.Changed()
}

// Asked answers what the recorder asks inside its dialog: nothing is renegotiated, a refresh is fine. Not ok: Requests was closed, for the recorder has
// ended the part.
func (r *Recording) Asked(q *sip.Request, ok bool) {
	const codeOK, codeNotAcceptable = 200, 488
	code := codeNotAcceptable
	switch {
	case !ok:
		r.Left("hung up")
		return
	case q.Method == "OPTIONS", q.Method == "INFO", q.Method == "UPDATE" && len(q.Body) == 0:
		code = codeOK
	}
	if err := q.Respond(code, "", nil); err != nil {
		r.owner.Log().Debug("response not sent", "method", q.Method, "code", code, "error", err)
	}
}

// drop ends the running part.
func (r *Recording) drop() {
	s := r.session
	if s == nil {
		return
	}
	r.session = nil
	r.owner.Untap()
	r.owner.Background("recorder", func() { s.close(r.client.cfg.Parting) })
}

// End ends the recording, with the conversation or with the company in it; called before the legs go. What is in Thread goes on, but
// the pause.
func (r *Recording) End() {
	r.Alarm.Stop()
	if r.try != nil {
		r.try.cancel()
		r.try = nil
	}
	r.drop()
	r.state, r.gates, r.Paused = None, nil, false
}
