//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
)

// letter writes a customer's mail with a Message-ID of its own.
func letter(to, subject, body string) []byte {
	text := fmt.Sprintf("From: Pirkko <pirkko@asiakas.example>\nTo: %s\nSubject: %s\nDate: Mon, 2 Mar 2026 10:00:00 +0200\nMessage-ID: <%d@asiakas.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n%s\n",
		to, subject, time.Now().UnixNano(), body)
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

func (c *city) submit(t *testing.T, raw []byte, to ...string) error {
	t.Helper()
	client, err := mail.NewClient(mail.ClientConfig{Addr: c.SMTP, Security: mail.Plain})
	if err != nil {
		t.Fatal(err)
	}
	return client.Submit(t.Context(), "pirkko@asiakas.example", to, raw)
}

type mailCase struct {
	ID, State, Subject, From string
	Messages                 []struct{ ID, Direction, SHA256, Delivery string }
}

func (p *person) cases(query string) []mailCase {
	p.t.Helper()
	var list struct{ Cases []mailCase }
	p.must("GET", "/api/cases"+query, nil, &list)
	return list.Cases
}

// offered waits until a case with the subject is offered to the agent.
func (a *agent) offered(t *testing.T, subject string) mailCase {
	t.Helper()
	var found mailCase
	eventually(t, soon, "the case is offered", func() bool {
		for _, k := range a.cases("?mine=true") {
			if k.Subject == subject {
				found = k
				return true
			}
		}
		return false
	})
	return found
}

// TestAMailGoesAllTheWay is the "An e-mail": in, archived, routed, answered, out, closed, looked into afterwards.
func TestAMailGoesAllTheWay(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	a := c.agent(t, 0, siptest.Config{NoMedia: true})
	q := c.queue(t, "pysakointi")
	raw := letter(q.Mailbox, "Kysymys tunnuksesta", "Hei, mitä papereita tarvitsen?")
	if err := c.submit(t, raw, q.Mailbox); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if out, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", hex.EncodeToString(sum[:])); code != 0 {
		t.Fatalf("the stored bytes are not those that were sent: %d %s", code, out)
	}
	if _, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", strings.Repeat("0", 64)); code == 0 {
		t.Fatal("verify finds a message that nobody sent")
	}
	k := a.offered(t, "Kysymys tunnuksesta")
	a.must("POST", "/api/cases/"+k.ID+"/accept", nil, nil)
	a.must("GET", "/api/cases/"+k.ID, nil, &k)
	var shown struct{ Text, SHA256 string }
	a.must("GET", "/api/cases/"+k.ID+"/messages/"+k.Messages[0].ID, nil, &shown)
	if !strings.Contains(shown.Text, "mitä papereita") {
		t.Fatalf("the message shows %q", shown.Text)
	}
	var bytesAsSent []byte
	a.must("GET", "/api/cases/"+k.ID+"/messages/"+k.Messages[0].ID+"/raw", nil, &bytesAsSent)
	if !bytes.Equal(bytesAsSent, raw) {
		t.Fatal("the raw form is not what was sent (M14)")
	}
	var saved struct{ Version uint64 }
	a.must("PUT", "/api/cases/"+k.ID+"/draft", map[string]any{"subject": "Re: Kysymys tunnuksesta", "text": "Hei Pirkko,\n\nhenkilötodistus riittää.", "version": 0}, &saved)
	if s := a.try("PUT", "/api/cases/"+k.ID+"/draft", map[string]any{"subject": "x", "text": "vanha", "version": 0}, nil); s != http.StatusConflict {
		t.Errorf("a stale draft overwrites: %d", s)
	}
	a.must("POST", "/api/cases/"+k.ID+"/send", map[string]any{"version": saved.Version}, nil)
	reply := c.outbox(t, "henkil")
	if !bytes.Contains(reply, []byte("In-Reply-To:")) {
		t.Error("the reply does not name what it answers")
	}
	replied := sha256.Sum256(reply)
	if out, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", hex.EncodeToString(replied[:])); code != 0 {
		t.Errorf("the bytes that went out are not in the archive: %s", out)
	}
	a.must("POST", "/api/cases/"+k.ID+"/close", nil, nil)
	if s := a.try("GET", "/api/cases/"+k.ID, nil, nil); s != http.StatusForbidden && s != http.StatusNotFound {
		t.Errorf("the agent still opens the closed case: %d", s)
	}
	afterwards(t, c, a, "Kysymys tunnuksesta")
}

