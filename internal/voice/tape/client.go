// Package tape is the centre's side of a recording: a client of SIPREC (RFC 7866, metadata RFC 7865) that sends what two sides
// of a conversation say to the recorder. It owns the sessions with the recorder, their numbered parts, tries and pauses.
//
// A part can't be opened but with gate.Pass, so not before an announcement was heard to its end (M4); of the caller the recorder
// is told what is in the metadata, the last digits of a number and no other identity (M7); nothing of the sound stays here (M5).
// It must not know calls, agents or who talks: its owner says when to record, and whose sound reaches the Tap.
package tape

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/voice/gate"
)

// byeTime is how long a hang-up waits for the recorder's answer.
const byeTime = 5 * time.Second

// Config says where the recorder is.
type Config struct {
	Recorder sip.Target      // over TCP; an empty URI: there is none
	Endpoint *sip.Endpoint   // from where it is called
	Ports    *rtp.Pool       // of the media to it
	Security sdp.Security    // SRTP to it
	Log      *slog.Logger    // nil: discarded
	Parting  context.Context // of hang-ups
}

// Counts are what became of all parts. They may be read from any goroutine.
type Counts struct {
	Taken  atomic.Uint64 // parts that the recorder took
	Failed atomic.Uint64 // tries that it did not take
	Lost   atomic.Uint64 // parts that ended before the conversation
}

// Client opens sessions with the recorder.
type Client struct {
	Counts
	cfg Config
}

// NewClient makes one; the configuration is taken as it is.
func NewClient(cfg Config) *Client {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Client{cfg: cfg}
}

// Records tells whether there is a recorder.
func (c *Client) Records() bool { return c.cfg.Recorder.URI != "" }

// session is a part that the recorder takes.
type session struct {
	dialog *sip.Dialog
	tap    *rtp.Tap
	offer  []byte // the last one; of one request at a time
	pause  told
}

// open sets a part up with the recorder (RFC 7866 6). It can't be called without a pass, and a pass is not to be had without
// an announcement.
func (c *Client) open(ctx context.Context, gates []gate.Pass, m siprec.Metadata) (*session, error) {
	if len(gates) == 0 || slices.ContainsFunc(gates, func(p gate.Pass) bool { return !p.Valid() }) {
		return nil, errs.New(errs.Denied, "no recording without an announcement heard to its end")
	}
	p := gates[0]
	m.Extension.Gate, m.Extension.Announcement, m.Extension.Language = p.Token(), p.Version(), p.Language()
	m.Extension.Outsiders = len(gates)
	for _, added := range gates[1:] {
		m.Extension.Gates = append(m.Extension.Gates, added.Token())
	}
	tap, err := rtp.NewTap(rtp.TapConfig{Pool: c.cfg.Ports, Log: c.cfg.Log})
	if err != nil {
		return nil, err
	}
	offer := offerOf(tap, c.cfg.Security)
	d, err := c.invite(ctx, tap, m, offer)
	if err != nil {
		_ = tap.Close()
		return nil, err
	}
	return &session{dialog: d, tap: tap, offer: offer}, nil
}

func (c *Client) invite(ctx context.Context, tap *rtp.Tap, m siprec.Metadata, offer []byte) (*sip.Dialog, error) {
	kind, body, err := siprec.Build(m, offer)
	if err != nil {
		return nil, err
	}
	out, err := c.cfg.Endpoint.Invite(ctx, c.cfg.Recorder, sip.InviteOptions{
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
	if err := start(tap, offer, d.TakeRemoteBody()); err != nil {
		bye(c.cfg.Parting, d)
		return nil, err
	}
	d.Describe(siprec.SDPType, offer) // the metadata was said once
	return d, nil
}

// offerOf has two sendonly lines, what the customer says and what the agent says (RFC 7866 7.1.1).
func offerOf(tap *rtp.Tap, security sdp.Security) []byte {
	line := func(ch rtp.Channel, label string) sdp.Stream {
		return sdp.Stream{Local: tap.Local(ch), Codecs: []string{sdp.PCMA}, Direction: sdp.SendOnly, Label: label, Security: security}
	}
	return sdp.Offer(sdp.Options{}, line(rtp.Customer, siprec.LabelCustomer), line(rtp.Agent, siprec.LabelAgent))
}

// start sends both streams where the recorder's answer says; a recorder that takes only one is of no use.
func start(tap *rtp.Tap, offer, answer []byte) error {
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

// lives asks the recorder inside its dialog whether this very part is still taken: a process that was killed says no BYE, and
// one that was started again answers 481. The dialog then ends and tells so; a host that is silent does not.
func (s *session) lives(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, AnswerTime)
	defer cancel()
	_, err := s.dialog.Request(ctx, "OPTIONS", "", nil)
	return err == nil
}

// close flushes the sound, then says that the part is complete.
func (s *session) close(ctx context.Context) {
	_ = s.tap.Close()
	bye(ctx, s.dialog)
}

func bye(ctx context.Context, d *sip.Dialog) {
	ctx, cancel := context.WithTimeout(ctx, byeTime)
	defer cancel()
	_ = d.Bye(ctx) // over at once, whatever the recorder says
}
