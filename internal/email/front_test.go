package email_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/email"
	"santra/internal/identity"
	"santra/internal/protocol/mail"
	"santra/internal/store/storetest"
)

// front puts a real server before the room and gives its address.
func front(t testing.TB, b mail.Backend, change func(*mail.ServerConfig)) string {
	t.Helper()
	cfg := mail.ServerConfig{Addr: "127.0.0.1:0", Backend: b, MaxMessage: 300_000}
	if change != nil {
		change(&cfg)
	}
	s, err := mail.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(context.Background()) })
	return s.Addr().String()
}

// send says a whole transaction with the bytes as they are, and gives the last answer's code.
func send(t testing.TB, addr, to string, raw []byte) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	c := textproto.NewConn(conn)
	read := func() int {
		code, _, err := c.ReadResponse(0)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	read()
	for _, line := range []string{"EHLO x", "MAIL FROM:<aino@customer.example>", "RCPT TO:<" + to + ">", "DATA"} {
		if err := c.PrintfLine("%s", line); err != nil {
			t.Fatal(err)
		}
		if code := read(); code >= 400 {
			return code
		}
	}
	stuffed := bytes.ReplaceAll(append([]byte("\r\n"), raw...), []byte("\r\n."), []byte("\r\n.."))[2:]
	if _, err := conn.Write(append(stuffed, ".\r\n"...)); err != nil {
		t.Fatal(err)
	}
	return read()
}

func multipart(levels int) []byte {
	var b bytes.Buffer
	b.WriteString("Subject: deep\r\n")
	for i := range levels {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\nheart\r\n")
	return b.Bytes()
}

// The list of bad mail: none is lost, none changed, none crashes the room, and each can be read by an agent.
func TestHostileMailIsArchivedAsItCame(t *testing.T) {
	w := sqliteWorld(t)
	addr := front(t, w.svc, nil)
	mails := map[string][]byte{
		"8-bit":       []byte("Subject: h\xe4t\xe4\r\n\r\nt\xf6\xf6\xff\x80\r\n"),
		"NUL":         []byte("Subject: a\x00b\r\n\r\n\x00\x00x\x00\r\n"),
		"bare CR":     []byte("Subject: x\r\n\r\na\rb\r.\rc\r\n"),
		"bare LF":     []byte("Subject: x\n\na\n.\nb\r\n"),
		"CR CR LF":    []byte("Subject: x\r\r\n\r\r\na\r\r\n.b\r\r\n"),
		"no headers":  []byte("just words\r\n"),
		"nothing":     {},
		"50 levels":   multipart(50),
		"1000 levels": multipart(1000),
		"long line":   append(bytes.Repeat([]byte("x"), 200_000), "\r\n"...),
		"binary":      append(binary(50_000), "\r\n"...),
		"smuggled":    []byte("a\r\n.\nMAIL FROM:<x@y>\r\nRCPT TO:<tax@city.example>\r\nDATA\r\nb\r\n"),
	}
	for name, raw := range mails {
		if code := send(t, addr, "parks@city.example", raw); code != 250 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code := send(t, addr, "parks@city.example", append(bytes.Repeat([]byte("x"), 300_001), "\r\n"...)); code != 552 {
		t.Errorf("over the limit: %d", code)
	}
	if code := send(t, addr, "nobody@city.example", nil); code != 550 {
		t.Errorf("unknown mailbox: %d", code)
	}
	w.must(w.svc.Settle())
	stored := map[string]bool{}
	for _, c := range w.live() {
		if c.Queue != "parks" {
			t.Errorf("a case in %s", c.Queue)
		}
		for _, m := range w.messages(c.ID) {
			raw, err := w.svc.OpenArchivedRaw(t.Context(), person("e", identity.Expert, ""), "complaint", "", m.ID)
			w.must(err)
			stored[string(raw)] = true
			if _, err := w.svc.OpenArchived(t.Context(), person("e", identity.Expert, ""), "complaint", "", m.ID); err != nil {
				t.Errorf("not shown: %v", err)
			}
		}
	}
	for name, raw := range mails {
		if !stored[string(raw)] {
			t.Errorf("%s is not stored as it was sent", name)
		}
	}
	if len(stored) != len(mails) {
		t.Errorf("%d stored of %d", len(stored), len(mails))
	}
}

func binary(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7919 >> 3)
	}
	return b
}

