package mail

import (
	"bytes"
	"mime"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// walker takes a message apart. The tree is ours, and the library reads the leaves: its own reader of nested multiparts takes
// time that doubles with each level whose closing boundary is missing (50 levels in 3 KB never end; see the tests). Ours
// looks at each byte once for each level, and there are at most MaxDepth of them.
type walker struct {
	p       *Parsed
	parser  *enmime.Parser
	seen    int
	tooDeep bool
}

// entity reads one part (RFC 2045 2.4): a multipart is split, anything else is a leaf.
func (w *walker) entity(head, body []byte, depth int) {
	if w.seen++; w.seen > MaxParts {
		w.p.problem("parts over the limit are not shown")
		return
	}
	fs := parseFields(head)
	kind, boundary := multipart(fs.get("Content-Type"))
	if !kind || boundary == "" {
		w.leaf(fs, body, kind)
		return
	}
	if depth > MaxDepth {
		w.tooDeep = true
		return
	}
	parts := 0
	for part := range split(body, boundary) {
		if parts++; w.seen > MaxParts || w.tooDeep {
			break
		}
		partHead, partBody := subpart(part)
		w.entity(partHead, partBody, depth+1)
	}
	if parts == 0 { // the boundary never comes: what there is, is text
		w.p.problem("a multipart has no parts")
		w.leaf(fs, body, true)
	}
}

// multipart reads whether a Content-Type is a multipart and its boundary, however badly the rest is written.
func multipart(contentType string) (is bool, boundary string) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err == nil || kind != "" {
		if !strings.HasPrefix(kind, "multipart/") {
			return false, ""
		}
		boundary = params["boundary"]
	}
	lower := strings.ToLower(contentType)
	if !strings.HasPrefix(strings.TrimSpace(lower), "multipart/") {
		return false, ""
	}
	if i := strings.Index(lower, "boundary="); boundary == "" && i >= 0 {
		boundary = strings.TrimLeft(contentType[i+len("boundary="):], ` "`)
		boundary, _, _ = strings.Cut(boundary, `"`)
		boundary, _, _ = strings.Cut(boundary, ";")
		boundary = strings.TrimSpace(boundary)
	}
	return true, boundary
}

// split gives the parts between the boundary's lines (RFC 2046 5.1.1), in any kind of line ends; a missing last line is
// forgiven.
func split(body []byte, boundary string) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		mark := []byte("--" + boundary)
		start := -1 // of the part that is open
		for at := 0; at < len(body); {
			next := len(body)
			if i := bytes.IndexByte(body[at:], '\n'); i >= 0 {
				next = at + i + 1
			}
			is, last := delimiter(body[at:next], mark)
			if is {
				if start >= 0 && !yield(trimEnd(body[start:at])) {
					return
				}
				if start = next; last {
					return
				}
			}
			at = next
		}
		if start >= 0 && start < len(body) {
			yield(body[start:])
		}
	}
}

// delimiter tells whether a line is the boundary's, and the last.
func delimiter(line, mark []byte) (is, last bool) {
	rest, ok := bytes.CutPrefix(line, mark)
	if !ok {
		return false, false
	}
	rest = bytes.TrimRight(rest, " \t\r\n")
	return len(rest) == 0 || string(rest) == "--", string(rest) == "--"
}

// trimEnd drops the line end that belongs to the boundary behind it.
func trimEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// subpart splits a part as repair does a message, but a part without header is no fault.
func subpart(part []byte) (head, body []byte) {
	if len(bytes.TrimSpace(part)) == 0 {
		return nil, nil
	}
	head, body, _ = repair(part)
	return head, body
}

// leaf lets the library decode one part: transfer encoding, charset, file name. A multipart that can't be split is text.
func (w *walker) leaf(fs fields, body []byte, brokenMultipart bool) {
	var b bytes.Buffer
	for _, f := range fs {
		if strings.HasPrefix(f.name, "Content-") && !(brokenMultipart && f.name == "Content-Type") {
			b.WriteString(f.name + ": " + f.value + "\r\n")
		}
	}
	b.WriteString("\r\n")
	b.Write(body)
	part, err := w.parser.ReadParts(&b)
	if err != nil || part == nil {
		w.p.problem("a part can't be decoded")
		w.p.Text = joinText(w.p.Text, toUTF8(body))
		return
	}
	if len(part.Errors) > 0 {
		w.p.problem("a part is malformed")
	}
	w.p.take(part)
}
