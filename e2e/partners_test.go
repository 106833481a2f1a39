//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/sip/siptest"
)

// TestTelephonePartners: SIPp as the operator's trunk, baresip as an agent's telephone.
func TestTelephonePartners(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "2")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run("SIPp over "+transport, func(t *testing.T) { sippCalls(t, c, transport) })
		t.Run("baresip over "+transport, func(t *testing.T) { baresipAnswers(t, c, transport) })
	}
	t.Run("SIPp in crowds", func(t *testing.T) { sippCrowd(t, c) })
}

// sippScenario is a caller with sound of its own who waits to be hung up.
const sippScenario = `<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="a customer">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:%[1]s@operator.example>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:%[1]s@[local_ip]:[local_port];transport=[transport]>
P-Asserted-Identity: <sip:%[1]s@operator.example>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:%[1]s@operator.example>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<nop><action><exec rtp_stream="%[2]s,-1,8,PCMA/8000"/></action></nop>
<recv request="BYE" timeout="40000"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
`

// tone is a second of a sine wave in A-law.
func tone(hz float64) []byte {
	b := make([]byte, 8000)
	for i := range b {
		b[i] = media.EncodeALaw(int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000)))
	}
	return b
}

// toneWAV is a minute of a sine wave as a WAV file of 8 kHz, 16 bit.
func toneWAV(t *testing.T, hz float64) string {
	t.Helper()
	f := media.WAV{WAVSpec: media.WAVSpec{Format: media.PCM16, Rate: media.SampleRate, Channels: 1}}
	for i := range 60 * media.SampleRate {
		v := int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/media.SampleRate))
		f.Data = append(f.Data, byte(v), byte(v>>8))
	}
	var wav strings.Builder
	if err := media.WriteWAV(&wav, f); err != nil {
		t.Fatal(err)
	}
	return wav.String()
}

// sipp runs SIPp in a folder and gives what it wrote.
func sipp(ctx context.Context, t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, partner(t, "sipp", "sip-tester"), append(args, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-timeout", "60", "-timeout_error")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	return cmd
}

// sippCalls: the agent hears what SIPp plays, hangs up, and SIPp's script ends as it should.
func sippCalls(t *testing.T, c *city, transport string) {
	partner(t, "sipp", "sip-tester")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	dir := t.TempDir()
	number, _ := newCaller()
	files := map[string][]byte{"tone.alaw": tone(customerTone), "customer.xml": fmt.Appendf(nil, sippScenario, number, "tone.alaw")}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := sipp(ctx, t, dir, c.SIP, "-sf", "customer.xml", "-s", c.queue(t, "pysakointi").Number, "-m", "1", "-t", string(transport[0])+"1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var desk *siptest.Call
	select {
	case desk = <-a.phone.Calls():
	case <-ctx.Done():
		t.Fatal("the agent's phone did not ring")
	}
	if err := desk.WaitHears(ctx, customerTone); err != nil {
		t.Error("the agent does not hear SIPp:", err)
	}
	var calls struct{ Calls []struct{ ID string } }
	a.must("GET", "/api/calls", nil, &calls)
	var shown struct{ Number string }
	if len(calls.Calls) == 1 {
		a.must("GET", "/api/calls/"+calls.Calls[0].ID+"/caller", nil, &shown)
	}
	if shown.Number != number {
		t.Error("the agent is not shown SIPp's number")
	}
	if err := desk.HangUp(ctx); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("SIPp: %v\n%s", err, out.String()[max(0, out.Len()-3000):])
	}
	a.wrapUpDone(t)
	nothingKeeps(t, c, number)
}

// sippCrowd: many callers at once who hang up in the announcement; each of them is answered and let go.
func sippCrowd(t *testing.T, c *city) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, transport := range []string{"u1", "t1"} {
		cmd := sipp(ctx, t, t.TempDir(), "-sn", "uac", c.SIP, "-s", c.queue(t, "neuvonta").Number, "-m", "200", "-r", "100", "-l", "200", "-d", "1000", "-t", transport)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("SIPp over %s: %v\n%s", transport, err, out[max(0, len(out)-3000):])
		}
	}
}

// sitDown puts an agent at a seat without a phone of ours.
func (c *city) sitDown(t *testing.T, i int) *agent {
	t.Helper()
	a := &agent{person: c.logInAs(t, c.Users[i]), seat: c.Seats[i]}
	a.must("PUT", "/api/me/seat", map[string]string{"code": a.seat.Code}, nil)
	t.Cleanup(func() {
		_ = a.tryLater("PUT", "/api/me/state", map[string]string{"state": "offline"})
		_ = a.tryLater("DELETE", "/api/me/seat", nil)
	})
	return a
}

