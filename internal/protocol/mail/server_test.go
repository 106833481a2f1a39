package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"santra/internal/errs"
)

// sink is a Backend that keeps what it gets.
type sink struct {
	mu   sync.Mutex
	envs []Envelope
	raws [][]byte
	fail error
}

func (s *sink) Recipient(_ context.Context, address string) error {
	if !strings.HasSuffix(address, "@city.example") {
		return errs.New(errs.NotFound, "unknown")
	}
	return nil
}

func (s *sink) Deliver(_ context.Context, e Envelope, r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	s.envs, s.raws = append(s.envs, e), append(s.raws, raw)
	return nil
}

func (s *sink) last() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.raws) == 0 {
		return nil
	}
	return s.raws[len(s.raws)-1]
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.raws)
}

func startServer(t testing.TB, cfg ServerConfig) *Server {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

// line is a client that says what it is told to.
type line struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, s *Server) *line {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	l := &line{t, c, bufio.NewReader(c)}
	l.want("220")
	return l
}

// want reads one answer and checks how it begins.
func (l *line) want(code string) string {
	l.t.Helper()
	for {
		got, err := l.r.ReadString('\n')
		if err != nil {
			l.t.Fatalf("want %s: %v", code, err)
		}
		if !strings.HasPrefix(got, code) {
			l.t.Fatalf("want %s, got %q", code, got)
		}
		if len(got) < 4 || got[3] == ' ' {
			return got
		}
	}
}

func (l *line) say(text, code string) string {
	l.t.Helper()
	l.send(text + "\r\n")
	return l.want(code)
}

func (l *line) send(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l, text); err != nil {
		l.t.Fatal(err)
	}
}

func (l *line) begin() {
	l.t.Helper()
	l.say("EHLO client.example", "250")
	l.say("MAIL FROM:<a@b.example>", "250")
	l.say("RCPT TO:<parks@city.example>", "250")
	l.say("DATA", "354")
}

// stuff makes DATA of a message that ends with CR LF (RFC 5321 4.5.2).
func stuff(raw string) string {
	s := strings.ReplaceAll(raw, "\r\n.", "\r\n..")
	if strings.HasPrefix(s, ".") {
		s = "." + s
	}
	return s + ".\r\n"
}

func TestBytesArriveAsTheyWereSent(t *testing.T) {
	b := &sink{}
	l := dial(t, startServer(t, ServerConfig{Backend: b}))
	for name, raw := range map[string]string{
		"plain":          "Subject: x\r\n\r\nhello\r\n",
		"empty":          "",
		"only a newline": "\r\n",
		"no headers":     "hello\r\n",
		"dots":           ".\r\n..\r\n...a\r\n.b\r\n\r\n.\r\n",
		"8-bit":          "Subject: h\xe4t\xe4\r\n\r\n\xff\xfe\x80\r\n",
		"NUL":            "a\x00b\x00\x00\r\n\x00\r\n",
		"CR CR LF":       "a\r\r\n.b\r\r\n",
		"ends CR CR LF":  "a\r\r\n",
		"bare LF dot LF": "a\n.\nMAIL FROM:<x@y>\n.\r\r\nb\r\n",
		"LF dot CRLF":    "a\n.\r\nRCPT TO:<x@y>\r\n",
		"CR dot CR":      "a\r.\rb\r\n",
		"CRLF dot LF":    "a\r\n.\nb\r\n",
		"CRLF dot CR":    "a\r\n.\rb\r\n",
		"CR dot CRLF":    "a\r.\r\nb\r\n",
		"long line":      strings.Repeat("x", 100_000) + "\r\n",
		"long 16k edge":  strings.Repeat("x", readBuffer-1) + "\r\n.\r\n" + strings.Repeat("y", readBuffer) + "\r\n",
		"long dotted":    "." + strings.Repeat(".", readBuffer*2) + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			l.t = t
			l.begin()
			l.send(stuff(raw))
			l.want("250")
			if got := b.last(); string(got) != raw {
				t.Fatalf("sent %.80q, got %.80q", raw, got)
			}
		})
	}
}

func TestNothingButCRLFDotCRLFEndsData(t *testing.T) {
	for _, fake := range []string{"\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\r\n", "\r\n.\x00\r\n", "\r\n. \r\n", "\n\r.\r\n"} {
		b := &sink{}
		l := dial(t, startServer(t, ServerConfig{Backend: b}))
		l.begin()
		l.send("first" + fake + "MAIL FROM:<evil@b.example>\r\nRCPT TO:<tax@city.example>\r\nDATA\r\nsecond")
		if fake == "\r\n.\r" { // joined by the next bytes
			l.send("x")
		}
		l.send("\r\n.\r\n")
		l.want("250")
		l.say("NOOP", "250")
		if b.count() != 1 {
			t.Errorf("%q smuggled %d messages", fake, b.count())
		}
	}
}