// An SMTP client that is not ours.
func TestSwaks(t *testing.T) {
	swaks, err := exec.LookPath("swaks")
	if err != nil {
		t.Skip("swaks is not installed (apt-get install swaks)")
	}
	w := sqliteWorld(t)
	for _, lmtp := range []bool{false, true} {
		addr := front(t, w.svc, func(c *mail.ServerConfig) { c.LMTP = lmtp })
		protocol := "ESMTP"
		if lmtp {
			protocol = "LMTP"
		}
		out, err := exec.Command(swaks, "--server", addr, "--protocol", protocol, "--from", "aino@customer.example", "--to", "parks@city.example,tax@city.example",
			"--header", "Subject: from swaks", "--body", "first\n.\n..second", "--pipeline").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	w.must(w.svc.Settle())
	if live := w.live(); len(live) != 4 {
		t.Fatalf("%d cases", len(live))
	}
}

// postfix starts a relay of its own: city.example goes to our LMTP, everything else to a sink. It gives its SMTP address.
func postfix(t *testing.T, lmtp, sink string) string {
	t.Helper()
	program, err := exec.LookPath("postfix")
	if err != nil {
		t.Skip("postfix is not installed (apt-get install postfix)")
	}
	if os.Geteuid() != 0 {
		t.Skip("postfix starts as root only")
	}
	dir, err := os.MkdirTemp("", "postfix") // a short path: its sockets have long names
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port := freePort(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"queue", "data"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(dir, "data")).CombinedOutput(); err != nil {
		t.Skipf("no user postfix: %s", out)
	}
	_ = os.Chmod(dir, 0o755)
	write("main.cf", fmt.Sprintf(`compatibility_level = 3.6
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
transport_maps = inline:{{city.example=lmtp:inet:%[2]s}, {customer.example=smtp:[127.0.0.1]:%[3]s}}
smtp_tls_security_level = none
`, dir, lmtp, sink[strings.LastIndex(sink, ":")+1:]))
	write("master.cf", fmt.Sprintf(`127.0.0.1:%d inet n - n - - smtpd
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
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`, port))
	if out, err := exec.Command(program, "-c", dir, "start").CombinedOutput(); err != nil {
		t.Skipf("postfix does not start here: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command(program, "-c", dir, "stop").Run() })
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// M2: a real mail server delivers; the customer gets the reply.
func TestPostfixBothWays(t *testing.T) {
	o := &outsideSink{came: make(chan struct{}, 10)}
	lmtp := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	relay := postfix(t, lmtp, front(t, o, nil))
	client, err := mail.NewClient(mail.ClientConfig{Addr: relay, Security: mail.Plain})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, storetest.SQLite(t), func(c *email.Config) { c.Relay = client })
	front(t, w.svc, func(c *mail.ServerConfig) { c.LMTP, c.Addr = true, lmtp })
	p := agent()
	w.ready(p.Person)
	raw := "From: aino@customer.example\r\nTo: parks@city.example\r\nSubject: Keinu\r\nMessage-ID: <1@customer.example>\r\n\r\n.piste\r\n\r\nloppu\r\n"
	w.must(client.Submit(t.Context(), "aino@customer.example", []string{"parks@city.example"}, []byte(raw)))
	c := w.accepted(p)
	got, err := w.svc.Raw(t.Context(), p, c.ID, c.Messages[0].ID)
	if err != nil || !bytes.HasSuffix(got, []byte("\r\n\r\n.piste\r\n\r\nloppu\r\n")) || !bytes.Contains(got, []byte("Received: from")) {
		t.Fatalf("%v\n%s", err, got)
	}
	w.answered(p, c.ID, "Korjaamme.")
	select {
	case <-o.came:
	case <-time.After(20 * time.Second):
		t.Fatal("the customer got nothing")
	}
	reply := mail.Parse(o.raws[0])
	if reply.Subject != "Re: Keinu" || !strings.Contains(reply.Text, "Korjaamme") || reply.InReplyTo[0] != "<1@customer.example>" {
		t.Fatalf("%s", o.raws[0])
	}
}
