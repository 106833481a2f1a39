package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
)

// readBuffer holds the bytes read ahead of one connection; a line of DATA may be longer.
const readBuffer = 16 << 10

// session is one connection: the state machine of RFC 5321 4.1.4.
type session struct {
	s        *Server
	conn     net.Conn // the TLS connection after STARTTLS
	r        *bufio.Reader
	w        *bufio.Writer
	tls      bool
	helo     string
	extended bool // EHLO or LHLO: enhanced status codes are understood
	env      *Envelope
	bad      int
	messages int
	dataEnd  time.Time // while DATA is read: when patience ends whatever trickles in
}

// verdict is what a command's handler decides about the connection.
type verdict bool

const (
	stay  verdict = true
	leave verdict = false
)

func (c *session) serve() {
	c.r.Reset(patient{c})
	c.reply(220, "", c.s.cfg.Hostname+" "+c.protocol())
	for {
		if c.r.Buffered() == 0 && c.w.Flush() != nil { // answers of a pipelined group go out together (RFC 2920 3.1)
			return
		}
		line, err := c.command()
		if err != nil {
			c.farewell(err)
			return
		}
		if c.handle(line) == leave {
			_ = c.w.Flush()
			return
		}
	}
}

func (c *session) protocol() string {
	if c.s.cfg.LMTP {
		return "LMTP"
	}
	return "ESMTP"
}

// patient reads from the connection with the deadline that the server's patience sets.
type patient struct{ c *session }

func (p patient) Read(b []byte) (int, error) {
	end := time.Now().Add(p.c.s.cfg.Idle)
	if !p.c.dataEnd.IsZero() && p.c.dataEnd.Before(end) {
		end = p.c.dataEnd
	}
	if err := p.c.conn.SetReadDeadline(end); err != nil {
		return 0, err
	}
	if p.c.s.ctx.Err() != nil { // after the deadline is set: Stop cancels first, then moves the deadline
		return 0, errClosing
	}
	n, err := p.c.conn.Read(b)
	if err != nil && p.c.s.ctx.Err() != nil {
		err = errClosing
	}
	return n, err
}

var (
	errClosing  = errors.New("mail: the server is stopping")
	errLongLine = errors.New("mail: command line over the limit")
	errBareLF   = errors.New("mail: command line ends without CR")
)

// command reads one line. Bare LF ends no command: what one server takes for a line another may not (SMTP smuggling).
func (c *session) command() (string, error) {
	line, err := c.r.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull), err == nil && len(line) > MaxCommandLine:
		return "", errLongLine
	case err != nil:
		return "", err
	case !bytes.HasSuffix(line, []byte("\r\n")):
		return "", errBareLF
	}
	return string(line[:len(line)-2]), nil
}

// farewell says why the connection ends, where the client can still hear it.
func (c *session) farewell(err error) {
	switch {
	case errors.Is(err, errClosing):
		c.reply(421, "4.3.2", "Closing down, try again later")
	case errors.Is(err, errLongLine):
		c.reply(500, "5.5.2", "Command line too long (limit "+strconv.Itoa(MaxCommandLine)+")")
	case errors.Is(err, errBareLF):
		c.reply(500, "5.5.2", "Lines end with CR LF")
	case timedOut(err):
		c.reply(421, "4.4.2", "Timed out")
	default:
		return
	}
	_ = c.w.Flush()
}

func (c *session) handle(line string) verdict {
	verb, arg, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "HELO", "EHLO", "LHLO":
		return c.hello(verb, strings.TrimSpace(arg))
	case "MAIL":
		return c.mail(arg)
	case "RCPT":
		return c.rcpt(arg)
	case "DATA":
		return c.data(arg)
	case "STARTTLS":
		return c.startTLS(arg)
	case "RSET":
		c.env = nil
		return c.ok("2.0.0", "Reset")
	case "NOOP":
		return c.ok("2.0.0", "OK")
	case "VRFY":
		c.reply(252, "2.5.2", "Send a message and see")
		return stay
	case "QUIT":
		c.reply(221, "2.0.0", "Bye")
		return leave
	}
	return c.wrong(500, "5.5.1", "Unknown command")
}