func TestOverTheLimit(t *testing.T) {
	b := &sink{}
	s := startServer(t, ServerConfig{Backend: b, MaxMessage: 10_000})
	l := dial(t, s)
	l.say("EHLO c", "250")
	l.say("MAIL FROM:<a@b> SIZE=10001", "552")
	l.say("MAIL FROM:<a@b> SIZE=99999999999999999999999999", "552")
	l.say("MAIL FROM:<a@b> SIZE=x", "501")
	l.begin()
	l.send(strings.Repeat("0123456789\r\n", 2000) + ".\r\n")
	l.want("552")
	l.begin()
	l.send("small\r\n.\r\n")
	l.want("250")
	l.begin()
	l.send(strings.Repeat("x", 9998) + "\r\n.\r\n") // at the limit
	l.want("250")
	l.begin()
	l.send(strings.Repeat("x", 9999) + "\r\n.\r\n")
	l.want("552")
	if b.count() != 2 || s.buffered.Load() != 0 {
		t.Fatalf("%d messages, %d bytes under way", b.count(), s.buffered.Load())
	}
}

func TestEndlessMessageEndsTheConnection(t *testing.T) {
	s := startServer(t, ServerConfig{Backend: &sink{}, MaxMessage: 1000})
	l := dial(t, s)
	l.begin()
	go func() {
		for range 1000 {
			if _, err := io.WriteString(l.Conn, strings.Repeat("x", 998)+"\r\n"); err != nil {
				return
			}
		}
	}()
	l.want("552")
	if rest, err := io.ReadAll(l.r); len(rest) > 0 {
		t.Fatalf("connection goes on: %q %v", rest, err)
	}
}

// slow is a Backend that tells when it has read so many bytes of its first message.
type slow struct {
	sink
	bytes int
	once  sync.Once
	read  chan struct{}
}

func (s *slow) Deliver(ctx context.Context, e Envelope, r io.Reader) error {
	first := false
	s.once.Do(func() { first = true })
	if !first {
		return s.sink.Deliver(ctx, e, r)
	}
	head := make([]byte, s.bytes)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	close(s.read)
	return s.sink.Deliver(ctx, e, io.MultiReader(bytes.NewReader(head), r))
}

func TestMemoryIsBoundedOverAllConnections(t *testing.T) {
	b := &slow{bytes: 80_000, read: make(chan struct{})}
	s := startServer(t, ServerConfig{Backend: b, MaxMessage: 100_000, MaxBuffered: 150_000})
	first, second := dial(t, s), dial(t, s)
	first.begin()
	first.send(strings.Repeat(strings.Repeat("x", 98)+"\r\n", 900))
	<-b.read
	second.begin()
	second.send(strings.Repeat(strings.Repeat("y", 98)+"\r\n", 900) + ".\r\n")
	second.want("452")
	first.send(".\r\n")
	first.want("250")
	second.begin()
	second.send(strings.Repeat(strings.Repeat("y", 98)+"\r\n", 900) + ".\r\n")
	second.want("250")
	if got := s.buffered.Load(); got != 0 {
		t.Fatalf("%d bytes leaked", got)
	}
}

func TestTenThousandRecipients(t *testing.T) {
	b := &sink{}
	l := dial(t, startServer(t, ServerConfig{Backend: b}))
	l.say("EHLO c", "250")
	l.say("MAIL FROM:<a@b>", "250")
	go func() { // pipelined: the answers are read below
		w := bufio.NewWriter(l.Conn)
		for i := range 10_000 {
			fmt.Fprintf(w, "RCPT TO:<q%d@city.example>\r\n", i)
		}
		w.Flush()
	}()
	for i := range 10_000 {
		if i < DefaultMaxRecipients {
			l.want("250")
		} else {
			l.want("452 4.5.3")
		}
	}
	l.say("DATA", "354")
	l.send("x\r\n.\r\n")
	l.want("250")
	if got := len(b.envs[0].To); got != DefaultMaxRecipients {
		t.Fatal(got)
	}
}

