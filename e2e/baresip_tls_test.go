//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"santra/internal/app/config"
)

// TestABaresipThatEncrypts: a telephone over TLS that takes no call without SRTP (RTP/SAVP, SDES) is called from the trunk. The customer hears
// it, it hears the customer, and the recording has both, each on the own side.
func TestABaresipThatEncrypts(t *testing.T) {
	t.Parallel()
	partner(t, "baresip", "baresip-core")
	c := start(t, "--seats", "1")
	cert, key := certificate(t)
	at := free(t)
	c.reconfigure(t, func(cfg *config.Config) { cfg.Server.SIP.TLS = config.SIPTLS{Phones: at, Cert: cert, Key: key} })
	a := c.sitDown(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 3*soon)
	defer cancel()
	s := startScripted(ctx, t, baresipConfig{
		account: fmt.Sprintf("<sip:%s@%s;transport=tls>;auth_pass=%s;regint=60;answermode=auto;mediaenc=srtp-mand;audio_codecs=PCMA/8000/1",
			a.seat.SIPUser, at, a.seat.SIPPassword),
		modules: []string{"srtp"}, more: []string{"sip_cafile " + cert},
	})
	eventually(t, soon, "baresip has registered", c.registered(a, true))
	a.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
	number, caller := newCaller()
	call, err := customer(t, c, "udp").Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("the customer does not hear baresip:", err)
	}
	eventually(t, soon, "baresip hears the customer", func() bool { return s.hears(customerTone) })
	if with := s.tells(t, "CALL_MENC", 1).Param; !strings.Contains(with, "AES") {
		t.Errorf("baresip encrypts by %q", with)
	}
	eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
	during(t, 3*slack)
	if err := call.HangUp(ctx); err != nil {
		t.Error(err)
	}
	a.wrapUpDone(t)
	eventually(t, soon, "the log tells of an encrypted telephone", func() bool {
		text, _ := os.ReadFile(filepath.Join(c.dir, "centre.log"))
		_, leg, _ := strings.Cut(string(text), "leg=agent ")
		line, _, _ := strings.Cut(leg, "\n")
		return strings.Contains(line, "encrypted=true")
	})
	rec := c.recorded(t, "kaupunkiymparisto", 1)
	theirs, ours := sides(t, play(t, c.logIn(t, "manager", "kaupunkiymparisto"), rec[0].ID))
	if theirs.has(customerTone) < 0.8 || ours.has(agentTone) < 0.8 || theirs.has(agentTone) > 0.1 || ours.has(customerTone) > 0.1 {
		t.Errorf("of %s the customer's side has %.2f of the customer, the agent's %.2f of the agent", theirs.length(), theirs.has(customerTone), ours.has(agentTone))
	}
	nothingKeeps(t, c, number)
}
