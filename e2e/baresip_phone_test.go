//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"santra/internal/protocol/sip/siptest"
)

// deskBaresip is a city with a scripted baresip as the first seat's telephone; the second seat and the operator have telephones
// of the test.
type deskBaresip struct {
	*city
	*scripted
	agent    *agent
	operator *siptest.Phone
}

// TestBaresipAsADeskPhone: what its own keys do. It answers by hand and presses keys that the customer gets; it gives the customer
// away by REFER, to a number outside, to a colleague's seat, and with Replaces to who was asked on its second line, and each
// time those who are left hear each other; and it calls out.
func TestBaresipAsADeskPhone(t *testing.T) {
	t.Parallel()
	partner(t, "baresip", "baresip-core")
	d := &deskBaresip{city: start(t, "--seats", "2")}
	d.operator = newPhone(t, siptest.Config{Server: addr(t, d.SIP), User: "operator", Tone: outsideTone})
	d.operatorAt(t, d.operator.Addr())
	d.agent = d.sitDown(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 5*soon)
	defer cancel()
	d.scripted = startScripted(ctx, t, baresipConfig{account: fmt.Sprintf(
		"<sip:%s@%s;transport=udp>;auth_pass=%s;regint=60;answermode=manual;audio_codecs=PCMA/8000/1", d.agent.seat.SIPUser, d.PhonesSIP, d.agent.seat.SIPPassword,
	)})
	eventually(t, soon, "baresip has registered", d.registered(d.agent, true))
	t.Run("keys, and a number", func(t *testing.T) { d.keysAndANumber(ctx, t) })
	t.Run("who was asked", func(t *testing.T) { d.asked(ctx, t) })
	t.Run("calls out", func(t *testing.T) { d.callsOut(ctx, t) })
	t.Run("a seat", func(t *testing.T) { d.seat(ctx, t) })
}

// answers lets a customer call and baresip answer, as the only ready telephone; the customer hears it.
func (d *deskBaresip) answers(ctx context.Context, t *testing.T) (call *siptest.Call, id string) {
	t.Helper()
	d.agent.t = t
	d.agent.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
	before := d.count("CALL_INCOMING")
	_, caller := newCaller()
	call, err := customer(t, d.city, "udp").Call(ctx, d.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	id = d.tells(t, "CALL_INCOMING", before+1).ID
	d.do(t, "accept", "")
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("the customer does not hear baresip:", err)
	}
	return call, id
}

// talk waits until a customer and who took baresip's place hear each other, and baresip is out of so many calls; then the
// customer hangs up.
func (d *deskBaresip) talk(ctx context.Context, t *testing.T, call, third *siptest.Call, tone float64, closed int) {
	t.Helper()
	if err := call.WaitHears(ctx, tone); err != nil {
		t.Error("the customer does not hear who got the call:", err)
	}
	if err := third.WaitHears(ctx, customerTone); err != nil {
		t.Error("who got the call does not hear the customer:", err)
	}
	d.tells(t, "CALL_CLOSED", closed)
	if err := call.HangUp(ctx); err != nil {
		t.Error(err)
	}
	select {
	case <-third.Ended():
	case <-ctx.Done():
		t.Error("who got the call was not told of its end")
	}
	d.agent.wrapUpDone(t)
}

func (d *deskBaresip) keysAndANumber(ctx context.Context, t *testing.T) {
	call, _ := d.answers(ctx, t)
	for _, key := range "5#0" {
		d.do(t, "sndcode", string(key))
		select {
		case got := <-call.Digits():
			if got != key {
				t.Errorf("baresip pressed %c, the customer got %c", key, got)
			}
		case <-ctx.Done():
			t.Fatalf("%c did not arrive", key)
		}
	}
	number, _ := newCaller()
	closed := d.count("CALL_CLOSED")
	d.do(t, "transfer", "sip:"+number+"@"+d.PhonesSIP)
	d.talk(ctx, t, call, rings(ctx, t, d.operator, "the number outside"), outsideTone, closed+1)
	nothingKeeps(t, d.city, number)
}

// asked: hold, a second line, then the two are joined. This baresip has no key for that, so the test writes the Replaces of its
// REFER.
func (d *deskBaresip) asked(ctx context.Context, t *testing.T) {
	call, first := d.answers(ctx, t)
	d.do(t, "hold", "")
	eventually(t, soon, "the customer is on hold", func() bool { c := d.agent.calls(); return len(c) == 1 && c[0].State == "held" })
	number, _ := newCaller()
	before := d.count("CALL_ESTABLISHED")
	d.do(t, "dial", "sip:"+number+"@"+d.PhonesSIP)
	second := d.tells(t, "CALL_ESTABLISHED", before+1).ID
	third := rings(ctx, t, d.operator, "who is asked")
	if err := third.WaitHears(ctx, agentTone); err != nil {
		t.Error("who is asked does not hear baresip:", err)
	}
	closed := d.count("CALL_CLOSED")
	d.do(t, "callfind", first)
	d.do(t, "transfer", "<sip:"+number+"@"+d.PhonesSIP+"?Replaces="+url.QueryEscape(d.replaces(t, second))+">")
	d.talk(ctx, t, call, third, outsideTone, closed+2)
	nothingKeeps(t, d.city, number)
}

// replaces names a call that baresip has made, as its peer knows it (RFC 3891 3).
func (d *deskBaresip) replaces(t *testing.T, id string) string {
	t.Helper()
	tag := regexp.MustCompile(`(?m)^(From|To):.*;tag=([^;\s]+)`)
	for m := range strings.SplitSeq(d.out.all(), "\r\n\r\n") {
		if tags := tag.FindAllStringSubmatch(m, -1); strings.Contains(m, "Call-ID: "+id) && strings.Contains(m, "SIP/2.0 200") && len(tags) == 2 {
			of := map[string]string{tags[0][1]: tags[0][2], tags[1][1]: tags[1][2]}
			return id + ";to-tag=" + of["To"] + ";from-tag=" + of["From"]
		}
	}
	t.Fatalf("baresip has made no call %s", id)
	return ""
}

// callsOut: what is dialled on the telephone itself, and 112, reach who is called.
func (d *deskBaresip) callsOut(ctx context.Context, t *testing.T) {
	d.agent.t = t
	number, _ := newCaller()
	for _, called := range []string{number, "112"} {
		closed := d.count("CALL_CLOSED")
		d.do(t, "dial", "sip:"+called+"@"+d.PhonesSIP)
		far := rings(ctx, t, d.operator, called)
		if err := far.WaitHears(ctx, agentTone); err != nil {
			t.Errorf("%s does not hear baresip: %v", called, err)
		}
		if err := far.HangUp(ctx); err != nil {
			t.Error(err)
		}
		d.tells(t, "CALL_CLOSED", closed+1)
		d.agent.over(t)
	}
	nothingKeeps(t, d.city, number)
}

func (d *deskBaresip) seat(ctx context.Context, t *testing.T) {
	call, _ := d.answers(ctx, t)
	const tone = 1500
	other := d.city.agent(t, 1, siptest.Config{Tone: tone})
	closed := d.count("CALL_CLOSED")
	d.do(t, "transfer", "sip:"+other.seat.Code+"@"+d.PhonesSIP)
	d.talk(ctx, t, call, rings(ctx, t, other.phone, "the colleague's telephone"), tone, closed+1)
	other.wrapUpDone(t)
}
