package mail

import (
	"bytes"
	"io"
	"mime"
	stdmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/net/html/charset"
)

// maxField is how many bytes of one field are read.
const maxField = 64 << 10

// field is one header field, unfolded.
type field struct{ name, value string }

type fields []field

// parseFields reads a header that repair has mended.
func parseFields(head []byte) fields {
	var fs fields
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) == 0 {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && len(fs) > 0 {
			last := &fs[len(fs)-1]
			if len(last.value)+len(line) <= maxField {
				last.value += " " + string(bytes.TrimSpace(line))
			}
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		fs = append(fs, field{textproto.CanonicalMIMEHeaderKey(string(bytes.TrimSpace(name))), string(cut(bytes.TrimSpace(value), maxField))})
	}
	return fs
}

// get gives the first field of that (canonical) name.
func (fs fields) get(name string) string {
	for _, f := range fs {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (p *Parsed) readHeader(fs fields) {
	p.Subject = decode(fs.get("Subject"))
	p.From, p.To = addresses(fs.get("From")), addresses(fs.get("To"))
	p.Cc, p.ReplyTo = addresses(fs.get("Cc")), addresses(fs.get("Reply-To"))
	if at, err := stdmail.ParseDate(fs.get("Date")); err == nil {
		p.Date = at.UTC().Truncate(time.Second)
	}
	if ids := messageIDs(fs.get("Message-Id")); len(ids) > 0 {
		p.MessageID = ids[0]
	}
	p.InReplyTo, p.References = messageIDs(fs.get("In-Reply-To")), messageIDs(fs.get("References"))
	p.Auto = automatic(fs)
	p.Bounce = strings.Contains(strings.ToLower(fs.get("Content-Type")), "multipart/report")
	p.Auth = authResults(fs.get("Authentication-Results"))
}

// automatic tells what no person wrote: RFC 3834 5 and what came before it.
func automatic(fs fields) bool {
	auto, _, _ := strings.Cut(strings.ToLower(fs.get("Auto-Submitted")), ";")
	if auto = strings.TrimSpace(auto); auto != "" && auto != "no" {
		return true
	}
	switch strings.ToLower(fs.get("Precedence")) {
	case "bulk", "junk", "list", "auto_reply", "auto-reply":
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "List-Id", "List-Unsubscribe"} {
		if fs.get(name) != "" {
			return true
		}
	}
	return false
}

// decode makes text of encoded words (RFC 2047) and of raw 8-bit bytes, without control characters.
func decode(s string) string {
	d := mime.WordDecoder{CharsetReader: func(label string, in io.Reader) (io.Reader, error) { return charset.NewReaderLabel(label, in) }}
	if out, err := d.DecodeHeader(toUTF8([]byte(s))); err == nil {
		s = out
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, toUTF8([]byte(s)))
	return strings.TrimSpace(s)
}

// addresses reads an address list as well as it can: what is no address keeps its words as a name.
func addresses(s string) []Mailbox {
	if s == "" {
		return nil
	}
	list, err := addressList(s)
	if err != nil {
		if a, found := anyAddress(s); found {
			return []Mailbox{mailbox(decode(s), a)}
		}
		return []Mailbox{{Name: decode(s)}}
	}
	out := make([]Mailbox, 0, min(len(list), MaxAddresses))
	for _, a := range list[:min(len(list), MaxAddresses)] {
		out = append(out, mailbox(decode(a.Name), toUTF8([]byte(a.Address))))
	}
	return out
}

func addressList(s string) (list []*stdmail.Address, err error) {
	defer func() {
		if recover() != nil {
			err = errNoAddress
		}
	}()
	parser := stdmail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: func(label string, in io.Reader) (io.Reader, error) { return charset.NewReaderLabel(label, in) }}}
	if list, err = parser.ParseList(s); err == nil {
		return list, nil
	}
	return enmime.ParseAddressList(s)
}

// anyAddress finds the first thing with an @ between two words.
func anyAddress(s string) (string, bool) {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" \t<>,;:\"()[]", r) }) {
		if i := strings.LastIndexByte(word, '@'); i > 0 && i < len(word)-1 && plainAddress(word) {
			return word, true
		}
	}
	return "", false
}

// messageIDs finds the Message-IDs in a field, with their brackets (RFC 5322 3.6.4); broken ones are given as they are.
func messageIDs(s string) []string {
	var ids []string
	for len(ids) < MaxReferences {
		_, after, found := strings.Cut(s, "<")
		if !found {
			break
		}
		id, rest, closed := strings.Cut(after, ">")
		if !closed {
			break
		}
		if id = strings.Join(strings.Fields(id), ""); id != "" {
			ids = append(ids, "<"+id+">")
		}
		s = rest
	}
	if ids == nil {
		for word := range strings.FieldsSeq(s) {
			if strings.Contains(word, "@") && len(ids) < MaxReferences {
				ids = append(ids, "<"+word+">")
			}
		}
	}
	return ids
}

// authResults reads the topmost Authentication-Results field (RFC 8601 2.2) for display: "host; spf=pass
// smtp.mailfrom=example.org; dkim=fail". It is only as true as the relay that wrote it.
func authResults(s string) []AuthResult {
	var out []AuthResult
	_, s, _ = strings.Cut(s, ";")
	for part := range strings.SplitSeq(s, ";") {
		words := strings.Fields(part)
		if len(words) == 0 || len(out) == maxAuthResults {
			continue
		}
		method, value, found := strings.Cut(strings.ToLower(words[0]), "=")
		if !found {
			continue
		}
		r := AuthResult{Method: decode(method), Value: decode(value)}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			if key == "smtp.mailfrom" || key == "header.d" || key == "header.from" {
				r.Domain = decode(value[strings.LastIndexByte(value, '@')+1:])
			}
		}
		out = append(out, r)
	}
	return out
}

const maxAuthResults = 20
