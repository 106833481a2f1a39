package api

import "time"

// Case is a thread of mails that one agent answers.
type Case struct {
	ID       string        `json:"id"`
	Agency   string        `json:"agency"`
	Queue    string        `json:"queue"`
	State    string        `json:"state" enum:"waiting,offered,open,closed"`
	Subject  string        `json:"subject"`
	From     string        `json:"from" doc:"Address that the last received mail came from."`
	Agent    string        `json:"agent" doc:"Person who has it; empty while it waits."`
	Opened   time.Time     `json:"opened"`
	Updated  time.Time     `json:"updated"`
	Version  uint64        `json:"version"`
	Messages []MessageHead `json:"messages" doc:"Oldest first; empty in lists."`
	Draft    *Draft        `json:"draft,omitempty" doc:"The kept draft; absent in lists."`
}

// MessageHead is a message without its content.
type MessageHead struct {
	ID          string    `json:"id"`
	Direction   string    `json:"direction" enum:"in,out"`
	From        string    `json:"from"`
	Subject     string    `json:"subject"`
	At          time.Time `json:"at"`
	Size        int64     `json:"size"`
	Attachments int       `json:"attachments"`
	Delivery    string    `json:"delivery" doc:"Of a sent message: queued, sent, retrying, refused; empty for received ones."`
	Note        string    `json:"note" doc:"What the relay said of a refusal, without addresses."`
}

// Message is a message as it may be shown: HTML sanitised, remote images blocked. The bytes as sent are at …/raw (M14).
type Message struct {
	MessageHead
	To            []string     `json:"to"`
	CC            []string     `json:"cc"`
	Text          string       `json:"text"`
	HTML          string       `json:"html" doc:"For a sandboxed frame only; empty when there is none."`
	BlockedImages int          `json:"blocked_images"`
	Parsed        bool         `json:"parsed" doc:"False: not understood, show the raw form."`
	SHA256        string       `json:"sha256" doc:"Of the bytes as received or sent, in hexadecimal."`
	Files         []Attachment `json:"files"`
	SPF           string       `json:"spf"`
	DKIM          string       `json:"dkim"`
	DMARC         string       `json:"dmarc"`
}

// Attachment is one attached file.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// Draft is a reply in the making; the server keeps it.
type Draft struct {
	To      []string   `json:"to,omitempty" maxItems:"50"`
	CC      []string   `json:"cc,omitempty" maxItems:"50"`
	Subject string     `json:"subject" maxLength:"998"`
	Text    string     `json:"text" maxLength:"500000"`
	HTML    string     `json:"html,omitempty" maxLength:"1000000"`
	Version uint64     `json:"version" doc:"The version that was read; 409 when somebody saved since. 0 for the first."`
	SavedAt *time.Time `json:"saved_at,omitempty" readOnly:"true"`
}

// DraftSaved tells the version to send with next.
type DraftSaved struct {
	Version uint64    `json:"version"`
	SavedAt time.Time `json:"saved_at"`
}

// SendRequest names the version of the draft that is to go out.
type SendRequest struct {
	Version uint64 `json:"version"`
}

type (
	casesInput struct {
		Queue string `query:"queue" maxLength:"64"`
		State string `query:"state" enum:"waiting,offered,open,closed"`
		Mine  bool   `query:"mine"`
	}
	casesOutput struct {
		Body struct {
			Cases []Case `json:"cases"`
		}
	}
	caseInput struct {
		ID string `path:"id" maxLength:"64"`
	}
	caseOutput   struct{ Body Case }
	messageInput struct {
		ID      string `path:"id" maxLength:"64"`
		Message string `path:"mid" maxLength:"64"`
	}
	messageOutput struct{ Body Message }
	rawOutput     struct {
		ContentType        string `header:"Content-Type"`
		ContentDisposition string `header:"Content-Disposition"`
		Body               []byte
	}
	draftInput struct {
		ID   string `path:"id" maxLength:"64"`
		Body Draft
	}
	draftOutput struct{ Body DraftSaved }
	sendInput   struct {
		ID   string `path:"id" maxLength:"64"`
		Body SendRequest
	}
)

func (a *API) caseRoutes() {
	register(a, op{method: "GET", path: "/api/cases", id: "cases", tag: "cases", action: "cases.handle", scope: scopeAny,
		doc: "Open cases of the person's agencies, newest first, at most 200."}, soon[casesInput, casesOutput])
	register(a, op{method: "GET", path: "/api/cases/{id}", id: "case", tag: "cases", action: "cases.handle", scope: scopeAgency,
		doc: "One open case; a closed one is in the archive only (M13)."}, soon[caseInput, caseOutput])
	for _, c := range caseCommands() {
		register(a, op{method: "POST", path: "/api/cases/{id}/" + c.name, id: "case-" + c.name, tag: "cases", action: "cases.handle", scope: scopeAgency,
			doc: c.doc}, soon[caseInput, none])
	}
	register(a, op{method: "GET", path: "/api/cases/{id}/messages/{mid}", id: "case-message", tag: "cases", action: "cases.handle", scope: scopeAgency,
		doc: "A message, safe to show."}, soon[messageInput, messageOutput])
	register(a, op{method: "GET", path: "/api/cases/{id}/messages/{mid}/raw", id: "case-message-raw", tag: "cases", action: "cases.handle", scope: scopeAgency,
		doc: "The bytes as the customer sent them, as text/plain (M14)."}, soon[messageInput, rawOutput])
	register(a, op{method: "PUT", path: "/api/cases/{id}/draft", id: "save-draft", tag: "cases", action: "cases.handle", scope: scopeAgency, maxBody: MaxDraftBody,
		doc: "Keep the draft; 409 when another version was saved since."}, soon[draftInput, draftOutput])
	register(a, op{method: "POST", path: "/api/cases/{id}/send", id: "case-send", tag: "cases", action: "cases.handle", scope: scopeAgency,
		doc: "Archive the draft's bytes and then submit them (M12)."}, soon[sendInput, caseOutput])
}

func caseCommands() []callCommand {
	return []callCommand{
		{"accept", "Take the offered or waiting case."},
		{"decline", "Push the offer away; the case keeps its place."},
		{"close", "Close it; afterwards only the archive shows it."},
	}
}
