package recorder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/token"
)

// lifeSlack is how much later than its rule a token may expire: the two servers' clocks differ a little.
const lifeSlack = 30 * time.Second

// intake takes SIPREC calls (RFC 7866 8: the session recording server).
type intake struct{ s *service }

// Invite implements sip.Handler. A call without a valid gate token is refused (M4), whatever else it says.
func (i intake) Invite(in *sip.Incoming) {
	code, reason := i.take(in)
	if code != 0 {
		in.Reject(code, reason)
	}
}

// take records a call until its end, or gives the code and reason of its refusal.
func (i intake) take(in *sip.Incoming) (code int, reason string) {
	ct, body := in.Body()
	m, offer, err := siprec.Parse(ct, body)
	if err != nil {
		return refusal(err, 400, "Bad Recording Session")
	}
	gate, err := i.s.admit(m, time.Now())
	if err != nil {
		i.s.refuse(audit.Entry{Action: "recording.refused", Actor: "unknown"}, err)
		return refusal(err, 403, "No Gate Token")
	}
	lines, err := i.s.answer(in, offer)
	if err != nil {
		return refusal(err, 488, "Not Acceptable Here")
	}
	defer lines.close()
	ss, err := i.s.begin(m, gate, lines)
	if err != nil {
		i.s.refuse(audit.Entry{Action: "recording.refused", Actor: "unknown", Agency: gate.Agency}, err)
		return refusal(err, 403, "Gate Token Used")
	}
	defer i.s.leave(ss)
	d, err := in.Answer(siprec.SDPType, lines.answer, sip.Header{Name: "Supported", Value: siprec.OptionTag})
	if err != nil {
		ss.abandon(i.s.work)
		return 0, ""
	}
	ss.run(i.s.work, d)
	return 0, ""
}

// refusal maps an error to SIP; code is for what the kinds do not tell.
func refusal(err error, code int, reason string) (int, string) {
	switch errs.KindOf(err) {
	case errs.Unavailable, errs.Limited:
		return 503, "Recorder Full Or Unavailable"
	case errs.TooLarge:
		return 413, "Request Entity Too Large"
	case errs.Internal:
		return 500, "Server Internal Error"
	}
	return code, reason
}

// admit checks the gate token, and that the metadata say the same as what was signed.
func (s *service) admit(m siprec.Metadata, now time.Time) (token.Gate, error) {
	var g token.Gate
	e := m.Extension
	if err := token.Open(s.centre, token.DomainGate, e.Gate, now, &g); err != nil {
		return g, err
	}
	switch {
	case g.Expires.After(now.Add(token.GateLife + lifeSlack)):
		return g, errs.New(errs.Denied, "the gate token lives too long")
	case g.ID == "" || g.Announcement == "" || g.Language == "":
		return g, errs.New(errs.Denied, "the gate token names no announcement")
	case g.Agency != e.Agency || g.Queue != e.Queue || g.Announcement != e.Announcement || g.Language != e.Language:
		return g, errs.New(errs.Denied, "the metadata differ from the gate token")
	}
	return g, nil
}

// lines are the sockets of one recording session.
type lines struct {
	receivers []*rtp.Receiver
	channels  []int // of each receiver: 0 customer, 1 agent
	choices   []sdp.Choice
	answer    []byte
}

func (l *lines) close() {
	for _, r := range l.receivers {
		_ = r.Close() // nothing is lost with a receiving socket
	}
}

// answer opens a socket for each of the (at most two) lines of the offer and answers them recvonly.
func (s *service) answer(in *sip.Incoming, offer []byte) (*lines, error) {
	o, err := sdp.Parse(offer)
	if err != nil {
		return nil, err
	}
	l := &lines{}
	var locals []netip.AddrPort
	for range min(2, len(o.Audio())) {
		r, err := rtp.Listen(s.pool)
		if err != nil {
			l.close()
			return nil, err
		}
		l.receivers, locals = append(l.receivers, r), append(locals, r.Local())
	}
	var choices []sdp.Choice
	l.answer, choices, err = sdp.AnswerAll(sdp.Options{}, o, locals, []string{sdp.PCMA, sdp.PCMU}, sdp.RecvOnly)
	if err != nil {
		l.close()
		return nil, err
	}
	l.settle(choices)
	return l, nil
}

// settle tells each socket whom to hear and as which channel: by label where it is ours, else in the order of the lines.
func (l *lines) settle(choices []sdp.Choice) {
	next := 0
	for _, c := range choices {
		if next == len(l.receivers) {
			return
		}
		if !c.Remote.IsValid() && !c.Receives() {
			continue
		}
		channel := next
		switch c.Label {
		case siprec.LabelCustomer:
			channel = 0
		case siprec.LabelAgent:
			channel = 1
		}
		l.receivers[next].Expect(c.Remote)
		l.choices, l.channels = append(l.choices, c), append(l.channels, channel)
		next++
	}
}

// begin makes row, gate use and object. After an error nothing of it is left.
func (s *service) begin(m siprec.Metadata, g token.Gate, l *lines) (*session, error) {
	if err := s.room(s.work); err != nil {
		return nil, err
	}
	now := time.Now()
	r := s.row(m.Extension, g, now)
	e := audit.Entry{Action: "recording.started", Actor: audit.System, Agency: r.Agency, Object: r.Key, Success: true}
	err := s.Store.Do(s.work, e, func(tx Tx) error {
		if err := tx.UseGate(g.ID, m.Extension.Part, m.Extension.Session, g.Expires); err != nil {
			return err
		}
		return tx.Create(r)
	})
	if err != nil {
		return nil, err
	}
	w, err := beginObject(s.work, s.Blobs, s.vault, r)
	if err != nil {
		if gone := s.discard(context.WithoutCancel(s.work), r); gone != nil {
			s.Log.Error("recorder: what could not begin is still in the catalogue", "recording", r.Key, "err", gone)
		}
		return nil, err
	}
	return s.enter(&session{s: s, row: r, w: w, lines: l, tl: &timeline{own: !m.Foreign}})
}

// row is the new row; all of it comes from what was signed or validated.
func (s *service) row(e siprec.Extension, g token.Gate, now time.Time) Row {
	day, destroy := s.rules.Day(now), s.rules.DestructionDay(now)
	gate := sha256.Sum256([]byte(g.ID))
	return Row{
		Key: id.New(), ID: Identification(day, e.Seat, e.Fragment), Date: day, Seat: e.Seat, Fragment: e.Fragment,
		Agency: g.Agency, Queue: g.Queue, Session: e.Session, Part: e.Part, Announcement: g.Announcement,
		Language: g.Language, Codec: media.PCMA.Name(), Started: now.UTC().Truncate(time.Microsecond), State: Recording,
		Destroy: destroy, KeyRef: keyRef(g.Agency, destroy), Gate: hex.EncodeToString(gate[:]),
	}
}

// room tells whether one more recording can be taken.
func (s *service) room(ctx context.Context) error {
	if s.active() >= MaxSessions {
		return errs.New(errs.Limited, "recorder: %d recordings grow already", MaxSessions)
	}
	free, err := s.Blobs.Free(ctx)
	if err == nil && free >= 0 && free < s.MinFree {
		err = errs.New(errs.Unavailable, "recorder: the disk is full: %d bytes are free, %d are wanted", free, s.MinFree)
	}
	return err
}
