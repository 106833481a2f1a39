package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// The names of the codecs, as in a=rtpmap.
const (
	PCMA = "PCMA"
	PCMU = "PCMU"
	G722 = "G722" // its clock is 8,000, though it samples at 16,000 (RFC 3551 4.5.2)
	Opus = "opus" // its clock is always 48,000, and it always says two channels (RFC 7587 7)
	DTMF = "telephone-event"
)

// The static payload types (RFC 3551 6) and the dynamic ones that we use in offers.
const (
	PTPCMU   = 0
	PTPCMA   = 8
	PTG722   = 9
	PTDTMF   = 101 // telephone-event/8000
	PTDTMF48 = 110 // telephone-event/48000, beside Opus: events have the clock of the sound (RFC 4733 2.1)
	PTOpus   = 111
)

// The packet times that we send, in milliseconds: multiples of ptimeStep.
const (
	ptimeStep   = 10
	LongestTime = 60
)

// OpusParams is what we say of the Opus that we like to receive (RFC 7587 6.1): speech, and each frame a second time, coarser,
// in the next, for when it is lost.
const OpusParams = "minptime=10;useinbandfec=1;maxaveragebitrate=32000"

const (
	narrowClock = 8000
	opusClock   = 48000
)

// Codec is a payload type with its meaning.
type Codec struct {
	PT   uint8
	Name string // upper case, but "opus" and "telephone-event"
	Rate int    // Hz of the RTP clock
}

// Prefer puts those of codecs that another leg of the call talks first, in the order of talked, so that nothing need be
// transcoded where both can; the others stay behind, in their order. For the preference of Answer, and of an offer's Stream.
func Prefer(codecs []string, talked ...string) []string {
	list := make([]string, 0, len(codecs))
	for _, name := range append(slices.Clone(talked), codecs...) {
		if slices.Contains(codecs, name) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// plain is the preference of who gives none: what every telephone has.
func plain() []string { return []string{PCMA, PCMU} }

// byName gives a codec of ours with the payload type that we offer it with.
func byName(name string) (Codec, bool) {
	switch name {
	case PCMA:
		return Codec{PTPCMA, PCMA, narrowClock}, true
	case PCMU:
		return Codec{PTPCMU, PCMU, narrowClock}, true
	case G722:
		return Codec{PTG722, G722, narrowClock}, true
	case Opus:
		return Codec{PTOpus, Opus, opusClock}, true
	}
	return Codec{}, false
}

// static gives the payload types that need no rtpmap (RFC 3551 6), of those that matter here.
func static(pt uint8) (Codec, bool) {
	switch pt {
	case PTPCMU:
		return Codec{pt, PCMU, narrowClock}, true
	case PTPCMA:
		return Codec{pt, PCMA, narrowClock}, true
	case PTG722:
		return Codec{pt, G722, narrowClock}, true
	case 18:
		return Codec{pt, "G729", narrowClock}, true
	}
	return Codec{}, false
}

// codecName gives a name as our constants have it.
func codecName(s string) string {
	for _, known := range []string{Opus, DTMF} {
		if strings.EqualFold(s, known) {
			return known
		}
	}
	return strings.ToUpper(s)
}

// offered is the list of an offer's m-line: the codecs by name, and events for each of their clocks.
func (s Stream) offered() (list []Codec) {
	for _, name := range s.Codecs {
		if c, ok := byName(name); ok {
			list = append(list, c)
		}
	}
	if !s.DTMF {
		return list
	}
	if slices.Contains(s.Codecs, Opus) {
		list = append(list, Codec{PTDTMF48, DTMF, opusClock})
	}
	return append(list, Codec{PTDTMF, DTMF, narrowClock})
}

// codec writes the attributes of a payload type.
func (w *writer) codec(c Codec) {
	pt := strconv.Itoa(int(c.PT))
	channels, params := "", ""
	switch c.Name {
	case Opus:
		channels, params = "/2", OpusParams
	case DTMF:
		params = "0-15"
	}
	w.line("a=rtpmap:", pt, " ", c.Name, "/", strconv.Itoa(c.Rate), channels)
	if params != "" {
		w.line("a=fmtp:", pt, " ", params)
	}
}

// Events finds the telephone events that go with a codec: those of its clock (RFC 4733 2.1), else those of 8,000. ok is false
// without any.
func (m Media) Events(c Codec) (e Codec, ok bool) {
	for _, clock := range []int{c.Rate, narrowClock} {
		if i := slices.IndexFunc(m.Codecs, func(e Codec) bool { return e.Name == DTMF && e.Rate == clock }); i >= 0 {
			return m.Codecs[i], true
		}
	}
	return Codec{}, false
}

// sendTime is the packet time that the writer of an m-line asks for, as near as we can: 10 to 60 ms, and not beyond its
// maxptime (RFC 8866 6.4).
func (m Media) sendTime() int {
	wanted := m.PTime
	if wanted == 0 {
		wanted = PTime
	}
	if m.MaxPTime > 0 {
		wanted = min(wanted, m.MaxPTime)
	}
	return min(max(wanted/ptimeStep*ptimeStep, ptimeStep), LongestTime)
}
