package siptest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
	"santra/internal/protocol/sip/siptest/certs"
)

// partner finds a real peer's program, or skips the test and names it.
func partner(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("skipped: the test partner %s is not installed", name)
	}
	return path
}

// SIPp's built-in caller: INVITE, ACK, BYE, many calls at a time.
func TestSIPpCallsUs(t *testing.T) {
	sipp := partner(t, "sipp")
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transport, func(t *testing.T) {
			p := open(t, Config{NoMedia: true})
			cmd := exec.CommandContext(within(t, 40*time.Second), sipp, "-sn", "uac", p.Addr().String(), "-t", transport, "-i", "127.0.0.1",
				"-s", "+358941000", "-m", "200", "-r", "100", "-l", "200", "-d", "100", "-nostdin", "-timeout", "30", "-timeout_error")
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "TERM=dumb")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, tail(out))
			}
			if s := p.Endpoint().Stats(); s.Malformed != 0 || s.Stray != 0 || len(p.Calls()) != 200 {
				t.Errorf("%+v, %d calls", s, len(p.Calls()))
			}
		})
	}
}

// SIPp's built-in callee answers us.
func TestWeCallSIPp(t *testing.T) {
	sipp := partner(t, "sipp")
	at := freePort(t)
	cmd := exec.CommandContext(within(t, 40*time.Second), sipp, "-sn", "uas", "-i", "127.0.0.1", "-p", fmt.Sprint(at.Port()), "-nostdin", "-m", "20", "-timeout", "30")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=dumb")
	must(t, cmd.Start())
	a := open(t, Config{Server: at, NoMedia: true})
	ctx := within(t, 20*time.Second)
	for range 20 {
		c, err := a.Call(ctx, "service", pii.NewNumber("+358401234567"))
		must(t, err)
		must(t, c.HangUp(ctx))
	}
	_ = cmd.Process.Kill() // it may still wait for retransmissions
	_ = cmd.Wait()
}

func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	p, err := NewPhone(Config{})
	must(t, err)
	defer p.Close() //nolint:errcheck // only its port is wanted
	return p.Addr()
}

func tail(b []byte) string { return string(b[max(0, len(b)-2000):]) }

// baresip registers with digest, is called, answers, and hears and is heard.
func TestBaresip(t *testing.T) {
	baresip := partner(t, "baresip")
	authority := certs.New(t)
	cert, key, ca := authority.Files(authority.For([]string{"127.0.0.1"}))
	for _, transport := range []string{"udp", "tcp", "tls"} {
		t.Run(transport, func(t *testing.T) {
			changes := make(chan bool, 10)
			reg := registrar.New(registrar.Config{
				Realm:   "santra",
				HA1:     func(u string) (string, bool) { return digest.HA1(digest.MD5, u, "santra", "secret"), u == "1001" },
				Changes: func(_ string, on bool) { changes <- on },
			})
			e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", TLS: &sip.TLS{Addr: "127.0.0.1:0", CertFile: cert, KeyFile: key}})
			must(t, err)
			e.Serve(server{reg})
			at := e.Addr()
			if transport == "tls" {
				at = e.TLSAddr()
			}
			ctx := within(t, 15*time.Second)
			defer e.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the test is over
			cmd := exec.CommandContext(ctx, baresip, "-f", baresipFolder(t, at, transport, ca))
			cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			must(t, cmd.Start())
			defer func() {
				_ = cmd.Process.Signal(os.Interrupt)
				_ = cmd.Wait()
				if t.Failed() {
					t.Log(tail(out.Bytes()))
				}
			}()
			select {
			case <-changes:
			case <-ctx.Done():
				t.Fatal("baresip did not register")
			}
			target, ok := reg.Lookup("1001")
			if !ok || target.Transport != transport {
				t.Fatalf("registered by %q", target.Transport)
			}
			callBaresip(t, ctx, e, target)
		})
	}
}

// callBaresip calls it by the registrar's target and waits for the tone that it plays.
func callBaresip(t *testing.T, ctx context.Context, e *sip.Endpoint, target sip.Target) {
	t.Helper()
	p := open(t, Config{Tone: 440})
	c, err := p.newCall()
	must(t, err)
	c.offer = offerOf(c)
	o, err := e.Invite(ctx, target, sip.InviteOptions{From: pii.NewNumber("+358401234567"), ContentType: "application/sdp", Body: c.offer})
	must(t, err)
	call, err := (&Ringing{call: c, out: o}).Wait(ctx)
	must(t, err)
	must(t, call.WaitHears(ctx, 1000))
	must(t, call.Hold(ctx))
	must(t, call.Resume(ctx))
	must(t, call.HangUp(ctx))
}

// baresipFolder writes its configuration: one account that answers by itself, a sound source without a sound card.
func baresipFolder(t *testing.T, at netip.AddrPort, transport, authority string) string {
	t.Helper()
	dir := t.TempDir()
	modules := "/usr/lib/baresip/modules"
	if found, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(found) > 0 {
		modules = found[0]
	}
	trusting := ""
	if transport == "tls" {
		trusting = "sip_cafile " + authority + "\n"
	}
	files := map[string]string{
		"accounts": fmt.Sprintf("<sip:1001@%s;transport=%s>;auth_pass=secret;answermode=auto;regint=60;audio_codecs=PCMA/8000/1\n", at, transport),
		"contacts": "", "current_contact": "",
		"config": "sip_listen 127.0.0.1:0\n" + trusting + "audio_source aufile," + dir + "/tone.wav\naudio_player aubridge,none\nnet_interface 127.0.0.1\nmodule_path " + modules +
			"\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\nmodule_app account.so\nmodule_app menu.so\n",
	}
	files["tone.wav"] = string(wav(1000, 20))
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

// wav is a 16-bit file of a tone.
func wav(hz float64, seconds int) []byte {
	n := 2 * rate * seconds
	b := []byte("RIFF....WAVEfmt ")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+n))
	for _, v := range []uint32{16, 1 | 1<<16, rate, 2 * rate, 2 | 16<<16} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = binary.LittleEndian.AppendUint32(append(b, "data"...), uint32(n))
	for i := range n / 2 {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(toneLevel*math.Sin(2*math.Pi*hz*float64(i)/rate))))
	}
	return b
}