func TestRefusals(t *testing.T) {
	b := &sink{}
	l := dial(t, startServer(t, ServerConfig{Backend: b}))
	l.say("MAIL FROM:<a@b>", "503")
	l.say("EHLO", "501")
	l.say("LHLO x", "500")
	l.say("HELO x", "250")
	l.say("RCPT TO:<parks@city.example>", "503")
	l.say("DATA", "503")
	l.say("MAIL TO:<a@b>", "501")
	l.say("MAIL FROM:a@b", "501")
	l.say("MAIL FROM:<a@b> FOO=1", "555")
	l.say("MAIL FROM:<a\x01@b>", "501")
	l.say("MAIL FROM:<> BODY=8BITMIME SMTPUTF8", "250")
	l.say("MAIL FROM:<>", "503")
	l.say("RCPT TO:<nobody@elsewhere.example>", "550")
	l.say("RCPT TO:<>", "501")
	l.say("RCPT TO:<parks@city.example> NOTIFY=NEVER", "555")
	l.say("DATA", "503")
	l.say("STARTTLS", "502")
	l.say("BDAT 3", "500")
	l.say("VRFY x", "252")
	l.say("RSET", "250")
	l.say("RCPT TO:<parks@city.example>", "503")
	l.say("QUIT", "221")
}

func TestErrorsAreNeverAcknowledged(t *testing.T) {
	for kind, want := range map[errs.Kind]string{
		errs.Internal: "451", errs.Unavailable: "452", errs.Limited: "452", errs.TooLarge: "552",
		errs.Denied: "554", errs.Invalid: "554", errs.NotFound: "550", errs.Conflict: "451",
	} {
		b := &sink{fail: errs.New(kind, "no")}
		l := dial(t, startServer(t, ServerConfig{Backend: b}))
		l.begin()
		l.send("x\r\n.\r\n")
		l.want(want)
		b.fail = nil
		l.begin()
		l.send("y\r\n.\r\n")
		l.want("250")
	}
}

func TestBadLinesEndTheConnection(t *testing.T) {
	for name, c := range map[string][2]string{
		"too long": {strings.Repeat("x", MaxCommandLine+1) + "\r\n", "500 5.5.2"},
		"endless":  {strings.Repeat("x", readBuffer+1), "500 5.5.2"},
		"bare LF":  {"NOOP\n", "500 5.5.2"},
	} {
		t.Run(name, func(t *testing.T) {
			l := dial(t, startServer(t, ServerConfig{Backend: &sink{}}))
			l.send(c[0])
			l.want(c[1])
		})
	}
	l := dial(t, startServer(t, ServerConfig{Backend: &sink{}, MaxRecipients: 1}))
	l.send(strings.Repeat("FOO\r\n", MaxBadCommands+2))
	for range MaxBadCommands + 2 {
		l.want("500")
	}
	l.want("421")
}

func TestConnectionLimits(t *testing.T) {
	s := startServer(t, ServerConfig{Backend: &sink{}, MaxPerAddr: 2})
	dial(t, s)
	second := dial(t, s)
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, _ := io.ReadAll(c); !bytes.HasPrefix(got, []byte("421")) {
		t.Fatalf("%q", got)
	}
	second.say("QUIT", "221")
	_, _ = io.ReadAll(second.r) // until the server has closed it
	for range 100 {
		if c, err := net.Dial("tcp", s.Addr().String()); err == nil {
			got, _ := bufio.NewReader(c).ReadString('\n')
			c.Close()
			if strings.HasPrefix(got, "220") {
				return
			}
		}
	}
	t.Fatal("the place did not become free")
}

func TestConnectionLostInData(t *testing.T) {
	b := &sink{}
	s := startServer(t, ServerConfig{Backend: b})
	l := dial(t, s)
	l.begin()
	l.send("half of a mess")
	l.Close()
	dial(t, s).say("QUIT", "221")
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.count() != 0 || s.buffered.Load() != 0 {
		t.Fatal("half a message was delivered or counted on")
	}
}

func TestIdleClientIsLeft(t *testing.T) {
	l := dial(t, startServer(t, ServerConfig{Backend: &sink{}, Idle: 50 * time.Millisecond}))
	l.want("421 4.4.2")
}

func TestStopDoesNotWaitForIdleClients(t *testing.T) {
	s := startServer(t, ServerConfig{Backend: &sink{}})
	l := dial(t, s)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.want("421 4.3.2")
}

func TestLMTPAnswersForEachRecipient(t *testing.T) {
	b := &sink{}
	l := dial(t, startServer(t, ServerConfig{Backend: b, LMTP: true}))
	l.say("EHLO c", "500")
	l.say("LHLO c", "250")
	l.say("MAIL FROM:<a@b>", "250")
	l.say("RCPT TO:<parks@city.example>", "250")
	l.say("RCPT TO:<x@y>", "550")
	l.say("RCPT TO:<tax@city.example>", "250")
	l.say("DATA", "354")
	l.send("x\r\n.\r\n")
	l.want("250")
	l.want("250")
	l.say("NOOP", "250")
	if e := b.envs[0]; e.Protocol != "lmtp" || len(e.To) != 2 || e.From.Reveal() != "a@b" || e.Helo != "c" {
		t.Fatalf("%+v", e)
	}
}

