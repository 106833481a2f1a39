package api

import "time"

// Case is one conversation with one customer.
type Case struct {
	ID       string        `json:"id"`
	Agency   string        `json:"agency"`
	Queue    string        `json:"queue"`
	State    string        `json:"state" enum:"new,offered,open,waiting,closed" doc:"waiting: answered; the customer's next mail opens it again."`
	Subject  string        `json:"subject" doc:"Empty where the reader may not see the content."`
	Customer string        `json:"customer" doc:"Address; empty where the reader may not see the content."`
	Name     string        `json:"name" doc:"As the customer wrote it beside the address."`
	Agent    string        `json:"agent" doc:"Person who is offered or has it; empty while it is new."`
	Arrived  time.Time     `json:"arrived"`
	Changed  time.Time     `json:"changed"`
	Expires  *time.Time    `json:"expires,omitempty" doc:"When the offer ends."`
	Failed   bool          `json:"failed" doc:"A reply did not reach the customer."`
	Why      string        `json:"why" doc:"Why the case was offered to this agent."`
	Version  uint64        `json:"version"`
	Messages []MessageHead `json:"messages" doc:"Oldest first; empty in lists."`
	Draft    *Draft        `json:"draft,omitempty" doc:"The kept draft; absent in lists."`
}

// Party is an address with the name that was written beside it.
type Party struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// MessageHead is a message without its content.
type MessageHead struct {
	ID          string     `json:"id"`
	Case        string     `json:"case"`
	Agency      string     `json:"agency"`
	Queue       string     `json:"queue"`
	Direction   string     `json:"direction" enum:"in,out"`
	From        Party      `json:"from"`
	To          []Party    `json:"to"`
	Subject     string     `json:"subject"`
	Snippet     string     `json:"snippet" doc:"The first words."`
	At          time.Time  `json:"at"`
	Size        int64      `json:"size"`
	SHA256      string     `json:"sha256" doc:"Of the bytes as received or sent, in hexadecimal (M14)."`
	Attachments int        `json:"attachments"`
	Auto        bool       `json:"auto" doc:"Written by a machine (out of office)."`
	Bounce      bool       `json:"bounce"`
	Raw         bool       `json:"raw" doc:"Not understood: show the raw form."`
	Delivery    string     `json:"delivery" enum:"received,queued,sent,unsure,failed,bounced"`
	Reply       string     `json:"reply" doc:"The relay's last refusal: code and class."`
	Attempts    int        `json:"attempts"`
	NextTry     *time.Time `json:"next_try,omitempty"`
}

// Message is a message as it may be shown: HTML sanitised, remote images taken out. The bytes as sent are at …/raw (M14).
type Message struct {
	MessageHead
	CC            []Party      `json:"cc"`
	ReplyTo       []Party      `json:"reply_to"`
	Text          string       `json:"text"`
	HTML          string       `json:"html" doc:"For a sandboxed frame only; empty when there is none."`
	BlockedImages int          `json:"blocked_images"`
	Files         []Attachment `json:"files"`
	Auth          []AuthResult `json:"auth" doc:"What our own relay said of the sender (RFC 8601)."`
	Problems      []string     `json:"problems" doc:"What was wrong with its form, in English."`
}

// Attachment is one attached file; its bytes are at …/files/{index}.
type Attachment struct {
	Index  int    `json:"index"`
	Name   string `json:"name"`
	Type   string `json:"type" doc:"As declared; never to be trusted."`
	Inline bool   `json:"inline"`
	Size   int64  `json:"size"`
}

// AuthResult is one method's result.
type AuthResult struct {
	Method string `json:"method"`
	Value  string `json:"value"`
	Domain string `json:"domain"`
}

// Draft is a reply in the making; the server keeps it.
type Draft struct {
	To      []string   `json:"to,omitempty" maxItems:"50" doc:"Empty: the customer."`
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
		State string `query:"state" enum:"new,offered,open,waiting,closed"`
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
	fileInput struct {
		ID      string `path:"id" maxLength:"64"`
		Message string `path:"mid" maxLength:"64"`
		Index   int    `path:"index" minimum:"0" maximum:"10000"`
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
	sentOutput  struct{ Body MessageHead }
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
	register(a, op{method: "GET", path: "/api/cases/{id}/messages/{mid}/files/{index}", id: "case-message-file", tag: "cases", action: "cases.handle", scope: scopeAgency,
		doc: "An attached file, as a download of type application/octet-stream."}, soon[fileInput, rawOutput])
	register(a, op{method: "PUT", path: "/api/cases/{id}/draft", id: "save-draft", tag: "cases", action: "cases.handle", scope: scopeAgency, maxBody: MaxDraftBody,
		doc: "Keep the draft; 409 when another version was saved since."}, soon[draftInput, draftOutput])
	register(a, op{method: "POST", path: "/api/cases/{id}/send", id: "case-send", tag: "cases", action: "cases.handle", scope: scopeAgency,
		doc: "Archive the draft's bytes and then submit them (M12)."}, soon[sendInput, sentOutput])
}

func caseCommands() []callCommand {
	return []callCommand{
		{"accept", "Take the offered or waiting case."},
		{"decline", "Push the offer away; the case keeps its place."},
		{"close", "Close it; afterwards only the archive shows it."},
	}
}