func (c *session) hello(verb, name string) verdict {
	if (verb == "LHLO") != c.s.cfg.LMTP {
		return c.wrong(500, "5.5.1", "This is "+c.protocol())
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return c.wrong(501, "5.5.4", "A name is needed")
	}
	c.helo, c.extended, c.env = name, verb != "HELO", nil // RFC 5321 4.1.4: a later EHLO resets
	if !c.extended {
		c.reply(250, "", c.s.cfg.Hostname)
		return stay
	}
	lines := []string{
		c.s.cfg.Hostname, "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES",
		"SIZE " + strconv.FormatInt(c.s.cfg.MaxMessage, 10), "LIMITS RCPTMAX=" + strconv.Itoa(c.s.cfg.MaxRecipients),
	}
	if c.s.cfg.TLS != nil && !c.tls {
		lines = append(lines, "STARTTLS")
	}
	c.reply(250, "", lines...)
	return stay
}

// mail begins a transaction (RFC 5321 4.1.1.2).
func (c *session) mail(arg string) verdict {
	switch {
	case c.helo == "":
		return c.wrong(503, "5.5.1", "Say EHLO first")
	case c.env != nil:
		return c.wrong(503, "5.5.1", "A message is already under way")
	case c.messages >= MaxMessagesPerConn:
		c.reply(421, "4.7.0", "Enough messages for one connection")
		return leave
	}
	path, params, err := parsePath(arg, "FROM:")
	if err != nil {
		return c.wrong(501, "5.1.7", "Syntax: MAIL FROM:<address>")
	}
	env := &Envelope{
		Protocol: strings.ToLower(strings.TrimPrefix(c.protocol(), "E")), Remote: remote(c.conn), Helo: c.helo,
		From: pii.NewAddress(path), TLS: c.tls, Received: time.Now(),
	}
	for key, value := range params {
		if code, enhanced, text := c.mailParam(env, key, value); code != 0 {
			return c.wrong(code, enhanced, text)
		}
	}
	c.env = env
	return c.ok("2.1.0", "OK")
}

func (c *session) mailParam(env *Envelope, key, value string) (code int, enhanced, text string) {
	switch key {
	case "SIZE": // RFC 1870 6.1
		size, err := strconv.ParseUint(value, 10, 63)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 501, "5.5.4", "SIZE is a number"
		}
		if err != nil || size > uint64(c.s.cfg.MaxMessage) {
			return 552, "5.3.4", c.tooLarge()
		}
	case "BODY": // RFC 6152 2
		if !strings.EqualFold(value, "7BIT") && !strings.EqualFold(value, "8BITMIME") {
			return 501, "5.5.4", "BODY is 7BIT or 8BITMIME"
		}
	case "SMTPUTF8": // RFC 6531 3.4
		env.UTF8 = true
	default:
		return 555, "5.5.4", "Unknown parameter"
	}
	return 0, "", ""
}

func (c *session) tooLarge() string {
	return fmt.Sprintf("Message over the limit of %d bytes", c.s.cfg.MaxMessage)
}

// rcpt adds a recipient (RFC 5321 4.1.1.3) that the Backend knows.
func (c *session) rcpt(arg string) verdict {
	if c.env == nil {
		return c.wrong(503, "5.5.1", "Say MAIL first")
	}
	path, params, err := parsePath(arg, "TO:")
	if err != nil || path == "" {
		return c.wrong(501, "5.1.3", "Syntax: RCPT TO:<address>")
	}
	if len(params) > 0 {
		return c.wrong(555, "5.5.4", "Unknown parameter")
	}
	if len(c.env.To) >= c.s.cfg.MaxRecipients { // RFC 5321 4.5.3.1.10
		c.reply(452, "4.5.3", "Too many recipients")
		return stay
	}
	if err := c.s.cfg.Backend.Recipient(c.s.ctx, path); err != nil {
		code, enhanced, text := status(err)
		if code == 550 { // guessing at mailboxes counts as misbehaviour
			return c.wrong(code, "5.1.1", "No such mailbox here")
		}
		c.reply(code, enhanced, text)
		return stay
	}
	c.env.To = append(c.env.To, path)
	return c.ok("2.1.5", "OK")
}

