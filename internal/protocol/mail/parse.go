package mail

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/text/encoding/charmap"

	"santra/internal/pii"
)

// Parse reads a message for display and search. It never fails: what it can't read is shown raw, with Problems saying why
// (M14: the bytes themselves stay as they came, in the archive).
func Parse(raw []byte) (p *Parsed) {
	defer func() {
		if v := recover(); v != nil { // a library's panic must not cost a citizen's letter; its value may hold the letter
			p = rawOnly(raw, "the reader failed on it")
		}
	}()
	head, body, problems := repair(raw)
	p = &Parsed{Problems: problems}
	p.readHeader(parseFields(head))
	w := walker{p: p, parser: enmime.NewParser(enmime.DisableCharacterDetection(true), enmime.SkipMalformedParts(true), enmime.MaxStoredPartErrors(maxProblems),
		enmime.MultipartWOBoundaryAsSinglePart(true), enmime.DisableTextConversion(true), enmime.SetReadPartErrorPolicy(keepCorrupt))}
	w.entity(head, body, 1)
	p.Text, p.HTML = strings.TrimSpace(p.Text), strings.TrimSpace(p.HTML)
	if w.tooDeep {
		return p.fallBack(raw, fmt.Sprintf("over %d parts within parts", MaxDepth))
	}
	if p.Text == "" && p.HTML == "" && len(p.Attachments) == 0 && len(bytes.TrimSpace(body)) > 0 {
		return p.fallBack(raw, "no readable part")
	}
	if p.Text == "" && p.HTML != "" {
		p.Text = htmlText(p.HTML)
	}
	return p
}

// keepCorrupt keeps what could be decoded of a part with broken base64.
func keepCorrupt(*enmime.Part, error) bool { return true }

func rawOnly(raw []byte, why string) *Parsed { return (&Parsed{}).fallBack(raw, why) }

// fallBack shows the message itself, made printable, below what could be read of the header.
func (p *Parsed) fallBack(raw []byte, why string) *Parsed {
	p.Raw, p.HTML, p.Attachments, p.contents = true, "", nil, nil
	p.Text = printable(cut(raw, MaxTextBytes))
	p.Problems = append(p.Problems, why)
	return p
}

// repair splits a message into header and body and mends the header so that a strict reader takes it: a message without any
// header gets an empty one, lines that are no fields are left out, line ends and NULs are made regular. The body is as it was.
func repair(raw []byte) (head, body []byte, problems []string) {
	rest := raw
	if bytes.HasPrefix(rest, []byte("From ")) { // an mbox line
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	var out bytes.Buffer
	fields := 0
	for len(rest) > 0 {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		text := bytes.ReplaceAll(bytes.TrimRight(line, "\r"), []byte{0}, nil)
		text = bytes.ReplaceAll(text, []byte("\r"), []byte(" "))
		switch {
		case len(text) == 0:
			return append(out.Bytes(), "\r\n"...), after, problems
		case out.Len() > MaxHeaderBytes:
			problems = append(problems, fmt.Sprintf("header over %d bytes", MaxHeaderBytes))
			return append(out.Bytes(), "\r\n"...), rest, problems
		case isField(text) || (fields > 0 && (text[0] == ' ' || text[0] == '\t')):
			fields++
			out.Write(text)
			out.WriteString("\r\n")
		case fields == 0:
			return []byte("\r\n"), rest, append(problems, "no header")
		default:
			problems = append(problems, "a header line is no field")
		}
		if rest = after; !found {
			break
		}
		problems = problems[:min(len(problems), maxProblems)]
	}
	return append(out.Bytes(), "\r\n"...), nil, append(problems, "no body")
}

// maxProblems bounds what is said about one message.
const maxProblems = 10

// isField tells whether a line begins a header field (RFC 5322 2.2).
func isField(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	if i <= 0 {
		return false
	}
	for _, c := range bytes.TrimRight(line[:i], " \t") {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

func (p *Parsed) problem(text string) {
	if len(p.Problems) < maxProblems {
		p.Problems = append(p.Problems, text)
	}
}

// take puts a leaf where it belongs: shown text, shown HTML, or the list of files.
func (p *Parsed) take(part *enmime.Part) {
	kind := strings.ToLower(part.ContentType)
	shown := part.Disposition != "attachment" && part.FileName == ""
	switch {
	case shown && (kind == "" || kind == "text/plain"):
		p.Text = joinText(p.Text, toUTF8(part.Content))
	case shown && kind == "text/html":
		p.HTML = joinText(p.HTML, toUTF8(part.Content))
	default:
		p.attach(part, kind)
	}
}

func (p *Parsed) attach(part *enmime.Part, kind string) {
	p.Attachments = append(p.Attachments, Attachment{
		Index: len(p.Attachments), Name: safeName(part.FileName), Type: kind, ContentID: strings.Trim(part.ContentID, "<> "),
		Inline: part.Disposition == "inline" || (part.ContentID != "" && part.Disposition == ""), Size: int64(len(part.Content)),
	})
	p.contents = append(p.contents, part.Content)
	switch kind {
	case "message/delivery-status", "message/disposition-notification", "message/global-delivery-status":
		p.Bounce = true
	case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global":
		head, _, _ := repair(part.Content)
		p.Reported = append(p.Reported, messageIDs(parseFields(head).get("Message-Id"))...)
	}
}

func joinText(a, b string) string {
	if a == "" {
		return cutString(b, MaxTextBytes)
	}
	return cutString(a+"\n\n"+b, MaxTextBytes)
}

// toUTF8 makes text of bytes whose charset was not said, or said wrongly: UTF-8 if it is, else Windows-1252, which is what
// Finnish and Swedish mail without a charset has been for decades.
func toUTF8(b []byte) string {
	b = cut(b, MaxTextBytes)
	if !utf8.Valid(b) {
		if decoded, err := charmap.Windows1252.NewDecoder().Bytes(b); err == nil {
			b = decoded
		}
	}
	return strings.ToValidUTF8(strings.ReplaceAll(string(b), "\x00", ""), "\uFFFD")
}

// printable is the raw message as text that shows everything and can harm nothing.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case unicode.IsControl(r):
			return '\uFFFD'
		}
		return r
	}, toUTF8(bytes.ReplaceAll(b, []byte{0}, []byte("\uFFFD"))))
}

// safeName keeps the last element of a file name, without what a file system or a reader could be fooled by.
func safeName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.TrimLeft(cutString(name, maxFileName), ". ")
	if name == "" || name == "/" {
		return "attachment"
	}
	return name
}

const maxFileName = 200 // bytes

func cut(b []byte, limit int) []byte { return b[:min(len(b), limit)] }

// cutString cuts at a rune's edge.
func cutString(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

var errNoAddress = errors.New("mail: no address")

func mailbox(name, address string) Mailbox {
	return Mailbox{Name: name, Address: pii.NewAddress(address)}
}
