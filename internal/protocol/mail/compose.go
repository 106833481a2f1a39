package mail

import (
	"bytes"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"santra/internal/errs"
	"santra/internal/pii"
)

// Outgoing is a message to be written.
type Outgoing struct {
	From       Mailbox
	To, Cc     []pii.Address
	Subject    string
	Date       time.Time
	MessageID  string   // with brackets
	InReplyTo  string   // with brackets; "" for none
	References []string // with brackets
	Text       string
	HTML       string // safe; "" for text alone
}

// Compose writes a message once (RFC 5322, RFC 2045): lines of CR LF, UTF-8. These are the bytes to archive and to submit.
func Compose(o Outgoing) ([]byte, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(oneLine(o.From.Name), o.From.Address.Reveal()); err != nil {
		return nil, errs.At(errs.Invalid, "from", "is no address")
	}
	for _, to := range o.To {
		if err := m.AddTo(to.Reveal()); err != nil { // the library's error shows the address
			return nil, errs.At(errs.Invalid, "to", "holds something that is no address")
		}
	}
	for _, cc := range o.Cc {
		if err := m.AddCc(cc.Reveal()); err != nil {
			return nil, errs.At(errs.Invalid, "cc", "holds something that is no address")
		}
	}
	m.Subject(oneLine(o.Subject))
	m.SetDateWithValue(o.Date)
	m.SetMessageIDWithValue(strings.Trim(o.MessageID, "<>"))
	if o.InReplyTo != "" {
		m.SetGenHeaderPreformatted(gomail.HeaderInReplyTo, oneWord(o.InReplyTo))
	}
	if len(o.References) > 0 {
		m.SetGenHeaderPreformatted(gomail.HeaderReferences, references(o.References))
	}
	m.SetBodyString(gomail.TypeTextPlain, o.Text)
	if o.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, o.HTML)
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, errs.New(errs.Internal, "mail: compose failed")
	}
	raw := regular(b.Bytes())
	if !canonical(raw) {
		return nil, errs.New(errs.Internal, "mail: composed lines do not end with CR LF")
	}
	return raw, nil
}

// maxReferences keeps the first and the last of a long thread (RFC 5322 3.6.4 lets one trim).
const maxReferences = 20

func references(ids []string) string {
	if len(ids) > maxReferences {
		ids = append([]string{ids[0]}, ids[len(ids)-maxReferences+1:]...)
	}
	out := make([]string, len(ids))
	for i, m := range ids {
		out[i] = oneWord(m)
	}
	return strings.Join(out, "\r\n ")
}

// regular makes every line end CR LF: quoted-printable leaves none bare, a text that slipped through would.
func regular(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	if !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b, '\n')
	}
	return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
}

// oneLine keeps a header field from becoming two.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// oneWord keeps a Message-ID from becoming a header.
func oneWord(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, s)
}
