package siptest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sip"
)

// scenario prepares SIPp with a file of testdata.
func scenario(t *testing.T, ctx context.Context, name string, args ...string) *exec.Cmd {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", name+".xml"))
	must(t, err)
	cmd := exec.CommandContext(ctx, partner(t, "sipp"), append([]string{"-sf", file, "-i", "127.0.0.1", "-nostdin", "-timeout", "30", "-timeout_error"}, args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=dumb")
	return cmd
}

// SIPp calls, wants its reliable responses and its session timer, many calls at a time, over UDP and TCP.
func TestSIPpPracksAndRefreshes(t *testing.T) {
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transport, func(t *testing.T) {
			p := open(t, Config{NoMedia: true, Reliable: sip.ReliableSupported, EarlyMedia: true, Answer: 50 * time.Millisecond})
			out, err := scenario(t, within(t, 40*time.Second), "caller_100rel_timer", p.Addr().String(), "-t", transport,
				"-s", "+358941000", "-m", "50", "-r", "50", "-l", "50").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, tail(out))
			}
			if s := p.Endpoint().Stats(); s.Malformed != 0 || s.Stray != 0 || s.Calls != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// SIPp is called, rings reliably, refreshes, and hears why the call ends.
func TestWePrackSIPp(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			at := freePort(t)
			cmd := scenario(t, within(t, 40*time.Second), "callee_100rel_timer", "-p", fmt.Sprint(at.Port()), "-m", "10", "-t", map[string]string{"udp": "u1", "tcp": "t1"}[transport])
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			must(t, cmd.Start())
			a := open(t, Config{Server: at, Transport: transport, NoMedia: true, Reliable: sip.ReliableSupported})
			ctx := within(t, 20*time.Second)
			for range 10 {
				c := callUntilUp(t, ctx, a)
				must(t, c.Dialog().Bye(ctx, sip.Reason{Protocol: "Q.850", Cause: 16}))
			}
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v\n%s", err, tail(out.Bytes()))
			}
		})
	}
}

// callUntilUp calls a program that may still be starting.
func callUntilUp(t *testing.T, ctx context.Context, p *Phone) *Call {
	t.Helper()
	for {
		c, err := p.Call(ctx, "service", pii.NewNumber("+358401234567"))
		if err == nil {
			return c
		}
		if codeOf(err) != 503 || ctx.Err() != nil {
			t.Fatal(err)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// SIPp transfers a phone to another phone.
func TestSIPpRefers(t *testing.T) {
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transport, func(t *testing.T) {
			target := open(t, Config{NoMedia: true})
			p := open(t, Config{NoMedia: true, Server: target.Addr()})
			out, err := scenario(t, within(t, 40*time.Second), "caller_refer", p.Addr().String(), "-t", transport, "-s", "200", "-m", "20", "-r", "20").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, tail(out))
			}
			if len(target.Calls()) != 20 {
				t.Error(len(target.Calls()), "calls came to the target")
			}
		})
	}
}
