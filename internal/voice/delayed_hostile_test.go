package voice

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/leg"
	"santra/internal/voice/state"
)

// rawCaller is a carrier's side that is played message by message, over UDP.
type rawCaller struct {
	*house
	conn net.Conn
	ok   string // the last 200 to an INVITE
	seq  int
}

// rawOffering begins a call whose INVITE holds body, and waits for our 200.
func (h *house) rawOffering(body string) *rawCaller {
	h.Helper()
	conn, err := net.Dial("udp", h.trunk.Addr().String())
	h.must(err)
	h.Cleanup(func() { _ = conn.Close() })
	r := &rawCaller{house: h, conn: conn, seq: 1}
	r.send("INVITE", 1, "", leg.SDPType, body)
	r.ok = r.want("SIP/2.0 200", "INVITE")
	return r
}

// send writes a request of the call.
func (r *rawCaller) send(method string, seq int, to, kind, body string) {
	r.Helper()
	at := r.conn.LocalAddr().String()
	if to == "" {
		to = fmt.Sprintf("To: <sip:%s@127.0.0.1>", waterNumber)
	}
	head := []string{
		fmt.Sprintf("%s sip:%s@%s SIP/2.0", method, waterNumber, r.conn.RemoteAddr()),
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%d;rport", at, method, seq),
		"From: <sip:anonymous@127.0.0.1>;tag=raw", to, "Call-ID: raw-" + at, fmt.Sprintf("CSeq: %d %s", seq, method),
		fmt.Sprintf("Contact: <sip:raw@%s>", at), "Max-Forwards: 70",
	}
	if body != "" {
		head = append(head, "Content-Type: "+kind)
	}
	head = append(head, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	_, err := r.conn.Write([]byte(strings.Join(head, "\r\n")))
	r.must(err)
}

// inside writes a request inside the dialog.
func (r *rawCaller) inside(method string, seq int, kind, body string) {
	r.Helper()
	r.send(method, seq, "To: "+headOf(r.ok, "To"), kind, body)
}

// want reads until a message begins so and is about that method; the others are told to nobody.
func (r *rawCaller) want(prefix, method string) string {
	r.Helper()
	buf := make([]byte, 65535)
	_ = r.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		n, err := r.conn.Read(buf)
		if err != nil {
			r.Fatalf("no %q to %s: %v", prefix, method, err)
		}
		if m := string(buf[:n]); strings.HasPrefix(m, prefix) && strings.HasSuffix(headOf(m, "CSeq"), method) {
			return m
		}
	}
}

// bodyOf is what a message holds.
func bodyOf(m string) string {
	_, body, _ := strings.Cut(m, "\r\n\r\n")
	return body
}