// baresipAnswers: it registers with the seat's account, answers the call by itself, and the customer hears it.
func baresipAnswers(t *testing.T, c *city, transport string) {
	program := partner(t, "baresip", "baresip-core")
	a := c.sitDown(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-f", baresipFolder(t, fmt.Sprintf("<sip:%s@%s;transport=%s>;auth_pass=%s;regint=60", a.seat.SIPUser, c.PhonesSIP, transport, a.seat.SIPPassword), "127.0.0.1:0"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
		eventually(t, soon, "baresip has unregistered", c.registered(a, false))
	}()
	eventually(t, soon, "baresip has registered", c.registered(a, true))
	a.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
	_, caller := newCaller()
	call, err := customer(t, c, "udp").Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Error("the customer does not hear baresip:", err)
	}
	eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
	if err := call.HangUp(ctx); err != nil {
		t.Error(err)
	}
	a.wrapUpDone(t)
}

// registered asks whether the telephone of an agent's seat is, or is not any more.
func (c *city) registered(a *agent, is bool) func() bool {
	return func() bool {
		text, _ := os.ReadFile(filepath.Join(c.dir, "centre.log"))
		_, last, found := cutLast(string(text), "msg=telephone user="+a.seat.SIPUser+" registered=")
		return found && strings.HasPrefix(last, fmt.Sprint(is))
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// baresipFolder writes baresip's configuration: one account that answers by itself, sound without a sound card. listen is where it
// listens, "127.0.0.1:0" for anywhere.
func baresipFolder(t *testing.T, account, listen string) string {
	t.Helper()
	return baresipConfig{account: account + ";answermode=auto;audio_codecs=PCMA/8000/1", listen: listen}.write(t)
}

// TestBaresipAsAnOperator: it calls a number as a customer of its operator does, and answers a call out.
func TestBaresipAsAnOperator(t *testing.T) {
	t.Parallel()
	partner(t, "baresip", "baresip-core")
	c := start(t, "--seats", "1")
	listen := "127.0.0.1:" + freePort(t)
	c.operatorAt(t, addr(t, listen))
	const deskTone = 1500
	a := c.agent(t, 0, siptest.Config{Tone: deskTone})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	t.Run("calls", func(t *testing.T) {
		number, _ := newCaller()
		dir := baresipFolder(t, "<sip:"+number+"@"+c.SIP+">;regint=0", "127.0.0.1:0")
		startBaresip(ctx, t, dir, "/dial sip:"+c.queue(t, "pysakointi").Number+"@"+c.SIP)
		talksToBaresip(ctx, t, a)
		nothingKeeps(t, c, number)
	})
	t.Run("presses a key", func(t *testing.T) {
		number, _ := newCaller()
		s := startScripted(ctx, t, baresipConfig{account: "<sip:" + number + "@" + c.SIP + ">;regint=0;audio_codecs=PCMA/8000/1"})
		s.do(t, "dial", "sip:"+c.queue(t, "neuvonta").Number+"@"+c.SIP)
		s.tells(t, "CALL_RTPESTAB", 1) // it hears the menu
		s.do(t, "sndcode", "2")
		desk := rings(ctx, t, a.phone, "the agent's telephone")
		var calls struct{ Calls []struct{ Language string } }
		a.must("GET", "/api/calls", nil, &calls)
		if len(calls.Calls) != 1 || calls.Calls[0].Language != "sv" {
			t.Errorf("the caller pressed 2: %+v", calls)
		}
		if err := desk.HangUp(ctx); err != nil {
			t.Error(err)
		}
		s.tells(t, "CALL_CLOSED", 1)
		a.over(t)
		nothingKeeps(t, c, number)
	})
	t.Run("is called", func(t *testing.T) {
		number, _ := newCaller()
		startBaresip(ctx, t, baresipFolder(t, "<sip:"+number+"@"+listen+">;regint=0", listen))
		a.callOut(t, "pysakointi", number)
		talksToBaresip(ctx, t, a)
		nothingKeeps(t, c, number)
	})
}

// talksToBaresip: the agent hears it, the call is recorded, and the agent hangs up.
func talksToBaresip(ctx context.Context, t *testing.T, a *agent) {
	t.Helper()
	desk := rings(ctx, t, a.phone, "the agent's telephone")
	if err := desk.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("baresip is not heard:", err)
	}
	eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
	if err := desk.HangUp(ctx); err != nil {
		t.Error(err)
	}
	a.over(t)
}
