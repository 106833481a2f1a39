package mail

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"santra/internal/errs"
)

// Security is how the way to the relay is protected.
type Security string

// The ways. Plain is for a relay on this machine alone.
const (
	StartTLS Security = "starttls" // must be offered, with a valid certificate (RFC 3207)
	Implicit Security = "tls"      // from the first byte (RFC 8314 3.3)
	Plain    Security = "plain"    // loopback addresses only
)

// SubmitTime bounds one submission, from the connection to the answer.
const SubmitTime = 5 * time.Minute

// ClientConfig names the relay.
type ClientConfig struct {
	Addr     string      // host:port
	Security Security    // "" is StartTLS
	Hello    string      // our name; "" is localhost
	User     string      // for AUTH PLAIN; "" for none. Refused with Plain.
	Password string      // with User
	TLS      *tls.Config // nil: the system's roots, the host of Addr
	Timeout  time.Duration
}

// Class says what to do about a submission that failed.
type Class string

// The classes.
const (
	Temporary  Class = "temporary"  // 4xx: try later
	Permanent  Class = "permanent"  // 5xx: never
	Connection Class = "connection" // no answer: try later
)

// SubmitError is why a submission failed. It holds no address: the relay's words are not kept, they may name the customer.
type SubmitError struct {
	Class  Class
	Code   int    // SMTP reply code; 0 for Connection
	Stage  string // "connect", "hello", "tls", "auth", "mail", "rcpt", "data", "end"
	Unsure bool   // the connection broke after the last byte: the relay may have the message
}

// Error gives code, class and stage.
func (e *SubmitError) Error() string {
	return fmt.Sprintf("mail: submission: %s error at %s (code %d)", e.Class, e.Stage, e.Code)
}

// Client submits messages to one relay. It keeps no connection between messages and may be used at once from anywhere.
type Client struct{ cfg ClientConfig }

// NewClient checks the configuration; errs.Invalid for plain text to another machine.
func NewClient(cfg ClientConfig) (*Client, error) {
	cfg.Security = cmp.Or(cfg.Security, StartTLS)
	cfg.Timeout = cmp.Or(cfg.Timeout, SubmitTime)
	cfg.Hello = cmp.Or(cfg.Hello, "localhost")
	host, _, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return nil, errs.At(errs.Invalid, "relay.addr", "is not host:port")
	}
	switch cfg.Security {
	case StartTLS, Implicit:
	case Plain:
		if !loopback(host) {
			return nil, errs.At(errs.Invalid, "relay.security", "plain is allowed to a loopback address only")
		}
		if cfg.User != "" {
			return nil, errs.At(errs.Invalid, "relay.user", "a password is not sent in clear")
		}
	default:
		return nil, errs.At(errs.Invalid, "relay.security", "must be starttls, tls or plain")
	}
	if cfg.TLS == nil {
		cfg.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return &Client{cfg}, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Submit gives the relay one message with all its recipients: raw must be lines of CR LF, and goes out byte for byte. An
// error is a *SubmitError; a recipient that is refused fails the whole message before its bytes are sent.
func (c *Client) Submit(ctx context.Context, from string, to []string, raw []byte) error {
	if !canonical(raw) {
		return errs.New(errs.Invalid, "mail: a message to submit has lines of CR LF")
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return &SubmitError{Class: Connection, Stage: "connect"}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return c.talk(conn, from, to, raw)
}

// canonical tells whether the library's dot-stuffing leaves the bytes alone: it would rewrite bare CR or LF.
func canonical(raw []byte) bool {
	n := bytes.Count(raw, []byte("\r\n"))
	return bytes.HasSuffix(raw, []byte("\r\n")) && bytes.Count(raw, []byte("\r")) == n && bytes.Count(raw, []byte("\n")) == n
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	if c.cfg.Security == Implicit {
		return (&tls.Dialer{Config: c.cfg.TLS}).DialContext(ctx, "tcp", c.cfg.Addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", c.cfg.Addr)
}

func (c *Client) talk(conn net.Conn, from string, to []string, raw []byte) error {
	sc, err := c.greet(conn)
	if err != nil {
		return err
	}
	defer func() { _ = sc.Close() }()
	if c.cfg.User != "" {
		if err := sc.Auth(sasl.NewPlainClient("", c.cfg.User, c.cfg.Password)); err != nil {
			return failed("auth", err)
		}
	}
	opts := &smtp.MailOptions{Size: int64(len(raw))}
	opts.UTF8 = !ascii(from) || !asciiAll(to)
	if ok, _ := sc.Extension("8BITMIME"); ok {
		opts.Body = smtp.Body8BitMIME
	}
	if err := sc.Mail(from, opts); err != nil {
		return failed("mail", err)
	}
	for _, rcpt := range to {
		if err := sc.Rcpt(rcpt, nil); err != nil {
			return failed("rcpt", err)
		}
	}
	return data(sc, raw)
}

func (c *Client) greet(conn net.Conn) (*smtp.Client, error) {
	if c.cfg.Security == StartTLS {
		sc, err := smtp.NewClientStartTLS(conn, c.cfg.TLS)
		if err != nil {
			return nil, failed("tls", err)
		}
		if err := sc.Hello(c.cfg.Hello); err != nil { // the handshake happens here
			return nil, failed("tls", err)
		}
		return sc, nil
	}
	sc := smtp.NewClient(conn)
	if err := sc.Hello(c.cfg.Hello); err != nil {
		return nil, failed("hello", err)
	}
	return sc, nil
}

func data(sc *smtp.Client, raw []byte) error {
	w, err := sc.Data()
	if err != nil {
		return failed("data", err)
	}
	if _, err := w.Write(raw); err != nil {
		return failed("data", err)
	}
	if _, err := w.CloseWithResponse(); err != nil {
		e := failed("end", err)
		e.Unsure = e.Class == Connection
		return e
	}
	_ = sc.Quit() // the message is theirs whatever the answer
	return nil
}

func failed(stage string, err error) *SubmitError {
	refused, ok := errors.AsType[*smtp.SMTPError](err)
	switch {
	case !ok:
		return &SubmitError{Class: Connection, Stage: stage}
	case refused.Code/100 == 5:
		return &SubmitError{Class: Permanent, Code: refused.Code, Stage: stage}
	}
	return &SubmitError{Class: Temporary, Code: refused.Code, Stage: stage}
}

func ascii(s string) bool {
	for _, b := range []byte(s) {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

func asciiAll(ss []string) bool {
	for _, s := range ss {
		if !ascii(s) {
			return false
		}
	}
	return true
}
