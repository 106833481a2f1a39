//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
)

// world is everybody else's mail server: it keeps what comes.
type world struct{ came chan []byte }

func (world) Recipient(context.Context, string) error { return nil }

func (w world) Deliver(_ context.Context, _ mail.Envelope, r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err == nil {
		w.came <- raw
	}
	return err
}

// TestPostfixBothWays: a letter that Postfix relays becomes a case, and Postfix takes the reply to the customer (M2).
func TestPostfixBothWays(t *testing.T) {
	t.Parallel()
	outside := world{make(chan []byte, 10)}
	sink, err := mail.NewServer(mail.ServerConfig{Addr: "127.0.0.1:0", Backend: outside})
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Stop(context.Background()) })
	partner(t, "postfix", "postfix")
	dir := t.TempDir()
	c := startIn(t, dir, "--seats", "1")
	c.stop(t)
	relay := startPostfix(t, c.SMTP, sink.Addr().String())
	edit(t, dir, "santra.yaml", "address: "+c.OutboxSMTP, "address: "+relay)
	serve(t, c.RecorderHTTP, "recorder", "--config", filepath.Join(dir, "recorder.yaml"))
	serve(t, c.HTTP, "serve", "--config", filepath.Join(dir, "santra.yaml"), "--demo-people", filepath.Join(dir, "demo.json"))
	a := c.agent(t, 0, siptest.Config{NoMedia: true})

	q := c.queue(t, "pysakointi")
	client, err := mail.NewClient(mail.ClientConfig{Addr: relay, Security: mail.Plain})
	if err != nil {
		t.Fatal(err)
	}
	raw := letter(q.Mailbox, "Postfixin kautta", "ensin\n.\n..pisteitä")
	if err := client.Submit(t.Context(), "pirkko@asiakas.example", []string{q.Mailbox}, raw); err != nil {
		t.Fatal(err)
	}
	k := a.offered(t, "Postfixin kautta")
	a.must("POST", "/api/cases/"+k.ID+"/accept", nil, nil)
	a.must("GET", "/api/cases/"+k.ID, nil, &k)
	var stored []byte
	a.must("GET", "/api/cases/"+k.ID+"/messages/"+k.Messages[0].ID+"/raw", nil, &stored)
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !bytes.HasSuffix(stored, body) || !bytes.Contains(stored, []byte("Received: from")) {
		t.Errorf("what Postfix brought is not what is stored: %q", stored)
	}
	var saved struct{ Version uint64 }
	a.must("PUT", "/api/cases/"+k.ID+"/draft", map[string]any{"subject": "Re: Postfixin kautta", "text": "Vastaus ääkkösin.\n\n.\n", "version": 0}, &saved)
	a.must("POST", "/api/cases/"+k.ID+"/send", map[string]any{"version": saved.Version}, nil)
	var reply []byte
	eventually(t, soon, "the customer gets the reply", func() bool {
		select {
		case reply = <-outside.came:
			return true
		default:
			return false
		}
	})
	p := mail.Parse(reply)
	if p.Subject != "Re: Postfixin kautta" || !strings.Contains(p.Text, "Vastaus ääkkösin.") || len(p.InReplyTo) != 1 || len(p.From) != 1 {
		t.Errorf("the reply is %q", reply)
	}
	eventually(t, soon, "the case shows that it was sent", func() bool {
		a.must("GET", "/api/cases/"+k.ID, nil, &k)
		return k.Messages[len(k.Messages)-1].Delivery == "sent"
	})
}

// startPostfix starts a Postfix with a folder and a port of its own: the city's addresses go to it, all else to the sink.
func startPostfix(t *testing.T, city, sink string) string {
	t.Helper()
	program := partner(t, "postfix", "postfix")
	if os.Geteuid() != 0 {
		t.Skip("skipped: Postfix starts as root only")
	}
	dir, err := os.MkdirTemp("", "postfix") // a short path: its sockets have long names
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	for name, text := range map[string]string{"main.cf": fmt.Sprintf(postfixMain, dir, portOf(city), portOf(sink)), "master.cf": fmt.Sprintf(postfixMaster, at)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	prepare := "chmod 755 " + dir + " && mkdir -m 755 " + dir + "/queue " + dir + "/data && chown postfix " + dir + "/data && exec " + program + " -c " + dir + " start"
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", prepare).CombinedOutput(); err != nil {
		t.Skipf("skipped: Postfix does not start here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command(program, "-c", dir, "stop").Run() })
	return at
}

func portOf(at string) string {
	_, port, _ := cutLast(at, ":")
	return port
}

const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/data/log
maillog_file_prefixes = %[1]s
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
alias_maps =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
transport_maps = inline:{{santala.example=smtp:[127.0.0.1]:%[2]s}, {asiakas.example=smtp:[127.0.0.1]:%[3]s}}
smtp_tls_security_level = none
`

const postfixMaster = `%s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