func headOf(m, name string) string {
	for l := range strings.SplitSeq(m, "\r\n") {
		if v, ok := strings.CutPrefix(l, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// answerTo answers our offer with sound from a port where nobody is.
func (r *rawCaller) answerTo(offer string) string {
	r.Helper()
	s, err := sdp.Parse([]byte(offer))
	r.must(err)
	answer, _, err := sdp.Answer(sdp.Options{}, s, at9(), narrow(), sdp.SendRecv)
	r.must(err)
	return string(answer)
}

// An ACK that holds no description that can be taken ends the call, whatever it holds instead: nobody is told, recorded or left over.
func TestAckThatAnswersNothing(t *testing.T) {
	good := func(r *rawCaller) string { return r.answerTo(bodyOf(r.ok)) }
	for name, x := range map[string]struct {
		kind string
		body func(r *rawCaller) string
	}{
		"nothing":         {leg.SDPType, func(*rawCaller) string { return "" }},
		"huge":            {leg.SDPType, func(r *rawCaller) string { return "v=0\r\n" + strings.Repeat("a=x:y\r\n", 8000) }},
		"our own port":    {leg.SDPType, func(r *rawCaller) string { return bodyOf(r.ok) }},
		"no codec":        {leg.SDPType, func(r *rawCaller) string { return strings.ReplaceAll(good(r), "RTP/AVP 8", "RTP/AVP 99") }},
		"stream refused":  {leg.SDPType, func(r *rawCaller) string { return strings.ReplaceAll(good(r), "m=audio 4009", "m=audio 0") }},
		"everybody":       {leg.SDPType, func(r *rawCaller) string { return strings.ReplaceAll(good(r), "127.0.0.1", "255.255.255.255") }},
		"a group":         {leg.SDPType, func(r *rawCaller) string { return strings.ReplaceAll(good(r), "127.0.0.1", "224.0.0.1") }},
		"zeros in a body": {leg.SDPType, func(*rawCaller) string { return string(bytes.Repeat([]byte{0}, 1000)) }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{})
			r := h.rawOffering("")
			r.inside("ACK", 1, x.kind, x.body(r))
			r.want("BYE ", "BYE")
			h.empty()
			if s := h.svc.Stats(); s.Announced != 0 || s.NoCodec != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A trunk that must encrypt does not get away with an answer in the clear.
func TestAckInTheClearWhereItMustBeEncrypted(t *testing.T) {
	for name, x := range map[string]func(string) string{
		"another profile": func(s string) string { return strings.ReplaceAll(s, "RTP/SAVP", "RTP/AVP") },
		"no key":          func(s string) string { return s },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{srtp: sdp.Required})
			r := h.rawOffering("")
			var kept []string
			for l := range strings.SplitSeq(bodyOf(r.ok), "\r\n") {
				if !strings.HasPrefix(l, "a=crypto") {
					kept = append(kept, l)
				}
			}
			port, _, _ := strings.Cut(strings.SplitN(bodyOf(r.ok), "m=audio ", 2)[1], " ")
			body := strings.ReplaceAll(strings.Join(kept, "\r\n"), "m=audio "+port, "m=audio 4009")
			r.inside("ACK", 1, leg.SDPType, x(body))
			r.want("BYE ", "BYE")
			h.empty()
			if s := h.svc.Stats(); s.Announced != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// Until the ACK has brought the answer nothing else is negotiated, and what only refreshes is answered; the ACK then counts, once.
func TestWhatComesBeforeTheAnswer(t *testing.T) {
	h := newHouse(t, plan{announcement: 1500 * time.Millisecond})
	r := h.rawOffering("")
	answer := r.answerTo(bodyOf(r.ok))
	r.inside("UPDATE", 2, leg.SDPType, answer)
	r.want("SIP/2.0 491", "UPDATE")
	r.inside("INVITE", 3, leg.SDPType, answer)
	r.want("SIP/2.0 491", "INVITE")
	r.inside("INVITE", 4, leg.SDPType, "")
	r.want("SIP/2.0 491", "INVITE")
	r.inside("UPDATE", 5, "", "")
	r.want("SIP/2.0 200", "UPDATE")
	if s := h.svc.Stats(); s.Announced != 0 {
		t.Errorf("%+v", s)
	}
	r.want("SIP/2.0 200", "INVITE") // again: its ACK is lost
	r.inside("ACK", 1, leg.SDPType, answer)
	r.inside("ACK", 1, leg.SDPType, "")
	h.state(state.Waiting)
	r.inside("INVITE", 6, leg.SDPType, "")
	ok := r.want("SIP/2.0 200", "INVITE")
	r.inside("ACK", 6, leg.SDPType, r.answerTo(bodyOf(ok)))
	h.stays(func() bool { return len(h.svc.Running("")) == 1 })
	r.inside("BYE", 7, "", "")
	h.empty()
}

// What an ACK holds whose INVITE had an offer changes nothing, and does not stay in memory.
func TestAckWithABodyThatNobodyAskedFor(t *testing.T) {
	h := newHouse(t, plan{})
	r := h.rawOffering(string(sdp.Offer(sdp.Options{}, sdp.Stream{Local: at9(), Codecs: narrow()})))
	r.inside("ACK", 1, leg.SDPType, strings.Repeat("a=x:y\r\n", 1000))
	h.state(state.Waiting)
	h.do(func(c *call) {
		if n := len(c.customer.Dialog.RemoteBody()); n != 0 {
			t.Errorf("%d bytes are kept", n)
		}
	})
	r.inside("BYE", 2, "", "")
	h.empty()
}

// A caller who gives up at any moment leaves nothing.
func TestCallerWithoutAnOfferGivesUp(t *testing.T) {
	h := newHouse(t, plan{})
	for _, first := range []string{"CANCEL", "BYE"} {
		r := h.rawOffering("")
		if first == "CANCEL" {
			r.send("CANCEL", 1, "", "", "") // of no effect: it was answered
			r.inside("ACK", 1, "", "")
			r.want("BYE ", "BYE")
		} else {
			r.inside("BYE", 2, "", "")
			r.want("SIP/2.0 200", "BYE")
		}
		h.empty()
	}
}

// A desk phone that never acknowledges our offer holds up neither its agent, nor another call, nor the end of the service.
func TestDeskPhoneThatNeverAnswersOurOffer(t *testing.T) {
	h := houseOf(t, plan{})
	h.agent("anna", 1, siptest.Config{})
	desk := h.gear(h.phones, gearing{codecs: narrow(), hz: toneAgent, user: "phone1"})
	silent := make(chan struct{})
	asked := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(h.Context())
	out, err := desk.ep.Invite(ctx, desk.target(doctor), sip.InviteOptions{
		From: pii.Number{},
		AnswerOffer: func([]byte) ([]byte, error) {
			asked <- struct{}{}
			<-silent
			return nil, context.Canceled
		},
	})
	h.must(err)
	<-asked
	if len(h.svc.Running("")) != 0 {
		t.Error("a call is placed for who has not answered")
	}
	caller := h.call(waterNumber, siptest.Config{})
	h.hears(caller, toneAgent)
	h.must(caller.HangUp(h.ctx()))
	h.empty()
	begun := time.Now()
	stop, done := context.WithTimeout(h.Context(), 100*time.Millisecond)
	defer done()
	h.must(h.svc.Stop(stop))
	if took := time.Since(begun); took > 2*EndTime {
		t.Errorf("the stop took %v", took)
	}
	close(silent)
	cancel()
	_, _ = out.Wait(h.ctx()) // it is given up
}

// at9 is where nobody listens.
func at9() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:4009") }
