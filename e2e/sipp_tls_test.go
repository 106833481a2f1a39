//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"testing"

	"santra/internal/app/config"
	"santra/internal/protocol/sip/siptest"
)

// tunnel opens a way by TLS to an address and gives the one where it begins, by TCP. The far end's certificate is checked.
func tunnel(t *testing.T, to, authority string) (from string) {
	t.Helper()
	program := partner(t, "socat", "socat")
	from = "127.0.0.1:" + freePort(t)
	_, port, _ := net.SplitHostPort(from)
	cmd := exec.Command(program, "TCP-LISTEN:"+port+",bind=127.0.0.1,reuseaddr,fork", "OPENSSL:"+to+",verify=1,cafile="+authority)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // its children end with their connections
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	eventually(t, soon, "the tunnel is open", func() bool {
		c, err := net.Dial("tcp", from)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return from
}

// TestSIPpOverTLS: whole calls of other people's SIP by TLS, to the trunk's listener. Debian's SIPp has no TLS: it speaks TCP
// into a tunnel and says in its messages what it would over TLS. Nor does it encrypt sound, so this trunk takes it in the
// clear, as one over TLS may in a network of its own; with SRTP our own and baresip's telephones talk, in other tests.
func TestSIPpOverTLS(t *testing.T) {
	t.Parallel()
	partner(t, "sipp", "sip-tester")
	partner(t, "socat", "socat")
	c := start(t, "--seats", "1")
	cert, key := certificate(t)
	tlsAt := free(t)
	c.reconfigure(t, func(cfg *config.Config) {
		cfg.Server.SIP.TLS = config.SIPTLS{Trunk: tlsAt, Cert: cert, Key: key}
		cfg.Server.SIP.TrunkAllow, cfg.Server.SIP.TrunkCountry = nil, ""
		cfg.Server.SIP.Trunks = []config.Trunk{{Name: "sipp", Allow: []string{"127.0.0.0/8"}, Country: "FI", Transport: "tls", SRTP: false}}
	})
	at := tunnel(t, tlsAt, cert)
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	for _, scheme := range []string{"sip", "sips"} {
		t.Run(scheme, func(t *testing.T) {
			a.t = t
			number, _ := newCaller()
			customer := playSIPp(ctx, t, "echo_tls", at, "tcp", "-s", c.queue(t, "pysakointi").Number, "-key", "caller", number,
				"-key", "scheme", scheme, "-m", "1", "-rtp_echo", "-mp", freePort(t))
			desk := rings(ctx, t, a.phone, "the agent's telephone")
			if err := desk.WaitHears(ctx, agentTone); err != nil {
				t.Error("no echo:", err)
			}
			eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
			if err := desk.HangUp(ctx); err != nil {
				t.Error(err)
			}
			customer.ends(t)
			a.over(t)
			nothingKeeps(t, c, number)
		})
	}
}
