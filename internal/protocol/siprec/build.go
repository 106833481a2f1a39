package siprec

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strconv"
	"time"

	"santra/internal/errs"
)

// Build makes the body of a recording session's INVITE: the offer and the metadata (RFC 7866 9.1). The metadata has one
// session, the participants "customer" (nameless), further outsiders (nameless too) and the agent (known by its seat code),
// a stream of all outsiders and one of the agent. Only the extension, Session and Start of m are used; errs.Invalid where
// the extension breaks its own rules.
func Build(m Metadata, sdp []byte) (contentType string, body []byte, err error) {
	if err := m.Extension.Validate(); err != nil {
		return "", nil, err
	}
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	err1 := writePart(w, SDPType, "", sdp)
	err2 := writePart(w, MetadataType, Disposition, document(m))
	if err := firstOf(err1, err2, w.Close()); err != nil {
		return "", nil, errs.New(errs.Internal, "siprec: %w", err)
	}
	return "multipart/mixed;boundary=" + w.Boundary(), out.Bytes(), nil
}

func writePart(w *multipart.Writer, ct, disposition string, content []byte) error {
	h := textproto.MIMEHeader{"Content-Type": {ct}}
	if disposition != "" {
		h.Set("Content-Disposition", disposition)
	}
	p, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	_, err = p.Write(content)
	return err
}

// document writes the metadata in the order of RFC 7865's schema (appendix A). It is written by hand, for a set-up makes
// one: every value is a hash of ours or keeps to Extension.Validate, but for the gate tokens nothing in it could need escaping.
func document(m Metadata) []byte {
	e := m.Extension
	w := doc{at: m.Start.UTC().Format(time.RFC3339), session: uuid(e.Session, "session", e.Part)}
	customer, agent := uuid(e.Session, "customer", 0), uuid(e.Session, "agent", e.Part)
	in, out := uuid(e.Session, "stream 1", e.Part), uuid(e.Session, "stream 2", e.Part)
	outside := []string{customer}
	for n := 2; n <= e.Outside(); n++ {
		outside = append(outside, uuid(e.Session, "outsider", n))
	}
	group := uuid(e.Session, "group", 0)
	w.put(xml.Header, `<recording xmlns="`, Namespace, `"><datamode>complete</datamode>`)
	w.put(`<group group_id="`, group, `"><associate-time>`, w.at, `</associate-time></group>`)
	w.put(`<session session_id="`, w.session, `"><group-ref>`, group, `</group-ref><start-time>`, w.at, `</start-time>`)
	w.call(e)
	w.put(`</session>`)
	for i, id := range outside {
		w.participant(id, nobody(i))
	}
	w.participant(agent, "sip:"+e.Seat+"@seat.invalid")
	w.stream(in, LabelCustomer)
	w.stream(out, LabelAgent)
	w.put(`<sessionrecordingassoc session_id="`, w.session, `"><associate-time>`, w.at, `</associate-time></sessionrecordingassoc>`)
	people := append(outside, agent)
	for _, id := range people {
		w.put(`<participantsessionassoc participant_id="`, id, `" session_id="`, w.session, `"><associate-time>`, w.at, `</associate-time></participantsessionassoc>`)
	}
	for _, id := range outside {
		w.sends(id, in, out)
	}
	w.sends(agent, out, in)
	w.put(`</recording>`)
	return w.Bytes()
}

// nobody is the address of an outsider (RFC 3323 4.1.1.3).
func nobody(i int) string {
	if i == 0 {
		return "sip:customer@anonymous.invalid"
	}
	return "sip:outsider-" + strconv.Itoa(i+1) + "@anonymous.invalid"
}

// doc is the metadata that is being written.
type doc struct {
	bytes.Buffer
	at, session string
}

func (w *doc) put(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
}

func (w *doc) call(e Extension) {
	w.put(`<call xmlns="`, ExtensionNamespace, `" gate="`)
	w.token(e.Gate)
	for _, a := range [...][2]string{
		{"part", strconv.Itoa(e.Part)},
		{"session", e.Session},
		{"agency", e.Agency},
		{"queue", e.Queue},
		{"seat", e.Seat},
		{"fragment", e.Fragment},
		{"announcement", e.Announcement},
		{"language", e.Language},
		{"outsiders", strconv.Itoa(e.Outside())},
	} {
		w.put(`" `, a[0], `="`, a[1])
	}
	w.put(`">`)
	for _, g := range e.Gates {
		w.put(`<also gate="`)
		w.token(g)
		w.put(`"></also>`)
	}
	w.put(`</call>`)
}

// token writes what may hold any character.
func (w *doc) token(s string) { _ = xml.EscapeText(&w.Buffer, []byte(s)) } // a buffer takes all

func (w *doc) participant(id, aor string) {
	w.put(`<participant participant_id="`, id, `"><nameID aor="`, aor, `"></nameID></participant>`)
}

func (w *doc) stream(id, label string) {
	w.put(`<stream stream_id="`, id, `" session_id="`, w.session, `"><label>`, label, `</label></stream>`)
}

func (w *doc) sends(id, send, recv string) {
	w.put(`<participantstreamassoc participant_id="`, id, `"><send>`, send, `</send><recv>`, recv, `</recv></participantstreamassoc>`)
}

// uuid gives RFC 7865 6.10's identifier: 16 bytes in base64, derived from the opaque session so that an update names the
// same things again.
func uuid(session, what string, part int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", session, what, part))
	return base64.StdEncoding.EncodeToString(sum[:16])
}

func firstOf(errors ...error) error {
	for _, err := range errors {
		if err != nil {
			return err
		}
	}
	return nil
}
