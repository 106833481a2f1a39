//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// dialogue speaks SMTP line by line.
type dialogue struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (c *city) dialogue(t *testing.T) *dialogue {
	t.Helper()
	conn, err := net.Dial("tcp", c.SMTP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	d := &dialogue{t, conn, bufio.NewReader(conn)}
	d.want(220)
	d.say(250, "EHLO hostile.example")
	return d
}

// code reads one answer; 0 when the connection has ended.
func (d *dialogue) code() (int, string) {
	_ = d.conn.SetReadDeadline(time.Now().Add(soon))
	for {
		line, err := d.r.ReadString('\n')
		if err != nil || len(line) < 4 {
			return 0, line
		}
		if line[3] == ' ' {
			n, _ := strconv.Atoi(line[:3])
			return n, line
		}
	}
}

func (d *dialogue) want(code int) {
	d.t.Helper()
	if got, line := d.code(); got != code {
		d.t.Fatalf("want %d, got %q", code, line)
	}
}

func (d *dialogue) say(code int, format string, args ...any) {
	d.t.Helper()
	_, _ = fmt.Fprintf(d.conn, format+"\r\n", args...)
	d.want(code)
}

// deliver sends bytes as they are (dots stuffed by the caller) and gives the answer's code.
func (d *dialogue) deliver(to string, data []byte) int {
	d.t.Helper()
	d.say(250, "MAIL FROM:<hostile@asiakas.example>")
	d.say(250, "RCPT TO:<%s>", to)
	d.say(354, "DATA")
	_, _ = d.conn.Write(data)
	_, _ = d.conn.Write([]byte("\r\n.\r\n"))
	code, _ := d.code()
	return code
}

// levels nests multiparts.
func levels(n int) string {
	var head, tail strings.Builder
	for i := range n {
		fmt.Fprintf(&head, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		tail.WriteString(fmt.Sprintf("\r\n--b%d--", n-1-i))
	}
	return "Subject: sisäkkäin\r\nMIME-Version: 1.0\r\n" + head.String() + "Content-Type: text/plain\r\n\r\nsyvällä\r\n" + tail.String()
}

// hostileLetters are messages that break readers.
func hostileLetters() map[string]string {
	random := make([]byte, 20_000)
	r := rand.New(rand.NewPCG(3, 4))
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	noise := strings.NewReplacer("\r\n.", "\r\nx").Replace(string(random))
	head := "From: a@asiakas.example\r\nSubject: s\r\n"
	return map[string]string{
		"eight bits":       head + "\r\nh\xe4l\xe4v\xe4 \xff\xfe",
		"a NUL":            "From: a\x00b@asiakas.example\r\nSubject: nolla\x00tavu\r\n\r\nennen\x00jälkeen",
		"bare CR and LF":   head + "X-Bare: a\rb\nX-Next: c\r\n\r\nyksi\rkaksi\nkolme\r\r\nneljä\n\n",
		"no header at all": "pelkkää tekstiä ilman otsakkeita",
		"nothing":          "",
		"white space":      "\r\n\r\n \t",
		"one long line":    head + "\r\n" + strings.Repeat("pitkä", 200_000),
		"a long header":    "Subject: " + strings.Repeat("a", 1<<20) + "\r\n\r\nteksti",
		"many headers":     strings.Repeat("X-A: b\r\n", 50_000) + "\r\nteksti",
		"folded for ever":  "Subject: a\r\n" + strings.Repeat(" b\r\n", 50_000) + "\r\nteksti",
		"50 levels":        levels(50),
		"5000 levels":      levels(5000),
		"50000 parts":      head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\na\r\n", 50_000) + "--x--",
		"no end boundary":  head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nteksti",
		"empty boundary":   head + "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n----\r\n\r\na\r\n",
		"broken base64":    head + "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!åäö====AAA",
		"unknown charset":  head + "Content-Type: text/plain; charset=klingon-8\r\n\r\nteksti",
		"utf-7":            head + "Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-alert(1)+ADw-/script+AD4-hei",
		"script":           head + "Content-Type: text/html\r\n\r\n<script>alert(1)</script><img src=http://seuranta.example/x onerror=alert(1)><p>hei</p>",
		"words in words":   "Subject: " + strings.Repeat("=?utf-8?q?=3D=3Futf-8=3Fq=3F?= ", 5000) + "\r\n\r\nteksti",
		"many addresses":   "To: " + strings.Repeat("a@b.example, ", 50_000) + "\r\n\r\nteksti",
		"messages within":  head + strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 300) + "\r\nteksti",
		"noise":            noise,
		"noise as mime":    head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + noise,
		"deep html":        head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 100_000) + "syvä",
		"huge table":       head + "Content-Type: text/html\r\n\r\n<table>" + strings.Repeat("<tr><td><a href='x'><b>", 30_000),
	}
}

