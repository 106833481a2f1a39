package siprec

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"time"

	"santra/internal/errs"
)

// The document as RFC 7865 appendix A's schema orders it. The names are the wire's.
type (
	xmlRecording struct {
		XMLName  xml.Name         `xml:"urn:ietf:params:xml:ns:recording:1 recording"`
		DataMode string           `xml:"datamode"`
		Group    xmlGroup         `xml:"group"`
		Session  xmlSession       `xml:"session"`
		People   []xmlParticipant `xml:"participant"`
		Streams  []xmlStream      `xml:"stream"`
		InCS     xmlAssoc         `xml:"sessionrecordingassoc"`
		InCall   []xmlAssoc       `xml:"participantsessionassoc"`
		Sends    []xmlSends       `xml:"participantstreamassoc"`
	}
	xmlGroup struct {
		ID   string `xml:"group_id,attr"`
		Time string `xml:"associate-time"`
	}
	xmlSession struct {
		ID    string  `xml:"session_id,attr"`
		Group string  `xml:"group-ref"`
		Start string  `xml:"start-time"`
		Call  xmlCall `xml:"urn:santra:siprec:1 call"`
	}
	xmlParticipant struct {
		ID   string  `xml:"participant_id,attr"`
		Name xmlName `xml:"nameID"`
	}
	xmlName struct {
		AOR string `xml:"aor,attr"`
	}
	xmlStream struct {
		ID      string `xml:"stream_id,attr"`
		Session string `xml:"session_id,attr"`
		Label   string `xml:"label"`
	}
	xmlAssoc struct {
		Participant string `xml:"participant_id,attr,omitempty"`
		Session     string `xml:"session_id,attr"`
		Time        string `xml:"associate-time"`
	}
	xmlSends struct {
		Participant string `xml:"participant_id,attr"`
		Send        string `xml:"send"`
		Recv        string `xml:"recv"`
	}
	xmlCall struct {
		Gate         string `xml:"gate,attr"`
		Part         int    `xml:"part,attr"`
		Session      string `xml:"session,attr"`
		Agency       string `xml:"agency,attr"`
		Queue        string `xml:"queue,attr"`
		Seat         string `xml:"seat,attr"`
		Fragment     string `xml:"fragment,attr"`
		Announcement string `xml:"announcement,attr"`
		Language     string `xml:"language,attr"`
	}
)

// Build makes the body of a recording session's INVITE: the offer and the metadata (RFC 7866 9.1). The metadata has one
// session, the participants "customer" (nameless) and the agent (known by its seat code), and a stream each. Only the
// extension, Session and Start of m are used; errs.Invalid where the extension breaks its own rules.
func Build(m Metadata, sdp []byte) (contentType string, body []byte, err error) {
	if err := m.Extension.Validate(); err != nil {
		return "", nil, err
	}
	doc, err := xml.Marshal(document(m))
	if err != nil {
		return "", nil, errs.New(errs.Internal, "siprec: %w", err)
	}
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	err1 := writePart(w, SDPType, "", sdp)
	err2 := writePart(w, MetadataType, Disposition, append([]byte(xml.Header), doc...))
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

func document(m Metadata) xmlRecording {
	e := m.Extension
	at := m.Start.UTC().Format(time.RFC3339)
	session, group := uuid(e.Session, "session", e.Part), uuid(e.Session, "group", 0)
	customer, agent := uuid(e.Session, "customer", 0), uuid(e.Session, "agent", e.Part)
	in, out := uuid(e.Session, "stream 1", e.Part), uuid(e.Session, "stream 2", e.Part)
	return xmlRecording{
		DataMode: "complete",
		Group:    xmlGroup{group, at},
		Session:  xmlSession{session, group, at, xmlCall(e)},
		People: []xmlParticipant{
			{customer, xmlName{"sip:customer@anonymous.invalid"}}, // RFC 3323 4.1.1.3: nobody
			{agent, xmlName{"sip:" + e.Seat + "@seat.invalid"}},
		},
		Streams: []xmlStream{{in, session, LabelCustomer}, {out, session, LabelAgent}},
		InCS:    xmlAssoc{Session: session, Time: at},
		InCall:  []xmlAssoc{{customer, session, at}, {agent, session, at}},
		Sends:   []xmlSends{{customer, in, out}, {agent, out, in}},
	}
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