func (c *session) startTLS(arg string) verdict {
	switch {
	case c.s.cfg.TLS == nil || c.tls:
		return c.wrong(502, "5.5.1", "Not offered")
	case arg != "":
		return c.wrong(501, "5.5.4", "No parameters") // RFC 3207 4
	case c.r.Buffered() > 0:
		c.reply(554, "5.5.1", "Wait for the answer to STARTTLS") // else plain commands would be taken as encrypted ones
		return leave
	}
	c.reply(220, "2.0.0", "Go ahead")
	if c.w.Flush() != nil {
		return leave
	}
	conn := tls.Server(c.conn, c.s.cfg.TLS)
	ctx, cancel := context.WithTimeout(c.s.ctx, c.s.cfg.Idle)
	defer cancel()
	_ = c.conn.SetDeadline(time.Time{})
	if conn.HandshakeContext(ctx) != nil {
		return leave
	}
	c.conn, c.tls, c.helo, c.env = conn, true, "", nil // RFC 3207 4.2: forget what was said in clear
	c.w.Reset(conn)
	return stay
}

// data takes the message and answers once for SMTP, once for each recipient for LMTP (RFC 2033 4.2).
func (c *session) data(arg string) verdict {
	switch {
	case arg != "":
		return c.wrong(501, "5.5.4", "No parameters")
	case c.env == nil || len(c.env.To) == 0:
		return c.wrong(503, "5.5.1", "Say MAIL and RCPT first")
	}
	c.reply(354, "", "End with a dot on its own line")
	if c.w.Flush() != nil {
		return leave
	}
	env := c.env
	c.env = nil
	c.messages++
	err := c.deliver(*env)
	if errors.Is(err, errLost) {
		return leave
	}
	code, enhanced, text := 250, "2.0.0", "Archived"
	if err != nil {
		code, enhanced, text = status(err)
		c.s.refused.Add(1)
	} else {
		c.s.messages.Add(1)
	}
	for range c.answers(env) {
		c.reply(code, enhanced, text)
	}
	return verdict(!errors.Is(err, errEndless))
}

func (c *session) answers(env *Envelope) int {
	if c.s.cfg.LMTP {
		return len(env.To)
	}
	return 1
}

// deliver hands the message to the Backend and reads DATA to its end whatever the Backend did, so that the next command is
// read as a command.
func (c *session) deliver(env Envelope) error {
	c.dataEnd = time.Now().Add(maxDataTime)
	defer func() { c.dataEnd = time.Time{} }()
	d := &dataReader{r: c.r, limit: c.s.cfg.MaxMessage, pool: &c.s.buffered, poolLimit: c.s.cfg.MaxBuffered}
	defer d.release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.s.ctx), deliverTime)
	defer cancel()
	err := c.s.cfg.Backend.Deliver(ctx, env, d)
	whole := d.ended
	if drained := d.drain(); drained != nil {
		return drained
	}
	switch {
	case d.refusal != nil:
		return d.refusal
	case err == nil && !whole:
		return errs.New(errs.Internal, "mail: the backend did not read the message")
	}
	return err
}

// maxDataTime ends a DATA that trickles in, so that a connection can't be held for ever.
const maxDataTime = time.Hour

// status maps an error's kind to a reply (RFC 5321 4.2.3, RFC 3463).
func status(err error) (code int, enhanced, text string) {
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Gone:
		return 550, "5.1.1", "No such mailbox here"
	case errs.TooLarge:
		return 552, "5.3.4", "Message over the limit"
	case errs.Denied, errs.Invalid:
		return 554, "5.7.1", "Refused"
	case errs.Unavailable, errs.Limited:
		return 452, "4.3.1", "No room now, try again later"
	}
	return 451, "4.3.0", "Not now, try again later"
}

func (c *session) ok(enhanced, text string) verdict {
	c.reply(250, enhanced, text)
	return stay
}

// wrong answers a refused command and counts it.
func (c *session) wrong(code int, enhanced, text string) verdict {
	c.reply(code, enhanced, text)
	if c.bad++; c.bad > MaxBadCommands+c.s.cfg.MaxRecipients {
		c.reply(421, "4.7.0", "Too many errors")
		return leave
	}
	return stay
}

// reply writes one answer, of several lines where there are several texts.
func (c *session) reply(code int, enhanced string, texts ...string) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(c.s.cfg.Idle))
	if enhanced != "" {
		enhanced += " "
	}
	for i, text := range texts {
		sep := '-'
		if i == len(texts)-1 {
			sep = ' '
		}
		_, _ = fmt.Fprintf(c.w, "%d%c%s%s\r\n", code, sep, enhanced, text) // an error shows at Flush
	}
}

var _ io.Reader = (*dataReader)(nil)
