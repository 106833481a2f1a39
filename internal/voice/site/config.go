// Package site is what the telephone's room stands on: what it is made of (Config), and what it looks up there: the queue and the
// flow of a called number, who sits at a seat, which queue turns calls away, what is played. It owns nothing.
//
// It must not know calls: what is found here holds for any of them.
package site

import (
	"crypto/ed25519"
	"log/slog"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/webrtc"
	"santra/internal/voice/callback"
	"santra/internal/voice/dial"
	"santra/internal/voice/leg"
	"santra/internal/voice/notes"
	"santra/internal/voice/tally"
)

// DefaultMaxCalls is how many calls there may be at a time, where the configuration does not say.
const DefaultMaxCalls = 2000

// Prompts is what is played; *media.Library is one.
type Prompts interface {
	Prompt(lang, name string) (media.Clip, bool)
}

// Config is what a Service is made of. The endpoints, pools and servers are listening already; who opened them closes them,
// after Stop.
type Config struct {
	Trunk    *sip.Endpoint  // the carrier's side
	Phones   *sip.Endpoint  // the agents' telephones
	Ports    *rtp.Pool      // media to the trunk
	Phone    *rtp.Pool      // media to the telephones; nil: Ports
	Browsers *webrtc.Server // nil: no browser telephones

	Recorder      sip.Target    // where SIPREC calls go, over TCP; an empty URI: there is no recorder
	Recording     *sip.Endpoint // from where; nil: Phones
	RecorderPorts *rtp.Pool     // media to the recorder; nil: Ports
	// RecorderSecurity is the policy about SRTP to the recorder.
	RecorderSecurity sdp.Security

	// Codecs of the trunk, in the order of preference: names as in SDP; nil: leg.DefaultCodecs. A caller who offers a wide band gets
	// it where the list has it.
	Codecs []string
	// PhoneDigests are the algorithms by which telephones prove their passwords, offered in this order (digest.SHA256, digest.MD5;
	// RFC 8760 2.3); nil: DefaultPhoneDigests.
	PhoneDigests []string
	// TrunkSRTP is the policy about the sound of a call that comes by a trunk; nil: it is in the clear. Of calls out, dial.Route says it.
	TrunkSRTP func(in *sip.Incoming) sdp.Security

	Carrier   dial.Carrier      // calls out; nil: there are none
	Callbacks *callback.Service // nil: none are promised
	Outcomes  notes.Outcomes    // nil: none are known
	Tally     Tally             // nil: no sums are made

	Book     *agency.Book
	Dispatch *dispatch.Dispatcher
	Events   event.Publisher
	GateKey  ed25519.PrivateKey // signs what lets a recording start; the recorder has its public half
	Prompts  Prompts
	MaxCalls int // 0: DefaultMaxCalls
	Log      *slog.Logger
}

// Tally is where sums of half-hours are made of what calls leave behind that is of nobody; *tally.Keeper is one. Neither waits.
type Tally interface {
	Sounded(l tally.Leg)
	Ended(key tally.EndKey)
}

// DefaultPhoneDigests is MD5 alone (RFC 7616 3.4.2). Where SHA-256 is offered too, telephones that don't know it give up instead of
// answering the other challenge (baresip 1.0 does, against RFC 8760 2.4).
func DefaultPhoneDigests() []string { return []string{digest.MD5} }

// Check tells whether everything that is needed is there; errs.Invalid.
func (cfg *Config) Check() error {
	missing := map[string]bool{
		"trunk": cfg.Trunk == nil, "phones": cfg.Phones == nil, "ports": cfg.Ports == nil, "book": cfg.Book == nil,
		"dispatch": cfg.Dispatch == nil, "events": cfg.Events == nil, "prompts": cfg.Prompts == nil,
		"gate_key": len(cfg.GateKey) != ed25519.PrivateKeySize,
	}
	for field, is := range missing {
		if is {
			return errs.At(errs.Invalid, "voice."+field, "is needed")
		}
	}
	if err := digest.CheckOffer(cfg.PhoneDigests); err != nil {
		return err
	}
	return leg.CheckCodecs(cfg.Codecs)
}

// Filled is the configuration with the defaults in it.
func (cfg Config) Filled() Config {
	if len(cfg.Codecs) == 0 {
		cfg.Codecs = leg.DefaultCodecs()
	}
	if len(cfg.PhoneDigests) == 0 {
		cfg.PhoneDigests = DefaultPhoneDigests()
	}
	if cfg.Phone == nil {
		cfg.Phone = cfg.Ports
	}
	if cfg.RecorderPorts == nil {
		cfg.RecorderPorts = cfg.Ports
	}
	if cfg.Recording == nil {
		cfg.Recording = cfg.Phones
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxCalls <= 0 {
		cfg.MaxCalls = DefaultMaxCalls
	}
	return cfg
}
