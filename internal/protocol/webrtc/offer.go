package webrtc

import (
	"slices"
	"strings"

	pionsdp "github.com/pion/sdp/v3"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
)

// supported are the codecs that the server knows. The dynamic payload types in use are the browser's choice.
func supported() []pion.RTPCodecParameters {
	list := []pion.RTPCodecParameters{events(sdp.PTDTMF, 8000), events(sdp.PTDTMF48, 48000)}
	for _, c := range media.Codecs() {
		list = append(list, parameters(c, c.PayloadType()))
	}
	return list
}

func events(payloadType uint8, clock int) pion.RTPCodecParameters {
	return pion.RTPCodecParameters{
		RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/" + sdp.DTMF, ClockRate: uint32(clock)}, PayloadType: pion.PayloadType(payloadType),
	}
}

func parameters(c media.Codec, payloadType uint8) pion.RTPCodecParameters {
	p := pion.RTPCodecParameters{
		RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/" + c.Name(), ClockRate: uint32(c.ClockRate())},
		PayloadType:        pion.PayloadType(payloadType),
	}
	if c == media.Opus {
		p.Channels, p.SDPFmtpLine = 2, sdp.OpusParams // RFC 7587 7: always two
	}
	return p
}

// wish is what of a browser's offer counts.
type wish struct {
	codec       media.Codec
	payload     uint8
	events      uint8 // payload type of telephone events, 0: none
	eventClock  int
	fingerprint string // of the browser's certificate, as written
}

// readOffer checks an offer before pion sees it: a bounded size, one audio section, and a codec of prefer, of which it takes
// the first that the offer has.
func readOffer(offer string, prefer []media.Codec) (wish, error) {
	if len(offer) > MaxOffer {
		return wish{}, errs.At(errs.TooLarge, "sdp", "is longer than %d bytes", MaxOffer)
	}
	var s pionsdp.SessionDescription
	if err := s.UnmarshalString(offer); err != nil {
		return wish{}, errs.At(errs.Invalid, "sdp", "can't be read as SDP")
	}
	ours, err := sdp.Parse([]byte(offer))
	if err != nil || len(ours.Media) != 1 || len(s.MediaDescriptions) != 1 || ours.Media[0].Kind != "audio" {
		return wish{}, errs.At(errs.Invalid, "sdp", "must have one section, of audio")
	}
	w, err := choose(ours.Media[0], prefer)
	w.fingerprint = fingerprint(&s)
	return w, err
}

func choose(m sdp.Media, prefer []media.Codec) (wish, error) {
	for _, c := range prefer {
		i := slices.IndexFunc(m.Codecs, func(o sdp.Codec) bool { return o.Name == c.Name() && o.Rate == c.ClockRate() })
		if i < 0 {
			continue
		}
		w := wish{codec: c, payload: m.Codecs[i].PT}
		if e, ok := m.Events(m.Codecs[i]); ok && e.PT != 0 {
			w.events, w.eventClock = e.PT, e.Rate
		}
		return w, nil
	}
	names := make([]string, 0, len(prefer))
	for _, c := range prefer {
		names = append(names, c.Name())
	}
	return wish{}, errs.At(errs.Invalid, "sdp", "must offer %s", strings.Join(names, " or "))
}

// fingerprint is the offer's a=fingerprint (RFC 8122 5), of its section or of all, in small letters.
func fingerprint(s *pionsdp.SessionDescription) string {
	if v, ok := s.MediaDescriptions[0].Attribute("fingerprint"); ok {
		return strings.ToLower(v)
	}
	v, _ := s.Attribute("fingerprint")
	return strings.ToLower(v)
}

// agreed lists what the answer has: the one codec, so that the browser can't send another, and its events.
func (w wish) agreed() []pion.RTPCodecParameters {
	list := []pion.RTPCodecParameters{parameters(w.codec, w.payload)}
	if w.events != 0 {
		list = append(list, events(w.events, w.eventClock))
	}
	return list
}

// terms are those of the leg over the peer.
func (w wish) terms() rtp.Terms {
	return rtp.Terms{
		Codec: w.codec, PayloadType: w.payload, Receive: w.payload, Events: w.events, EventsReceive: w.events, EventClock: w.eventClock,
	}
}
