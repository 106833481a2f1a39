package sdp

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"santra/internal/errs"
)

// PTime is the packet time that we ask for, and send to who asks for none, in milliseconds.
const PTime = 20

// Offer writes an offer with one m-line for each stream.
func Offer(o Options, streams ...Stream) []byte {
	var w writer
	w.head(o, streams)
	for _, s := range streams {
		s = s.filled()
		w.audio(s.Local, s.offered(), PTime, s.Direction, s.Label, s.profile(), s.cryptos()...)
	}
	return []byte(w.String())
}

func (s Stream) filled() Stream {
	if s.Codecs == nil {
		s.Codecs = plain()
	}
	if s.Direction == "" {
		s.Direction = SendRecv
	}
	return s
}

// writer writes a description.
type writer struct{ strings.Builder }

func (w *writer) line(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
	w.WriteString("\r\n")
}

// head writes the session's lines. The address in o= and c= is the first stream's.
func (w *writer) head(o Options, streams []Stream) {
	if o.ID == 0 {
		o.ID = randomID()
	}
	if o.Version == 0 {
		o.Version = 1
	}
	host := "IP4 0.0.0.0"
	for _, s := range streams {
		if s.Local.IsValid() {
			host = family(s.Local.Addr())
			break
		}
	}
	w.line("v=0")
	w.line("o=- ", strconv.FormatUint(o.ID, 10), " ", strconv.FormatUint(o.Version, 10), " IN ", host)
	w.line("s=-")
	w.line("c=IN ", host)
	w.line("t=0 0")
}

// randomID is a session id below 2^62, which every parser takes.
func randomID() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])>>2 | 1
}

func family(a netip.Addr) string {
	if a.Unmap().Is4() {
		return "IP4 " + a.Unmap().String()
	}
	return "IP6 " + a.WithZone("").String()
}

// audio writes an m-line that is in use.
func (w *writer) audio(local netip.AddrPort, list []Codec, ptime int, dir Direction, label, proto string, cryptos ...Crypto) {
	var pts strings.Builder
	for _, c := range list {
		pts.WriteString(" " + strconv.Itoa(int(c.PT)))
	}
	w.line("m=audio ", strconv.Itoa(int(local.Port())), " ", proto, pts.String())
	if local.IsValid() {
		w.line("c=IN ", family(local.Addr()))
	}
	for _, c := range list {
		w.codec(c)
	}
	for _, c := range cryptos {
		w.line(c.line())
	}
	w.line("a=ptime:", strconv.Itoa(ptime))
	w.line("a=", string(dir))
	if label != "" {
		w.line("a=label:", oneLine(label))
	}
}

// refused writes an m-line that is not used: port 0, its kind and formats as offered (RFC 3264 6).
func (w *writer) refused(m Media) {
	pts := ""
	for _, c := range m.Codecs {
		pts += " " + strconv.Itoa(int(c.PT))
	}
	if pts == "" {
		pts = " 0"
	}
	kind, proto := m.Kind, m.Proto
	if kind == "" {
		kind = "audio"
	}
	if proto == "" {
		proto = "RTP/AVP"
	}
	w.line("m=", oneLine(kind), " 0 ", oneLine(proto), pts)
	if m.Label != "" {
		w.line("a=label:", oneLine(m.Label))
	}
}

// oneLine keeps what a peer wrote from making lines of ours.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// mirror is what the answerer may do of what it would like (RFC 3264 6.1).
func mirror(offered, wish Direction) Direction {
	send := (offered == SendRecv || offered == RecvOnly) && (wish == SendRecv || wish == SendOnly)
	receive := (offered == SendRecv || offered == SendOnly) && (wish == SendRecv || wish == RecvOnly)
	return direction(send, receive)
}

func direction(send, receive bool) Direction {
	switch {
	case send && receive:
		return SendRecv
	case send:
		return SendOnly
	case receive:
		return RecvOnly
	}
	return Inactive
}

// Answer answers an offer of a call: the first usable audio gets local and the first codec of prefer that the offer has
// (nil: PCMA, PCMU), every other m-line is refused with port 0. dir is what we would like (empty: sendrecv); the answer never
// goes beyond what the offer allows (hold: sendonly is answered recvonly). No common codec: errs.Invalid (488).
func Answer(o Options, offer *Session, local netip.AddrPort, prefer []string, dir Direction) ([]byte, Choice, error) {
	b, all, err := AnswerAll(o, offer, []netip.AddrPort{local}, prefer, dir)
	if err != nil {
		return nil, Choice{}, err
	}
	return b, all[0], nil
}