// afterwards looks into the archive: a manager of the agency and an expert with a purpose, nobody else (M13).
func afterwards(t *testing.T, c *city, a *agent, subject string) {
	query := map[string]any{"agency": "kaupunkiymparisto", "purpose": "clearing_up", "reason": "selvitys"}
	for _, who := range []*person{c.logIn(t, "manager", "kaupunkiymparisto"), c.logIn(t, "expert", "")} {
		var found struct {
			Rows []struct{ ID, Subject string }
		}
		who.must("POST", "/api/archive/search", query, &found)
		if len(found.Rows) == 0 {
			t.Fatalf("%s finds nothing", who.name)
		}
		var opened struct{ Text string }
		who.must("POST", "/api/archive/messages/"+found.Rows[0].ID+"/open", map[string]string{"purpose": "clearing_up", "reason": "selvitys"}, &opened)
	}
	for _, who := range []*person{a.person, c.logIn(t, "manager", "hyvinvointi"), c.logIn(t, "administrator", "")} {
		if s := who.try("POST", "/api/archive/search", query, nil); s != http.StatusForbidden {
			t.Errorf("%s searches the archive: %d", who.name, s)
		}
	}
	if s := c.logIn(t, "expert", "").try("POST", "/api/archive/search", map[string]any{"agency": "kaupunkiymparisto"}, nil); s < 400 {
		t.Errorf("a search without a purpose: %d", s)
	}
}

// outbox waits for a mail that went out and holds the text.
func (c *city) outbox(t *testing.T, holds string) (raw []byte) {
	t.Helper()
	eventually(t, soon, "the reply is out", func() bool {
		files, _ := filepath.Glob(filepath.Join(c.Outbox, "*.eml"))
		for _, f := range files {
			if text, _ := os.ReadFile(f); bytes.Contains(text, []byte(holds)) {
				raw = text
				return true
			}
		}
		return false
	})
	return raw
}

// TestSwaksDelivers sends by SMTP and LMTP from a client of others.
func TestSwaksDelivers(t *testing.T) {
	t.Parallel()
	swaks := partner(t, "swaks", "swaks")
	c := start(t, "--seats", "1")
	for protocol, server := range map[string]string{"ESMTP": c.SMTP, "LMTP": c.LMTP} {
		host, port, _ := net.SplitHostPort(server)
		out, err := exec.CommandContext(t.Context(), swaks, "--protocol", protocol, "--server", host, "--port", port, "--from", "a@asiakas.example",
			"--to", c.queue(t, "kotihoito").Mailbox, "--header", "Subject: swaks "+protocol, "--body", "hei").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", protocol, err, out)
		}
		if out, err := exec.CommandContext(t.Context(), swaks, "--protocol", protocol, "--server", host, "--port", port, "--from", "a@asiakas.example",
			"--to", "nobody@santala.example", "--body", "hei").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("550")) {
			t.Errorf("%s: an unknown recipient is taken: %s", protocol, out)
		}
	}
}

// TestAnAlteredByteIsFound is M14: change one stored byte, and verify names it.
func TestAnAlteredByteIsFound(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	q := c.queue(t, "pysakointi")
	if err := c.submit(t, letter(q.Mailbox, "Muuttumaton", "teksti"), q.Mailbox); err != nil {
		t.Fatal(err)
	}
	if out, code := santra(t, "verify", "--ready-file", c.ready); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	segments, _ := filepath.Glob(filepath.Join(c.Data, "archive", "*", "*"))
	if len(segments) == 0 {
		t.Fatal("no archive segments")
	}
	for _, path := range segments {
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			continue
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, code := santra(t, "verify", "--ready-file", c.ready); code == 0 {
		t.Fatalf("the altered byte is not found: %s", out)
	}
}