// TestHostileMail sends what breaks readers; everything that was acknowledged is kept byte for byte and can be looked at.
func TestHostileMail(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	mailbox := c.queue(t, "kotihoito").Mailbox
	sent := map[string]string{} // name → hash
	for name, text := range hostileLetters() {
		stuffed := strings.ReplaceAll("\r\n"+text, "\r\n.", "\r\n..")[2:]
		if code := c.dialogue(t).deliver(mailbox, []byte(stuffed)); code != 250 {
			t.Errorf("%s is answered by %d", name, code)
			continue
		}
		sum := sha256.Sum256([]byte(text + "\r\n"))
		sent[name] = hex.EncodeToString(sum[:])
	}
	t.Run("kept", func(t *testing.T) {
		for name, sum := range sent {
			if out, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", sum); code != 0 {
				t.Errorf("%s is not kept byte for byte: %s", name, out)
			}
		}
	})
	t.Run("shown", func(t *testing.T) { c.shown(t, "hyvinvointi", sent) })
	t.Run("smuggling", func(t *testing.T) { smuggling(t, c) })
	t.Run("too large", func(t *testing.T) { tooLarge(t, c) })
	t.Run("recipients", func(t *testing.T) { manyRecipients(t, c) })
	t.Run("commands", func(t *testing.T) { hostileCommands(t, c) })
	if out, code := santra(t, "verify", "--ready-file", c.ready); code != 0 {
		t.Errorf("verify: %d %s", code, out)
	}
	raw := letter(mailbox, "Tavallinen", "teksti")
	if err := c.submit(t, raw, mailbox); err != nil {
		t.Errorf("after all of it a plain letter is refused: %v", err)
	}
}

// shown opens every message in the archive, as an expert; its HTML holds nothing that runs or calls home.
func (c *city) shown(t *testing.T, agency string, sent map[string]string) {
	expert := c.logIn(t, "expert", "")
	hashes := map[string]string{}
	for name, sum := range sent {
		hashes[sum] = name
	}
	query := map[string]any{"agency": agency, "purpose": "clearing_up", "reason": "selvitys"}
	var found struct {
		Rows []struct{ ID, SHA256 string }
	}
	eventually(t, time.Minute, "all are indexed", func() bool {
		expert.must("POST", "/api/archive/search", query, &found)
		return len(found.Rows) >= len(sent)
	})
	runs := regexp.MustCompile(`(?i)<script|onerror=|javascript:|src=["']?http`)
	for _, row := range found.Rows {
		name := hashes[row.SHA256]
		begin := time.Now()
		var m struct {
			Text, HTML string
			Raw        bool
			Files      []struct{ Name string }
		}
		expert.must("POST", "/api/archive/messages/"+row.ID+"/open", map[string]string{"purpose": "clearing_up", "reason": "selvitys"}, &m)
		if runs.MatchString(m.HTML) {
			t.Errorf("%s shows HTML that runs or calls home: %q", name, m.HTML[:min(len(m.HTML), 300)])
		}
		if m.Text == "" && m.HTML == "" && len(m.Files) == 0 && name != "nothing" && name != "white space" {
			t.Errorf("%s shows nothing", name)
		}
		if strings.HasSuffix(name, "0 levels") && (!m.Raw || !strings.Contains(m.Text, "boundary=b1")) {
			t.Errorf("%s is not shown raw", name)
		}
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("%s took %s to open", name, d)
		}
	}
}

// stored is how many messages the archive holds.
func (c *city) stored(t *testing.T) int {
	t.Helper()
	out, code := santra(t, "verify", "--ready-file", c.ready)
	n, err := strconv.Atoi(strings.Fields(out + " x")[0])
	if code != 0 || err != nil {
		t.Fatalf("verify: %d %s", code, out)
	}
	return n
}

// smuggling: only CR LF . CR LF ends a message; what others may take for an end is part of it.
func smuggling(t *testing.T, c *city) {
	mailbox := c.queue(t, "kotihoito").Mailbox
	second := "MAIL FROM:<a@b>\r\nRCPT TO:<" + mailbox + ">\r\nDATA\r\nSubject: salakuljetettu\r\n\r\nx"
	for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n\x00.\r\n", "\r\r\n.\n", "\n.\r\r\n"} {
		before := c.stored(t)
		d := c.dialogue(t)
		text := "Subject: kuljettaja\r\n\r\nalku" + end + second
		stuffed := strings.ReplaceAll(text, "\r\n.", "\r\n..")
		if strings.HasPrefix(end, "\r\n.") { // the dot goes out bare: that is the attack
			stuffed = text
			text = strings.ReplaceAll(text, "\r\n.", "\r\n")
		}
		if code := d.deliver(mailbox, []byte(stuffed)); code != 250 {
			t.Errorf("%q: %d", end, code)
		}
		d.say(250, "NOOP")
		if n := c.stored(t) - before; n != 1 {
			t.Errorf("%q made %d messages of one", end, n)
		}
		sum := sha256.Sum256([]byte(text + "\r\n"))
		if out, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", hex.EncodeToString(sum[:])); code != 0 {
			t.Errorf("%q is not kept as it was: %s", end, out)
		}
	}
}