// AnswerAll answers every usable audio m-line with the next of locals (SIPREC: two sendonly lines are answered recvonly);
// those for which there is no local address or no common codec are refused. None answered: errs.Invalid.
func AnswerAll(o Options, offer *Session, locals []netip.AddrPort, prefer []string, dir Direction) ([]byte, []Choice, error) {
	if dir == "" {
		dir = SendRecv
	}
	if prefer == nil {
		prefer = plain()
	}
	var w, body writer
	var all []Choice
	for i, m := range offer.Media {
		c, ok := choose(m, prefer, dir)
		lines, allowed := o.secure(m, &c, len(all))
		if !ok || !allowed || len(all) >= len(locals) {
			body.refused(m)
			continue
		}
		c.Index = i
		list := []Codec{c.Codec}
		if c.DTMFPT >= 0 {
			list = append(list, Codec{uint8(c.DTMFPT), DTMF, c.DTMFClock})
		}
		body.audio(locals[len(all)], list, c.PTime, c.Direction, c.Label, m.Proto, lines...)
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, nil, refusal(o, offer, prefer)
	}
	w.head(o, []Stream{{Local: locals[0]}})
	return []byte(w.String() + body.String()), all, nil
}

// refusal says why an offer can't be answered.
func refusal(o Options, offer *Session, prefer []string) error {
	for _, m := range offer.Audio() {
		switch {
		case o.Security == Required && !m.secured() && len(m.Crypto) == 0:
			return errs.New(errs.Invalid, "sdp: SRTP is required here; offer RTP/SAVP with a=crypto %s", AES128SHA180)
		case o.Security != Plain && m.secured() && len(m.Crypto) == 0:
			return errs.New(errs.Invalid, "sdp: no usable a=crypto; we have %s, %s, %s, %s", AES128GCM, AES256GCM, AES128SHA180, AES128SHA132)
		case o.Security == Plain && m.secured():
			return errs.New(errs.Invalid, "sdp: SRTP is switched off here; offer RTP/AVP")
		}
	}
	return errs.New(errs.Invalid, "sdp: no common audio codec; we have %s", strings.Join(prefer, " and "))
}

// choose settles one m-line of an offer.
func choose(m Media, prefer []string, dir Direction) (Choice, bool) {
	if !m.Usable() {
		return Choice{}, false
	}
	for _, name := range prefer {
		ours, known := byName(name)
		if i := slices.IndexFunc(m.Codecs, ours.same); known && i >= 0 {
			return m.settled(m.Codecs[i], mirror(m.Direction, dir)), true
		}
	}
	return Choice{}, false
}

// same tells whether two payload types mean one coding.
func (c Codec) same(other Codec) bool { return c.Name == other.Name && c.Rate == other.Rate }

func (m Media) settled(c Codec, dir Direction) Choice {
	choice := Choice{
		Remote: m.Conn, RTCP: m.RTCP, Codec: c, DTMFPT: -1, Direction: dir, Label: m.Label,
		ReceivePT: c.PT, DTMFReceivePT: -1, PTime: m.sendTime(),
	}
	if e, ok := m.Events(c); ok {
		choice.DTMFPT, choice.DTMFReceivePT, choice.DTMFClock = int(e.PT), int(e.PT), e.Rate
	}
	if !m.Conn.Addr().IsValid() {
		choice.Remote, choice.RTCP = netip.AddrPort{}, netip.AddrPort{}
	}
	return choice
}

// Accepted reads the answer to an offer of ours: what each of our m-lines settled on. A refused one has an invalid Remote
// and direction inactive; errs.Invalid if none is usable.
func Accepted(offer, answer *Session) ([]Choice, error) {
	all := make([]Choice, len(offer.Media))
	usable := 0
	for i, m := range offer.Media {
		all[i] = Choice{Index: i, DTMFPT: -1, DTMFReceivePT: -1, Direction: Inactive, Label: m.Label}
		if i >= len(answer.Media) || !answer.Media[i].Usable() {
			continue
		}
		if c, ok := accepted(m, answer.Media[i]); ok {
			c.Index, c.Label = i, m.Label
			all[i] = c
			usable++
		}
	}
	if usable == 0 {
		return nil, errs.New(errs.Invalid, "sdp: the answer takes none of the offered streams")
	}
	return all, nil
}

// accepted settles one m-line: the answer's first codec that we offered.
func accepted(ours, theirs Media) (Choice, bool) {
	for _, c := range theirs.Codecs {
		i := slices.IndexFunc(ours.Codecs, c.same)
		if c.Name == DTMF || i < 0 {
			continue
		}
		keys, ok := agreed(ours, theirs)
		if !ok {
			return Choice{}, false
		}
		choice := theirs.settled(c, mirror(theirs.Direction, ours.Direction))
		choice.Keys = keys
		choice.ReceivePT = ours.Codecs[i].PT
		choice.hearEvents(ours)
		return choice, true
	}
	return Choice{}, false
}

// hearEvents keeps the events that the answer took only if we offered them, and with which payload type they may come.
func (c *Choice) hearEvents(ours Media) {
	i := slices.IndexFunc(ours.Codecs, Codec{Name: DTMF, Rate: c.DTMFClock}.same)
	if c.DTMFPT < 0 || i < 0 {
		c.DTMFPT, c.DTMFReceivePT, c.DTMFClock = -1, -1, 0
		return
	}
	c.DTMFReceivePT = int(ours.Codecs[i].PT)
}
