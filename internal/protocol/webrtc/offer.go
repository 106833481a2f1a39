package webrtc

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
)

const telephoneEvent = "telephone-event"

// supported are the codecs that the server knows; the payload type of events is the browser's choice.
func supported() []pion.RTPCodecParameters {
	list := []pion.RTPCodecParameters{{
		RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/" + telephoneEvent, ClockRate: media.SampleRate}, PayloadType: 101,
	}}
	for _, c := range media.Codecs() {
		list = append(list, parameters(c))
	}
	return list
}

func parameters(c media.Codec) pion.RTPCodecParameters {
	return pion.RTPCodecParameters{
		RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/" + c.Name(), ClockRate: media.SampleRate},
		PayloadType:        pion.PayloadType(c.PayloadType()),
	}
}

// wish is what of a browser's offer counts.
type wish struct {
	codec  media.Codec
	events uint8 // payload type of telephone events, 0: none
}

// readOffer checks an offer before pion sees it: a bounded size, one audio section and a codec of ours.
func readOffer(offer string) (wish, error) {
	if len(offer) > MaxOffer {
		return wish{}, errs.At(errs.TooLarge, "sdp", "is longer than %d bytes", MaxOffer)
	}
	var s sdp.SessionDescription
	if err := s.UnmarshalString(offer); err != nil {
		return wish{}, errs.At(errs.Invalid, "sdp", "can't be read as SDP")
	}
	if len(s.MediaDescriptions) != 1 || s.MediaDescriptions[0].MediaName.Media != "audio" {
		return wish{}, errs.At(errs.Invalid, "sdp", "must have one section, of audio")
	}
	m := s.MediaDescriptions[0]
	w := wish{events: eventType(m)}
	for _, c := range media.Codecs() {
		if slices.Contains(m.MediaName.Formats, payloadType(c)) {
			w.codec = c
			return w, nil
		}
	}
	return w, errs.At(errs.Invalid, "sdp", "must offer PCMA or PCMU")
}

func payloadType(c media.Codec) string {
	if c == media.PCMU {
		return "0"
	}
	return "8"
}

// eventType finds the payload type of telephone events at 8,000 Hz (RFC 4733 7.1.1).
func eventType(m *sdp.MediaDescription) uint8 {
	for _, a := range m.Attributes {
		number, coding, ok := strings.Cut(a.Value, " ")
		if a.Key != "rtpmap" || !ok || !strings.EqualFold(coding, telephoneEvent+"/8000") {
			continue
		}
		if n := dynamicType(number); n != 0 && slices.Contains(m.MediaName.Formats, number) {
			return n
		}
	}
	return 0
}

// dynamicType reads a payload type of 96 to 127 (RFC 3551 6), 0 for another.
func dynamicType(s string) uint8 {
	if len(s) < 2 || len(s) > 3 {
		return 0
	}
	n := 0
	for _, d := range []byte(s) {
		if d < '0' || d > '9' {
			return 0
		}
		n = 10*n + int(d-'0')
	}
	if n < 96 || n > 127 {
		return 0
	}
	return uint8(n)
}
