package rtp

import (
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"
)

// Terms are what was agreed on in SDP for a leg. NewTerms and TermsOf make them.
type Terms struct {
	Codec         media.Codec
	PayloadType   uint8         // of the codec, in what we send
	Receive       uint8         // of the codec, in what comes; PayloadType is taken too
	Events        uint8         // payload type of telephone events in what we send (RFC 4733); 0: none
	EventsReceive uint8         // in what comes; Events is taken too
	EventClock    int           // ticks a second of the events' durations; 0: the codec's
	PTime         time.Duration // of sound in each packet that we make ourselves: 10 to 60 ms; 0: 20 ms
}

// NewTerms gives those of a codec with its usual payload type, without telephone events.
func NewTerms(c media.Codec) Terms {
	return Terms{Codec: c, PayloadType: c.PayloadType(), Receive: c.PayloadType(), EventClock: c.ClockRate()}
}

// TermsOf gives those of an SDP answer; errs.Invalid for a codec that is none of ours.
func TermsOf(c sdp.Choice) (Terms, error) {
	codec, ok := media.CodecNamed(c.Codec.Name)
	if !ok {
		return Terms{}, errs.New(errs.Invalid, "no codec %q", c.Codec.Name)
	}
	return Terms{
		Codec: codec, PayloadType: c.Codec.PT, Receive: c.ReceivePT, Events: eventType(c.DTMFPT), EventsReceive: eventType(c.DTMFReceivePT),
		EventClock: c.DTMFClock, PTime: time.Duration(c.PTime) * time.Millisecond,
	}, nil
}

// eventType turns sdp's "-1: none" into "0: none".
func eventType(pt int) uint8 {
	if pt <= 0 || pt > 127 {
		return 0
	}
	return uint8(pt)
}

// Limits of the packets that we make.
const (
	shortestPlayed = 10 * time.Millisecond
	longestPlayed  = 60 * time.Millisecond
	maxPlayed      = int(longestPlayed * media.SampleRate / time.Second) // samples
)

// terms are Terms, complete.
type terms struct {
	codec                   media.Codec
	payload, payloadReceive uint8
	events, eventsReceive   uint8 // 0: none
	eventClock              int
	ptime                   time.Duration
}

func newTerms(t Terms) *terms {
	if t.EventClock == 0 {
		t.EventClock = t.Codec.ClockRate()
	}
	if t.EventsReceive == 0 {
		t.EventsReceive = t.Events
	}
	if t.PTime == 0 {
		t.PTime = frameTime
	}
	return &terms{
		codec: t.Codec, payload: t.PayloadType, payloadReceive: t.Receive, events: t.Events, eventsReceive: t.EventsReceive,
		eventClock: t.EventClock, ptime: min(max(t.PTime.Truncate(shortestPlayed), shortestPlayed), longestPlayed),
	}
}

// sound tells whether packets of a payload type are the codec's.
func (t *terms) sound(payloadType uint8) bool {
	return payloadType == t.payload || payloadType == t.payloadReceive
}

// event tells whether packets of a payload type are telephone events.
func (t *terms) event(payloadType uint8) bool {
	return payloadType != 0 && (payloadType == t.events || payloadType == t.eventsReceive)
}
