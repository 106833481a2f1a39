package recorder

import (
	"net/netip"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
)

// lines are the sockets of one recording session. One goroutine at a time changes them.
type lines struct {
	terms
	security  sdp.Security
	receivers []*rtp.Receiver
	locals    []netip.AddrPort
}

// terms are what an answer settled on for each receiver.
type terms struct {
	channels []int // 0 customer, 1 agent
	choices  []sdp.Choice
	answer   []byte
}

func (l *lines) close() {
	for _, r := range l.receivers {
		_ = r.Close() // nothing is lost with a receiving socket
	}
}

// flush lets what has come be heard now: it was said before what is answered now.
func (l *lines) flush() {
	for _, r := range l.receivers {
		r.Flush()
	}
}

// answer opens a socket for each of the (at most two) lines of the offer and answers them recvonly.
func (s *service) answer(offer []byte, security sdp.Security) (*lines, error) {
	o, err := sdp.Parse(offer)
	if err != nil {
		return nil, err
	}
	l := &lines{security: security}
	for range min(2, len(o.Audio())) {
		r, err := rtp.Listen(s.pool)
		if err != nil {
			l.close()
			return nil, err
		}
		l.receivers, l.locals = append(l.receivers, r), append(l.locals, r.Local())
	}
	t, err := l.propose(sdp.Options{}, o, []string{sdp.PCMA, sdp.PCMU})
	if err == nil {
		err = l.agree(t)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// propose answers an offer recvonly, by label where it is ours, else in the order of the lines.
func (l *lines) propose(o sdp.Options, offer *sdp.Session, codecs []string) (terms, error) {
	var t terms
	var err error
	o.Security = l.security
	t.answer, t.choices, err = sdp.AnswerAll(o, offer, l.locals, codecs, sdp.RecvOnly)
	for i, c := range t.choices {
		t.channels = append(t.channels, channelFor(c.Label, i))
	}
	return t, err
}

// agree tells each socket whom to hear, and by which keys.
func (l *lines) agree(t terms) error {
	for i, c := range t.choices {
		if err := l.receivers[i].Secure(c.Keys); err != nil {
			return err
		}
		l.receivers[i].Expect(c.Remote)
	}
	l.terms = t
	return nil
}

// channelFor knows our own labels; other clients' lines are taken in their order.
func channelFor(label string, next int) int {
	switch label {
	case siprec.LabelCustomer:
		return 0
	case siprec.LabelAgent:
		return 1
	}
	return next
}

// hear lets what comes be written to the timeline until the lines are closed. The timeline is memory: nothing waits in it.
func (l *lines) hear(tl *timeline) {
	for i, c := range l.choices {
		codec, _ := media.CodecNamed(c.Codec.Name)
		channel, pt := l.channels[i], c.Codec.PT
		_ = l.receivers[i].Handle(func(p rtp.Packet) { // an error is that of a closed line
			if p.PayloadType == pt {
				tl.write(channel, p, codec, p.At)
			}
		})
	}
}

// again answers a later offer of the same session (RFC 3264 8): the client may speak from elsewhere, and may pause or go on
// (RFC 7866 7.1.1, RFC 3264 8.4), with the codec and the lines that it had. paused says that it will send on none of them. errs.Invalid
// for an offer of anything else; what was settled before then stays.
func (l *lines) again(offer []byte) (paused bool, err error) {
	o, err := sdp.Parse(offer)
	if err != nil {
		return false, err
	}
	ours, err := sdp.Parse(l.answer)
	if err != nil {
		return false, err
	}
	options := sdp.Options{ID: ours.ID, Version: ours.Version + 1}
	for _, c := range l.choices {
		options.Keys = append(options.Keys, c.Keys.Local)
	}
	t, err := l.propose(options, o, []string{l.choices[0].Codec.Name})
	if err != nil {
		return false, err
	}
	if !t.like(l.terms) {
		return false, errs.New(errs.Invalid, "recorder: a later offer must have the same lines and codec")
	}
	return t.paused(), l.agree(t)
}

// like compares what the receivers were told at the beginning; what was encrypted stays so, and what was not too.
func (t terms) like(o terms) bool {
	same := func(a, b sdp.Choice) bool { return a.Codec.PT == b.Codec.PT && a.Keys.Valid() == b.Keys.Valid() }
	return slices.EqualFunc(t.choices, o.choices, same) && slices.Equal(t.channels, o.channels)
}

func (t terms) paused() bool {
	return !slices.ContainsFunc(t.choices, sdp.Choice.Receives)
}

// respond answers what the client asks within the call: a later offer pauses or goes on; of an update of the metadata (Avaya
// sends participants so) nothing may be kept, so it is taken and not looked at.
func (ss *session) respond(r *sip.Request) {
	code, ct, body := ss.reply(r)
	if err := r.Respond(code, ct, body); err != nil {
		ss.s.Log.Info("recorder: a request within a recording session could not be answered", "err", err)
	}
}

func (ss *session) reply(r *sip.Request) (code int, ct string, body []byte) {
	if r.Method != "INVITE" && (r.Method != "UPDATE" || len(r.Body) == 0) {
		return 200, "", nil
	}
	if len(r.Body) == 0 { // the client answers our offer: nothing changes (RFC 3261 14.2)
		return 200, siprec.SDPType, ss.lines.answer
	}
	_, offer, err := siprec.Parse(r.ContentType, r.Body)
	if err == nil && offer == nil {
		return 200, "", nil
	}
	if err != nil {
		code, _ := refusal(err, 400, "")
		return code, "", nil
	}
	paused, err := ss.lines.again(offer)
	if err != nil {
		return 488, "", nil
	}
	ss.lines.flush()
	ss.tl.pause(paused, time.Now())
	return 200, siprec.SDPType, ss.lines.answer
}
