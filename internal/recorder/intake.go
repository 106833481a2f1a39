package recorder

import (
	"context"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/token"
)

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
	security, why := i.s.policy.of(in.Source().Addr(), in.Transport())
	if why != "" {
		return 403, why
	}
	ct, body := in.Body()
	m, offer, err := siprec.Parse(ct, body)
	if err != nil {
		return refusal(err, 400, "Bad Recording Session")
	}
	gates, err := i.s.admit(m, time.Now())
	if err != nil {
		i.s.refuse(audit.Entry{Action: "recording.refused", Actor: "unknown"}, err)
		return refusal(err, 403, "No Gate Token")
	}
	lines, err := i.s.answer(offer, security)
	if err != nil {
		return refusal(err, 488, i.s.policy.reason(security))
	}
	ss, err := i.s.begin(m, gates, lines)
	if err != nil {
		lines.close()
		i.s.refuse(audit.Entry{Action: "recording.refused", Actor: "unknown", Agency: gates[0].Agency}, err)
		return refusal(err, 403, "Gate Token Used")
	}
	d, err := in.Answer(siprec.SDPType, lines.answer, sip.Header{Name: "Supported", Value: siprec.OptionTag})
	if err != nil {
		i.s.abandon(ss)
		return 0, ""
	}
	_ = d.TakeRemoteBody() // the metadata does not stay in memory
	ss.take(d)
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

// begin makes row and gate use, durably. The object is made when there is something to put in: after a crash before that
// the row is taken away at the next start, and the gate's part stays used. After an error nothing is left but perhaps that.
func (s *service) begin(m siprec.Metadata, gates []token.Gate, l *lines) (*session, error) {
	if err := s.room(s.work); err != nil {
		return nil, err
	}
	r := s.row(m.Extension, gates, time.Now())
	if _, err := s.vault.recipient(r.Agency, r.Destroy); err != nil {
		return nil, err // better now than at the first second
	}
	e := audit.Entry{Action: "recording.started", Actor: audit.System, Agency: r.Agency, Object: r.Key, Success: true}
	err := s.commits.do(e, func(tx Tx) error {
		for _, g := range gates {
			if err := tx.UseGate(g.ID, m.Extension.Part, m.Extension.Session, g.Expires); err != nil {
				return err
			}
		}
		return tx.Create(r)
	})
	if err != nil {
		return nil, err
	}
	ss := &session{s: s, row: r, lines: l, tl: &timeline{own: !m.Foreign, memory: &s.memory, paused: l.paused()}}
	if !s.enter(ss) {
		return nil, errs.New(errs.Unavailable, "recorder: it is stopping")
	}
	return ss, nil
}

// abandon takes away a recording whose call was never answered.
func (s *service) abandon(ss *session) {
	ss.lines.close()
	s.close(ending{ss: ss})
}

// row is the new row; all of it comes from what was signed or validated.
func (s *service) row(e siprec.Extension, gates []token.Gate, now time.Time) Row {
	day, destroy := s.rules.Day(now), s.rules.DestructionDay(now)
	g := gates[0]
	return Row{
		Key: id.New(), ID: Identification(day, e.Seat, e.Fragment), Date: day, Seat: e.Seat, Fragment: e.Fragment,
		Agency: g.Agency, Queue: g.Queue, Session: e.Session, Part: e.Part, Announcement: g.Announcement,
		Language: g.Language, Codec: media.PCMA.Name(), Started: now.UTC().Truncate(time.Microsecond), State: Recording,
		Destroy: destroy, KeyRef: keyRef(g.Agency, destroy), Gate: gateHashes(gates),
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