// peakMemory is the most memory that a process ever had, in bytes.
func peakMemory(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kb << 10
}

// tooLarge: 552, by the declared size before a byte of it is read, and without one when the limit is passed; memory stays
// within a few times the limit.
func tooLarge(t *testing.T, c *city) {
	const limit = 50 << 20
	mailbox := c.queue(t, "kotihoito").Mailbox
	before, peak := c.stored(t), peakMemory(c.server("serve"))
	c.dialogue(t).say(552, "MAIL FROM:<a@b> SIZE=%d", limit+1)
	c.dialogue(t).say(552, "MAIL FROM:<a@b> SIZE=99999999999999999999999")
	d := c.dialogue(t)
	if code := d.deliver(mailbox, bytes.Repeat([]byte("suuri kirje, suuri kirje, suuri kirje, suuri kirje\r\n"), 2*limit/52)); code != 552 {
		t.Errorf("a message of twice the limit is answered by %d", code)
	}
	d.say(250, "NOOP")
	if code := d.deliver(mailbox, bytes.Repeat([]byte("x"), limit+limit/2)); code != 552 {
		t.Errorf("one line over the limit is answered by %d", code)
	}
	if n := c.stored(t) - before; n != 0 {
		t.Errorf("%d refused messages are in the archive", n)
	}
	if grown := peakMemory(c.server("serve")) - peak; grown > 4*limit {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
}

// manyRecipients: 10,000 of them, known and unknown; a bounded number is taken, the rest is put off, the message is kept.
func manyRecipients(t *testing.T, c *city) {
	mailbox := c.queue(t, "kotihoito").Mailbox
	d := c.dialogue(t)
	d.say(250, "MAIL FROM:<a@asiakas.example>")
	taken, putOff := 0, 0
	for range 10_000 {
		_, _ = fmt.Fprintf(d.conn, "RCPT TO:<%s>\r\n", mailbox)
		switch code, line := d.code(); code {
		case 250:
			taken++
		case 452:
			putOff++
		default:
			t.Fatalf("a recipient is answered by %q", line)
		}
	}
	if taken < 100 || putOff == 0 {
		t.Errorf("%d recipients were taken, %d put off", taken, putOff)
	}
	d.say(354, "DATA")
	d.say(250, "Subject: monelle\r\n\r\nhei\r\n.")
	d = c.dialogue(t)
	d.say(250, "MAIL FROM:<a@asiakas.example>")
	for i := range 10_000 {
		_, _ = fmt.Fprintf(d.conn, "RCPT TO:<nobody%d@santala.example>\r\n", i)
		if code, _ := d.code(); code == 421 || code == 0 {
			return // guessing at mailboxes ends the connection
		} else if code != 550 {
			t.Fatalf("an unknown recipient is answered by %d", code)
		}
	}
	t.Error("10,000 guesses at mailboxes on one connection")
}

// hostileCommands: each is answered, none breaks the server.
func hostileCommands(t *testing.T, c *city) {
	for _, line := range []string{
		"MAIL FROM:<a\x00b@c>", "MAIL FROM:<" + strings.Repeat("a", 3000) + "@b>", "MAIL FROM:a@b", "RCPT TO:<x@y>", "DATA", "MAIL FROM:<a@b> BODY=BINARYMIME",
		"MAIL FROM:<a@b> FOO=BAR", "BDAT 10", "AUTH PLAIN AAAA", "TURN", "\xff\xfe\xfd", "", " ", "STARTTLS", "EHLO", "EXPN root", "VRFY root",
	} {
		d := c.dialogue(t)
		_, _ = fmt.Fprintf(d.conn, "%s\r\n", line)
		if code, text := d.code(); code < 250 || code == 250 {
			t.Errorf("%q is answered by %q", line, text)
		}
	}
	for _, text := range []string{strings.Repeat("A", 1<<20), "EHLO x\nMAIL FROM:<a@b>\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		d := c.dialogue(t)
		_, _ = d.conn.Write([]byte(text))
		if code, line := d.code(); code != 0 && code < 400 {
			t.Errorf("%.20q is answered by %q", text, line)
		}
	}
	if status := healthStatus(c.HTTP); status != http.StatusOK {
		t.Errorf("health: %d", status)
	}
}