func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestStartTLS(t *testing.T) {
	b := &sink{}
	s := startServer(t, ServerConfig{Backend: b, TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}})
	l := dial(t, s)
	l.say("EHLO c", "250")
	l.say("MAIL FROM:<plain@b>", "250")
	l.say("STARTTLS", "220")
	conn := tls.Client(l.Conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the test's own certificate
	secure := &line{t, conn, bufio.NewReader(conn)}
	secure.say("MAIL FROM:<a@b>", "503") // forgotten, EHLO included
	secure.begin()
	secure.send("..x\r\r\n.\r\n")
	secure.want("250")
	if string(b.last()) != ".x\r\r\n" || !b.envs[0].TLS || b.envs[0].From.Reveal() != "a@b.example" {
		t.Fatalf("%q %+v", b.last(), b.envs[0])
	}
	injected := dial(t, s)
	injected.say("EHLO c", "250")
	injected.send("STARTTLS\r\nMAIL FROM:<evil@b>\r\n")
	injected.want("554")
}

// The library's client is an independent reading of the protocol.
func TestLibraryClient(t *testing.T) {
	b := &sink{}
	s := startServer(t, ServerConfig{Backend: b, Hostname: "mail.city.example"})
	for range 3 {
		msg := "Subject: å\r\n\r\n.hello\r\n..\r\n"
		c, err := smtp.Dial(s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SendMail("a@b.example", []string{"parks@city.example", "tax@city.example"}, strings.NewReader(msg)); err != nil {
			t.Fatal(err)
		}
		if err := c.Quit(); err != nil {
			t.Fatal(err)
		}
		if string(b.last()) != msg {
			t.Fatalf("%q", b.last())
		}
	}
}

func TestParsePath(t *testing.T) {
	for in, want := range map[string]string{
		"FROM:<a@b>": "a@b", "from: <a@b>": "a@b", "FROM:<>": "", "FROM:<@x,@y:a@b>": "a@b", "FROM:<\"a>b\"@c>": "\"a>b\"@c",
		"FROM:<ä@b.example> SIZE=1": "ä@b.example", "FROM:<\"a\\\">b\"@c>": "\"a\\\">b\"@c",
	} {
		if got, _, err := parsePath(in, "FROM:"); err != nil || got != want {
			t.Errorf("%s: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"", "FROM", "FROM:", "FROM:<", "FROM:<a", "FROM:a@b", "FROM:<a>b", "FROM:<@x>", "FROM:<\xff@b>", "FROM:<" + strings.Repeat("a", MaxPath+1) + ">", "FROM:<a\r@b>"} {
		if _, _, err := parsePath(in, "FROM:"); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.30q: %v", in, err)
		}
	}
}

func FuzzSession(f *testing.F) {
	f.Add([]byte("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<q@city.example>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"))
	f.Add([]byte("HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<q@city.example>\r\nDATA\r\n..\r\r\n.\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		b := &sink{}
		s, err := NewServer(ServerConfig{Backend: b, MaxMessage: 4096, MaxRecipients: 3})
		if err != nil {
			t.Fatal(err)
		}
		s.ctx = context.Background()
		client, server := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, client) }()
		go func() { _, _ = client.Write(in); client.Close() }()
		c := &session{s: s, conn: server, r: bufio.NewReaderSize(server, readBuffer), w: bufio.NewWriter(server)}
		c.serve()
		server.Close()
		if s.buffered.Load() != 0 {
			t.Fatal("bytes leaked")
		}
	})
}

// What a sender stuffs is what the reader gives back, whatever the bytes and however they are cut.
func FuzzDataReader(f *testing.F) {
	f.Add([]byte("a\r\n.b\r\r\n.\r\n"), uint8(3))
	f.Fuzz(func(t *testing.T, raw []byte, size uint8) {
		msg := string(raw) + "\r\n"
		in := stuff(msg) + "NOOP\r\n"
		r := bufio.NewReaderSize(strings.NewReader(in), 16+int(size))
		d := &dataReader{r: r, limit: 1 << 20, pool: new(atomic.Int64), poolLimit: 1 << 30}
		got, err := io.ReadAll(d)
		if err != nil || string(got) != msg {
			t.Fatalf("sent %q, got %q, %v", msg, got, err)
		}
		if rest, _ := io.ReadAll(r); string(rest) != "NOOP\r\n" {
			t.Fatalf("left %q", rest)
		}
	})
}
